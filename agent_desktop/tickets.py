"""Tickets: the form of the call with its autosave, its end by a disposition, lists, a ticket's page, urging."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.access import may
from agent_desktop.drafts import changes, draft_of
from agent_desktop.resources import Resources, With
from agent_desktop.schemas.common import Choice, Done, ErrorShape
from agent_desktop.schemas.tickets import (
    DispositionCommand,
    Draft,
    DraftConflict,
    DraftSave,
    TicketCatalogue,
    TicketList,
    TicketPage,
    TicketTypeChoice,
    UrgeCommand,
)
from agent_desktop.ticket_page import page_of
from agent_desktop.ticket_rows import limits_today, row_of
from agent_desktop.words import TICKET_STATUSES, TICKET_TYPES, URGENCIES
from services.auth.access import Access, record_access
from services.auth.errors import ForbiddenError
from services.auth.permissions import Permission, TicketScope
from services.auth.sessions import SignedIn
from services.bus import Event
from services.calls.model import Call
from services.customers.phone_number import normalise
from services.tickets import service
from services.tickets.forms import FORMS
from services.tickets.model import Ticket, TicketStatus, TicketType

router = APIRouter(tags=["tickets"])

TicketNo = Annotated[str, Path(pattern=r"^[0-9]{16}$")]
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": DraftConflict}, 422: {"model": ErrorShape}}


class NotYourTicketError(ForbiddenError):
    error_id = "not-your-ticket"
    message = "这张工单由他人受理，您只能查看。"


@router.get("/ticket-catalogue")
async def catalogue(person: Annotated[SignedIn, may(Permission.TICKET_LIST)]) -> TicketCatalogue:
    return TicketCatalogue(
        types=[
            TicketTypeChoice(
                code=type, label=label,
                sub_types=[Choice(code=option.code, label=option.label) for option in FORMS[type].sub_types],
            )
            for type, label in TICKET_TYPES.items()
        ],
        urgencies=[Choice(code=code, label=label) for code, label in URGENCIES.items()],
        statuses=[Choice(code=code, label=label) for code, label in TICKET_STATUSES.items()],
    )


@router.get("/tickets")
async def tickets(
    person: Annotated[SignedIn, may(Permission.TICKET_LIST)],
    resources: With,
    state: Literal["open", "closed", "all"] = "open",
    type: TicketType | None = None,
    mine: bool = False,
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TicketList:
    """`q`: a ticket number or its last digits, an account number, a phone number, or part of an address."""
    wanted = _in_scope(select(Ticket), person)
    if state != "all":
        wanted = wanted.where(Ticket.closed_at.is_(None) if state == "open" else Ticket.closed_at.is_not(None))
    if type is not None:
        wanted = wanted.where(Ticket.type == type)
    if mine:
        wanted = wanted.where(Ticket.accept_staff == person.staff_no)
    if text := q.strip():
        if text.isascii() and text.isdigit():
            wanted = wanted.where(
                Ticket.ticket_no.endswith(text) | (Ticket.account_no == text)
                | (Ticket.contact_phone == normalise(text))
            )
        else:
            wanted = wanted.where(Ticket.contact_addr.contains(text, autoescape=True))
    async with resources.database.transaction() as session:
        total = await session.scalar(select(func.count()).select_from(wanted.subquery()))
        found = await session.scalars(
            wanted.order_by(Ticket.accepted_at.desc()).limit(page_size).offset((page - 1) * page_size)
        )
        limits = await limits_today(session, resources.settings, datetime.now(UTC))
        items = [row_of(ticket, limits, resources.settings) for ticket in found]
    return TicketList(items=items, total=int(total or 0), page=page, page_size=page_size)


@router.get("/tickets/{ticket_no}")
async def ticket_page(
    ticket_no: TicketNo, person: Annotated[SignedIn, may(Permission.TICKET_OPEN)], resources: With
) -> TicketPage:
    async with resources.database.transaction() as session:
        ticket = await _found(session, person, ticket_no)
        record_access(session, person.staff_no, Access.OPEN_TICKET, f"ticket {ticket_no}")
        return await page_of(session, resources.settings, ticket, person, await _may_change(session, person, ticket))


@router.get("/tickets/{ticket_no}/draft")
async def draft(
    ticket_no: TicketNo, person: Annotated[SignedIn, may(Permission.TICKET_EDIT)], resources: With
) -> Draft:
    async with resources.database.transaction() as session:
        ticket = await _own(session, person, ticket_no)
        record_access(session, person.staff_no, Access.OPEN_TICKET, f"ticket {ticket_no}")
        return await _draft(session, resources, ticket)


@router.put("/tickets/{ticket_no}/draft", response_model=Draft, responses=CONFLICT)
async def save_draft(
    ticket_no: TicketNo, body: DraftSave, person: Annotated[SignedIn, may(Permission.TICKET_EDIT)], resources: With
) -> Draft | JSONResponse:
    """Autosave of the fields that changed. 409 carries the newer draft; nothing of either is lost."""
    try:
        async with resources.database.transaction() as session:
            ticket = await _own(session, person, ticket_no)
            changed = changes(ticket, body.fields)
            ticket = await service.save_draft(
                session, ticket_no, version=body.version, fields=changed, staff_no=person.staff_no
            )
            saved = await _draft(session, resources, ticket)
    except service.StaleDraftError as stale:
        return await _newer(resources, ticket_no, stale)
    await _tell(resources, saved.ticket_no, saved.status)
    return saved


@router.post("/tickets/{ticket_no}/dispatch", response_model=TicketPage, responses=CONFLICT)
async def dispatch(
    ticket_no: TicketNo, body: DispositionCommand, person: Annotated[SignedIn, may(Permission.TICKET_DISPATCH)],
    resources: With,
) -> TicketPage | JSONResponse:
    return await _end(ticket_no, body, person, resources, dispatched=True)


@router.post("/tickets/{ticket_no}/close", response_model=TicketPage, responses=CONFLICT)
async def close(
    ticket_no: TicketNo, body: DispositionCommand, person: Annotated[SignedIn, may(Permission.TICKET_CLOSE)],
    resources: With,
) -> TicketPage | JSONResponse:
    return await _end(ticket_no, body, person, resources, dispatched=False)


@router.post("/tickets/{ticket_no}/urge")
async def urge(
    ticket_no: TicketNo, body: UrgeCommand, person: Annotated[SignedIn, may(Permission.TICKET_URGE)], resources: With
) -> Done:
    async with resources.database.transaction() as session:
        urged = await _found(session, person, ticket_no)
        child = await service.urge(session, ticket_no, remark=body.remark, staff_no=person.staff_no)
        told = [(urged.ticket_no, urged.status), (child.ticket_no, child.status)]
    for number, status in told:
        await _tell(resources, number, status)
    return Done()


async def _end(
    ticket_no: str, body: DispositionCommand, person: SignedIn, resources: Resources, *, dispatched: bool
) -> TicketPage | JSONResponse:
    ending = service.Ending(disposition=body.disposition, opinion=body.opinion, version=body.version)
    act = service.dispatch if dispatched else service.close
    try:
        async with resources.database.transaction() as session:
            await _own(session, person, ticket_no)
            ticket = await act(session, ticket_no, ending, staff_no=person.staff_no)
            await session.flush()
            page = await page_of(session, resources.settings, ticket, person, changeable=True)
    except service.StaleDraftError as stale:
        return await _newer(resources, ticket_no, stale)
    await _tell(resources, ticket_no, page.ticket.status)
    return page


async def _draft(session: AsyncSession, resources: Resources, ticket: Ticket) -> Draft:
    limits = await limits_today(session, resources.settings, datetime.now(UTC))
    return await draft_of(session, ticket, limits, resources.settings)


async def _newer(resources: Resources, ticket_no: str, stale: service.StaleDraftError) -> JSONResponse:
    async with resources.database.transaction() as session:
        ticket = await service.locked(session, ticket_no)
        newer = await _draft(session, resources, ticket)
    conflict = DraftConflict(error_id=stale.error_id, message=stale.message, newer=newer)
    return JSONResponse(conflict.model_dump(mode="json"), status_code=stale.status_code)


async def _tell(resources: Resources, ticket_no: str, status: TicketStatus) -> None:
    await resources.publish([Event(op="ticket_changed", data={"ticket_no": ticket_no, "status": status})])


def _in_scope(wanted: "Select[Ticket]", person: SignedIn) -> "Select[Ticket]":
    if person.ticket_scope is TicketScope.OWN_UNIT:
        return wanted.where(Ticket.station_id == person.station_id)
    return wanted


async def _found(session: AsyncSession, person: SignedIn, ticket_no: str) -> Ticket:
    """A ticket that this person may see; one of another unit does not exist for him."""
    ticket = await session.scalar(_in_scope(select(Ticket).where(Ticket.ticket_no == ticket_no), person))
    if ticket is None:
        raise service.TicketNotFoundError(ticket_no)
    return ticket


async def _own(session: AsyncSession, person: SignedIn, ticket_no: str) -> Ticket:
    """A ticket that this person may change."""
    ticket = await _found(session, person, ticket_no)
    if not await _may_change(session, person, ticket):
        raise NotYourTicketError(f"{ticket_no} of {ticket.accept_staff}")
    return ticket


async def _may_change(session: AsyncSession, person: SignedIn, ticket: Ticket) -> bool:
    """Who leads the shift: every ticket. An agent: what he accepted, what waits for a callback, his call's ticket."""
    if person.ticket_scope is TicketScope.ALL or ticket.accept_staff == person.staff_no:
        return True
    if person.ticket_scope is not TicketScope.READ_ALL_CHANGE_OWN:
        return False
    if ticket.status is TicketStatus.TO_CALLBACK and ticket.accept_staff is None:
        return True
    call = select(Call.call_id).where(Call.ticket_id == ticket.id, Call.staff_no == person.staff_no).limit(1)
    return await session.scalar(call) is not None
