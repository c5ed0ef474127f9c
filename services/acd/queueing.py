"""Story 2: a caller enters a queue, and leaves it to an agent, by giving up, or to somewhere else in the dialplan.

Waiting times are our own, in milliseconds from Asterisk's clock; app_queue counts whole seconds.
"""

from datetime import datetime, timedelta
from typing import Final

from services.acd.state import Centre, LiveCall
from services.asterisk.events import QueueCallerAbandoned, QueueCallerJoined, QueueCallerLeft
from services.calls import facts

EXIT_SETTLES: Final = timedelta(milliseconds=500)  # AgentConnect follows QueueCallerLeave within this time


def caller_joined(centre: Centre, event: QueueCallerJoined) -> None:
    call = centre.calls.get(event.call_id)
    if call:
        settle_queue_exit(centre, call, event.at)
        call.queue, call.joined_at = event.queue, event.at
        centre.tell(
            facts.queue_joined(
                call.call_id, event.at, queue=event.queue, position=event.position, channel=event.channel
            )
        )


def caller_abandoned(centre: Centre, event: QueueCallerAbandoned) -> None:
    call = centre.calls.get(event.call_id)
    if call:
        centre.tell(
            facts.queue_abandoned(
                call.call_id, event.at, queue=event.queue, position=event.position, wait_ms=waited_ms(call, event.at)
            )
        )
        call.joined_at = None


def caller_left(centre: Centre, event: QueueCallerLeft) -> None:
    """Every way out comes here; one to an agent is followed by AgentConnect at once, the others by nothing."""
    call = centre.calls.get(event.call_id)
    if call and call.joined_at:
        call.queue_left_at = event.at


def settle_queue_exit(centre: Centre, call: LiveCall, at: datetime, *, after: timedelta = timedelta()) -> None:
    """Tell that the caller left for neither an agent nor his own phone's hook, once that is sure."""
    if call.queue_left_at and at - call.queue_left_at >= after:
        centre.tell(facts.queue_left(call.call_id, call.queue_left_at, queue=call.queue or "", reason="dialplan"))
        call.queue_left_at = call.joined_at = None


def settle_old_exits(centre: Centre, now: datetime) -> None:
    for call in centre.calls.values():
        settle_queue_exit(centre, call, now, after=EXIT_SETTLES)


def waited_ms(call: LiveCall, at: datetime) -> int | None:
    return milliseconds(at - call.joined_at) if call.joined_at else None


def milliseconds(length: timedelta) -> int:
    return round(length / timedelta(milliseconds=1))
