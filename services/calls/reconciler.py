"""Finds what the processes missed, so that every call ends with a ticket whatever died (contracts section 2).

Three checks, each its own transaction, run by a worker every minute: calls that Asterisk's list knows and we do not,
calls that are open here although no channel carries them, and ended calls without a ticket. All of them only add
facts, so a fact that comes later still corrects the picture.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.bus import Event
from services.calls import facts
from services.calls.call_records import CallRecord
from services.calls.model import Call, Direction
from services.calls.projection import fold
from services.calls.timeline import facts_of, record
from services.tickets.from_call import conclude
from services.tickets.model import Ticket

SOURCE = "worker"
log = structlog.get_logger()


@dataclass(slots=True)
class Repaired:
    """Ids of the calls that were put right, and what to tell the screens after the commit."""

    call_ids: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


async def add_unknown_calls(
    session: AsyncSession, records: Mapping[str, CallRecord], *, ended_before: datetime
) -> Repaired:
    """Calls that only Asterisk's list knows get a row, their own times and a ticket."""
    old = {call_id for call_id, known in records.items() if known.ended_at < ended_before}
    known = set(await session.scalars(select(Call.call_id).where(Call.call_id.in_(old))))
    repaired = Repaired()
    for call_id in sorted(old - known):
        found = records[call_id]
        log.warning("call known to asterisk only", call_id=call_id)
        repaired.events += await record(
            session,
            facts.call_started(
                call_id, found.started_at, SOURCE, caller_number=found.caller_number,
                called_number=found.called_number, channel=found.channel,
            ),
            facts.call_ended(call_id, found.ended_at, SOURCE, by="system", resync=True),
        )
        repaired.call_ids.append(call_id)
    return repaired


async def end_lost_calls(
    session: AsyncSession, records: Mapping[str, CallRecord], carried: Collection[str], *, seen_at: datetime,
    grace: timedelta,
) -> Repaired:
    """End calls that no channel carried at `seen_at`: at the time of Asterisk's list, else at `seen_at`."""
    query = select(Call.call_id).where(Call.ended_at.is_(None), Call.started_at < seen_at - grace)
    repaired = Repaired()
    for call_id in sorted(set(await session.scalars(query)) - set(carried)):
        log.warning("call ended unseen", call_id=call_id)
        ended_at = records[call_id].ended_at if call_id in records else seen_at
        repaired.events += await record(
            session, facts.call_ended(call_id, ended_at, SOURCE, by="system", resync=True)
        )
        repaired.call_ids.append(call_id)
    return repaired


async def give_missing_tickets(session: AsyncSession) -> Repaired:
    """Ended inbound calls whose ticket is missing or another call's; the database's own checks leave none."""
    query = (
        select(Call)
        .outerjoin(Ticket, Call.ticket_id == Ticket.id)
        .where(
            Call.ended_at.is_not(None),
            or_(
                Call.ticket_id.is_(None),
                (Call.direction == Direction.INBOUND) & Ticket.origin_call_id.is_distinct_from(Call.call_id),
            ),
        )
        .with_for_update(of=Call)
    )
    repaired = Repaired()
    for call in await session.scalars(query):
        log.error("ended call without its ticket", call_id=call.call_id)
        ticket = await conclude(session, call, fold(await facts_of(session, call.call_id)))
        call.ticket_id = ticket.id
        repaired.call_ids.append(call.call_id)
    return repaired
