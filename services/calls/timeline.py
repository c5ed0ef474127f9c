"""Writes facts down: the events of a call, its projection, its ticket (contracts section 2).

Called by `journal.py` (IVR, ACD) and inside the transactions of the desktop and the workers. Facts may come late,
twice or in any order; the row of the call is locked while its facts are folded anew.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.bus import Event
from services.calls import live
from services.calls.effects import take_effect
from services.calls.facts import Fact, FactKind
from services.calls.model import Call, CallEvent, CallLeg, CallPhase
from services.calls.projection import Story, fold
from services.tickets.from_call import conclude, makings, needs_ticket
from services.tickets.model import Ticket

LOUD = frozenset(FactKind) - {
    FactKind.LEG_STARTED, FactKind.LEG_ANSWERED, FactKind.LEG_ENDED, FactKind.STATEMENT_GIVEN, FactKind.SLOT_FILLED,
}  # kinds after which the screens are told about the call


async def record(session: AsyncSession, *facts: Fact) -> list[Event]:
    """Write facts of any calls; returns the live events to publish after the commit.

    Raises:
        ValueError, KeyError, TypeError: a fact lacks what its kind needs; the transaction must be given up.
    """
    calls = await _lock_calls(session, facts)
    new = await _insert_events(session, facts)
    events: list[Event] = []
    for call_id, fresh in new.items():
        events += await _project(session, calls[call_id], fresh)
    return events


async def _lock_calls(session: AsyncSession, facts: Sequence[Fact]) -> dict[str, Call]:
    """Rows of all calls that are named, created where unknown; locked in one order so that writers do not deadlock."""
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.call_id, fact)
    blank = [
        {"call_id": call_id, "started_at": fact.at, "phase_since": fact.at} for call_id, fact in sorted(first.items())
    ]
    await session.execute(insert(Call).values(blank).on_conflict_do_nothing())
    query = select(Call).where(Call.call_id.in_(first)).order_by(Call.call_id)
    rows = await session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {call.call_id: call for call in rows}


async def _insert_events(session: AsyncSession, facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Add what is not known yet, in the order told; returns the new facts of each call."""
    query = select(CallEvent.call_id, func.max(CallEvent.seq)).group_by(CallEvent.call_id)
    last = {
        call_id: seq for call_id, seq in
        await session.execute(query.where(CallEvent.call_id.in_({fact.call_id for fact in facts})))
    }
    known = set(await session.scalars(select(CallEvent.key).where(CallEvent.key.in_([fact.key for fact in facts]))))
    fresh: dict[str, list[Fact]] = defaultdict(list)
    rows = []
    for fact in facts:
        if fact.key in known:
            continue
        known.add(fact.key)
        fresh[fact.call_id].append(fact)
        last[fact.call_id] = last.get(fact.call_id, 0) + 1
        rows.append({
            "call_id": fact.call_id, "seq": last[fact.call_id], "at": fact.at, "source": fact.source, "key": fact.key,
            "kind": fact.kind, "data": dict(fact.data),
        })
    if rows:
        await session.execute(insert(CallEvent), rows)
    return fresh


async def _project(session: AsyncSession, call: Call, fresh: Sequence[Fact]) -> list[Event]:
    told = await facts_of(session, call.call_id)
    story = fold(told)
    before = call.phase
    _write(call, story)
    await _write_legs(session, call, story)
    events = []
    if call.ticket_id and not _bears_on_ticket(told, fresh, story):
        ticket = await session.get(Ticket, call.ticket_id)
    elif ticket := await conclude(session, call, story) if needs_ticket(story) else None:
        call.ticket_id = ticket.id
        events.append(Event(op="ticket_changed", data={"ticket_no": ticket.ticket_no, "status": ticket.status}))
    if story.ended_at:
        call.ended_at, call.ended_by, call.outcome = story.ended_at, story.ended_by, story.outcome
    await session.flush()
    await take_effect(session, call, ticket, fresh)
    return events + await live.events(session, call, before, [fact for fact in fresh if fact.kind in LOUD])


def _bears_on_ticket(told: Sequence[Fact], fresh: Sequence[Fact], story: Story) -> bool:
    """Whether the fresh facts change anything that a ticket is made of; ringing, legs and holds do not."""
    keys = {fact.key for fact in fresh}
    earlier = [fact for fact in told if fact.key not in keys]
    return not earlier or makings(fold(earlier)) != makings(story)


async def facts_of(session: AsyncSession, call_id: str) -> list[Fact]:
    """All facts of a call as they were told, in the order of arrival."""
    rows = await session.scalars(select(CallEvent).where(CallEvent.call_id == call_id).order_by(CallEvent.seq))
    return [
        Fact(call_id=row.call_id, at=row.at, source=row.source, key=row.key, kind=FactKind(row.kind), data=row.data)
        for row in rows
    ]


def _write(call: Call, story: Story) -> None:
    """Everything but the end, which needs the ticket first."""
    call.direction = story.direction
    call.phase = CallPhase.ENDED if story.ended_at else story.phase
    call.phase_since = story.ended_at or story.phase_since or story.first_at
    call.caller_number = story.caller_number
    call.started_at = story.started_at or story.first_at
    call.queued_at, call.connected_at, call.agent_left_at = story.queued_at, story.connected_at, story.agent_left_at
    call.customer_id, call.account_no, call.verified_level = story.customer_id, story.account_no, story.verified_level
    call.intent = story.intent
    call.intent_label = story.intent_label[:60] if story.intent_label else None
    call.ticket_type, call.ticket_sub_type = story.ticket_type, story.ticket_sub_type
    call.queue, call.queue_priority, call.staff_no = story.queue, story.queue_priority, story.staff_no
    call.callback_id, call.satisfaction = story.callback_id, story.satisfaction
    if story.message:
        call.recording = str(story.message.data["file"])


async def _write_legs(session: AsyncSession, call: Call, story: Story) -> None:
    legs = [leg for leg in story.legs.values() if leg.started_at or leg.ended_at]
    if not legs:
        return
    rows = [
        {
            "channel_id": leg.channel_id, "call_id": call.call_id, "channel": leg.channel, "role": leg.role,
            "staff_no": leg.staff_no, "started_at": leg.started_at or leg.ended_at, "answered_at": leg.answered_at,
            "ended_at": leg.ended_at, "hangup_cause": leg.hangup_cause,
        }
        for leg in legs
    ]
    statement = insert(CallLeg).values(rows)
    told = {name: statement.excluded[name] for name in rows[0] if name != "channel_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["channel_id"], set_=told))
