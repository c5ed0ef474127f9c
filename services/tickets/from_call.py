"""One call, one ticket (contracts section 2): opens the ticket that a call needs, and corrects it while nobody has
touched it.

Called by `services/calls/timeline.py` inside the transaction that writes the facts, with the call's row locked. What
the ticket shall be is a pure function of the call's story (`opening`), so late facts and replays end the same way.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.callbacks.model import Callback
from services.calls.model import Call, Direction
from services.calls.projection import Story
from services.customers.lookup import AccountProfile, accounts_of, find_account, find_customer
from services.customers.model import CustomerPhone
from services.customers.phone_number import normalise
from services.tickets import numbers, timeline
from services.tickets.lookup import ABANDONED
from services.tickets.model import Ticket, TicketStatus, TicketType, Urgency
from services.tickets.states import ANSWERED_AT_ONCE, CLOSED, Action, advance
from services.workers.defer import Job, defer

VOICE_MESSAGE: Final = "voice_message"
SELF_SERVICE: Final = "self_service"  # disposition of a ticket that the machine closed
ESCALATED_AT_CALLS: Final = 3  # R5-15: the third call about one matter

TYPE_OF_QUEUE: Final = {
    "emergency": TicketType.FAULT,
    "repair": TicketType.FAULT,
    "complaint": TicketType.COMPLAINT,
    "business": TicketType.SERVICE_REQ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the ticket of a call shall be as long as only the machine knows the matter."""

    ticket_no: str | None
    type: TicketType
    sub_type: str
    status: TicketStatus
    urgency: Urgency
    order_class: str
    disposition: str | None
    accept_staff: str | None
    accept_content: str
    handle_opinion: str
    form: dict[str, Any]
    urges: str | None
    accepted_at: datetime
    closed_at: datetime | None


def needs_ticket(story: Story) -> bool:
    """Before its end a call has a ticket as soon as somebody else will work with it."""
    return bool(
        story.ended_at or story.requested or story.handed_over or story.accepted_by or story.staff_no
        or story.message or story.callback
    )


def makings(story: Story) -> tuple[object, ...]:
    """All that `conclude` reads of a story: two stories with the same makings give the same ticket."""
    return (
        needs_ticket(story), opening(story), story.direction, story.callback_id, story.customer_id, story.account_no,
        story.caller_number, story.satisfaction, story.connected_at,
    )


def opening(story: Story) -> Opening:
    requested = story.requested or {}
    type, sub_type, status = _matter(story)
    solved = status is TicketStatus.CLOSED_FCR
    ended_at = story.ended_at or story.first_at
    accepted_at = (
        story.message.at if story.message
        else story.connected_at or story.requested_at or (story.callback.at if story.callback else None) or ended_at
    )
    return Opening(
        ticket_no=requested.get("ticket_no"),
        type=type,
        sub_type=sub_type[:40],
        status=status,
        urgency=Urgency(requested.get("urgency") or (Urgency.URGENT if story.queue == "emergency" else Urgency.NORMAL)),
        order_class=VOICE_MESSAGE if story.message else "",
        disposition=SELF_SERVICE if solved else None,
        accept_staff=story.accepted_by,
        accept_content=str(requested.get("content") or story.intent_label or ""),
        handle_opinion=("；".join(story.statements) or story.solved_result) if solved else "",
        form={**story.slots, **requested.get("form", {})},
        urges=story.urged_ticket_no if not story.requested else None,
        accepted_at=accepted_at,
        closed_at=ended_at if solved else None,
    )


def _matter(story: Story) -> tuple[TicketType, str, TicketStatus]:
    """Type, sub-type and state by what became of the call; the first that applies."""
    chosen = story.ticket_type
    sub_type = story.ticket_sub_type or ""
    likely = chosen or TYPE_OF_QUEUE.get(story.queue or "", TicketType.CONSULT)
    if story.requested:
        type, sub_type = TicketType(story.requested["type"]), str(story.requested.get("sub_type", ""))
        waits_for_agent = story.accepted_by or not story.ended_at
        return type, sub_type, TicketStatus.DRAFT if waits_for_agent else TicketStatus.TO_DISPATCH
    if story.accepted_by or not (story.ended_at or story.message):
        return likely, sub_type, TicketStatus.DRAFT
    if story.message:
        return likely, sub_type or VOICE_MESSAGE, TicketStatus.TO_CALLBACK
    if story.callback:
        return likely, sub_type or "callback", TicketStatus.TO_CALLBACK
    if story.urged_ticket_no:
        return TicketType.URGE, "", TicketStatus.TO_DISPATCH
    if story.solved and not (story.handed_over or story.queued_at):
        type = chosen if chosen in ANSWERED_AT_ONCE else TicketType.QUERY
        return type, story.solved if type is not chosen else sub_type or story.solved, TicketStatus.CLOSED_FCR
    return TicketType.CONSULT, ABANDONED, TicketStatus.TO_CALLBACK


async def conclude(session: AsyncSession, call: Call, story: Story) -> Ticket:
    """Get or create the ticket of the call, correct it while it is automatic; returns it flushed."""
    original = await _original(session, story)
    if original is not None:
        await _continue(session, original, story)
        return original
    ticket = await session.scalar(select(Ticket).where(Ticket.origin_call_id == call.call_id).with_for_update())
    if ticket is None:
        ticket = Ticket(
            ticket_no="", status=TicketStatus.DRAFT, type=TicketType.CONSULT, origin_call_id=call.call_id, version=0,
            automatic=True, urge_count=0, filled_by_machine=[], updated_at=story.first_at, accepted_at=story.first_at,
        )
        await _correct(session, ticket, story)
    elif ticket.automatic:
        await _correct(session, ticket, story)
    if story.satisfaction is not None:
        ticket.satisfaction = story.satisfaction
    await session.flush()
    return ticket


async def _original(session: AsyncSession, story: Story) -> Ticket | None:
    """A callback goes on with the ticket of the call that asked for it."""
    if story.direction is not Direction.CALLBACK or story.callback_id is None:
        return None
    return await session.scalar(
        select(Ticket)
        .join(Callback, Callback.call_id == Ticket.origin_call_id)
        .where(Callback.id == story.callback_id)
        .with_for_update()
    )


async def _continue(session: AsyncSession, ticket: Ticket, story: Story) -> None:
    if story.satisfaction is not None:
        ticket.satisfaction = story.satisfaction
    if story.accepted_by and ticket.automatic and ticket.status not in CLOSED:
        advance(ticket, Action.TAKE_UP, story.connected_at or story.first_at)
        ticket.automatic = False
        ticket.accept_staff = story.accepted_by
        await timeline.append(
            session, ticket, "taken_up", actor=story.accepted_by, at=story.connected_at or story.first_at
        )


async def _correct(session: AsyncSession, ticket: Ticket, story: Story) -> None:
    """Write what the story says now; an entry in the timeline only when something changed."""
    wanted = opening(story)
    number = normalise(story.caller_number)
    customer_id = story.customer_id or await _only_customer(session, number)
    account = await _account(session, story, wanted, customer_id)
    customer = await find_customer(session, customer_id) if customer_id else None
    urged = await _urged(session, ticket, wanted, account, number)
    values: dict[str, Any] = {
        "ticket_no": wanted.ticket_no or ticket.ticket_no or await numbers.draw(session, wanted.accepted_at),
        "type": TicketType.URGE if urged else wanted.type,
        "sub_type": wanted.sub_type,
        "status": wanted.status,
        "urgency": wanted.urgency,
        "order_class": wanted.order_class,
        "parent_id": urged.id if urged else None,
        "disposition": wanted.disposition,
        "accept_staff": wanted.accept_staff,
        "accept_content": wanted.accept_content,
        "handle_opinion": wanted.handle_opinion,
        "form": wanted.form,
        "calling_no": story.caller_number,
        "contact_phone": normalise(str(wanted.form.get("contact_phone") or number)),  # keyed for the crew, or his own
        "contact_name": customer.name[:40] if customer else "",
        "contact_addr": account.address if account else "",
        "customer_id": customer_id,
        "account_no": account.account_no if account else None,
        "station_id": account.station_id if account else None,
        "transformer_id": account.transformer_id if account else None,
        "area_class": account.area_class if account else None,
        "accepted_at": wanted.accepted_at,
        "closed_at": wanted.closed_at,
    }
    values["filled_by_machine"] = _filled(values)
    changed = {name for name, value in values.items() if getattr(ticket, name) != value}
    if not changed and ticket.version:
        return
    parents = {ticket.parent_id, values["parent_id"]} - {None}
    first = ticket.version == 0
    for name, value in values.items():
        setattr(ticket, name, value)
    session.add(ticket)
    words = {"type": ticket.type, "sub_type": ticket.sub_type, "status": ticket.status}
    await timeline.append(
        session, ticket, "opened" if first else "corrected", actor="ivr", at=story.ended_at or wanted.accepted_at,
        data=words if first else {**words, "fields": sorted(changed - {"filled_by_machine"})},
    )
    for parent_id in parents if {"parent_id", "type"} & changed else ():
        await count_urges(session, parent_id, ticket)
    if ticket.status is TicketStatus.TO_DISPATCH and "status" in changed:
        await session.flush()
        await defer(session, Job.DISPATCH_TICKET, ticket_no=ticket.ticket_no)


def _filled(values: dict[str, Any]) -> list[str]:
    """Names of fields that the page tints; those of the type's form as `form.NAME`."""
    shown = ("type", "sub_type", "urgency", "contact_name", "contact_phone", "contact_addr", "account_no",
             "accept_content")
    of_type = [f"form.{name}" for name, value in values["form"].items() if value]
    return [name for name in shown if values[name]] + of_type


async def _only_customer(session: AsyncSession, number: str) -> int | None:
    """Whose number it is, when nobody identified the caller: the IVR was down, or he hung up early."""
    query = select(CustomerPhone.customer_id).where(CustomerPhone.number == number).limit(2)
    owners = list(await session.scalars(query)) if number else []
    return owners[0] if len(owners) == 1 else None


async def _account(
    session: AsyncSession, story: Story, wanted: Opening, customer_id: int | None
) -> AccountProfile | None:
    """The account that the call is about: named in the call, keyed for the ticket, or the customer's only one."""
    named = story.account_no or wanted.form.get("account_no")
    if named and (found := await find_account(session, str(named))):
        return found
    if customer_id is None:
        return None
    owned = await accounts_of(session, [customer_id])
    return owned[0] if len(owned) == 1 else None


async def _urged(
    session: AsyncSession, ticket: Ticket, wanted: Opening, account: AccountProfile | None, number: str
) -> Ticket | None:
    """The open ticket that this call urges: named by the caller, or the same matter reported again (R5-07)."""
    if wanted.urges and wanted.type is TicketType.URGE:
        return await session.scalar(select(Ticket).where(Ticket.ticket_no == wanted.urges).with_for_update())
    if wanted.status is not TicketStatus.TO_DISPATCH or account is None or not number:
        return None
    if ticket.parent_id is not None:
        return await session.get(Ticket, ticket.parent_id, with_for_update=True)
    return await session.scalar(
        select(Ticket)
        .where(
            Ticket.account_no == account.account_no, Ticket.contact_phone == number, Ticket.type == wanted.type,
            Ticket.closed_at.is_(None), Ticket.ticket_no != (ticket.ticket_no or "new"),
            Ticket.status.not_in([TicketStatus.DRAFT, TicketStatus.MERGED]), Ticket.accepted_at <= wanted.accepted_at,
        )
        .order_by(Ticket.accepted_at)
        .limit(1)
        .with_for_update()
    )


async def count_urges(session: AsyncSession, ticket_id: int, urge: Ticket) -> None:
    """Count the URGE tickets of one that is urged and raise its priority (R5-14, R5-15)."""
    await session.flush()
    urged = await session.get(Ticket, ticket_id, with_for_update=True)
    if urged is None:
        return
    before = urged.urge_count
    urged.urge_count = await session.scalar(
        select(func.count()).where(Ticket.parent_id == ticket_id, Ticket.type == TicketType.URGE)
    ) or 0
    if urged.urge_count > before:
        raised = Urgency.URGENT if urged.urge_count + 1 >= ESCALATED_AT_CALLS else Urgency.IMPORTANT
        if urged.urgency is not Urgency.URGENT:
            urged.urgency = raised
        await timeline.append(
            session, urged, "urged", actor="ivr", at=urge.accepted_at,
            data={"ticket_no": urge.ticket_no, "urge_count": urged.urge_count},
        )
