"""One audio stream: A-law in 20 ms packets, digits as telephone events, and all that was heard on a timeline.

Owned by one `PhoneCall`. Sources: RFC 3550 (packets), RFC 3551 (payload 8), RFC 4733 (digits). Audio is 8 kHz,
16-bit signed little-endian mono outside and A-law on the wire; one frame is 160 samples, 320 bytes.
"""

import asyncio
import audioop
import secrets
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

from services.phone.sdp import ALAW_PAYLOAD, EVENT_PAYLOAD, RemoteAudio

RATE_HZ: Final = 8000
FRAME_SAMPLES: Final = 160
FRAME_BYTES: Final = FRAME_SAMPLES * 2
FRAME_S: Final = FRAME_SAMPLES / RATE_HZ
DIGITS: Final = "0123456789*#ABCD"
SILENCE: Final = b"\xd5" * FRAME_SAMPLES
_KEY_FRAMES: Final = 5  # a key is held 100 ms
_PAUSE_FRAMES: Final = 3
_LARGEST_SKEW_SAMPLES: Final = RATE_HZ  # between the sender's clock and ours; beyond it the sender's is new
_LONGEST_GAP_S: Final = 600.0


class MalformedPacketError(ValueError):
    """Not an RTP packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        return struct.pack("!BBHII", 0x80, second, self.sequence, self.timestamp, self.source) + self.payload

    @classmethod
    def parse(cls, datagram: bytes) -> Self:
        """Raises: MalformedPacketError."""
        if len(datagram) < 12 or datagram[0] >> 6 != 2:
            raise MalformedPacketError("header")
        first, second, sequence, timestamp, source = struct.unpack_from("!BBHII", datagram)
        start = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            if len(datagram) < start + 4:
                raise MalformedPacketError("extension")
            start += 4 + 4 * int(struct.unpack_from("!H", datagram, start + 2)[0])
        end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
        if start > end:
            raise MalformedPacketError("length")
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            source=source,
            payload=datagram[start:end],
            marker=bool(second & 0x80),
        )


class Heard:
    """What arrived, laid on one timeline that starts with the stream; silence fills what was never sent.

    Place comes from the sender's timestamps, so a late packet is not a gap. Where the timestamps cannot be
    true (another source, a leap), the time of arrival counts.
    """

    def __init__(self, started_s: float) -> None:
        self.started_s = started_s  # event loop's clock
        self.pcm = bytearray()
        self.packets = 0
        self._source: int | None = None
        self._sequence = 0
        self._timestamp = 0
        self._place = 0  # samples, of the packet that came last

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE_HZ

    def add(self, packet: RtpPacket, arrived_s: float) -> None:
        place = int(min(max(arrived_s - self.started_s, 0.0), self.seconds + _LONGEST_GAP_S) * RATE_HZ)
        if packet.source == self._source:
            if not 0 < (packet.sequence - self._sequence) % 65_536 < 32_768:
                return  # repeated or overtaken
            by_clock = self._place + (packet.timestamp - self._timestamp) % 2**32
            if abs(place - by_clock) < _LARGEST_SKEW_SAMPLES:
                place = by_clock
        place = max(place, len(self.pcm) // 2)
        self._source, self._sequence, self._timestamp = packet.source, packet.sequence, packet.timestamp
        self._place = place
        self.packets += 1
        self.pcm.extend(bytes(place * 2 - len(self.pcm)))
        self.pcm.extend(audioop.alaw2lin(packet.payload, 2))

    def between(self, from_s: float, to_s: float) -> bytes:
        """PCM between two times on the event loop's clock."""
        first, last = (max(0, round((at - self.started_s) * RATE_HZ)) * 2 for at in (from_s, to_s))
        return bytes(self.pcm[first:last])


class RtpStream(asyncio.DatagramProtocol):
    """Sends a frame every 20 ms by absolute deadlines, whatever it has: a key, audio to play, or silence."""

    def __init__(self) -> None:
        self.heard = Heard(asyncio.get_running_loop().time())
        self.keys_heard = ""
        self._last_key: int | None = None  # timestamp that all packets of one key share
        self._remote: RemoteAudio | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sender: asyncio.Task[None] | None = None
        self._keys: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._frames: deque[bytes] = deque()
        self._played = asyncio.Event()
        self._played.set()
        self._sequence = secrets.randbelow(32_768)
        self._timestamp = secrets.randbits(31)
        self._source = secrets.randbits(32)

    async def open(self, host: str) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        return self

    def close(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
        if self._transport is not None:
            self._transport.close()
        self._played.set()
        for _, pressed in self._keys:
            pressed.cancel()
        self._keys.clear()

    @property
    def port(self) -> int:
        assert self._transport is not None, "open() first"
        return int(self._transport.get_extra_info("sockname")[1])

    def connect(self, remote: RemoteAudio) -> None:
        """Take the other side's description; called again when it changes (hold)."""
        self._remote = remote
        if self._sender is None:
            self._sender = asyncio.create_task(self._send(), name="rtp-sender")

    def press(self, digit: str) -> asyncio.Future[None]:
        """Queue one key. The future is done when the key is up again."""
        pressed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keys.append((DIGITS.index(digit), pressed))
        return pressed

    def play(self, pcm: bytes) -> None:
        """Queue audio; a last short frame is filled with silence."""
        alaw = audioop.lin2alaw(pcm[: len(pcm) // 2 * 2], 2)
        for start in range(0, len(alaw), FRAME_SAMPLES):
            self._frames.append(alaw[start : start + FRAME_SAMPLES].ljust(FRAME_SAMPLES, b"\xd5"))
        if self._frames:
            self._played.clear()

    def stop_playing(self) -> None:
        self._frames.clear()
        self._played.set()

    async def played(self) -> None:
        await self._played.wait()

    # ---- wire

    def error_received(self, exc: Exception) -> None:
        """The other side closed its port before its BYE reached us; the dialog ends the call."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._remote is None or addr[1] != self._remote.port:
            return
        try:
            packet = RtpPacket.parse(data)
        except MalformedPacketError:
            return
        if packet.payload_type == ALAW_PAYLOAD and packet.payload:
            self.heard.add(packet, asyncio.get_running_loop().time())
        elif packet.payload_type == EVENT_PAYLOAD and len(packet.payload) >= 4 and packet.timestamp != self._last_key:
            self._last_key = packet.timestamp
            self.keys_heard += DIGITS[packet.payload[0]] if packet.payload[0] < len(DIGITS) else ""

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        marker = True
        while True:
            if self._keys:
                due_s = await self._send_key(*self._keys.popleft(), due_s)
                marker = True
            else:
                payload = self._frames.popleft() if self._frames else SILENCE
                if not self._frames:
                    self._played.set()
                self._packet(ALAW_PAYLOAD, payload, marker=marker)
                marker = False
                due_s = await self._tick(due_s)

    async def _send_key(self, event: int, pressed: asyncio.Future[None], due_s: float) -> float:
        began = self._timestamp
        payload_type = self._remote.event_payload if self._remote else 0
        for frame in range(1, _KEY_FRAMES + 1):
            body = struct.pack("!BBH", event, 10, frame * FRAME_SAMPLES)
            self._packet(payload_type, body, marker=frame == 1, timestamp=began)
            due_s = await self._tick(due_s)
        for _ in range(3):  # the end is said three times (RFC 4733 2.5.1.4)
            body = struct.pack("!BBH", event, 0x80 | 10, _KEY_FRAMES * FRAME_SAMPLES)
            self._packet(payload_type, body, marker=False, timestamp=began)
        for frame in range(_PAUSE_FRAMES):
            self._packet(ALAW_PAYLOAD, SILENCE, marker=frame == 0)
            due_s = await self._tick(due_s)
        if not pressed.done():
            pressed.set_result(None)
        return due_s

    def _packet(self, payload_type: int, payload: bytes, *, marker: bool, timestamp: int | None = None) -> None:
        assert self._transport is not None
        packet = RtpPacket(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=self._timestamp if timestamp is None else timestamp,
            source=self._source,
            payload=payload,
            marker=marker,
        )
        self._sequence = (self._sequence + 1) % 65_536
        if self._remote is not None and self._remote.wants_audio and not self._transport.is_closing():
            self._transport.sendto(packet.encode(), (self._remote.host, self._remote.port))

    async def _tick(self, due_s: float) -> float:
        """Wait for the next frame's time; after a stall the lost frames are not made up for in a burst."""
        loop = asyncio.get_running_loop()
        self._timestamp = (self._timestamp + FRAME_SAMPLES) % 2**32
        due_s += FRAME_S
        late_s = loop.time() - due_s
        if late_s > 5 * FRAME_S:
            due_s = loop.time()
            self._timestamp = (self._timestamp + int(late_s / FRAME_S) * FRAME_SAMPLES) % 2**32
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        return due_s
