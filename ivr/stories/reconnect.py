"""Cut off for arrears: what is owed, how to pay, and the reconnection after payment (R3-31, B-13, B-15, T-21).

Owing money is the account's own affair: it is told only after verification (I-14).
"""

from ivr.conversation import Conversation
from ivr.directory import NoDataError
from ivr.prompts import speak
from ivr.stories.identify import account_of
from ivr.stories.tickets import request_ticket, tail
from ivr.stories.verify import verified
from services.billing.lookup import balance
from services.customers.lookup import AccountProfile
from services.tickets.model import TicketType, Urgency


async def arrears(c: Conversation, account: AccountProfile) -> bool:
    """On a fault call: True when the power is off for non-payment and that has been dealt with."""
    if not account.cut_off_for_arrears:
        return False
    await verified(c, account)
    c.given("arrears", "fault.arrears", "fault.arrears.how", subject_id=account.account_no)
    await c.say("fault.arrears", "fault.arrears.how")
    if await c.choose("fault.arrears.paid", keys="12", name="arrears_paid") == "1":
        await _after_payment(c, account)
    else:
        await c.say("info.pay")
        c.solved("fault_report", "欠费停电，已告知交费和复电")
    return True


async def reconnect(c: Conversation) -> None:
    """1-1-3: paid, but still without power."""
    account = await account_of(c)
    await verified(c, account)
    if account.cut_off_for_arrears:
        await _after_payment(c, account)
        return
    c.given("reconnect", "reconnect.not_cut")
    await c.say("reconnect.not_cut")
    c.solved("reconnect", "户号没有停电")


async def _after_payment(c: Conversation, account: AccountProfile) -> None:
    c.step = "reconnect"
    await c.say("reconnect.checking")
    money = await c.read(balance, account.account_no)
    if money is None:
        raise NoDataError("balance")
    if money.arrears_fen > 0:
        prompts = ["reconnect.still_owing", *speak.money(money.arrears_fen), "reconnect.still_owing.advice"]
        c.given("arrears", *prompts, subject_id=account.account_no)
        await c.say(*prompts)
    else:
        await c.say("reconnect.settled")
    subject = c.subject.model_copy(
        update={"ticket_type": TicketType.SERVICE_REQ, "sub_type": "reconnect", "urgency": Urgency.IMPORTANT}
    )
    if await c.choose("reconnect.offer", keys="1", name="reconnect_offer") == "1":
        number = await request_ticket(
            c, subject, content="欠费停电，客户称已交费，申请复电",
            form={"account_no": account.account_no, "arrears_fen": str(money.arrears_fen)},
        )
        await c.say("message.registered_anyway") if number is None else await c.say(
            "reconnect.registered", *tail(number)
        )
