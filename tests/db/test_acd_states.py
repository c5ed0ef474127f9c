"""What the ACD writes about agents and reads back when it starts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.acd import store
from services.acd.state import AgentView
from services.acd.store import StateChange
from services.agents.model import AgentState, AgentStateInterval, AgentStatus
from tests.db.city import AGENT

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
READY = AgentView(
    staff_no=AGENT, status=AgentStatus.READY, pause_reason=None, call_id=None, phone_registered=True,
    wrap_up_until=None,
)
WRAP_UP = replace(READY, status=AgentStatus.WRAP_UP, pause_reason="ACW", wrap_up_until=NOW + timedelta(seconds=90))
OFFLINE = replace(READY, status=AgentStatus.OFFLINE, phone_registered=False)


def at(view: AgentView, seconds: int) -> StateChange:
    return StateChange(view, NOW + timedelta(seconds=seconds))


async def intervals(session: AsyncSession) -> list[tuple[str, int, int | None]]:
    rows = await session.scalars(select(AgentStateInterval).order_by(AgentStateInterval.from_at))
    return [(row.status, after(row.from_at), after(row.to_at) if row.to_at else None) for row in rows]


def after(moment: datetime) -> int:
    return round((moment - NOW).total_seconds())


async def test_each_state_is_one_interval_without_gaps(session: AsyncSession) -> None:
    await store.write(session, [at(READY, 0), at(WRAP_UP, 10), at(READY, 40), at(OFFLINE, 60)])
    assert await intervals(session) == [("ready", 0, 10), ("wrap_up", 10, 40), ("ready", 40, 60)]
    state = await session.get_one(AgentState, AGENT, populate_existing=True)
    assert (state.status, state.since) == (AgentStatus.OFFLINE, NOW + timedelta(seconds=60))


async def test_a_longer_wrap_up_is_still_the_same_interval(session: AsyncSession) -> None:
    longer = replace(WRAP_UP, wrap_up_until=NOW + timedelta(seconds=120))
    await store.write(session, [at(WRAP_UP, 0), at(longer, 5)])
    assert await intervals(session) == [("wrap_up", 0, None)]
    state = await session.get_one(AgentState, AGENT, populate_existing=True)
    assert (state.since, state.wrap_up_until) == (NOW, NOW + timedelta(seconds=120))


async def test_what_was_written_is_read_back_at_the_start(session: AsyncSession) -> None:
    await store.write(session, [at(WRAP_UP, 0)])
    memory = await store.load(session)
    assert memory.views[AGENT] == (WRAP_UP, NOW)
    assert memory.wrap_ups == {AGENT: NOW + timedelta(seconds=90)}
    assert memory.names[AGENT] == "李敏"
    assert memory.wrap_up_s_of_queue["repair"] > 0
