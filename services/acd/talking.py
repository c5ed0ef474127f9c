"""Story 4: agent and caller talk; hold, attended transfer, the end of an agent's part.

Hold comes only from Hold and Unhold of the agent's own channel. After an attended transfer app_queue forgets the call:
the next agent's part is read from his channel.
"""

from datetime import datetime

from services.acd import wrap_up
from services.acd.queueing import milliseconds
from services.acd.state import Centre, Leg, LiveCall
from services.asterisk.events import AgentCompleted, Held, Unheld
from services.calls import facts


def held(centre: Centre, event: Held) -> None:
    found = centre.leg_of(event.channel_id)
    if found and found[1].staff_no and not found[1].held:
        call, leg = found
        leg.held = True
        centre.tell(facts.held(call.call_id, event.at, staff_no=centre.agent(found[1].staff_no).staff_no))


def unheld(centre: Centre, event: Unheld) -> None:
    found = centre.leg_of(event.channel_id)
    if found and found[1].staff_no and found[1].held:
        call, leg = found
        leg.held = False
        centre.tell(facts.unheld(call.call_id, event.at, staff_no=centre.agent(found[1].staff_no).staff_no))


def agent_completed(centre: Centre, event: AgentCompleted) -> None:
    call = centre.calls.get(event.call_id)
    if call:
        left(centre, call, event.staff_no, event.at, by=event.reason)
        if event.reason == "transfer":
            succeed(centre, call, event.at)
    wrap_up.begin(centre, event.staff_no, event.queue, event.at)


def left(centre: Centre, call: LiveCall, staff_no: str, at: datetime, *, by: str) -> None:
    """End an agent's part; telling it twice is harmless."""
    since = call.talks.pop(staff_no, None)
    if since is not None:
        if by == "agent":
            call.ended_by = "agent"
        centre.tell(
            facts.agent_left(call.call_id, at, staff_no=staff_no, talk_ms=milliseconds(at - since), by=by)
        )


def leg_gone(centre: Centre, call: LiveCall, leg: Leg, at: datetime) -> None:
    """An agent's channel ended. If he still talked, no AgentComplete came: his part was a transferred one."""
    staff_no = leg.staff_no
    if staff_no is None or staff_no not in call.talks:
        return
    others = any(other.staff_no and other.up for other in call.legs.values())
    by = "transfer" if others else "agent" if leg.hangup_requested else "caller"
    left(centre, call, staff_no, at, by=by)
    wrap_up.begin(centre, staff_no, call.queue, at)
    succeed(centre, call, at)


def succeed(centre: Centre, call: LiveCall, at: datetime) -> None:
    """When nobody talks and another agent's channel is up that no queue rang, he has taken the call over."""
    if call.talks or call.joined_at or call.last_agent is None:
        return
    for leg in call.legs.values():
        if leg.staff_no and leg.up and leg.staff_no not in call.rings and leg.staff_no != call.last_agent:
            centre.tell(
                facts.transferred(call.call_id, at, from_staff_no=call.last_agent, to_staff_no=leg.staff_no)
            )
            call.talks[leg.staff_no] = at
            call.last_agent = leg.staff_no
            return
