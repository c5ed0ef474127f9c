"""Level 1 of SEC-22: who knows the account number and the last four digits of its phone may hear its status."""

from ivr.conversation import AgentWanted, Conversation
from services.calls import facts
from services.customers.lookup import AccountProfile, verify

PHONE_DIGITS = 4
LEVEL = 1


async def verified(c: Conversation, account: AccountProfile) -> None:
    """Return once the caller has proved it, in this call or just now.

    Raises:
        AgentWanted: three wrong answers.
        NoDataError: it cannot be checked.
    """
    if c.verified_account_no == account.account_no:
        return
    c.step = "verify"
    for _ in range(c.rules.verification_tries):
        digits = await c.enter("verify.enter_phone4", limit=PHONE_DIGITS + 1)
        if len(digits) != PHONE_DIGITS or not digits.isdecimal():
            await c.say("verify.wrong_length")
        elif await c.read(verify, account.account_no, digits):
            c.verified_account_no = account.account_no
            c.record(facts.verified, level=LEVEL, by="phone_last4")
            return
        else:
            await c.say("verify.wrong")
    await c.say("verify.failed", interruptible=False)
    raise AgentWanted("verification_failed")
