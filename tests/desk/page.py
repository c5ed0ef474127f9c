"""What a browser's page does: keeps the cookie, calls the API with its Origin, holds the live connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.desk.city import PASSWORD

WAIT_S = 10.0


class Live:
    """One WebSocket. Messages are checked for a gapless `seq` as they arrive."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seq = 0

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        assert message["seq"] == self.seq + 1, message
        self.seq = message["seq"]
        return message

    async def wait_for(self, op: str, **having: Any) -> dict[str, Any]:
        """The data of the next message with this op and these values; others are passed over."""
        while True:
            message = await self.next()
            if message["op"] == op and all(message["data"].get(key) == value for key, value in having.items()):
                data: dict[str, Any] = message["data"]
                return data

    async def send(self, op: str, **data: Any) -> None:
        await self.socket.send(json.dumps({"op": op, "data": data}))

    async def closed(self) -> int:
        """The code with which the server closed; messages before it are passed over."""
        async with asyncio.timeout(WAIT_S):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                return closed.rcvd.code


class Page:
    """A browser at one address of the desktop."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(
            base_url=f"{self.origin}/api/v1/", headers={"Origin": self.origin}, timeout=WAIT_S, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def login(self, staff_no: str, password: str = PASSWORD) -> dict[str, Any]:
        answer = await self.http.post("login", json={"staff_no": staff_no, "password": password})
        assert answer.status_code == 200, answer.text
        me: dict[str, Any] = answer.json()
        return me

    async def get(self, path: str, expect: int = 200) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def post(self, path: str, body: object = None, expect: int = 200) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def put(self, path: str, body: object, expect: int = 200) -> Any:
        answer = await self.http.put(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)

    @asynccontextmanager
    async def live(self, path: str = "/ws", origin: str | None = None, **options: Any) -> AsyncIterator[Live]:
        """`/ws`, or the softphone's `/sip` with its subprotocol; `options` as the client library has them."""
        if path == "/sip":
            options.setdefault("subprotocols", ["sip"])
        async with connect(
            f"ws://127.0.0.1:{self.port}{path}", additional_headers={"Cookie": self.cookie},
            origin=origin or self.origin, proxy=None, **options,  # type: ignore[arg-type]
        ) as socket:
            yield Live(socket)
