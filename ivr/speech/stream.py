"""The AudioSocket server: sound out in 20 ms steps, sound and keys in. Pairs a connection with its AGI call by UUID.

An AGI step calls `expect(uuid)`, lets Asterisk run `AudioSocket(uuid, host:port)` and talks over the `AudioStream` that
arrives. Asterisk does not pace what it is sent (measured), so this side does, by absolute deadlines; sound that nobody
reads is dropped, oldest first; a connection that sends garbage or half a frame is closed.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from ivr.speech.audiosocket import (
    FRAME_BYTES,
    FRAME_S,
    AudioSocketError,
    Decoder,
    Frame,
    Kind,
    call_uuid,
    encode,
)

ID_TIMEOUT_S: Final = 5.0
HALF_FRAME_LIMIT_S: Final = 2.0  # Asterisk writes whole frames; a caller without RTP sends none at all
BACKLOG_FRAMES: Final = 50  # one second; more is too old to be worth recognising
READ_BYTES: Final = 8192

log = structlog.get_logger()

STREAMS = Gauge("hotline_audio_streams_active", "AudioSocket connections now")
DROPPED = Counter("hotline_audio_frames_dropped_total", "Frames of callers that nobody read in time")
REFUSED = Counter("hotline_audio_connections_refused_total", "Connections that were no AudioSocket call", ["reason"])


class AudioEnded(Exception):
    """The connection is gone: the caller hung up, or Asterisk ended the application."""


class AudioStream:
    """One caller's sound in both directions: 8 kHz, 16-bit signed little-endian, mono."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ended = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._heard: deque[bytes] = deque(maxlen=BACKLOG_FRAMES)
        self._arrived = asyncio.Event()
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    async def play(self, pcm: bytes) -> None:
        """Speak; returns when the last frame is out. Cancelling it (barge-in) stops the sound within one frame.

        Raises:
            AudioEnded: the caller is gone.
        """
        start = time.monotonic()
        for number, offset in enumerate(range(0, len(pcm), FRAME_BYTES)):
            await asyncio.sleep(max(0.0, start + number * FRAME_S - time.monotonic()))
            if self.ended.is_set():
                raise AudioEnded
            frame = pcm[offset : offset + FRAME_BYTES]
            self._writer.write(encode(Frame(Kind.AUDIO, frame.ljust(FRAME_BYTES, b"\0"))))
            try:
                await self._writer.drain()
            except ConnectionError as error:
                raise AudioEnded from error

    async def heard(self) -> bytes:
        """The next 20 ms of the caller. Raises `AudioEnded` after the last one."""
        while not self._heard:
            if self.ended.is_set():
                raise AudioEnded
            self._arrived.clear()
            await self._arrived.wait()
        return self._heard.popleft()

    async def key(self) -> str:
        """The next key, at its release. Wrap it in a timeout."""
        return await self._keys.get()

    def finish(self) -> None:
        """Give the call back to the AGI; `EXEC AudioSocket` returns about 5 ms later."""
        if not self._writer.is_closing():
            self._writer.write(encode(Frame(Kind.HANGUP)))
            self._writer.close()

    async def receive(self, decoder: Decoder, frames: Iterator[Frame]) -> None:
        """Take in until the connection ends. Raises AudioSocketError for what is no AudioSocket."""
        try:
            while True:
                for frame in frames:
                    if frame.kind is Kind.HANGUP:
                        return
                    self._take(frame)
                async with asyncio.timeout(HALF_FRAME_LIMIT_S if decoder.waiting else None):
                    data = await self._reader.read(READ_BYTES)
                if not data:
                    return
                frames = decoder.feed(data)
        finally:
            self.ended.set()
            self._arrived.set()

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.AUDIO:
            if len(self._heard) == BACKLOG_FRAMES:
                DROPPED.inc()
            self._heard.append(frame.payload)
            self._arrived.set()
        elif frame.kind is Kind.DTMF:
            self._keys.put_nowait(frame.payload.decode("ascii", errors="replace"))
        elif frame.kind is Kind.ERROR:
            log.warning("audiosocket_error_frame", code=frame.payload.hex())


class SpeechServer:
    """`async with SpeechServer(...)`: listens from entry to exit."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._expected: dict[UUID, asyncio.Future[AudioStream]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @asynccontextmanager
    async def expect(self, call: UUID) -> AsyncIterator["asyncio.Future[AudioStream]"]:
        """The future gets the stream when Asterisk connects with this UUID; nobody else can take it."""
        arrival: asyncio.Future[AudioStream] = asyncio.get_running_loop().create_future()
        self._expected[call] = arrival
        try:
            yield arrival
        finally:
            self._expected.pop(call, None)
            if arrival.done() and not arrival.cancelled():
                arrival.result().finish()
            arrival.cancel()

    async def __aenter__(self) -> "SpeechServer":
        self._server = await asyncio.start_server(self._connected, self._host, self._port, backlog=1024)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="audiosocket")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        STREAMS.inc()
        try:
            await self._talk(reader, writer)
        except (AudioSocketError, TimeoutError, ConnectionError) as error:
            REFUSED.labels(type(error).__name__).inc()
            log.warning("audiosocket_closed", error=str(error) or type(error).__name__)
        finally:
            STREAMS.dec()
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder()
        first = None
        async with asyncio.timeout(ID_TIMEOUT_S):
            while first is None:
                data = await reader.read(READ_BYTES)
                if not data:
                    return  # a health check
                frames = decoder.feed(data)
                first = next(frames, None)
        arrival = self._expected.pop(call_uuid(first), None)
        if arrival is None or arrival.done():
            raise AudioSocketError("a call that nobody expects")
        stream = AudioStream(reader, writer)
        arrival.set_result(stream)
        await stream.receive(decoder, frames)
