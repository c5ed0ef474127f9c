"""Which account it is about: known by the caller's number, else the 户号 by keys (I-09, R3-38).

Nothing of the account is spoken here but the number itself, which the caller keyed or owns (I-14).
"""

from ivr.conversation import AgentWanted, Conversation
from ivr.directory import NoDataError
from ivr.prompts import speak
from services.calls import facts
from services.customers.lookup import AccountProfile, find_account, find_caller

ACCOUNT_DIGITS = 10
CHOICES = "12345678"


async def look_up_caller(c: Conversation, budget_s: float) -> None:
    """Everything known by the number of this call (I-01). Without an answer in time the call goes on without."""
    if not c.caller_number:
        return
    try:
        c.profile = await c.centre.directory.read(budget_s, find_caller, c.caller_number)
    except NoDataError:
        return
    c.looked_up = True
    if c.profile is not None:
        c.record(facts.caller_identified, customer_id=c.profile.customer.id, by="number")


async def account_of(c: Conversation) -> AccountProfile:
    """The account of this conversation, asked for once.

    Raises:
        AgentWanted: three tries failed, or the caller wants one.
        NoDataError: the number cannot be looked up; it stands in the facts as the slot `account_no`.
    """
    if c.account is not None:
        return c.account
    c.step = "identify"
    if not c.looked_up:  # too late before the greeting; now there is more time
        await look_up_caller(c, c.rules.story_lookup_budget_s)
    known = c.profile.accounts if c.profile else ()
    if len(known) == 1:
        return _identified(c, known[0], by="number")
    if known:
        chosen = await _choose(c, known)
        if chosen is not None:
            return _identified(c, chosen, by="number")
    return _identified(c, await _keyed(c), by="account_no")


def _identified(c: Conversation, account: AccountProfile, by: str) -> AccountProfile:
    c.account = account
    c.record(facts.caller_identified, customer_id=account.customer_id, account_no=account.account_no, by=by)
    return account


async def _choose(c: Conversation, known: "tuple[AccountProfile, ...]") -> AccountProfile | None:
    """Several accounts: by the last four digits; the key after the last one asks for another number."""
    offered = known[: len(CHOICES) - 1]
    prompts = ["account.several"]
    for key, account in zip(CHOICES, offered, strict=False):
        prompts += ["account.tail", *speak.digits(account.account_no[-4:]), "account.press", *speak.number(int(key))]
    pressed = await c.choose(*prompts, keys=CHOICES[: len(offered)], name="choose_account")
    return offered[int(pressed) - 1]


async def _keyed(c: Conversation) -> AccountProfile:
    tries = 0
    while tries < c.rules.account_tries:
        digits = await c.enter("account.enter", limit=ACCOUNT_DIGITS + 1)
        if digits == "*":
            await c.say("account.where")
            tries += 1
            continue
        if len(digits) != ACCOUNT_DIGITS:
            tries += 1
            c.record(facts.invalid_input, menu="enter_account", digits="", count=tries)
            await c.say("account.wrong_length" if digits else c.menus.no_input)
            continue
        pressed = await c.choose(
            "account.read_back", *speak.digits(digits, groups=(3, 3, 4)), "global.confirm", keys="12",
            name="confirm_account",
        )
        if pressed == "2":
            tries += 1
            continue
        c.filled("account_no", digits, digits)
        account = await c.read(find_account, digits)
        if account is not None:
            return account
        tries += 1
        await c.say("account.not_found")
    await c.say("account.give_up", interruptible=False)
    raise AgentWanted("account_not_identified")


async def account_or_number(c: Conversation) -> AccountProfile | None:
    """Like `account_of`, but None when the database is down: a fault is taken all the same."""
    try:
        return await account_of(c)
    except NoDataError:
        return None
