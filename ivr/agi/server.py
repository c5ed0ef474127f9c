"""The FastAGI server: one connection is one caller; the network script names the handler.

Nothing that a peer sends may hurt another session: a health check that connects and closes, half a header, garbage,
a peer that never reads. Source: `telephony.md` sections 2 and 8. Built by `ivr/__main__.py`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from ivr.agi.protocol import ProtocolError, parse_header
from ivr.agi.session import AgiCommandError, AgiSession, AgiTimeoutError, CallerHungUp

Handler = Callable[[AgiSession], Awaitable[None]]

HEADER_LINES_LIMIT: Final = 100
LINE_LIMIT_BYTES: Final = 8192
CLOSE_TIMEOUT_S: Final = 2.0

log = structlog.get_logger()

ACTIVE = Gauge("hotline_ivr_sessions_active", "Callers in the IVR now")
ENDED = Counter("hotline_ivr_sessions_total", "Ended AGI sessions", ["script", "end"])
DURATION = Histogram(
    "hotline_ivr_session_seconds", "Length of AGI sessions", buckets=(0.1, 1, 5, 15, 30, 60, 120, 300, 900)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiLimits:
    """Deadlines in seconds."""

    header_s: float = 5.0
    command_s: float = 10.0
    drain_s: float = 30.0


class AgiServer:
    """`async with AgiServer(...)`: listens from entry to exit; exit drains (new calls refused, old ones finish)."""

    def __init__(self, host: str, port: int, routes: Mapping[str, Handler], limits: AgiLimits | None = None) -> None:
        self._host = host
        self._port = port
        self._routes = dict(routes)
        self._limits = limits or AgiLimits()
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in use; the system chose it when 0 was asked for."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def active(self) -> int:
        return len(self._sessions)

    async def __aenter__(self) -> "AgiServer":
        self._server = await asyncio.start_server(
            self._connected, self._host, self._port, backlog=1024, limit=LINE_LIMIT_BYTES
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.drain()

    async def drain(self) -> None:
        """Refuse new calls, let the others finish within `drain_s`, then cut them (the dialplan takes them over)."""
        if self._server is not None:
            self._server.close()
        if self._sessions:
            _, rest = await asyncio.wait(self._sessions, timeout=self._limits.drain_s)
            for session in rest:
                session.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="agi-session")
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started = time.monotonic()
        script, end = "none", "no_header"
        ACTIVE.inc()
        try:
            headers = await self._headers(reader)
            if headers is not None:
                session = AgiSession(reader, writer, headers, command_timeout_s=self._limits.command_s)
                script = session.script if session.script in self._routes else "unknown"
                end = "cut"
                end = await self._run(session)
        finally:
            ACTIVE.dec()
            ENDED.labels(script, end).inc()
            DURATION.observe(time.monotonic() - started)
            await _close(writer)

    async def _headers(self, reader: asyncio.StreamReader) -> dict[str, str] | None:
        """None for a peer that is not Asterisk: a health check, a port scan, garbage."""
        headers: dict[str, str] = {}
        try:
            async with asyncio.timeout(self._limits.header_s):
                for _ in range(HEADER_LINES_LIMIT):
                    line = await reader.readline()
                    if not line.endswith(b"\n"):
                        return None
                    if not line.strip():
                        return headers or None
                    name, value = parse_header(line)
                    headers[name] = value
        except (TimeoutError, ConnectionError, ProtocolError, ValueError) as error:
            log.warning("agi_header_refused", error=type(error).__name__)
        return None

    async def _run(self, session: AgiSession) -> str:
        """How the session ended, for the metrics. A fault leaves IVR_DONE unset: the dialplan goes on by itself."""
        fields = {"script": session.script, "channel_id": session.channel_id}
        handler = self._routes.get(session.script)
        if handler is None:
            log.error("agi_script_unknown", **fields)
            return "unknown"
        try:
            await handler(session)
        except CallerHungUp:
            return "hung_up"
        except (AgiTimeoutError, AgiCommandError, ProtocolError) as error:
            log.error("agi_session_failed", error=str(error), **fields)
            return "protocol_error"
        except Exception:
            log.exception("agi_handler_failed", **fields)
            return "error"
        return "done"


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await writer.wait_closed()
    except (TimeoutError, ConnectionError):
        writer.transport.abort()
