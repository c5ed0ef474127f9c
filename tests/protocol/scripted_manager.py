"""An Asterisk manager interface that follows a script, over a real socket: for the faults a real one shows rarely.

`answers` maps an action to the bytes it is answered with (`{id}` is its ActionID); None is silence.
"""

import asyncio
from types import TracebackType
from typing import Self

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
SUCCESS = "Response: Success\r\nActionID: {id}\r\nMessage: done\r\n\r\n"


class ScriptedManager:
    def __init__(self) -> None:
        self.answers: dict[str, str | None] = {"Login": SUCCESS, "Ping": SUCCESS}
        self.booted = True
        self.received: list[dict[str, str]] = []
        self.connections = 0
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def send(self, data: bytes) -> None:
        """Write to the newest connection, in a segment of its own."""
        self._writers[-1].write(data)
        await self._writers[-1].drain()
        await asyncio.sleep(0)

    def asked(self, action: str) -> list[dict[str, str]]:
        return [headers for headers in self.received if headers.get("Action") == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(GREETING)
        try:
            while text := (await reader.readuntil(b"\r\n\r\n")).decode():
                headers = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                self.received.append(headers)
                answer = self.answers.get(headers["Action"])
                if answer is not None:
                    writer.write(answer.replace("{id}", headers["ActionID"]).encode())
                if headers["Action"] == "Login" and self.booted:
                    writer.write(BOOTED)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
