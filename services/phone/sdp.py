"""The one session description this phone speaks: A-law and telephone events in 20 ms packets (RFC 4566, 3264)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALAW_PAYLOAD: Final = 8
EVENT_PAYLOAD: Final = 101
_PORT: Final = re.compile(r"^m=audio ([0-9]{1,5}) ", re.MULTILINE)
_HOST: Final = re.compile(r"^c=IN IP4 ([0-9.]{7,15})\s*$", re.MULTILINE)
_DIRECTION: Final = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)
_EVENTS: Final = re.compile(r"^a=rtpmap:([0-9]{1,3}) telephone-event/8000", re.MULTILINE | re.IGNORECASE)


class Direction(StrEnum):
    """Who may send, as the side that writes the description sees it."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"


_MIRRORED: Final = {
    Direction.BOTH: Direction.BOTH,
    Direction.SEND: Direction.RECEIVE,
    Direction.RECEIVE: Direction.SEND,
    Direction.NONE: Direction.NONE,
}


class NoAudioError(ValueError):
    """The description offers no A-law audio to an IPv4 address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAudio:
    """Where the other side wants its audio, and under which payload type it takes digits."""

    host: str
    port: int
    direction: Direction
    event_payload: int

    @property
    def answer(self) -> Direction:
        """What we may do, as we write it."""
        return _MIRRORED[self.direction]

    @property
    def wants_audio(self) -> bool:
        return self.direction in (Direction.BOTH, Direction.RECEIVE) and self.port > 0


def describe(host: str, port: int, version: int, direction: Direction = Direction.BOTH) -> bytes:
    lines = (
        "v=0",
        f"o=hotline {port} {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {ALAW_PAYLOAD} {EVENT_PAYLOAD}",
        f"a=rtpmap:{ALAW_PAYLOAD} PCMA/8000",
        f"a=rtpmap:{EVENT_PAYLOAD} telephone-event/8000",
        f"a=fmtp:{EVENT_PAYLOAD} 0-16",
        "a=ptime:20",
        f"a={direction}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def read(body: bytes) -> RemoteAudio:
    """The other side's description.

    Raises:
        NoAudioError: nothing there that this phone could talk to.
    """
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    host, port, direction, events = (pattern.search(text) for pattern in (_HOST, _PORT, _DIRECTION, _EVENTS))
    if host is None or port is None or int(port[1]) > 65_535:
        raise NoAudioError("no audio in the session description")
    return RemoteAudio(
        host=host[1],
        port=int(port[1]),
        direction=Direction(direction[1]) if direction else Direction.BOTH,
        event_payload=int(events[1]) if events else EVENT_PAYLOAD,
    )
