"""A fault reported by keys: what the household can check itself, then a ticket (R3-30 to R3-34, R5-01, R5-07).

Order of the rules: danger first, then a ticket that is already open, arrears, a running outage, the self-check, and
the ticket with the arrival limit of the address (T-04).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from ivr.conversation import AgentWanted, Conversation
from ivr.directory import NoDataError
from ivr.prompts import speak
from ivr.stories.identify import account_or_number
from ivr.stories.outage_notice import announce
from ivr.stories.reconnect import arrears
from ivr.stories.self_check import Verdict, check_household
from ivr.stories.tickets import offer_urge, request_ticket, tail
from services.customers.lookup import AccountProfile
from services.grid.model import AreaClass
from services.outages.lookup import OutageView, at_transformer
from services.outages.model import OutageStatus
from services.tickets.lookup import TicketView, open_for
from services.tickets.model import TicketType

PHONE_DIGITS = range(7, 13)  # lengths of numbers that a crew can call

LABELS = {"one": "一户无电", "area": "整栋或整片无电"}
ARRIVAL = {
    AreaClass.URBAN: "fault.arrive_urban",
    AreaClass.RURAL: "fault.arrive_rural",
    AreaClass.REMOTE: "fault.arrive_remote",
}


@dataclass(slots=True)
class Intake:
    """What goes into the ticket: slots of the form (domain.md 13.4) and the same in words."""

    form: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def note(self, c: Conversation, slot: str, value: str, label: str) -> None:
        self.form[slot] = value
        self.words.append(label)
        c.filled(slot, value, label)


async def fault_single(c: Conversation) -> None:
    """1-1-1: only this household is dark."""
    await _no_power(c, scope="one")


async def fault_area(c: Conversation) -> None:
    """1-1-2: a building or more is dark."""
    await _no_power(c, scope="area")


async def fault_other(c: Conversation) -> None:
    """1-3 and 1-4: voltage, meter. No self-check, the sentence before has said what not to touch."""
    account = await account_or_number(c)
    await _refuse_danger(c)
    if account is None or not await _already_open(c, account):
        await _take(c, account, Intake())


async def _no_power(c: Conversation, scope: str) -> None:
    account = await account_or_number(c)
    c.step = "fault_report"
    await _refuse_danger(c)
    if account is not None:
        if await _already_open(c, account) or await arrears(c, account):
            return
        outage = await _running_outage(c, account)
        if outage is not None:
            wish = await announce(c, outage)
            if wish == "2":
                await c.say("outage.report_anyway")
                await report_no_power(c, account, scope="area")
            return
    await report_no_power(c, account, scope=scope)


async def report_no_power(c: Conversation, account: AccountProfile | None, *, scope: str) -> None:
    """The self-check of one household, then the ticket; a dark building needs no check of the own switch."""
    intake = Intake()
    c.step = "self_check"
    if scope == "one":
        await c.say("fault.intro")
        verdict = await check_household(c, intake.note)
        if verdict is Verdict.POWER_IS_BACK:
            await c.say("fault.power_back")
            return c.solved("fault_report", "自查后恢复供电")
        if verdict is Verdict.NO_VISIT:
            await c.say("fault.cancelled")
            return c.solved("fault_report", "初步判断为内部故障，客户不需要上门")
        if verdict is Verdict.NEIGHBOURS_TOO:
            scope = "area"
    intake.note(c, "scope", scope, LABELS[scope])
    internal = intake.form.get("initial_judgement") == "internal"
    await _take(c, account, intake, sub_type="internal" if internal else "lv")


async def _refuse_danger(c: Conversation) -> None:
    """Smoke, sparks or a wire on the ground: no more questions, the emergency queue (I-06)."""
    if await c.choose("fault.ask_hazard", keys="12", name="ask_hazard") == "1":
        await c.say("global.emergency", "global.emergency.transfer", interruptible=False)
        raise AgentWanted("hazard", c.menus.hazard)


async def _already_open(c: Conversation, account: AccountProfile) -> bool:
    """A fault ticket of this account is open: its state and the offer to urge it instead of a second one (R5-07)."""
    try:
        tickets: list[TicketView] = await c.read(open_for, account_no=account.account_no)
    except NoDataError:
        return False
    faults = [t for t in tickets if t.type is TicketType.FAULT]
    if not faults:
        return False
    await offer_urge(c, faults[0], "fault.already_open")
    c.solved("fault_report", "已有报修工单，已告知进度")
    return True


async def _running_outage(c: Conversation, account: AccountProfile) -> OutageView | None:
    try:
        outage = await c.read(at_transformer, account.transformer_id, datetime.now(UTC))
    except NoDataError:
        return None
    return outage if outage is not None and outage.status is OutageStatus.IN_FORCE else None


async def _take(c: Conversation, account: AccountProfile | None, intake: Intake, sub_type: str | None = None) -> None:
    """Contact number, confirmation, ticket, and what happens next in one sentence each."""
    c.step = "fault_confirm"
    phone = await contact_phone(c)
    intake.form["contact_phone"] = phone
    if account is not None:
        intake.form["account_no"] = account.account_no
    if await c.choose("fault.confirm_address", "fault.confirm", keys="12", name="confirm_fault") == "2":
        await c.say("fault.cancelled")
        return c.solved("fault_report", "客户取消报修")
    subject = c.subject.model_copy(update={"ticket_type": TicketType.FAULT, "sub_type": sub_type or c.subject.sub_type})
    number = await request_ticket(c, subject, content="，".join(intake.words), form=intake.form)
    if number is None or account is None:
        prompts = ["fault.offline_saved"]
    else:
        prompts = ["fault.registered", *tail(number), ARRIVAL[account.area_class], "fault.call_before"]
    c.given("fault_registered", *prompts, subject_id=number)
    await c.say(*prompts)


async def contact_phone(c: Conversation) -> str:
    """The number of this call, or another one keyed and read back. A withheld number must be keyed."""
    if c.caller_number and await c.choose("fault.contact_phone", keys="12", name="contact_phone") == "1":
        return c.caller_number
    return await keyed_phone(c, ask="fault.enter_phone", wrong="fault.phone_wrong", read_back="fault.phone_read_back")


async def keyed_phone(c: Conversation, *, ask: str, wrong: str, read_back: str) -> str:
    """Raises AgentWanted after as many wrong numbers as account numbers are allowed."""
    for _ in range(c.rules.account_tries):
        digits = await c.enter(ask, limit=PHONE_DIGITS.stop)
        if len(digits) not in PHONE_DIGITS or not digits.isdecimal():
            await c.say(wrong)
            continue
        groups = (3, 4, 4) if len(digits) == 11 else ()
        if await c.choose(read_back, *speak.digits(digits, groups=groups), "global.confirm", keys="12",
                          name="confirm_phone") == "1":
            return digits
    raise AgentWanted("phone_not_understood")
