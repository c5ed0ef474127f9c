"""What the database knows about a test's calls: found by the caller's number, awaited, compared."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from services.calls.model import Call, CallEvent, CallOutcome, CallPhase
from services.db import Database
from services.settings import Settings
from services.tickets.model import Ticket, TicketEvent
from tests.until import until


@dataclass(slots=True)
class Records:
    database: Database
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def call_of(self, number: str) -> Call | None:
        """The latest call of this number since the test began."""
        async with self.database.transaction() as session:
            query = select(Call).where(Call.caller_number == number, Call.started_at >= self.since)
            return (await session.scalars(query.order_by(Call.started_at.desc()).limit(1))).first()

    async def call(self, number: str, *, phase: CallPhase | None = None, timeout_s: float = 10) -> Call:
        """Wait for the call, in a phase if one is named."""

        async def found() -> Call | None:
            call = await self.call_of(number)
            return call if call is not None and phase in (None, call.phase) else None

        return await until(found, f"a call of {number} in phase {phase or 'any'}", timeout_s)

    async def ended(self, number: str, outcome: CallOutcome, timeout_s: float = 15) -> tuple[Call, Ticket]:
        """Wait until the call is over with this outcome and has its ticket: exactly one."""

        async def over() -> Call | None:
            call = await self.call_of(number)
            return call if call and call.phase is CallPhase.ENDED and call.outcome is outcome else None

        try:
            call = await until(over, f"the call of {number} is over as {outcome}", timeout_s)
        except pytest.fail.Exception:
            last = await self.call_of(number)
            pytest.fail(f"the call is not over as {outcome}: {last and (last.phase, last.outcome)}")
        assert call.ended_at is not None and call.ticket_id is not None
        tickets = await self.tickets_of(call.call_id)
        assert len(tickets) == 1, f"{len(tickets)} tickets for one call"
        assert tickets[0].id == call.ticket_id
        return call, tickets[0]

    async def tickets_of(self, call_id: str) -> list[Ticket]:
        async with self.database.transaction() as session:
            return list(await session.scalars(select(Ticket).where(Ticket.origin_call_id == call_id)))

    async def ticket(self, ticket_no: str) -> Ticket:
        async with self.database.transaction() as session:
            return (await session.scalars(select(Ticket).where(Ticket.ticket_no == ticket_no))).one()

    async def ticket_events(self, ticket: Ticket) -> list[TicketEvent]:
        async with self.database.transaction() as session:
            query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
            return list(await session.scalars(query))

    async def facts(self, call_id: str, kind: str | None = None) -> list[CallEvent]:
        async with self.database.transaction() as session:
            query = select(CallEvent).where(CallEvent.call_id == call_id).order_by(CallEvent.at, CallEvent.seq)
            return [fact for fact in await session.scalars(query) if kind in (None, fact.kind)]

    async def message(self, settings: Settings, call: Call) -> Path:
        """The recording that the caller left."""
        (fact,) = await self.facts(call.call_id, "message_left")
        file = settings.recordings_dir / str(fact.data["file"])
        await until(file.exists, f"{file} is put away")
        return file

    async def without_ticket(self) -> list[str]:
        """Calls since the test began that are not over, or are over without a ticket."""
        async with self.database.transaction() as session:
            query = select(Call.call_id).where(
                Call.started_at >= self.since, Call.ended_at.is_(None) | Call.ticket_id.is_(None)
            )
            return list(await session.scalars(query))

    async def known(self, call_ids: set[str]) -> set[str]:
        async with self.database.transaction() as session:
            return set(await session.scalars(select(Call.call_id).where(Call.call_id.in_(call_ids))))

    async def answers(self) -> bool:
        try:
            async with self.database.transaction() as session:
                return await session.scalar(select(func.now())) is not None
        except (SQLAlchemyError, OSError):
            return False
