"""Lines of tickets as lists, the pop and the board show them, each with the deadline that comes next."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.schemas.board import BoardTicket
from agent_desktop.schemas.tickets import Deadline, TicketRow
from agent_desktop.words import TICKET_STATUSES, TICKET_TYPES
from services.settings import Settings
from services.tickets import deadlines
from services.tickets.forms import sub_type_label
from services.tickets.model import Milestone, Ticket, TicketLimit, TicketStatus

BOARD_LOOKS_AT = 300  # open tickets, oldest first
BOARD_SHOWS = 12
NOT_YET_TAKEN = (TicketStatus.DRAFT, TicketStatus.TO_DISPATCH, TicketStatus.DISPATCHED, TicketStatus.RETURNED)


async def limits_today(session: AsyncSession, settings: Settings, now: datetime) -> list[TicketLimit]:
    return await deadlines.limits_on(session, now.astimezone(settings.zone).date())


async def rows_of(
    session: AsyncSession, settings: Settings, ticket_nos: Sequence[str], limits: Sequence[TicketLimit]
) -> list[TicketRow]:
    """Rows in the order of `ticket_nos`."""
    if not ticket_nos:
        return []
    found = {
        ticket.ticket_no: ticket
        for ticket in await session.scalars(select(Ticket).where(Ticket.ticket_no.in_(ticket_nos)))
    }
    return [row_of(found[number], limits, settings) for number in ticket_nos if number in found]


def row_of(ticket: Ticket, limits: Sequence[TicketLimit], settings: Settings) -> TicketRow:
    return TicketRow(
        ticket_no=ticket.ticket_no, type=ticket.type, type_label=TICKET_TYPES[ticket.type], sub_type=ticket.sub_type,
        sub_type_label=sub_type_label(ticket.type, ticket.sub_type), status=ticket.status,
        status_label=TICKET_STATUSES[ticket.status], urgency=ticket.urgency, owner=ticket.current_owner or "",
        address=ticket.contact_addr, accepted_at=ticket.accepted_at, closed_at=ticket.closed_at,
        due=next_deadline(ticket, limits, settings), urge_count=ticket.urge_count, accept_staff=ticket.accept_staff,
    )


def next_deadline(ticket: Ticket, limits: Sequence[TicketLimit], settings: Settings) -> Deadline | None:
    """The first limit that is still to be kept; a limit before one that was kept no longer matters."""
    if ticket.closed_at is not None:
        return None
    open_ones: list[deadlines.Deadline] = []
    for deadline in deadlines.deadlines(ticket, limits, settings.zone):
        if deadline.met_at is not None:
            open_ones.clear()
        elif deadline.milestone is not Milestone.TAKE or ticket.status in NOT_YET_TAKEN:
            open_ones.append(deadline)
    due = min(open_ones, key=lambda deadline: deadline.due_at, default=None)
    return deadline_shape(due) if due else None


def deadline_shape(deadline: deadlines.Deadline) -> Deadline:
    return Deadline(key=deadline.key, label=deadline.label, due_at=deadline.due_at, warn_at=deadline.warn_at)


async def nearest_deadlines(session: AsyncSession, settings: Settings, now: datetime) -> list[BoardTicket]:
    """Open tickets whose next limit is near or over, the worst first; without addresses, which a wall need not show."""
    limits = await limits_today(session, settings, now)
    tickets = await session.scalars(
        select(Ticket)
        .where(Ticket.closed_at.is_(None), Ticket.status.not_in([TicketStatus.DRAFT, TicketStatus.MERGED]))
        .order_by(Ticket.accepted_at)
        .limit(BOARD_LOOKS_AT)
    )
    rows = [row_of(ticket, limits, settings) for ticket in tickets]
    due = [
        BoardTicket.model_validate({**row.model_dump(), "address": ""})
        for row in rows if row.due is not None and row.due.warn_at is not None and row.due.warn_at <= now
    ]
    return sorted(due, key=lambda row: row.due.due_at)[:BOARD_SHOWS]
