"""Story 1: channels come, answer and go; a call begins with its first channel and ends with its last.

A call begins with a channel in the dialplan's context of callers or in the one where a callback waits. Channels of any
other conversation (a supervisor's spy, agent to agent) are no call, until they join one.
"""

from datetime import datetime
from typing import Final

from services.acd import talking
from services.acd.queueing import settle_queue_exit
from services.acd.state import Centre, Leg, LegRole, LiveCall, role_of
from services.asterisk.events import (
    BridgeEntered,
    ChannelAnswered,
    ChannelCreated,
    ChannelEvent,
    ChannelHungUp,
    HangupRequested,
)
from services.asterisk.queue import staff_no_of
from services.calls import facts
from services.calls.model import Direction

CALLERS: Final = "from-trunk"
CALLBACKS: Final = "callback-wait"
CARRIER: Final = "PJSIP/carrier-"


def channel_created(centre: Centre, event: ChannelCreated) -> None:
    call = centre.calls.get(event.call_id)
    if call is None:
        if event.context not in (CALLERS, CALLBACKS) or event.channel_id != event.call_id:
            return
        call = begin(centre, event)
    add_leg(centre, call, event)


def begin(centre: Centre, event: ChannelCreated) -> LiveCall:
    callback = event.context == CALLBACKS and event.extension.isdecimal()
    call = LiveCall(
        call_id=event.call_id, started_at=event.at, callback_id=int(event.extension) if callback else None
    )
    centre.calls[event.call_id] = call
    centre.tell(
        facts.call_started(
            event.call_id, event.at, "acd",
            caller_number=centre.callback_numbers.get(call.callback_id or 0, event.caller_number),
            called_number="" if callback else event.extension,
            direction=Direction.CALLBACK if callback else Direction.INBOUND, callback_id=call.callback_id,
            channel=event.channel,
        )
    )
    return call


def add_leg(centre: Centre, call: LiveCall, event: ChannelEvent) -> Leg:
    known = centre.legs.get(event.channel_id)
    if known:
        return known
    # In a callback the customer is the one whom we call at the carrier.
    first = event.channel_id == call.call_id or (call.callback_id is not None and event.channel.startswith(CARRIER))
    leg = Leg(
        call_id=call.call_id, channel_id=event.channel_id, channel=event.channel,
        role=role_of(event.channel, first=first),
        staff_no=staff_no_of(event.channel),
    )
    centre.add(call, leg)
    centre.tell(
        facts.leg_started(
            call.call_id, event.at, channel_id=leg.channel_id, channel=leg.channel, role=leg.role,
            staff_no=leg.staff_no,
        )
    )
    return leg


def channel_answered(centre: Centre, event: ChannelAnswered) -> None:
    found = centre.leg_of(event.channel_id)
    if found:
        answered(centre, *found, event.at)


def answered(centre: Centre, call: LiveCall, leg: Leg, at: datetime) -> None:
    if leg.up:
        return
    leg.up = True
    if leg.staff_no:
        centre.agent(leg.staff_no)
    centre.tell(facts.leg_answered(call.call_id, at, channel_id=leg.channel_id))
    talking.succeed(centre, call, at)


def bridge_entered(centre: Centre, event: BridgeEntered) -> None:
    """A channel of another conversation may join a call here: the end of a consultation from a browser."""
    call = centre.calls.get(event.call_id)
    if call and event.channel_id not in centre.legs:
        answered(centre, call, add_leg(centre, call, event), event.at)


def hangup_requested(centre: Centre, event: HangupRequested) -> None:
    found = centre.leg_of(event.channel_id)
    if found:
        call, leg = found
        leg.hangup_requested = True
        if leg.role is LegRole.CALLER:
            call.ended_by = LegRole.CALLER


def channel_hung_up(centre: Centre, event: ChannelHungUp) -> None:
    found = centre.leg_of(event.channel_id)
    if found:
        ended(centre, *found, event.at, cause=event.cause)


def ended(centre: Centre, call: LiveCall, leg: Leg, at: datetime, *, cause: int | None = None) -> None:
    """A channel is gone; the call ends with its last one."""
    centre.remove(leg)
    centre.tell(facts.leg_ended(call.call_id, at, channel_id=leg.channel_id, cause=cause))
    if leg.staff_no:
        call.rings.pop(leg.staff_no, None)
        talking.leg_gone(centre, call, leg, at)
    if leg.role is LegRole.CALLER:
        settle_queue_exit(centre, call, at)
    if not call.legs:
        end(centre, call, at, cause=cause)


def end(centre: Centre, call: LiveCall, at: datetime, *, cause: int | None = None, resync: bool = False) -> None:
    """Forget a call; `resync`: nobody saw its end."""
    for leg in list(call.legs.values()):
        centre.remove(leg)
        centre.tell(facts.leg_ended(call.call_id, at, channel_id=leg.channel_id))
    for staff_no in list(call.talks):
        talking.left(centre, call, staff_no, at, by="caller" if call.ended_by == "caller" else "agent")
    settle_queue_exit(centre, call, at)
    centre.tell(facts.call_ended(call.call_id, at, "acd", by=call.ended_by, cause=cause, resync=resync))
    del centre.calls[call.call_id]
