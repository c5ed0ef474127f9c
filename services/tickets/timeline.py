"""The append-only timeline of a ticket; every change of a ticket goes through `append`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.tickets.model import Ticket, TicketEvent


async def append(
    session: AsyncSession, ticket: Ticket, kind: str, *, actor: str, at: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Add an entry; the caller holds the lock of the ticket's row. `actor`: ivr | acd | worker | staff_no."""
    await session.flush()
    last = await session.scalar(select(func.max(TicketEvent.seq)).where(TicketEvent.ticket_id == ticket.id))
    session.add(
        TicketEvent(ticket_id=ticket.id, seq=(last or 0) + 1, at=at, actor=actor, kind=kind, data=dict(data or {}))
    )
    ticket.updated_at = datetime.now(UTC)
    ticket.version += 1
