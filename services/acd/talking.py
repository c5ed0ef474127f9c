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
    """The agent's part in a queue's call ended. `reason` is `agent` for some transfers too: see who is still there."""
    call = centre.calls.get(event.call_id)
    if call:
        part_ended(centre, call, event.staff_no, event.at, by=event.reason)
    wrap_up.begin(centre, event.staff_no, event.call_id, event.queue, event.at)


def leg_gone(centre: Centre, call: LiveCall, leg: Leg, at: datetime) -> None:
    """An agent's channel ended. If he still talked, no AgentComplete came: his part was a transferred one."""
    if leg.staff_no and leg.staff_no in call.talks:
        part_ended(centre, call, leg.staff_no, at, by="agent" if leg.hangup_requested else "caller")
        wrap_up.begin(centre, leg.staff_no, call.call_id, call.queue, at)


def part_ended(centre: Centre, call: LiveCall, staff_no: str, at: datetime, *, by: str) -> None:
    others = any(leg.up and leg.staff_no not in (None, staff_no) for leg in call.legs.values())
    left(centre, call, staff_no, at, by="transfer" if others else by)
    succeed(centre, call, at)


def left(centre: Centre, call: LiveCall, staff_no: str, at: datetime, *, by: str) -> None:
    """Tell the end of an agent's part, once."""
    since = call.talks.pop(staff_no, None)
    if since is not None:
        if by == "agent":
            call.ended_by = "agent"
        centre.tell(facts.agent_left(call.call_id, at, staff_no=staff_no, talk_ms=milliseconds(at - since), by=by))


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
