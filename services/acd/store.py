"""What the ACD reads from the database when it starts or resyncs, and the states of agents that it alone writes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.acd.resync import KnownCall
from services.acd.state import AgentView
from services.agents.model import Agent, AgentState, AgentStateInterval, AgentStatus
from services.calls.model import Call
from services.queues.model import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the database knew at one moment. Empty while it does not answer."""

    names: dict[str, str] = field(default_factory=dict)
    wrap_up_s_of_queue: dict[str, int] = field(default_factory=dict)
    calls: list[KnownCall] = field(default_factory=list)
    wrap_ups: dict[str, datetime] = field(default_factory=dict)
    views: dict[str, tuple[AgentView, datetime]] = field(default_factory=dict)  # with `since`


@dataclass(frozen=True, slots=True)
class StateChange:
    """An agent's view as it is from `at` on."""

    view: AgentView
    at: datetime


async def load(session: AsyncSession) -> Memory:
    agents = await session.execute(select(Agent.staff_no, Agent.name))
    queues = await session.execute(select(Queue.code, Queue.wrap_up_s))
    calls = await session.scalars(select(Call).where(Call.ended_at.is_(None)))
    states = list(await session.scalars(select(AgentState)))
    return Memory(
        names={staff_no: name for staff_no, name in agents},
        wrap_up_s_of_queue={str(code): seconds for code, seconds in queues},
        calls=[_known(call) for call in calls],
        wrap_ups={state.staff_no: state.wrap_up_until for state in states if state.wrap_up_until},
        views={state.staff_no: (_view(state), state.since) for state in states},
    )


async def write(session: AsyncSession, changes: Iterable[StateChange]) -> None:
    """Write states in order; the interval before each is closed, so that intervals of an agent never overlap."""
    for change in changes:
        view = change.view
        row = {
            "status": view.status, "pause_reason": view.pause_reason, "since": change.at, "call_id": view.call_id,
            "phone_registered": view.phone_registered, "wrap_up_until": view.wrap_up_until,
        }
        before = await session.get(AgentState, view.staff_no, populate_existing=True)
        same = before is not None and _interval(_view(before)) == _interval(view)
        if same and before:
            row["since"] = before.since
        await session.execute(
            insert(AgentState).values(staff_no=view.staff_no, **row).on_conflict_do_update(
                index_elements=[AgentState.staff_no], set_=row
            )
        )
        if same:
            continue
        await session.execute(
            update(AgentStateInterval)
            .where(AgentStateInterval.staff_no == view.staff_no, AgentStateInterval.to_at.is_(None))
            .values(to_at=change.at)
        )
        if view.status is not AgentStatus.OFFLINE:
            session.add(
                AgentStateInterval(
                    staff_no=view.staff_no, status=view.status, pause_reason=view.pause_reason,
                    call_id=view.call_id, from_at=change.at,
                )
            )
        await session.flush()


def _interval(view: AgentView) -> tuple[AgentStatus, str | None, str | None]:
    return view.status, view.pause_reason, view.call_id


def _known(call: Call) -> KnownCall:
    return KnownCall(
        call_id=call.call_id, phase=call.phase, started_at=call.started_at, queue=call.queue,
        queued_at=call.queued_at, connected_at=call.connected_at, staff_no=call.staff_no,
        callback_id=call.callback_id,
    )


def _view(state: AgentState) -> AgentView:
    return AgentView(
        staff_no=state.staff_no, status=state.status, pause_reason=state.pause_reason, call_id=state.call_id,
        phone_registered=state.phone_registered, wrap_up_until=state.wrap_up_until,
    )
