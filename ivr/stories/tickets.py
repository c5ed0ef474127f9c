"""Tickets of the caller by voice: ask for one, hear its state, urge it (I-08, R5-07, R5-11 to R5-14)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ivr.conversation import Conversation
from ivr.menus.schema import Subject
from ivr.prompts import speak
from ivr.stories.identify import account_of, account_or_number
from services.calls import facts
from services.tickets.lookup import TicketView, open_for
from services.tickets.model import TicketType
from services.tickets.numbers import NoTicketNumberError

# What a report or complaint is about is not for everybody who answers this phone (SEC-21).
DISCREET = {TicketType.REPORT, TicketType.COMPLAINT}
TAIL_DIGITS = 4


async def request_ticket(
    c: Conversation, subject: Subject, *, content: str, form: Mapping[str, str]
) -> str | None:
    """Ask the backend to open this ticket for the call. Returns its number; None when none can be had just now."""
    try:
        async with asyncio.timeout(c.rules.story_lookup_budget_s):
            number: str | None = await c.centre.numbers.next()
    except (NoTicketNumberError, TimeoutError):
        number = None
    c.ticket_no = number
    c.record(
        facts.ticket_requested,
        ticket_no=number, type=subject.ticket_type, sub_type=subject.sub_type, urgency=subject.urgency,
        content=content, form=form,
    )
    return number


def tail(ticket_no: str) -> list[str]:
    """The last four digits, as a caller writes them down."""
    return speak.digits(ticket_no[-TAIL_DIGITS:])


def status_prompts(ticket: TicketView) -> list[str]:
    kind = [] if ticket.type in DISCREET else [f"ticket.kind.{ticket.type.lower()}"]
    return [*kind, "ticket.tail", *tail(ticket.ticket_no), f"ticket.status.{ticket.status.lower()}"]


async def offer_urge(c: Conversation, ticket: TicketView, *intro: str) -> bool:
    """Its state first, then "urge or go on". True when the caller urged it."""
    prompts = [*intro, *status_prompts(ticket)]
    c.given("progress", *prompts, subject_id=ticket.ticket_no)
    await c.say(*prompts)
    c.solved("progress", "已告知工单进度")
    if await c.choose("ticket.urge.offer", keys="12", name="urge_offer") != "1":
        return False
    recently = datetime.now(UTC) - timedelta(minutes=c.rules.urge_again_min)
    if ticket.urged_at is not None and ticket.urged_at > recently:
        await c.say("ticket.urge.too_soon")
        return False
    c.record(facts.ticket_urged, ticket_no=ticket.ticket_no)
    await c.say("ticket.urge.done")
    return True


async def progress(c: Conversation) -> None:
    """1-5 and 4-7: the open tickets of this caller, one after the other; without one, of a keyed account."""
    c.step = "progress"
    tickets: Sequence[TicketView] = await c.read(
        open_for, customer_id=c.profile.customer.id if c.profile else None, number=c.caller_number
    )
    if not tickets:
        account = await account_of(c)
        c.step = "progress"
        tickets = await c.read(open_for, account_no=account.account_no)
    if not tickets:
        c.given("progress", "ticket.none")
        await c.say("ticket.none")
        c.solved("progress", "没有在办工单")
        return
    for ticket in tickets[: c.rules.tickets_spoken]:
        await offer_urge(c, ticket, "ticket.several" if len(tickets) > 1 else "ticket.open.intro")


async def service_request(c: Conversation) -> None:
    """A wish that a unit handles later (reading dispute, meter test, appliance damage): registered at once."""
    account = await account_or_number(c)
    c.step = "service_request"
    number = await request_ticket(
        c, c.subject, content="客户按键登记，请联系客户核实详情",
        form={"account_no": account.account_no if account else ""},
    )
    if number is None:
        await c.say("message.registered_anyway")
    else:
        await c.say("ticket.created", *tail(number), "ticket.created.reply")
