"""Feeds every WebSocket of this process from ONE Redis subscription (docs/contracts.md section 6 and 7).

Started by `app.py`. It knows who shows which screen, sends each only what its screen shows, and says to all when a
part of the system is missing and when it is back (then everybody gets a fresh snapshot).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog
from fastapi import WebSocket
from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select, text

from agent_desktop.board_state import board_of
from agent_desktop.connection import Connection, View
from agent_desktop.desk_state import desk_of, queues_now
from agent_desktop.live_data import agent_changed, call_changed
from agent_desktop.metrics import Metrics
from agent_desktop.pop import pop_of
from agent_desktop.refusals import UNAVAILABLE_ERRORS
from agent_desktop.schemas.desk import Pop
from agent_desktop.schemas.live import CallEnded, CallRinging, CloseCode, Degraded, Head, Snapshot, TicketChanged
from services.asterisk.ami import Ami
from services.auth.access import Access, record_access
from services.auth.errors import NotLoggedInError
from services.auth.sessions import SignedIn, authenticate
from services.bus import GAP, LOST, Bus, Event
from services.calls.model import Call
from services.db import Database
from services.settings import Settings

log = structlog.get_logger(__name__)

DESK_OPENED: Final = "desk_opened"  # our own op on the bus: somebody logged in or opened the desk
WATCH_S: Final = 2.0  # pause between looks at the database and the link to Asterisk
SESSION_CHECK_S: Final = 30.0
PARTS: Final = {"redis": "实时消息", "postgres": "数据库", "asterisk": "电话平台"}


@dataclass(frozen=True, slots=True, eq=False)
class _PhoneSocket:
    session_id: str
    staff_no: str
    socket: WebSocket


class Hub:
    def __init__(
        self, settings: Settings, database: Database, redis: Redis, bus: Bus, ami: Ami, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self._bus = bus
        self._ami = ami
        self._metrics = metrics
        self._connections: set[Connection] = set()
        self._phones: set[_PhoneSocket] = set()
        self._missing: set[str] = set()
        self._changed = asyncio.Event()  # something that sums are made of
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        works = (
            ("events", self._follow), ("parts", self._watch_parts), ("sums", self._send_sums), ("warm", self._warm_up)
        )
        for name, work in works:
            self._tasks.append(asyncio.create_task(work(), name=f"hub-{name}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.end(CloseCode.RESTART)
        for task in (*self._tasks, *self._closing):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._closing, return_exceptions=True)

    @property
    def missing(self) -> list[str]:
        return sorted(self._missing)

    async def serve(self, connection: Connection) -> CloseCode | None:
        """Run one connection to its end."""
        self._connections.add(connection)
        if connection.view is View.DESK:
            await self.announce(connection.person, opened=connection)
        try:
            with self._metrics.connections.labels(connection.view).track_inprogress():
                return await connection.run(self._snapshot, self._pop, self._metrics.pop_seconds.observe, self._keep)
        finally:
            self._connections.discard(connection)

    @contextmanager
    def watch_session(self, person: SignedIn, socket: WebSocket) -> Iterator[None]:
        """Close the forwarded softphone too when its session ends."""
        phone = _PhoneSocket(person.session_id, person.staff_no, socket)
        self._phones.add(phone)
        try:
            yield
        finally:
            self._phones.discard(phone)

    async def announce(self, person: SignedIn, *, opened: Connection | None = None) -> None:
        """Tell all processes that this person's desk is now here: earlier ones close (4409)."""
        data = {"staff_no": person.staff_no, "session_id": person.session_id, "desk": opened.key if opened else None}
        self._displace(data)
        await self._bus.publish(DESK_OPENED, data)

    def end_session(self, session_id: str) -> None:
        """Logout: close what this process holds of the session."""
        for connection in self._connections:
            if connection.person.session_id == session_id:
                connection.end(CloseCode.NOT_LOGGED_IN)
        self._close_phones(lambda phone: phone.session_id == session_id, CloseCode.NOT_LOGGED_IN)

    async def _follow(self) -> None:
        async for event in self._bus.subscribe():
            if event.op == LOST:
                self._metrics.live_connected.set(0)
                self._report("redis", missing=True)
            elif event.op == GAP:
                self._metrics.live_connected.set(1)
                self._report("redis", missing=False)
                self._resnapshot()
            else:
                self._metrics.live_events.labels(event.op).inc()
                try:
                    self._distribute(event)
                except (ValidationError, KeyError, TypeError, ValueError) as error:
                    log.error("live_event_not_understood", op=event.op, error=type(error).__name__)

    def _distribute(self, event: Event) -> None:
        self._changed.set()
        match event.op:
            case "call_changed":
                changed = call_changed(event.data)
                self._to_screens("call_changed", changed, lambda c: self._shows(c, changed.call_id, changed.staff_no))
                for connection in self._desks():
                    if self._shows(connection, changed.call_id, changed.staff_no):
                        connection.want_pop(changed.call_id)
            case "call_ended":
                ended = CallEnded.model_validate(event.data)
                self._to_screens("call_ended", ended, lambda c: c.call_id == ended.call_id)
            case "call_ringing":
                ringing = CallRinging.model_validate(event.data)
                for connection in self._desks():
                    if connection.person.staff_no == ringing.staff_no:
                        connection.call_id = ringing.call_id
                        connection.send("call_ringing", ringing)
                        connection.want_pop(ringing.call_id)
            case "agent_changed":
                agent = agent_changed(event.data)
                for connection in self._desks():
                    if connection.person.staff_no == agent.staff_no:
                        connection.call_id = agent.call_id
                self._to_screens("agent_changed", agent, lambda c: c.person.staff_no == agent.staff_no)
            case "ticket_changed":
                ticket = TicketChanged.model_validate(event.data)
                self._to_screens("ticket_changed", ticket, lambda c: ticket.ticket_no in c.ticket_nos)
            case "desk_opened":
                self._displace(event.data)

    def _desks(self) -> list[Connection]:
        return [connection for connection in self._connections if connection.view is View.DESK]

    @staticmethod
    def _shows(connection: Connection, call_id: str, staff_no: str | None) -> bool:
        return connection.call_id == call_id or (staff_no is not None and connection.person.staff_no == staff_no)

    def _to_screens(self, op: str, data: BaseModel, desk_shows: Callable[[Connection], bool]) -> None:
        """To every board, and to the desks that show it."""
        line = data.model_dump_json()
        for connection in list(self._connections):
            if connection.view is View.BOARD or desk_shows(connection):
                connection.send_json(op, line)

    def _displace(self, data: Mapping[str, Any]) -> None:
        staff_no, session_id, desk = data["staff_no"], data["session_id"], data.get("desk")
        for connection in self._connections:
            if connection.person.staff_no != staff_no:
                continue
            other_session = connection.person.session_id != session_id
            other_desk = desk is not None and connection.view is View.DESK and connection.key != desk
            if other_session or other_desk:
                connection.end(CloseCode.OPENED_ELSEWHERE)
        self._close_phones(
            lambda phone: phone.staff_no == staff_no and phone.session_id != session_id, CloseCode.OPENED_ELSEWHERE
        )

    def _close_phones(self, which: Callable[[_PhoneSocket], bool], code: CloseCode) -> None:
        for phone in filter(which, list(self._phones)):
            task = asyncio.create_task(_close(phone.socket, code), name=f"close-phone-{phone.staff_no}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _resnapshot(self) -> None:
        for connection in self._connections:
            connection.want_snapshot()

    def _report(self, part: str, *, missing: bool) -> None:
        if (part in self._missing) == missing:
            return
        (self._missing.add if missing else self._missing.discard)(part)
        log.warning("part_missing" if missing else "part_back", part=part)
        names = "、".join(PARTS[name] for name in self.missing)
        message = f"{names}暂时不可用，画面可能不是最新。" if names else "系统已恢复。"
        line = Degraded(missing=self.missing, message=message).model_dump_json()
        for connection in self._connections:
            connection.send_now("degraded", line)
        if not missing:
            self._resnapshot()

    async def _warm_up(self) -> None:
        """Read a pop and the board once, so that the first caller does not pay for compiling their statements."""
        try:
            async with self._database.transaction() as session:
                last = await session.scalar(select(Call.call_id).order_by(Call.started_at.desc()).limit(1))
                await pop_of(session, self._settings, last or "", "")
                await board_of(session, self._settings)
        except UNAVAILABLE_ERRORS as error:
            log.warning("not_warmed_up", error=type(error).__name__)

    async def _watch_parts(self) -> None:
        try:
            async with asyncio.timeout(WATCH_S):
                await self._ami.connected.wait()
        except TimeoutError:
            pass  # found below
        while True:
            self._report("asterisk", missing=not self._ami.connected.is_set())
            try:
                async with asyncio.timeout(WATCH_S), self._database.transaction() as session:
                    await session.execute(text("SELECT 1"))
                self._report("postgres", missing=False)
            except UNAVAILABLE_ERRORS:
                self._report("postgres", missing=True)
            await asyncio.sleep(WATCH_S)

    async def _send_sums(self) -> None:
        """What is computed over many calls: once for everybody, at most once an interval, only if something changed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                boards = [c for c in self._connections if c.view is View.BOARD]
                desks = self._desks()
                async with self._database.transaction() as session:
                    board = (await board_of(session, self._settings)).model_dump_json() if boards else ""
                    waiting = await queues_now(session) if desks else []
                for connection in boards:
                    connection.send_json("board", board)
                for connection in desks:
                    own = [queue for queue in waiting if queue.queue in connection.queues]
                    connection.send_if_new("head", Head(queues=own))
            except UNAVAILABLE_ERRORS as error:
                log.warning("live_sums_failed", error=type(error).__name__)
            await asyncio.sleep(self._settings.board_interval_s)

    async def _snapshot(self, connection: Connection) -> Snapshot:
        async with self._database.transaction() as session:
            if connection.view is View.BOARD:
                return Snapshot(board=await board_of(session, self._settings), degraded=self.missing)
            desk = await desk_of(session, self._settings, connection.person.staff_no)
            if desk.pop is not None:
                self._first_look(connection, session, desk.pop)
        connection.call_id = desk.agent.call_id
        connection.queues = frozenset(queue.queue for queue in desk.queues)
        connection.ticket_nos = _tickets_on(desk.pop)
        return Snapshot(desk=desk, degraded=self.missing)

    async def _pop(self, connection: Connection, call_id: str) -> Pop | None:
        async with self._database.transaction() as session:
            pop = await pop_of(session, self._settings, call_id, connection.person.staff_no)
            if pop is not None:
                self._first_look(connection, session, pop)
        connection.ticket_nos = _tickets_on(pop)
        return pop

    def _first_look(self, connection: Connection, session: Any, pop: Pop) -> None:
        """A pop is refreshed often during a call; the look at personal data is recorded once a call."""
        if pop.call.call_id not in connection.pops_shown:
            connection.pops_shown.add(pop.call.call_id)
            record_access(session, connection.person.staff_no, Access.POP, f"call {pop.call.call_id}")

    async def _keep(self, connection: Connection) -> None:
        """Presence while the page lives, and the end of the page when its session ends elsewhere."""
        checked = asyncio.get_running_loop().time()
        while True:
            try:
                await self._redis.set(
                    f"hotline:desk:{connection.person.staff_no}", connection.view, ex=self._settings.presence_s
                )
                now = asyncio.get_running_loop().time()
                if now - checked > SESSION_CHECK_S:
                    checked = now
                    async with self._database.transaction() as session:
                        await authenticate(session, connection.person.token, self._settings)
            except NotLoggedInError:
                connection.end(CloseCode.NOT_LOGGED_IN)
            except (RedisError, *UNAVAILABLE_ERRORS):
                pass  # told to everybody by `degraded`
            await asyncio.sleep(self._settings.presence_s / 3)


def _tickets_on(pop: Pop | None) -> frozenset[str]:
    if pop is None:
        return frozenset()
    own = [pop.ticket.ticket_no] if pop.ticket else []
    return frozenset([*own, *(ticket.ticket_no for ticket in pop.tickets)])


async def _close(socket: WebSocket, code: CloseCode) -> None:
    try:
        async with asyncio.timeout(2):
            await socket.close(code)
    except (RuntimeError, TimeoutError, OSError):
        pass  # it was gone
