"""AudioSocket frames as bytes: one byte kind, two bytes length (big endian), payload. No I/O.

Source: Asterisk 22 `include/asterisk/res_audiosocket.h` and `app_audiosocket.c`. Audio is 8 kHz, 16-bit signed
little-endian, mono: 20 ms = 320 bytes. Called by `stream.py`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

HEADER: Final = struct.Struct(">BH")
FRAME_BYTES: Final = 320  # 20 ms
FRAME_S: Final = 0.02
SILENCE: Final = bytes(FRAME_BYTES)


class Kind(IntEnum):
    HANGUP = 0x00
    ID = 0x01  # payload: 16 bytes, the UUID of the application's first argument
    DTMF = 0x03  # payload: one ASCII character
    AUDIO = 0x10
    AUDIO_12KHZ = 0x11  # chan_audiosocket only; the application always uses 8 kHz
    ERROR = 0xFF


KNOWN: Final = frozenset(Kind)
LONGEST_AUDIO_BYTES: Final = 10 * FRAME_BYTES  # Asterisk sends 320; more than this is not Asterisk


class AudioSocketError(Exception):
    """The peer does not speak AudioSocket; its connection must be closed at once."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: Kind
    payload: bytes = b""


class Decoder:
    """Bytes in, whole frames out; keeps what is not whole yet."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def waiting(self) -> bool:
        """Part of a frame has come, the rest has not."""
        return bool(self._rest)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises AudioSocketError, after them, for a kind or length that cannot be."""
        self._rest += data
        while len(self._rest) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._rest)
            _check(kind, length)
            end = HEADER.size + length
            if len(self._rest) < end:
                return
            payload = bytes(self._rest[HEADER.size : end])
            del self._rest[:end]
            yield Frame(Kind(kind), payload)


def _check(kind: int, length: int) -> None:
    if kind not in KNOWN:
        raise AudioSocketError(f"unknown kind {kind:#04x}")
    fits = {
        Kind.HANGUP: length == 0,
        Kind.ID: length == 16,
        Kind.DTMF: length == 1,
        Kind.AUDIO: length % 2 == 0 and length <= LONGEST_AUDIO_BYTES,
    }
    if not fits.get(Kind(kind), length <= LONGEST_AUDIO_BYTES):
        raise AudioSocketError(f"kind {kind:#04x} with {length} bytes")


def encode(frame: Frame) -> bytes:
    """Header and payload in one piece: half a header would block Asterisk's channel thread."""
    if len(frame.payload) > 0xFFFF:
        raise ValueError("an AudioSocket payload has at most 65535 bytes")
    return HEADER.pack(frame.kind, len(frame.payload)) + frame.payload


def call_uuid(frame: Frame) -> UUID:
    """Which call this connection belongs to. Raises AudioSocketError if it is no ID frame."""
    if frame.kind is not Kind.ID or len(frame.payload) != 16:
        raise AudioSocketError("the first frame is not an ID")
    return UUID(bytes=frame.payload)
