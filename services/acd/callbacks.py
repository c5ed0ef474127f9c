"""Story 7: who asked to be called back gets his place in the queue and, when an agent takes it, a call.

A row of `callbacks` that waits becomes a Local channel at the place its caller would have by now (dialplan
`callback-wait`); the agent who answers is joined with the customer's number (`callback-connect`). The rows survive a
restart. Only an attempt in which an agent dialled counts; who was not reached `callback_attempts` times stays on his
open ticket.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.acd.legs import CALLBACKS
from services.acd.state import Centre, LegRole
from services.asterisk import queue, variables
from services.asterisk.ami import Ami, AmiError
from services.asterisk.queue import QueueSnapshot
from services.callbacks.model import Callback, CallbackStatus
from services.calls.facts import Fact, FactKind
from services.db import Database
from services.settings import Settings

log = structlog.get_logger(__name__)

LOOK_S: Final = 1.0
AGAIN_S: Final = 10.0  # after an attempt that found no agent
DATABASE_LIMIT_S: Final = 3.0
NUMBER: Final = re.compile(r"\d{3,20}")  # what goes into a dial string; anything else could dial elsewhere
IN_FLIGHT: Final = (CallbackStatus.IN_QUEUE, CallbackStatus.DIALLING)


class Callbacks:
    """`observe` sees every fact of the ACD; `run` places what waits and writes what became of it."""

    def __init__(
        self, settings: Settings, centre: Centre, ami: Ami, database: Database, synced: asyncio.Event
    ) -> None:
        self._settings = settings
        self._centre = centre
        self._ami = ami
        self._database = database
        self._synced = synced
        self._calls: dict[str, int] = {}  # call_id → callback_id, of this process
        self._customers: dict[str, str] = {}  # channel_id of the customer → call_id
        self._placed: dict[int, datetime] = {}  # callback_id → when we asked Asterisk for its channel
        self._changes: asyncio.Queue[Callable[[AsyncSession], Awaitable[None]]] = asyncio.Queue()

    def observe(self, fact: Fact) -> None:
        data = fact.data
        if fact.kind is FactKind.CALL_STARTED and data.get("callback_id") is not None:
            self._calls[fact.call_id] = data["callback_id"]
            self._change(fact, CallbackStatus.IN_QUEUE)
        if fact.call_id not in self._calls:
            return
        if fact.kind is FactKind.AGENT_CONNECTED:
            self._change(fact, CallbackStatus.DIALLING)
        elif fact.kind is FactKind.LEG_STARTED and data.get("role") == LegRole.CALLER:
            self._customers[data["channel_id"]] = fact.call_id
        elif fact.kind is FactKind.LEG_ANSWERED and data["channel_id"] in self._customers:
            self._change(fact, CallbackStatus.DONE)
        elif fact.kind is FactKind.CALL_ENDED:
            self._change(fact, CallbackStatus.WAITING)
            self._placed.pop(self._calls.pop(fact.call_id), None)
            self._customers = {c: call_id for c, call_id in self._customers.items() if call_id != fact.call_id}

    async def run(self) -> None:
        await self._synced.wait()
        recovered = False
        while True:
            try:
                change = await asyncio.wait_for(self._changes.get(), LOOK_S)
                await self._until_written(change)
                continue
            except TimeoutError:
                pass
            try:
                if not recovered:
                    await self._recover()
                    recovered = True
                await self._place_next()
            except (SQLAlchemyError, OSError, TimeoutError, AmiError) as error:
                log.warning("callbacks_wait", error=type(error).__name__)

    def _change(self, fact: Fact, status: CallbackStatus) -> None:
        callback_id, call_id, at = self._calls[fact.call_id], fact.call_id, fact.at

        async def write(session: AsyncSession) -> None:
            row = await session.get(Callback, callback_id, with_for_update=True)
            if row is None or row.status not in (CallbackStatus.WAITING, *IN_FLIGHT):
                return
            if status is CallbackStatus.WAITING:
                self._unreached(row, at)
            else:
                row.status, row.callback_call_id = status, call_id

        self._changes.put_nowait(write)

    def _unreached(self, row: Callback, at: datetime) -> None:
        """An attempt ended without the customer."""
        dialled = row.status is CallbackStatus.DIALLING
        row.attempts += dialled
        row.status = CallbackStatus.WAITING
        row.next_attempt_at = at + timedelta(seconds=self._settings.callback_interval_s if dialled else AGAIN_S)
        if row.attempts >= self._settings.callback_attempts:
            row.status, row.next_attempt_at = CallbackStatus.UNREACHED, None

    async def _until_written(self, change: Callable[[AsyncSession], Awaitable[None]]) -> None:
        while True:
            try:
                async with asyncio.timeout(DATABASE_LIMIT_S), self._database.transaction() as session:
                    await change(session)
                return
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("callback_not_written", error=type(error).__name__)
                await asyncio.sleep(LOOK_S)

    async def _recover(self) -> None:
        """Rows in flight whose call is gone ended while no ACD ran; those whose call lives are watched again."""
        async with asyncio.timeout(DATABASE_LIMIT_S), self._database.transaction() as session:
            for row in await session.scalars(select(Callback).where(Callback.status.in_(IN_FLIGHT)).with_for_update()):
                call = self._centre.calls.get(row.callback_call_id or "")
                if call is None:
                    self._unreached(row, datetime.now(UTC))
                else:
                    self._calls[call.call_id] = row.id
                    self._customers |= {
                        leg.channel_id: call.call_id for leg in call.legs.values() if leg.role is LegRole.CALLER
                    }

    async def _place_next(self) -> None:
        now = datetime.now(UTC)
        async with asyncio.timeout(DATABASE_LIMIT_S), self._database.transaction() as session:
            rows = list(
                await session.scalars(
                    select(Callback)
                    .where(
                        Callback.status == CallbackStatus.WAITING,
                        func.coalesce(Callback.next_attempt_at, Callback.created_at) <= now,
                    )
                    .order_by(Callback.queued_at)
                )
            )
        for row in rows:
            asked = self._placed.get(row.id)
            if row.call_id in self._centre.calls or (asked and now - asked < timedelta(seconds=AGAIN_S)):
                continue  # he is still on the line, or the channel is on its way
            snapshot = await queue.snapshot(self._ami)
            if any(m.queue == row.queue and m.status.reachable for m in snapshot.members):
                await self._place(row, snapshot, now)

    async def _place(self, row: Callback, snapshot: QueueSnapshot, now: datetime) -> None:
        if not NUMBER.fullmatch(row.number):
            log.error("callback_number_refused", call_id=row.call_id, callback_id=row.id)
            async with asyncio.timeout(DATABASE_LIMIT_S), self._database.transaction() as session:
                refused = await session.get_one(Callback, row.id)
                refused.status = CallbackStatus.CANCELLED
            return
        self._placed[row.id], self._centre.callback_numbers[row.id] = now, row.number
        position = await self._position(row, snapshot, now)
        await self._ami.action(
            "Originate", Channel=f"Local/{row.id}@{CALLBACKS}/n", Context="callback-connect", Exten=row.number,
            Priority=1, CallerID=row.number, Timeout=self._settings.callback_wait_limit_s * 1000, Async="true",
            Variable=[
                f"{variables.QUEUE}={row.queue}", f"{variables.QUEUE_POSITION}={position}",
                f"{variables.QUEUE_PRIORITY}={row.priority}",
            ],
        )
        log.info("callback_placed", call_id=row.call_id, callback_id=row.id, position=position)

    async def _position(self, row: Callback, snapshot: QueueSnapshot, now: datetime) -> int:
        """1-based: behind those of higher priority and those of the same who began to wait earlier."""
        began = await self._waits_of_callbacks()
        ahead = 0
        for entry in snapshot.entries:
            leg = self._centre.legs.get(entry.channel_id)
            since = began.get(self._calls.get(leg.call_id, 0) if leg else 0, now - timedelta(seconds=entry.wait_s))
            if entry.queue == row.queue:
                ahead += entry.priority > row.priority or (entry.priority == row.priority and since < row.queued_at)
        return ahead + 1

    async def _waits_of_callbacks(self) -> dict[int, datetime]:
        """Who is called back has waited since he first joined, not since his Local channel did."""
        async with asyncio.timeout(DATABASE_LIMIT_S), self._database.transaction() as session:
            rows = await session.execute(
                select(Callback.id, Callback.queued_at).where(Callback.id.in_(self._calls.values()))
            )
            return {callback_id: queued_at for callback_id, queued_at in rows}
