"""Story 5: the wrap-up after a call is a pause with reason ACW, timed here, extended and ended from the desk.

app_queue's own `wrapuptime` is only the guard for the moment until the pause holds (telephony.md, section 4).
"""

from datetime import datetime, timedelta

from services.acd.state import Centre, LiveAgent
from services.agents.commands import DeskCommand
from services.agents.model import PauseReason


def begin(centre: Centre, staff_no: str, call_id: str, queue: str | None, at: datetime) -> None:
    agent = centre.agent(staff_no)
    if not agent.queues or agent.pause_reason == PauseReason.ACW:
        return
    agent.next_pause = agent.pause_reason if agent.paused else ""
    agent.wrapping = call_id
    agent.wrap_up_from, agent.wrap_up_until = at, at + centre.rules.wrap_up(queue)
    centre.order(staff_no, PauseReason.ACW)


def command(centre: Centre, kind: DeskCommand, staff_no: str, now: datetime) -> None:
    """What the desk asks; an agent who is not in wrap-up is left alone."""
    agent = centre.agent(staff_no)
    if agent.pause_reason != PauseReason.ACW or agent.wrap_up_until is None:
        return
    if kind is DeskCommand.WRAP_UP_FINISHED:
        finish(centre, agent, now)
    elif agent.wrap_up_from is not None:
        latest = agent.wrap_up_from + timedelta(seconds=centre.rules.wrap_up_limit_s)
        wanted = agent.wrap_up_until + timedelta(seconds=centre.rules.wrap_up_extension_s)
        agent.wrap_up_until = max(agent.wrap_up_until, min(wanted, latest))


def finish_due(centre: Centre, now: datetime) -> None:
    for agent in centre.agents.values():
        if agent.pause_reason == PauseReason.ACW and agent.wrap_up_until and agent.wrap_up_until <= now:
            finish(centre, agent, now)


def finish(centre: Centre, agent: LiveAgent, now: datetime) -> None:
    """Order what follows. `wrap_up_until` is cleared so that it is ordered once; `failed` sets it again."""
    agent.wrap_up_until = None
    if not agent.phone.reachable and not agent.next_pause:
        agent.restore_until = now + timedelta(seconds=centre.rules.phone_restore_s)
        centre.order(agent.staff_no, PauseReason.PHONE_LOST)
    else:
        centre.order(agent.staff_no, agent.next_pause)


def failed(centre: Centre, staff_no: str, now: datetime, *, retry_s: float) -> None:
    """Asterisk did not take an order: a wrap-up that could not end tries again, one that could not begin is none."""
    agent = centre.agent(staff_no)
    if agent.pause_reason == PauseReason.ACW and agent.wrap_up_until is None:
        agent.wrap_up_until = now + timedelta(seconds=retry_s)
    agent.wrapping = None
