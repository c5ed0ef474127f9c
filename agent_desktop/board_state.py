"""The supervisor's board: what is going on now and how today went (domain.md 11.2), from `calls`, never from app_queue.

Called by `board.py` for the first picture and by `hub.py` for the sums that follow it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop import words
from agent_desktop.desk_state import percent, start_of_day, view_of
from agent_desktop.path import Told, position_of
from agent_desktop.schemas.board import Alert, Board, BoardAgent, BoardCall, BoardQueue, BoardTotals, QuarterHour
from agent_desktop.ticket_rows import nearest_deadlines
from services.agents.model import Agent, AgentSkill, AgentState, AgentStatus, Role
from services.calls.model import Call, CallEvent, CallOutcome, CallPhase, Direction
from services.customers.masking import mask_phone
from services.queues.model import Queue
from services.settings import Settings
from services.tickets.model import Ticket

Level = Literal["good", "warning", "danger"]

IN_CALL: Final = (AgentStatus.RINGING, AgentStatus.TALKING, AgentStatus.HOLD)
ABANDONED: Final = (CallOutcome.ABANDONED_IN_QUEUE, CallOutcome.ABANDONED_RINGING)
ALERTS_SHOWN: Final = 8
QUARTER_S: Final = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Today's calls of one queue."""

    offered: int = 0  # left the queue, answered or not
    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    answer_s: float | None = None
    handling_s: float | None = None


async def board_of(session: AsyncSession, settings: Settings) -> Board:
    now = datetime.now(UTC)
    start = start_of_day(now, settings)
    queues = (await session.scalars(select(Queue).order_by(Queue.code))).all()
    calls = (await session.scalars(select(Call).where(Call.ended_at.is_(None)).order_by(Call.started_at))).all()
    facts = await _facts_in_menus(session, calls)
    days = await _days(session, start)
    people = await _people(session)
    agents = _agents(people, await _skills(session), {call.call_id: call for call in calls}, queues, settings, now)
    rows = [_queue(queue, calls, agents, days.get(queue.code, Day()), settings, now) for queue in queues]
    tickets = await nearest_deadlines(session, settings, now)
    board_calls = [_call(call, facts[call.call_id], settings, now) for call in calls]
    return Board(
        server_time=now,
        totals=await _totals(session, calls, agents, days, start),
        queues=sorted(rows, key=_worst_first),
        agents=sorted(agents, key=lambda agent: (_RANK[agent.level], agent.status, agent.since)),
        calls=board_calls,
        tickets=tickets,
        alerts=_alerts(rows, agents, tickets, now)[:ALERTS_SHOWN],
        quarters=await _quarters(session, start),
    )


_RANK: Final[dict[Level, int]] = {"danger": 0, "warning": 1, "good": 2}


def _worst_first(queue: BoardQueue) -> tuple[int, int, str]:
    return _RANK[queue.level], -queue.waiting, queue.queue


async def _days(session: AsyncSession, start: datetime) -> dict[str, Day]:
    answer_s = func.extract("epoch", Call.connected_at - Call.queued_at)
    handling_s = func.extract("epoch", func.coalesce(Call.agent_left_at, Call.ended_at) - Call.connected_at)
    answered = Call.connected_at.is_not(None)
    abandoned = Call.outcome.in_(ABANDONED)
    rows = await session.execute(
        select(
            Call.queue,
            func.count().filter(answered | abandoned),
            func.count().filter(answered),
            func.count().filter(answered & (answer_s <= Queue.answer_target_s)),
            func.count().filter(abandoned),
            func.avg(answer_s),
            func.avg(handling_s),
        )
        .join(Queue, Queue.code == Call.queue)
        .where(Call.started_at >= start, Call.queued_at.is_not(None))
        .group_by(Call.queue)
    )
    return {
        queue: Day(
            offered=offered, answered=answered_, in_target=in_target, abandoned=gone,
            answer_s=_float(answer), handling_s=_float(handling),
        )
        for queue, offered, answered_, in_target, gone, answer, handling in rows
    }


async def _totals(
    session: AsyncSession, calls: Sequence[Call], agents: Sequence[BoardAgent], days: dict[str, Day], start: datetime
) -> BoardTotals:
    total, by_machine, ended = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(Call.outcome == CallOutcome.SELF_SERVICE),
                func.count(Call.ended_at),
            ).where(Call.started_at >= start, Call.direction == Direction.INBOUND)
        )
    ).one()
    open_tickets = await session.scalar(select(func.count()).select_from(Ticket).where(Ticket.closed_at.is_(None)))
    phases = [call.phase for call in calls]
    statuses = [agent.status for agent in agents]
    return BoardTotals(
        calls=total,
        solved_by_machine_percent=percent(by_machine, ended),
        service_level_percent=percent(
            sum(day.in_target for day in days.values()), sum(day.offered for day in days.values())
        ),
        in_menu=phases.count(CallPhase.MENU),
        waiting=phases.count(CallPhase.QUEUED),
        talking=phases.count(CallPhase.TALKING) + phases.count(CallPhase.HOLD),
        logged_in=len(statuses) - statuses.count(AgentStatus.OFFLINE),
        ready=statuses.count(AgentStatus.READY),
        wrap_up=statuses.count(AgentStatus.WRAP_UP),
        paused=statuses.count(AgentStatus.PAUSED),
        open_tickets=int(open_tickets or 0),
    )


def _queue(
    queue: Queue, calls: Sequence[Call], agents: Sequence[BoardAgent], day: Day, settings: Settings, now: datetime
) -> BoardQueue:
    waiting = [call.queued_at for call in calls if call.queue == queue.code and call.phase is CallPhase.QUEUED]
    longest = min((at for at in waiting if at is not None), default=None)
    members = [agent for agent in agents if queue.code in agent.skills and agent.status is not AgentStatus.OFFLINE]
    service_level = percent(day.in_target, day.offered)
    wait_s = (now - longest).total_seconds() if longest else 0.0
    return BoardQueue(
        queue=queue.code, name=queue.name, waiting=len(waiting), longest_since=longest,
        ready=sum(agent.status is AgentStatus.READY for agent in members), logged_in=len(members),
        answer_target_s=queue.answer_target_s, service_level_percent=service_level,
        abandoned_percent=percent(day.abandoned, day.offered), average_answer_s=day.answer_s,
        average_handling_s=day.handling_s,
        level=_worse(
            _over(wait_s, queue.answer_target_s, settings.board_wait_danger_s),
            _under(service_level, settings.board_service_level_warning, settings.board_service_level_danger),
        ),
    )


def _agents(
    people: Sequence[Row[Agent, AgentState | None]], skills: dict[str, list[str]], calls: dict[str, Call],
    queues: Sequence[Queue], settings: Settings, now: datetime,
) -> list[BoardAgent]:
    names = {str(queue.code): queue.name for queue in queues}
    agents = []
    for person, state in people:
        view = view_of(person, state, now)
        call = calls.get(view.call_id) if view.call_id else None
        queue = call.queue if call else None
        in_state_s = (now - view.since).total_seconds()
        level: Level = "good"
        if view.status in (AgentStatus.TALKING, AgentStatus.HOLD):
            level = _over(in_state_s, settings.board_talk_warning_s, settings.board_talk_danger_s)
        elif view.status is AgentStatus.WRAP_UP:
            level = _over(in_state_s, settings.board_wrap_up_warning_s, settings.wrap_up_limit_s)
        agents.append(
            BoardAgent(
                **view.model_dump(), queue=queue, queue_name=names.get(queue or "", ""),
                skills=skills.get(person.staff_no, []), level=level,
            )
        )
    return agents


def _call(call: Call, facts: list[Told], settings: Settings, now: datetime) -> BoardCall:
    place = position_of(facts) if call.phase is CallPhase.MENU else words.CALL_PHASES[call.phase]
    age_s = (now - call.started_at).total_seconds()
    in_menu = call.phase is CallPhase.MENU
    return BoardCall(
        call_id=call.call_id, caller=mask_phone(call.caller_number), phase=call.phase, position=place,
        queue=call.queue, staff_no=call.staff_no, started_at=call.started_at, phase_since=call.phase_since,
        level=_over(age_s, settings.board_menu_warning_s, settings.board_menu_danger_s) if in_menu else "good",
    )


def _alerts(
    queues: Sequence[BoardQueue], agents: Sequence[BoardAgent], tickets: Sequence[object], now: datetime
) -> list[Alert]:
    alerts = []
    for queue in queues:
        if queue.waiting and not queue.logged_in:
            alerts.append(Alert(
                key=f"nobody-{queue.queue}", level="danger", since=queue.longest_since, queue=queue.queue,
                text=f"{queue.name} {queue.waiting} 人等待，无人签入",
            ))
        elif queue.waiting and queue.level == "danger" and queue.longest_since:
            minutes = int((now - queue.longest_since).total_seconds() // 60)
            alerts.append(Alert(
                key=f"waiting-{queue.queue}", level="danger", since=queue.longest_since, queue=queue.queue,
                text=f"{queue.name} {queue.waiting} 人等待，最长已 {minutes} 分钟",
            ))
        elif queue.level != "good" and queue.service_level_percent is not None:
            alerts.append(Alert(
                key=f"level-{queue.queue}", level=queue.level, since=None, queue=queue.queue,
                text=f"{queue.name} {queue.answer_target_s} 秒接通率 {queue.service_level_percent}%",
            ))
    for agent in agents:
        if agent.level != "good":
            minutes = int((now - agent.since).total_seconds() // 60)
            alerts.append(Alert(
                key=f"agent-{agent.staff_no}", level=agent.level, since=agent.since, staff_no=agent.staff_no,
                text=f"{agent.staff_no} {agent.name} {words.AGENT_STATUSES[agent.status]}已 {minutes} 分钟",
            ))
    return sorted(alerts, key=lambda alert: _RANK[alert.level])


async def _people(session: AsyncSession) -> Sequence[Row[Agent, AgentState | None]]:
    """Those who take calls; the others only while they are signed in."""
    return (
        await session.execute(
            select(Agent, AgentState)
            .outerjoin(AgentState, AgentState.staff_no == Agent.staff_no)
            .where(
                Agent.active,
                (Agent.role.in_((Role.AGENT, Role.SHIFT_LEADER))) | (AgentState.status != AgentStatus.OFFLINE),
            )
            .order_by(Agent.staff_no)
        )
    ).all()


async def _skills(session: AsyncSession) -> dict[str, list[str]]:
    skills: defaultdict[str, list[str]] = defaultdict(list)
    for skill in await session.scalars(select(AgentSkill).order_by(AgentSkill.penalty)):
        skills[skill.staff_no].append(str(skill.queue))
    return skills


async def _facts_in_menus(session: AsyncSession, calls: Sequence[Call]) -> defaultdict[str, list[Told]]:
    in_menus = [call.call_id for call in calls if call.phase is CallPhase.MENU]
    facts: defaultdict[str, list[Told]] = defaultdict(list)
    if in_menus:
        rows = await session.execute(
            select(CallEvent.call_id, CallEvent.at, CallEvent.kind, CallEvent.data)
            .where(CallEvent.call_id.in_(in_menus))
            .order_by(CallEvent.at, CallEvent.seq)
        )
        for call_id, at, kind, data in rows:
            facts[call_id].append(Told(at, kind, data))
    return facts


async def _quarters(session: AsyncSession, start: datetime) -> list[QuarterHour]:
    quarter = func.floor(func.extract("epoch", Call.started_at) / QUARTER_S) * QUARTER_S
    answer_s = func.extract("epoch", Call.connected_at - Call.queued_at)
    offered = Call.connected_at.is_not(None) | Call.outcome.in_(ABANDONED)
    rows = await session.execute(
        select(
            quarter.label("quarter"), func.count(),
            func.count().filter(offered & Call.queued_at.is_not(None)),
            func.coalesce(func.sum(case((answer_s <= Queue.answer_target_s, 1), else_=0)), 0),
        )
        .outerjoin(Queue, Queue.code == Call.queue)
        .where(Call.started_at >= start, Call.direction == Direction.INBOUND)
        .group_by("quarter")
        .order_by("quarter")
    )
    return [
        QuarterHour(
            at=datetime.fromtimestamp(int(at), UTC), calls=count, service_level_percent=percent(in_target, offered_)
        )
        for at, count, offered_, in_target in rows
    ]


def _over(value: float, warning: float, danger: float) -> Level:
    return "danger" if value > danger else "warning" if value > warning else "good"


def _under(value: float | None, warning: float, danger: float) -> Level:
    if value is None:
        return "good"
    return "danger" if value < danger else "warning" if value < warning else "good"


def _worse(one: Level, other: Level) -> Level:
    return min(one, other, key=_RANK.__getitem__)


def _float(value: object) -> float | None:
    return round(float(str(value)), 1) if value is not None else None
