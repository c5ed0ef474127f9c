"""Story 6: agents enter and leave queues, pause, lose their phone and find it again. Only Asterisk's word counts."""

from datetime import datetime, timedelta

from services.acd.state import Centre, LiveAgent
from services.agents.model import PauseReason
from services.asterisk.events import MemberAdded, MemberEvent, MemberPaused, MemberRemoved, MemberStatusChanged
from services.asterisk.queue import DeviceState


def member_added(centre: Centre, event: MemberAdded) -> None:
    agent = centre.agent(event.staff_no)
    agent.queues.add(event.queue)
    agent.phone = event.status
    pause_is(agent, event.paused, event.paused_reason)


def member_removed(centre: Centre, event: MemberRemoved) -> None:
    agent = centre.agent(event.staff_no)
    agent.queues.discard(event.queue)
    if not agent.queues:
        pause_is(agent, False, "")
        agent.phone, agent.misses, agent.wrapping = DeviceState.UNKNOWN, 0, None


def member_paused(centre: Centre, event: MemberPaused) -> None:
    """Come once for each queue; we always pause in all, so each says the same."""
    agent = centre.agent(event.staff_no)
    agent.queues.add(event.queue)
    if not event.paused:
        agent.misses = 0
    pause_is(agent, event.paused, event.paused_reason)
    status_is(centre, agent, event)


def member_status_changed(centre: Centre, event: MemberStatusChanged) -> None:
    """Pause fields of this event may be older than the last pause: only the phone's state is read."""
    agent = centre.agent(event.staff_no)
    agent.queues.add(event.queue)
    status_is(centre, agent, event)


def pause_is(agent: LiveAgent, paused: bool, reason: str) -> None:
    agent.paused, agent.pause_reason = paused, reason
    if reason == PauseReason.ACW:
        agent.wrapping = None
    elif not agent.wrapping:
        agent.wrap_up_from = agent.wrap_up_until = None
        agent.next_pause = ""


def status_is(centre: Centre, agent: LiveAgent, event: MemberEvent) -> None:
    was, agent.phone = agent.phone.reachable, event.status
    if was and not event.status.reachable:
        phone_lost(centre, agent, event.at)
    elif event.status.reachable and not was:
        phone_found(centre, agent, event.at)


def phone_lost(centre: Centre, agent: LiveAgent, at: datetime) -> None:
    """No call must ring at a phone that is gone; a pause the agent is in anyway stays."""
    if not agent.paused and not agent.wrapping:
        agent.restore_until = at + timedelta(seconds=centre.rules.phone_restore_s)
        centre.order(agent.staff_no, PauseReason.PHONE_LOST)


def phone_found(centre: Centre, agent: LiveAgent, at: datetime) -> None:
    in_time = agent.restore_until is not None and at <= agent.restore_until
    if agent.pause_reason == PauseReason.PHONE_LOST and in_time:
        centre.order(agent.staff_no, None)
