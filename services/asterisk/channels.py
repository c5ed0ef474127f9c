"""Live channels: what is up now, listening to an agent's call, ending and moving a channel.

Called by `services/acd` (snapshot), `agent_desktop` (board) and `services/cli`. A channel's name is looked up at the
moment of the click: one remembered from before may belong to nobody, or to another call.
Source: AMI CoreShowChannels, Originate, Hangup, Redirect; application ChanSpy.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.asterisk.ami import Ami, AmiActionError, AmiEvent
from services.asterisk.events import UP, known
from services.asterisk.queue import interface, staff_no_of
from services.errors import ConflictError

RING_MS: Final = 20_000  # how long the supervisor's phone rings


class NothingToHearError(ConflictError):
    error_id = "agent-not-talking"
    message = "该座席当前没有通话，无法监听。"


class ChannelGoneError(ConflictError):
    error_id = "channel-gone"
    message = "该通话已经结束。"


class ListenMode(StrEnum):
    """Options of ChanSpy: `q` no beep, `w` the agent alone hears the supervisor, `B` both parties do."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


SPY_OPTIONS: Final = {ListenMode.LISTEN: "qS", ListenMode.WHISPER: "qwS", ListenMode.BARGE: "qBS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as Asterisk shows it now. `bridge_id` is empty outside a bridge; `age_s` counts whole seconds."""

    channel: str
    channel_id: str
    call_id: str
    context: str
    extension: str
    up: bool
    caller_number: str
    application: str
    bridge_id: str
    age_s: int


async def snapshot(ami: Ami) -> list[Channel]:
    response = await ami.action("CoreShowChannels")
    return [_channel(event) for event in response.events if event.name == "CoreShowChannel"]


async def listen(ami: Ami, supervisor: str, staff_no: str, mode: ListenMode) -> None:
    """Ring the supervisor's phone and let it hear the agent's call.

    Raises:
        NothingToHearError: the agent talks to nobody now.
    """
    talking = [c for c in await snapshot(ami) if staff_no_of(c.channel) == staff_no and c.up and c.bridge_id]
    if not talking:
        raise NothingToHearError(f"{staff_no} has no call")
    await ami.action(
        "Originate", Channel=interface(supervisor), Application="ChanSpy",
        Data=f"{talking[0].channel},{SPY_OPTIONS[mode]}", CallerID=f"监听 {staff_no} <{staff_no}>",
        Timeout=RING_MS, Async="true",
    )


async def hang_up(ami: Ami, channel: str) -> None:
    """Raise ChannelGoneError when it is gone already."""
    await _on(ami, "Hangup", Channel=channel)


async def redirect(ami: Ami, channel: str, context: str, extension: str) -> None:
    """Send a channel elsewhere in the dialplan. Raise ChannelGoneError when it is gone."""
    await _on(ami, "Redirect", Channel=channel, Context=context, Exten=extension, Priority="1")


async def _on(ami: Ami, action: str, **headers: str) -> None:
    try:
        await ami.action(action, timeout_s=None, **headers)
    except AmiActionError as error:
        if "such channel" in error.reason.lower() or "does not exist" in error.reason.lower():
            raise ChannelGoneError(str(error)) from None
        raise


def _channel(event: AmiEvent) -> Channel:
    headers = event.headers
    return Channel(
        channel=headers.get("Channel", ""),
        channel_id=headers.get("Uniqueid", ""),
        call_id=headers.get("Linkedid", ""),
        context=headers.get("Context", ""),
        extension=headers.get("Exten", ""),
        up=headers.get("ChannelState") == UP,
        caller_number=known(headers.get("CallerIDNum", "")),
        application=headers.get("Application", ""),
        bridge_id=headers.get("BridgeId", ""),
        age_s=_seconds(headers.get("Duration", "")),
    )


def _seconds(clock: str) -> int:
    """Read `HH:MM:SS`."""
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return 0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds
