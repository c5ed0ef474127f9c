"""What people do with a ticket: fill its form, dispatch it, close it, and carry it through the loop (domain.md 4.4).

Called by `agent_desktop` routes and workers, inside their transaction; the caller publishes `ticket_changed` after the
commit. Every function locks the ticket, makes the move by `states.py` and adds to the timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.calls import facts
from services.calls.model import Call
from services.calls.timeline import record
from services.customers.lookup import find_account
from services.errors import ConflictError, InvalidInputError, NotFoundError
from services.grid.model import Crew, Station
from services.outages.model import Outage
from services.tickets import dispositions, numbers, timeline
from services.tickets.from_call import count_urges
from services.tickets.lookup import ABANDONED
from services.tickets.model import Ticket, TicketStatus, TicketType, Urgency
from services.tickets.states import EDITABLE, Action, advance

COLUMNS: Final = frozenset({
    "type", "sub_type", "urgency", "contact_name", "contact_phone", "contact_addr", "account_no", "accept_content",
    "handle_opinion", "outage_id",
})  # what the form may write besides `form`


class TicketNotFoundError(NotFoundError):
    error_id = "ticket-not-found"
    message = "没有找到该工单。"


class TicketNotEditableError(ConflictError):
    error_id = "ticket-not-editable"
    message = "工单已派出或办结，不能再修改。"


class StaleDraftError(ConflictError):
    """Somebody saved meanwhile; read the newer one in a fresh transaction."""

    error_id = "ticket-draft-stale"
    message = "工单已被其他人修改，请核对最新内容。"


class UnknownDispositionError(InvalidInputError):
    error_id = "unknown-disposition"
    message = "该类型工单没有这种处理结果。"


class FieldsMissingError(InvalidInputError):
    """`fields` names what is missing."""

    error_id = "ticket-fields-missing"
    message = "还有必填内容没有填写。"

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class UnknownAccountError(InvalidInputError):
    error_id = "unknown-account"
    message = "没有这个户号，请核对。"


class UnknownFieldError(InvalidInputError):
    error_id = "unknown-ticket-field"


class UnknownOutageError(InvalidInputError):
    error_id = "unknown-outage"
    message = "没有这条停电信息。"


class UnknownCrewError(InvalidInputError):
    error_id = "unknown-crew"
    message = "没有这个抢修班组。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an agent ends the form. `version` guards against a form that somebody else changed."""

    disposition: str
    opinion: str = ""
    version: int | None = None


async def locked(session: AsyncSession, ticket_no: str) -> Ticket:
    query = select(Ticket).where(Ticket.ticket_no == ticket_no).with_for_update()
    ticket = await session.scalar(query.execution_options(populate_existing=True))
    if ticket is None:
        raise TicketNotFoundError(ticket_no)
    return ticket


async def save_draft(
    session: AsyncSession, ticket_no: str, *, version: int, fields: Mapping[str, Any], staff_no: str
) -> Ticket:
    """Write the fields that changed; `form` is merged key by key, a None removes one.

    Raises:
        StaleDraftError: `version` is not the last one.
        TicketNotEditableError, UnknownAccountError, UnknownOutageError, UnknownFieldError.
    """
    ticket = await locked(session, ticket_no)
    if ticket.status not in EDITABLE:
        raise TicketNotEditableError(ticket.status)
    if ticket.version != version:
        raise StaleDraftError(f"{version} is not {ticket.version}")
    await _write(session, ticket, fields)
    ticket.automatic = False
    ticket.accept_staff = ticket.accept_staff or staff_no
    ticket.version += 1
    ticket.updated_at = datetime.now(UTC)
    await session.flush()
    return ticket


async def _write(session: AsyncSession, ticket: Ticket, fields: Mapping[str, Any]) -> None:
    unknown = fields.keys() - COLUMNS - {"form"}
    if unknown:
        raise UnknownFieldError(", ".join(sorted(unknown)))
    touched = set(fields.keys() & COLUMNS)
    for name in touched - {"account_no", "outage_id"}:
        setattr(ticket, name, fields[name])
    if "type" in fields:
        ticket.type = TicketType(fields["type"])
    if "urgency" in fields:
        ticket.urgency = Urgency(fields["urgency"])
    if "account_no" in fields:
        await _place(session, ticket, fields["account_no"] or None)
    if "outage_id" in fields:
        if fields["outage_id"] is not None and await session.get(Outage, fields["outage_id"]) is None:
            raise UnknownOutageError(str(fields["outage_id"]))
        ticket.outage_id = fields["outage_id"]
    if form := fields.get("form"):
        merged = {**ticket.form, **form}
        ticket.form = {name: value for name, value in merged.items() if value is not None}
        touched |= {f"form.{name}" for name in form}
    ticket.filled_by_machine = [name for name in ticket.filled_by_machine if name not in touched]


async def _place(session: AsyncSession, ticket: Ticket, account_no: str | None) -> None:
    """The account brings its customer, station, transformer and area; the address only where none is written."""
    account = await find_account(session, account_no) if account_no else None
    if account_no and account is None:
        raise UnknownAccountError(account_no)
    ticket.account_no = account_no
    if account:
        ticket.customer_id, ticket.station_id = account.customer_id, account.station_id
        ticket.transformer_id, ticket.area_class = account.transformer_id, account.area_class
        ticket.contact_addr = ticket.contact_addr or account.address
        ticket.contact_name = ticket.contact_name or account.customer_name[:40]


async def dispatch(session: AsyncSession, ticket_no: str, ending: Ending, *, staff_no: str) -> Ticket:
    """The agent sends the form: to the station of the address, or to the dispatcher's list when it is unknown.

    Raises:
        StaleDraftError, UnknownDispositionError, FieldsMissingError, ForbiddenMoveError.
    """
    now = datetime.now(UTC)
    ticket = await _end(session, ticket_no, ending, dispositions.Result.DISPATCH, staff_no)
    if ticket.status is not TicketStatus.TO_DISPATCH:
        advance(ticket, Action.SUBMIT, now)
        ticket.accepted_at = await _end_of_request(session, ticket, now)
    await timeline.append(session, ticket, "submitted", actor=staff_no, at=now, data=_summary(ticket))
    await _dispatch(session, ticket, actor=staff_no, at=now)
    await _tell_call(session, ticket, staff_no, now)
    return ticket


async def close(session: AsyncSession, ticket_no: str, ending: Ending, *, staff_no: str) -> Ticket:
    """End the form by a disposition that needs no further work. Raises as `dispatch`, and TypeNotAnsweredError."""
    now = datetime.now(UTC)
    ticket = await _end(session, ticket_no, ending, dispositions.Result.CLOSE, staff_no)
    chosen = dispositions.find(ticket.type, ending.disposition)
    assert chosen is not None
    advance(ticket, chosen.action, now)
    await timeline.append(
        session, ticket, "closed", actor=staff_no, at=now,
        data={**_summary(ticket), "disposition": ending.disposition, "opinion": ticket.handle_opinion},
    )
    await _close_urges(session, ticket, staff_no, now)
    await _tell_call(session, ticket, staff_no, now)
    return ticket


async def _end(
    session: AsyncSession, ticket_no: str, ending: Ending, result: dispositions.Result, staff_no: str
) -> Ticket:
    ticket = await locked(session, ticket_no)
    if ending.version is not None and ticket.version != ending.version:
        raise StaleDraftError(f"{ending.version} is not {ticket.version}")
    if ticket.status not in EDITABLE:
        raise TicketNotEditableError(ticket.status)
    chosen = dispositions.find(ticket.type, ending.disposition)
    if chosen is None or chosen.result is not result:
        raise UnknownDispositionError(ending.disposition)
    if ending.opinion.strip():
        ticket.handle_opinion = ending.opinion.strip()
    if lacks := dispositions.missing(ticket, chosen):
        raise FieldsMissingError(lacks)
    if ticket.sub_type == ABANDONED:
        ticket.sub_type = ""
    ticket.disposition = chosen.code
    ticket.automatic = False
    ticket.accept_staff = staff_no
    return ticket


async def _end_of_request(session: AsyncSession, ticket: Ticket, now: datetime) -> datetime:
    """Clocks run from the end of the customer's request (4.4): the end of the talk, or now while it goes on."""
    call = await session.get(Call, ticket.origin_call_id) if ticket.origin_call_id else None
    ended = (call.agent_left_at or call.ended_at) if call else None
    return min(now, ended) if ended else now


async def _tell_call(session: AsyncSession, ticket: Ticket, staff_no: str, now: datetime) -> None:
    if ticket.origin_call_id and ticket.disposition:
        fact = facts.disposed(
            ticket.origin_call_id, now, staff_no=staff_no, ticket_no=ticket.ticket_no, disposition=ticket.disposition
        )
        await session.flush()
        await record(session, fact)


async def dispatch_waiting(session: AsyncSession, ticket_no: str) -> Ticket:
    """A worker dispatches what the machine took in; a ticket that a person took meanwhile stays as it is."""
    ticket = await locked(session, ticket_no)
    if ticket.status is TicketStatus.TO_DISPATCH and ticket.automatic:
        await _dispatch(session, ticket, actor="worker", at=datetime.now(UTC))
    return ticket


async def _dispatch(session: AsyncSession, ticket: Ticket, *, actor: str, at: datetime) -> None:
    """To whom: an URGE to who owns the urged one, all else to the station of the address (一口对外)."""
    parent = await session.get(Ticket, ticket.parent_id) if ticket.parent_id else None
    station = await session.get(Station, ticket.station_id) if ticket.station_id else None
    owner = (parent.current_owner if parent else None) or (station.name if station else None)
    if owner is None:
        await timeline.append(session, ticket, "waits_for_dispatcher", actor=actor, at=at)
        return
    advance(ticket, Action.DISPATCH, at)
    ticket.automatic = False
    ticket.current_owner = owner
    await timeline.append(session, ticket, "dispatched", actor=actor, at=at, data={"owner": owner})


async def dispatch_to(session: AsyncSession, ticket_no: str, owner: str, *, staff_no: str) -> Ticket:
    """The dispatcher sends or re-sends a ticket to a unit."""
    return await _move(session, ticket_no, Action.DISPATCH, staff_no, "dispatched", current_owner=owner)


async def take(session: AsyncSession, ticket_no: str, *, staff_no: str) -> Ticket:
    """The unit takes the order; the first one is first-asked responsible for good (R3-61, R3-65)."""
    ticket = await locked(session, ticket_no)
    return await _move(
        session, ticket_no, Action.TAKE, staff_no, "taken", first_owner=ticket.first_owner or ticket.current_owner
    )


async def give_back(session: AsyncSession, ticket_no: str, reason: str, *, staff_no: str) -> Ticket:
    """Return to the dispatcher with a reason (R5-20)."""
    return await _move(session, ticket_no, Action.RETURN, staff_no, "returned", data={"reason": reason})


async def assign(session: AsyncSession, ticket_no: str, crew_id: int, *, staff_no: str) -> Ticket:
    crew = await session.get(Crew, crew_id)
    if crew is None:
        raise UnknownCrewError(str(crew_id))
    return await _move(
        session, ticket_no, Action.ASSIGN, staff_no, "assigned", data={"crew": crew.name}, crew_id=crew.id,
        current_owner=crew.name,
    )


async def arrive(session: AsyncSession, ticket_no: str, *, staff_no: str) -> Ticket:
    return await _move(session, ticket_no, Action.ARRIVE, staff_no, "arrived")


async def finish(session: AsyncSession, ticket_no: str, *, result: str, cause: str, staff_no: str) -> Ticket:
    """Work is done; result and cause are mandatory."""
    if not cause.strip():
        raise FieldsMissingError(["cause"])
    return await _move(
        session, ticket_no, Action.FINISH, staff_no, "finished", data={"result": result, "cause": cause},
        handle_opinion=result,
    )


async def approve(session: AsyncSession, ticket_no: str, *, staff_no: str) -> Ticket:
    """The owner unit's audit: the customer can be called back."""
    return await _move(session, ticket_no, Action.APPROVE, staff_no, "approved")


async def called_back(session: AsyncSession, ticket_no: str, *, satisfaction: int, staff_no: str) -> Ticket:
    """Result of the callback: 1 satisfied, 2 fair, 3 not satisfied, which opens the ticket again (R5-60)."""
    action = Action.DISSATISFIED if satisfaction == 3 else Action.SATISFIED
    ticket = await _move(
        session, ticket_no, action, staff_no, "called_back", data={"satisfaction": satisfaction},
        satisfaction=satisfaction,
    )
    await _close_urges(session, ticket, staff_no, datetime.now(UTC))
    return ticket


async def urge(session: AsyncSession, ticket_no: str, *, remark: str, staff_no: str) -> Ticket:
    """An agent urges an open ticket: an URGE ticket of its own for the current owner. Returns the URGE."""
    urged = await locked(session, ticket_no)
    if urged.closed_at is not None or urged.type is TicketType.URGE:
        raise TicketNotEditableError(urged.status)
    now = datetime.now(UTC)
    child = Ticket(
        ticket_no=await numbers.draw(session, now), type=TicketType.URGE, sub_type="", status=TicketStatus.TO_DISPATCH,
        urgency=Urgency.NORMAL, parent_id=urged.id, automatic=False, calling_no=urged.calling_no,
        contact_name=urged.contact_name, contact_phone=urged.contact_phone, contact_addr=urged.contact_addr,
        customer_id=urged.customer_id, account_no=urged.account_no, station_id=urged.station_id,
        transformer_id=urged.transformer_id, area_class=urged.area_class, accept_staff=staff_no,
        accept_content=remark, form={}, filled_by_machine=[], accepted_at=now, updated_at=now, version=0,
    )
    session.add(child)
    await timeline.append(session, child, "opened", actor=staff_no, at=now, data={"urges": urged.ticket_no})
    await count_urges(session, urged.id, child)
    await _dispatch(session, child, actor=staff_no, at=now)
    return child


async def _move(
    session: AsyncSession, ticket_no: str, action: Action, staff_no: str, kind: str,
    data: Mapping[str, Any] | None = None, **columns: Any,
) -> Ticket:
    ticket = await locked(session, ticket_no)
    now = datetime.now(UTC)
    for name, value in columns.items():
        setattr(ticket, name, value)
    advance(ticket, action, now)
    ticket.automatic = False
    owner = {"owner": ticket.current_owner} if ticket.current_owner else {}
    await timeline.append(session, ticket, kind, actor=staff_no, at=now, data={**owner, **(data or {})})
    return ticket


async def _close_urges(session: AsyncSession, ticket: Ticket, staff_no: str, now: datetime) -> None:
    """What urged a ticket is settled with it."""
    if ticket.closed_at is None:
        return
    query = select(Ticket).where(
        Ticket.parent_id == ticket.id, Ticket.type == TicketType.URGE, Ticket.closed_at.is_(None)
    )
    for child in await session.scalars(query.with_for_update()):
        child.status, child.closed_at, child.automatic = TicketStatus.CLOSED, now, False
        await timeline.append(session, child, "closed", actor=staff_no, at=now, data={"with": ticket.ticket_no})


def _summary(ticket: Ticket) -> dict[str, Any]:
    return {"type": ticket.type, "sub_type": ticket.sub_type, "urgency": ticket.urgency, "form": ticket.form}
