"""Open tickets of a caller and one ticket by its number (I-01, I-08). Read by the IVR and the desktop."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.customers.phone_number import normalise
from services.tickets.model import Ticket, TicketStatus, TicketType, Urgency

# What a customer would not call a ticket: a form that an agent has not sent, a call that broke off.
NOT_SPOKEN_OF = (TicketStatus.DRAFT, TicketStatus.MERGED)
ABANDONED = "abandoned"
LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """`urged_at` is when its last URGE ticket was accepted."""

    ticket_no: str
    type: TicketType
    sub_type: str
    status: TicketStatus
    urgency: Urgency
    account_no: str | None
    contact_addr: str
    transformer_id: int | None
    outage_id: int | None
    current_owner: str | None
    accept_staff: str | None
    accepted_at: datetime
    arrived_at: datetime | None
    closed_at: datetime | None
    urge_count: int
    urged_at: datetime | None
    origin_call_id: str | None


async def open_for(
    session: AsyncSession, *, customer_id: int | None = None, account_no: str | None = None, number: str | None = None
) -> list[TicketView]:
    """Tickets in work for any of the three, newest first; URGE tickets show as `urge_count` of what they urge."""
    same = []
    if customer_id is not None:
        same.append(Ticket.customer_id == customer_id)
    if account_no:
        same.append(Ticket.account_no == account_no)
    if number:
        same.append(Ticket.contact_phone == normalise(number))
    if not same:
        return []
    query = (
        _tickets()
        .where(
            or_(*same), Ticket.closed_at.is_(None), Ticket.type != TicketType.URGE, Ticket.sub_type != ABANDONED,
            Ticket.status.not_in(NOT_SPOKEN_OF),
        )
        .order_by(Ticket.accepted_at.desc())
        .limit(LIMIT)
    )
    return [view(ticket, urged_at) for ticket, urged_at in await session.execute(query)]


async def by_no(session: AsyncSession, ticket_no: str) -> TicketView | None:
    row = (await session.execute(_tickets().where(Ticket.ticket_no == ticket_no))).one_or_none()
    return view(row[0], row[1]) if row else None


@cache
def _tickets() -> Select[Ticket, datetime | None]:
    child = aliased(Ticket)
    urged_at = (
        select(func.max(child.accepted_at))
        .where(child.parent_id == Ticket.id, child.type == TicketType.URGE)
        .correlate(Ticket)
        .scalar_subquery()
    )
    return select(Ticket, urged_at)


def view(ticket: Ticket, urged_at: datetime | None = None) -> TicketView:
    return TicketView(
        ticket_no=ticket.ticket_no, type=ticket.type, sub_type=ticket.sub_type, status=ticket.status,
        urgency=ticket.urgency, account_no=ticket.account_no, contact_addr=ticket.contact_addr,
        transformer_id=ticket.transformer_id, outage_id=ticket.outage_id, current_owner=ticket.current_owner,
        accept_staff=ticket.accept_staff, accepted_at=ticket.accepted_at, arrived_at=ticket.arrived_at,
        closed_at=ticket.closed_at, urge_count=ticket.urge_count, urged_at=urged_at,
        origin_call_id=ticket.origin_call_id,
    )
