"""What the database itself refuses, whoever writes."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, delete, pool, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.calls.model import Call, CallEvent, Direction
from services.settings import PROJECT_ROOT
from services.tickets.model import Ticket, TicketEvent, TicketStatus, TicketType

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NUMBER = iter(range(10**15, 10**16))


def ticket(**columns: object) -> Ticket:
    known = {"ticket_no": str(next(NUMBER)), "type": TicketType.CONSULT, "status": TicketStatus.DRAFT,
             "accepted_at": NOW, "updated_at": NOW}
    return Ticket(**(known | columns))


async def call(session: AsyncSession, call_id: str, **columns: object) -> Call:
    row = Call(call_id=call_id, started_at=NOW, phase_since=NOW, **columns)
    session.add(row)
    await session.flush()
    return row


async def opened(session: AsyncSession, row: Ticket) -> Ticket:
    session.add(row)
    await session.flush()
    return row


async def check_deferred(session: AsyncSession) -> None:
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_migrations_from_empty_give_the_tables_of_the_models(database_url: str) -> None:
    config = Config(PROJECT_ROOT / "alembic.ini")
    with create_engine(database_url, poolclass=pool.NullPool).connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)  # raises when models and database differ


async def test_a_call_cannot_end_without_a_ticket(session: AsyncSession) -> None:
    row = await call(session, "1.1")
    row.ended_at = NOW
    with pytest.raises(IntegrityError, match="ended_call_has_ticket"):
        await session.flush()


async def test_an_inbound_call_cannot_end_with_the_ticket_of_another(session: AsyncSession) -> None:
    await call(session, "1.1")
    other = await opened(session, ticket(origin_call_id="1.1"))
    row = await call(session, "1.2")
    row.ticket_id, row.ended_at = other.id, NOW
    await session.flush()
    with pytest.raises(IntegrityError, match="ended with a ticket of another call"):
        await check_deferred(session)


async def test_call_and_own_ticket_may_be_written_in_either_order(session: AsyncSession) -> None:
    row = await call(session, "1.1")
    other = await opened(session, ticket())
    row.ticket_id, row.ended_at = other.id, NOW
    await session.flush()
    own = await opened(session, ticket(origin_call_id="1.1"))
    row.ticket_id = own.id
    await session.flush()
    await check_deferred(session)


async def test_a_callback_goes_on_with_the_ticket_of_the_first_call(session: AsyncSession) -> None:
    await call(session, "1.1")
    first = await opened(session, ticket(origin_call_id="1.1"))
    await call(session, "1.2", direction=Direction.CALLBACK, ticket_id=first.id, ended_at=NOW)
    await check_deferred(session)


async def test_two_tickets_cannot_come_from_one_call(session: AsyncSession) -> None:
    await call(session, "1.1")
    await opened(session, ticket(origin_call_id="1.1"))
    with pytest.raises(IntegrityError, match="uq_tickets_origin_call_id"):
        await opened(session, ticket(origin_call_id="1.1"))


@pytest.mark.parametrize("change", [update(CallEvent).values(kind="other"), delete(CallEvent)])
async def test_facts_of_a_call_are_only_added(session: AsyncSession, change: object) -> None:
    await call(session, "1.1")
    session.add(CallEvent(call_id="1.1", seq=1, at=NOW, source="ivr", key="k", kind="menu_entered"))
    await session.flush()
    with pytest.raises(IntegrityError, match="append-only"):
        await session.execute(change)  # type: ignore[call-overload]


@pytest.mark.parametrize("change", [update(TicketEvent).values(kind="other"), delete(TicketEvent)])
async def test_entries_of_a_ticket_are_only_added(session: AsyncSession, change: object) -> None:
    row = await opened(session, ticket())
    session.add(TicketEvent(ticket_id=row.id, seq=1, at=NOW, actor="ivr", kind="opened"))
    await session.flush()
    with pytest.raises(IntegrityError, match="append-only"):
        await session.execute(change)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("status", "closed_at"),
    [(TicketStatus.CLOSED, None), (TicketStatus.CLOSED_FCR, None), (TicketStatus.CANCELLED, None),
     (TicketStatus.DRAFT, NOW), (TicketStatus.MERGED, NOW)],
)
async def test_closed_at_stands_with_closed_states_only(
    session: AsyncSession, status: TicketStatus, closed_at: datetime | None
) -> None:
    with pytest.raises(IntegrityError, match="closed_at"):
        await opened(session, ticket(status=status, closed_at=closed_at))


async def test_the_first_owner_is_stamped_once(session: AsyncSession) -> None:
    row = await opened(session, ticket(first_owner="城东供电所"))
    row.first_owner = "城西供电所"
    with pytest.raises(IntegrityError, match="first owner"):
        await session.flush()


async def test_a_number_that_a_person_has_seen_stays(session: AsyncSession) -> None:
    row = await opened(session, ticket(automatic=False))
    row.ticket_no = str(next(NUMBER))
    with pytest.raises(IntegrityError, match="keeps its number"):
        await session.flush()


async def test_an_unknown_word_is_refused(session: AsyncSession) -> None:
    await opened(session, ticket())
    with pytest.raises(IntegrityError, match="ticket_status"):
        await session.execute(text("UPDATE tickets SET status = 'LOST'"))
