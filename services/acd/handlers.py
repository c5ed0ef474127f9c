"""Which of Asterisk's events means what: the table, and the one function that applies it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.acd import legs, membership, queueing, ringing, talking
from services.acd.state import Centre
from services.asterisk import events
from services.asterisk.events import Event

HANDLERS: Final[Mapping[type[Event], Callable[[Centre, Any], None]]] = {
    events.ChannelCreated: legs.channel_created,
    events.ChannelAnswered: legs.channel_answered,
    events.BridgeEntered: legs.bridge_entered,
    events.HangupRequested: legs.hangup_requested,
    events.ChannelHungUp: legs.channel_hung_up,
    events.QueueCallerJoined: queueing.caller_joined,
    events.QueueCallerAbandoned: queueing.caller_abandoned,
    events.QueueCallerLeft: queueing.caller_left,
    events.AgentCalled: ringing.agent_called,
    events.AgentConnected: ringing.agent_connected,
    events.AgentMissed: ringing.agent_missed,
    events.Held: talking.held,
    events.Unheld: talking.unheld,
    events.AgentCompleted: talking.agent_completed,
    events.MemberAdded: membership.member_added,
    events.MemberRemoved: membership.member_removed,
    events.MemberPaused: membership.member_paused,
    events.MemberStatusChanged: membership.member_status_changed,
}


def apply(centre: Centre, event: Event) -> None:
    """Change the state; facts and orders are in the outbox afterwards."""
    handler = HANDLERS.get(type(event))
    if handler:
        handler(centre, event)
