"""The state of one desk: everything to draw the agent's screen again after a reload or a crash of the browser.

Called by `desk.py` and, for every snapshot, by `hub.py`.
"""

from datetime import UTC, datetime, time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.drafts import draft_of
from agent_desktop.live_data import actions_of
from agent_desktop.pop import pop_of
from agent_desktop.schemas.desk import AgentView, Desk, QueueNow, Today
from agent_desktop.ticket_rows import limits_today
from services.agents.model import Agent, AgentSkill, AgentState, AgentStatus
from services.calls.model import Call, CallPhase
from services.errors import NotFoundError
from services.queues.model import Queue
from services.settings import Settings
from services.tickets.model import Ticket, TicketStatus


async def desk_of(session: AsyncSession, settings: Settings, staff_no: str) -> Desk:
    """Raises NotFoundError for a staff number that does not exist."""
    now = datetime.now(UTC)
    agent = await agent_view(session, staff_no, now)
    pop = await pop_of(session, settings, agent.call_id, staff_no) if agent.call_id else None
    unfinished = (
        await session.scalars(
            select(Ticket)
            .where(Ticket.accept_staff == staff_no, Ticket.status == TicketStatus.DRAFT)
            .order_by(Ticket.accepted_at)
        )
    ).all()
    ticket = pop.ticket if pop else None
    if ticket is None and unfinished:
        ticket = await draft_of(session, unfinished[-1], await limits_today(session, settings, now), settings)
    own = set(await session.scalars(select(AgentSkill.queue).where(AgentSkill.staff_no == staff_no)))
    return Desk(
        server_time=now,
        agent=agent,
        call=pop.call if pop else None,
        pop=pop,
        ticket=ticket,
        unfinished=[draft.ticket_no for draft in unfinished if ticket is None or draft.ticket_no != ticket.ticket_no],
        queues=[queue for queue in await queues_now(session) if queue.queue in own],
        today=await today_of(session, settings, staff_no, now),
    )


async def agent_view(session: AsyncSession, staff_no: str, now: datetime) -> AgentView:
    row = (
        await session.execute(
            select(Agent, AgentState)
            .outerjoin(AgentState, AgentState.staff_no == Agent.staff_no)
            .where(Agent.staff_no == staff_no)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no agent {staff_no}")
    return view_of(row[0], row[1], now)


def view_of(agent: Agent, state: AgentState | None, now: datetime) -> AgentView:
    """A person who never logged in has no state yet: offline."""
    status = state.status if state else AgentStatus.OFFLINE
    registered = state.phone_registered if state else False
    return AgentView(
        staff_no=agent.staff_no, name=agent.name, status=status,
        pause_reason=state.pause_reason if state else None, since=state.since if state else now,
        call_id=state.call_id if state else None, phone_registered=registered,
        wrap_up_until=state.wrap_up_until if state else None, actions=actions_of(status, registered),
    )


async def queues_now(session: AsyncSession) -> list[QueueNow]:
    """Who waits where, from the calls themselves."""
    rows = await session.execute(
        select(Queue.code, Queue.name, func.count(Call.call_id), func.min(Call.queued_at))
        .outerjoin(Call, (Call.queue == Queue.code) & (Call.phase == CallPhase.QUEUED) & Call.ended_at.is_(None))
        .group_by(Queue.code, Queue.name)
        .order_by(Queue.code)
    )
    return [QueueNow(queue=code, name=name, waiting=count, longest_since=since) for code, name, count, since in rows]


async def today_of(session: AsyncSession, settings: Settings, staff_no: str, now: datetime) -> Today:
    talk = func.extract("epoch", Call.agent_left_at - Call.connected_at)
    count, average, rated, satisfied = (
        await session.execute(
            select(
                func.count(), func.avg(talk), func.count(Call.satisfaction),
                func.count().filter(Call.satisfaction == 1),
            ).where(Call.staff_no == staff_no, Call.connected_at >= start_of_day(now, settings))
        )
    ).one()
    return Today(
        calls=count,
        average_talk_s=round(average) if average is not None else None,
        satisfaction_percent=percent(satisfied, rated),
    )


def start_of_day(now: datetime, settings: Settings) -> datetime:
    local = now.astimezone(settings.zone)
    return datetime.combine(local.date(), time.min, settings.zone).astimezone(UTC)


def percent(part: int, whole: int) -> float | None:
    """One decimal; None when there is nothing to count."""
    return round(100 * part / whole, 1) if whole else None
