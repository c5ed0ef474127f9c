"""Story 3: a queue rings an agent; he answers, or he does not. Misses in a row pause him (`missed_rings_limit`)."""

from services.acd.queueing import milliseconds, waited_ms
from services.acd.state import Centre
from services.agents.model import PauseReason
from services.asterisk.events import AgentCalled, AgentConnected, AgentMissed
from services.calls import facts


def agent_called(centre: Centre, event: AgentCalled) -> None:
    call = centre.calls.get(event.call_id)
    if call:
        call.rings[event.staff_no] = event.at
        centre.tell(facts.agent_rang(call.call_id, event.at, staff_no=event.staff_no, queue=event.queue))


def agent_connected(centre: Centre, event: AgentConnected) -> None:
    centre.agent(event.staff_no).misses = 0
    call = centre.calls.get(event.call_id)
    if not call:
        return
    rang_at = call.rings.pop(event.staff_no, None)
    centre.tell(
        facts.agent_connected(
            call.call_id, event.at, staff_no=event.staff_no, queue=event.queue, wait_ms=waited_ms(call, event.at),
            ring_ms=milliseconds(event.at - rang_at) if rang_at else None,
        )
    )
    call.joined_at = call.queue_left_at = None
    call.queue, call.last_agent = event.queue, event.staff_no
    call.talks[event.staff_no] = event.at


def agent_missed(centre: Centre, event: AgentMissed) -> None:
    """Also when the agent refuses the call."""
    agent = centre.agent(event.staff_no)
    call = centre.calls.get(event.call_id)
    if call:
        call.rings.pop(event.staff_no, None)
        centre.tell(
            facts.agent_missed(
                call.call_id, event.at, staff_no=event.staff_no, queue=event.queue, ring_ms=event.ring_ms
            )
        )
    agent.misses += 1
    if agent.misses >= centre.rules.missed_rings_limit and not agent.paused:
        centre.order(agent.staff_no, PauseReason.MISSED)
