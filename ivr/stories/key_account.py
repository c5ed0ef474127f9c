"""8: companies and key customers key their customer number and reach the account managers (13.3, 10.1)."""

from ivr.conversation import AgentWanted, Conversation
from ivr.directory import NoDataError
from ivr.stories.identify import ACCOUNT_DIGITS
from services.calls import facts
from services.customers.lookup import find_account


async def key_account(c: Conversation) -> None:
    """Always ends with an agent; a number that is not found must not hold a key customer up."""
    c.step = "key_account"
    digits = await c.enter("menu.key_account", limit=ACCOUNT_DIGITS + 1)
    if len(digits) == ACCOUNT_DIGITS and digits.isdecimal():
        c.filled("account_no", digits, digits)
        try:
            account = await c.read(find_account, digits)
        except NoDataError:
            account = None
        if account is not None:
            c.account = account
            c.record(
                facts.caller_identified,
                customer_id=account.customer_id, account_no=account.account_no, by="account_no",
            )
    await c.say("info.key_account")
    raise AgentWanted("key_account")
