"""One WebSocket of one person: numbering, a bounded outbox, snapshots before deltas, and the end with a reason.

`live.py` opens it, `hub.py` feeds it. Its tasks live in one TaskGroup: the first that ends, ends the connection.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

import structlog
from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError

from agent_desktop.refusals import UNAVAILABLE_ERRORS
from agent_desktop.schemas.desk import Pop
from agent_desktop.schemas.live import ClientMessage, CloseCode, Degraded, LiveError, Pong, Snapshot
from services.auth.permissions import Permission
from services.auth.sessions import SignedIn

log = structlog.get_logger(__name__)

RETRY_S: Final = 1.0  # between attempts to read a snapshot while the database is away
CLOSE_LIMIT_S: Final = 2.0


class View(StrEnum):
    """Which screen a connection feeds."""

    DESK = "desk"
    BOARD = "board"


NEEDS: Final = {View.DESK: Permission.DESK_VIEW, View.BOARD: Permission.BOARD_VIEW}

ReadSnapshot = Callable[["Connection"], Awaitable[Snapshot]]
ReadPop = Callable[["Connection", str], Awaitable[Pop | None]]
Keep = Callable[["Connection"], Coroutine[Any, Any, None]]


class Ended(Exception):
    """Why a connection ends; `code` is None when the page left by itself."""

    def __init__(self, code: CloseCode | None) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """Args: `backlog`, messages that may wait for the page; `message_limit`, characters of one message from it."""

    def __init__(self, socket: WebSocket, person: SignedIn, view: View, *, backlog: int, message_limit: int) -> None:
        self.key = uuid4().hex
        self.person = person
        self.view = view
        self.call_id: str | None = None  # the call on this agent's screen
        self.ticket_nos: frozenset[str] = frozenset()  # tickets on it
        self.queues: frozenset[str] = frozenset()  # queues of this agent
        self.pops_shown: set[str] = set()  # calls whose first look is recorded
        self._socket = socket
        self._message_limit = message_limit
        self._outbox: asyncio.Queue[str] = asyncio.Queue(backlog)
        self._held: list[tuple[str, str]] | None = []  # deltas that wait for the snapshot; None = flowing
        self._last: dict[str, str] = {}
        self._seq = 0
        self._wants_snapshot = True
        self._told_missing = False
        self._wants_pop: tuple[str, float] | None = None
        self._wake = asyncio.Event()
        self._wake.set()
        self._end: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()

    def send(self, op: str, data: BaseModel) -> None:
        self.send_json(op, data.model_dump_json())

    def send_json(self, op: str, data: str) -> None:
        """Queue one delta. A page that owes too many is closed: it reconnects and gets a snapshot."""
        if self._held is not None:
            self._held.append((op, data))
            if len(self._held) > self._outbox.maxsize:
                self.end(CloseCode.TOO_SLOW)
            return
        self._put(op, data)

    def send_now(self, op: str, data: str) -> None:
        """Queue a message that does not wait for a snapshot: errors and what is missing."""
        self._put(op, data)

    def send_if_new(self, op: str, data: BaseModel) -> None:
        """Queue a delta unless this connection got the very same one last."""
        line = data.model_dump_json()
        if self._last.get(op) != line:
            self._last[op] = line
            self.send_json(op, line)

    def end(self, code: CloseCode) -> None:
        if not self._end.done():
            self._end.set_result(code)

    def want_snapshot(self) -> None:
        self._wants_snapshot = True
        if self._held is None:
            self._held = []
        self._wake.set()

    def want_pop(self, call_id: str) -> None:
        """Ask for the pop of the agent's call; several wishes before it is read are one."""
        since = self._wants_pop[1] if self._wants_pop else asyncio.get_running_loop().time()
        self._wants_pop = (call_id, since)
        self._wake.set()

    async def run(
        self, read_snapshot: ReadSnapshot, read_pop: ReadPop, popped: Callable[[float], None],
        keep: Keep,
    ) -> CloseCode | None:
        """Serve until either side ends. Returns the code to close with, or None when the page has left."""
        code: CloseCode | None = CloseCode.RESTART
        try:
            async with asyncio.TaskGroup() as tasks:
                name = f"live-{self.person.staff_no}"
                tasks.create_task(self._read(), name=f"{name}-read")
                tasks.create_task(self._write(), name=f"{name}-write")
                tasks.create_task(self._answer(read_snapshot, read_pop, popped), name=f"{name}-answer")
                tasks.create_task(keep(self), name=f"{name}-keep")
                tasks.create_task(self._wait_for_end(), name=f"{name}-end")
        except* Ended as ends:
            first = ends.exceptions[0]
            code = first.code if isinstance(first, Ended) else None
        return code

    async def close(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._socket.close(code)
        except (RuntimeError, WebSocketDisconnect, TimeoutError, OSError):
            pass  # it was gone, or does not read

    async def _read(self) -> None:
        while True:
            try:
                message = await self._socket.receive()
            except RuntimeError:
                raise Ended(None) from None
            if message["type"] == "websocket.disconnect":
                raise Ended(None)
            text = message.get("text")
            if text is None:
                self._refuse("not-text", "只接受文本消息。")
            elif len(text) > self._message_limit:
                self._refuse("too-long", "消息过长。")
            else:
                self._understand(text)

    def _understand(self, text: str) -> None:
        try:
            message = ClientMessage.model_validate_json(text)
        except (ValidationError, ValueError, RecursionError):
            self._refuse("not-understood", "无法识别的消息，应为 {op, data}。")
            return
        match message.op:
            case "ping":
                pong = Pong(server_time=datetime.now(UTC), data=message.data)
                self._put("pong", pong.model_dump_json())
            case "resync":
                self.want_snapshot()
            case "watch_board":
                self._watch(View.BOARD)
            case "watch_desk":
                self._watch(View.DESK)

    def _watch(self, view: View) -> None:
        if NEEDS[view] not in self.person.permissions:
            self._refuse("forbidden", "您没有查看此页面的权限。")
            return
        self.view = view
        self.want_snapshot()

    def _refuse(self, error_id: str, message: str) -> None:
        self._put("error", LiveError(error_id=error_id, message=message).model_dump_json())

    def _put(self, op: str, data: str) -> None:
        self._seq += 1
        try:
            self._outbox.put_nowait(f'{{"op":{json.dumps(op)},"seq":{self._seq},"data":{data}}}')
        except asyncio.QueueFull:
            self.end(CloseCode.TOO_SLOW)

    async def _write(self) -> None:
        while True:
            text = await self._outbox.get()
            try:
                await self._socket.send_text(text)
            except (RuntimeError, WebSocketDisconnect, OSError):
                raise Ended(None) from None

    async def _wait_for_end(self) -> None:
        raise Ended(await self._end)

    async def _answer(
        self, read_snapshot: ReadSnapshot, read_pop: ReadPop, popped: Callable[[float], None]
    ) -> None:
        """Snapshots and pops need the database: one at a time, tried again until it answers."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._wants_snapshot:
                    await self._answer_snapshot(read_snapshot)
                if self._wants_pop is not None:
                    call_id, since = self._wants_pop
                    self._wants_pop = None
                    pop = await read_pop(self, call_id)
                    if pop is not None:
                        self.send("pop", pop)
                        popped(asyncio.get_running_loop().time() - since)
            except UNAVAILABLE_ERRORS as error:
                log.warning("live_read_failed", staff_no=self.person.staff_no, error=type(error).__name__)
                if not self._told_missing:
                    self._told_missing = True
                    missing = Degraded(missing=["postgres"], message="数据库暂时不可用，画面可能不是最新。")
                    self._put("degraded", missing.model_dump_json())
                await asyncio.sleep(RETRY_S)
                self.want_snapshot()

    async def _answer_snapshot(self, read_snapshot: ReadSnapshot) -> None:
        self._wants_snapshot = False
        snapshot = await read_snapshot(self)
        self._told_missing = False
        held, self._held = self._held or [], None
        self._put("snapshot", snapshot.model_dump_json())
        for op, data in held:
            self._put(op, data)
