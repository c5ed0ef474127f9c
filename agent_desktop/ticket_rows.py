"""Lines of tickets as lists, the pop and the board show them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.schemas.board import BoardTicket
from agent_desktop.schemas.tickets import Deadline, TicketRow
from agent_desktop.words import TICKET_STATUSES, TICKET_TYPES
from services.tickets.lookup import TicketView


def row_of(ticket: TicketView, due: Deadline | None) -> TicketRow:
    return TicketRow(
        ticket_no=ticket.ticket_no, type=ticket.type, type_label=TICKET_TYPES[ticket.type],
        sub_type=ticket.sub_type, sub_type_label=ticket.sub_type, status=ticket.status,
        status_label=TICKET_STATUSES[ticket.status], urgency=ticket.urgency, owner=ticket.current_owner or "",
        address=ticket.contact_addr, accepted_at=ticket.accepted_at, closed_at=ticket.closed_at, due=due,
        urge_count=ticket.urge_count, accept_staff=ticket.accept_staff,
    )


async def next_deadlines(session: AsyncSession, ticket_nos: Sequence[str]) -> dict[str, Deadline]:
    return {}


async def nearest_deadlines(session: AsyncSession, now: datetime) -> list[BoardTicket]:
    return []
