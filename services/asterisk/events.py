"""Asterisk's events as frozen dataclasses: the only place that knows AMI's spelling of their headers.

Read by `services/acd`. What is not in `PARSERS` is not ours; what is malformed is logged and dropped.
`call_id` is Linkedid, `channel_id` Uniqueid.
Times come from Asterisk's own clock (`timestampevents=yes`, microseconds).
Source: https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/AMI_Events/
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from services.asterisk.ami import AmiEvent
from services.asterisk.queue import DeviceState, device_state, staff_no_of

log = structlog.get_logger(__name__)

UP: Final = "6"  # ChannelState of an answered channel

Parser = Callable[[Mapping[str, str], datetime], "Event | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `at` (UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FullyBooted(Event):
    """Asterisk is ready, or this link was made anew: state must be read from a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent(Event):
    channel: str
    channel_id: str
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(ChannelEvent):
    context: str
    extension: str
    caller_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAnswered(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupRequested(ChannelEvent):
    """The far end of this channel hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHungUp(ChannelEvent):
    cause: int  # Q.850


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheld(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEntered(ChannelEvent):
    bridge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCallerJoined(ChannelEvent):
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCallerLeft(ChannelEvent):
    """Follows every way out of the queue: an agent, giving up, a timeout, a key."""

    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCallerAbandoned(ChannelEvent):
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEvent(ChannelEvent):
    """The channel is the caller's; `agent_channel_id` the agent's."""

    queue: str
    staff_no: str
    agent_channel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCalled(AgentEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConnected(AgentEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMissed(AgentEvent):
    ring_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCompleted(AgentEvent):
    reason: str  # agent | caller | transfer: who ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent(Event):
    queue: str
    staff_no: str
    paused: bool
    paused_reason: str
    status: DeviceState


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(MemberEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(MemberEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPaused(MemberEvent):
    """Paused or unpaused; one event for each queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStatusChanged(MemberEvent):
    """The state of the agent's phone changed; its pause fields may be older than the last `MemberPaused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Originated(Event):
    """The end of an asynchronous Originate; `action_id` is ours."""

    action_id: str
    succeeded: bool
    channel_id: str


def parse(event: AmiEvent, received_at: datetime) -> Event | None:
    """Return our event, or None for one that is not ours or cannot be understood. Never raises for bad input."""
    parser = PARSERS.get(event.name)
    if parser is None:
        return None
    try:
        return parser(event.headers, _time(event.headers, received_at))
    except (KeyError, ValueError, OverflowError, OSError):
        log.warning("ami_event_malformed", ami_event=event.name)
        return None


def _time(headers: Mapping[str, str], received_at: datetime) -> datetime:
    stamp = headers.get("Timestamp")
    return datetime.fromtimestamp(float(stamp), UTC) if stamp else received_at


def _channel(headers: Mapping[str, str], at: datetime) -> dict[str, Any]:
    return {
        "at": at, "channel": headers["Channel"], "channel_id": headers["Uniqueid"], "call_id": headers["Linkedid"]
    }


def _agent(headers: Mapping[str, str], at: datetime) -> dict[str, Any] | None:
    """Fields of an AgentEvent; None when the member is no agent of ours."""
    staff_no = staff_no_of(headers["Interface"])
    if staff_no is None:
        return None
    return _channel(headers, at) | {
        "queue": headers["Queue"], "staff_no": staff_no, "agent_channel_id": headers.get("DestUniqueid", "")
    }


def _member(headers: Mapping[str, str], at: datetime) -> dict[str, Any] | None:
    staff_no = staff_no_of(headers["Interface"])
    if staff_no is None:
        return None
    paused = headers.get("Paused") == "1"
    return {
        "at": at, "queue": headers["Queue"], "staff_no": staff_no, "paused": paused,
        "paused_reason": headers.get("PausedReason", "") if paused else "",
        "status": device_state(headers.get("Status", "")),
    }


def _created(headers: Mapping[str, str], at: datetime) -> Event:
    return ChannelCreated(
        **_channel(headers, at), context=headers.get("Context", ""), extension=headers.get("Exten", ""),
        caller_number=known(headers.get("CallerIDNum", "")),
    )


def _newstate(headers: Mapping[str, str], at: datetime) -> Event | None:
    return ChannelAnswered(**_channel(headers, at)) if headers["ChannelState"] == UP else None


def _originated(headers: Mapping[str, str], at: datetime) -> Event:
    return Originated(
        at=at, action_id=headers.get("ActionID", ""), succeeded=headers["Response"] == "Success",
        channel_id=known(headers.get("Uniqueid", "")),
    )


def _of_agent(kind: type[AgentEvent], **more: Callable[[Mapping[str, str]], object]) -> Parser:
    def build(headers: Mapping[str, str], at: datetime) -> Event | None:
        fields = _agent(headers, at)
        return None if fields is None else kind(**fields, **_read(more, headers))

    return build


def _of_member(kind: type[MemberEvent]) -> Parser:
    def build(headers: Mapping[str, str], at: datetime) -> Event | None:
        fields = _member(headers, at)
        return None if fields is None else kind(**fields)

    return build


def _of_channel(kind: type[ChannelEvent], **more: Callable[[Mapping[str, str]], object]) -> Parser:
    def build(headers: Mapping[str, str], at: datetime) -> Event:
        return kind(**_channel(headers, at), **_read(more, headers))

    return build


def _read(more: Mapping[str, Callable[[Mapping[str, str]], object]], headers: Mapping[str, str]) -> dict[str, Any]:
    return {name: read(headers) for name, read in more.items()}


def known(text: str) -> str:
    """AMI's word for a missing value is `<unknown>`."""
    return "" if text == "<unknown>" else text


def _queue(headers: Mapping[str, str]) -> str:
    return headers["Queue"]


def _position(headers: Mapping[str, str]) -> int:
    return int(headers["Position"])


def _bridge(headers: Mapping[str, str]) -> str:
    return headers["BridgeUniqueid"]


PARSERS: Final[Mapping[str, Parser]] = {
    "FullyBooted": lambda headers, at: FullyBooted(at=at),
    "Newchannel": _created,
    "Newstate": _newstate,
    "HangupRequest": _of_channel(HangupRequested),
    "Hangup": _of_channel(ChannelHungUp, cause=lambda headers: int(headers["Cause"])),
    "Hold": _of_channel(Held),
    "Unhold": _of_channel(Unheld),
    "BridgeEnter": _of_channel(BridgeEntered, bridge_id=_bridge),
    "QueueCallerJoin": _of_channel(QueueCallerJoined, queue=_queue, position=_position),
    "QueueCallerLeave": _of_channel(QueueCallerLeft, queue=_queue),
    "QueueCallerAbandon": _of_channel(QueueCallerAbandoned, queue=_queue, position=_position),
    "AgentCalled": _of_agent(AgentCalled),
    "AgentConnect": _of_agent(AgentConnected),
    "AgentRingNoAnswer": _of_agent(AgentMissed, ring_ms=lambda headers: int(headers["RingTime"])),
    "AgentComplete": _of_agent(AgentCompleted, reason=lambda headers: headers["Reason"]),
    "QueueMemberAdded": _of_member(MemberAdded),
    "QueueMemberRemoved": _of_member(MemberRemoved),
    "QueueMemberPause": _of_member(MemberPaused),
    "QueueMemberStatus": _of_member(MemberStatusChanged),
    "OriginateResponse": _originated,
}
