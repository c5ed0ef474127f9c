"""Tells desks and the board how each agent is, and writes it down.

An event leaves after the commit. While the database is down the event leaves at once, the change stays in memory and
is written, in order and with its own time, when the database is back.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from services.acd import store
from services.acd.state import AgentView
from services.acd.store import Memory, StateChange
from services.agents.model import AgentStatus
from services.bus import Bus
from services.db import Database

log = structlog.get_logger(__name__)

WRITE_LIMIT_S: Final = 2.0
RETRY_S: Final = 1.0
KEPT: Final = 100_000  # changes in memory while the database is down


class AgentReporter:
    """`report` returns at once; `run` does the rest."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._names: dict[str, str] = {}
        self._last: dict[str, AgentView] = {}
        self._since: dict[str, datetime] = {}
        self._new: asyncio.Queue[StateChange] = asyncio.Queue()
        self._unwritten: deque[StateChange] = deque(maxlen=KEPT)

    @property
    def unwritten(self) -> int:
        return len(self._unwritten)

    def remember(self, memory: Memory) -> None:
        """Start from what the database holds, so that only changes are told."""
        self._names |= memory.names
        for staff_no, (view, since) in memory.views.items():
            self._last.setdefault(staff_no, view)
            self._since.setdefault(staff_no, since)

    def stale(self) -> set[str]:
        """Agents whom the last report did not leave offline: a resync must look at them even if Asterisk is silent."""
        return {staff_no for staff_no, view in self._last.items() if view.status is not AgentStatus.OFFLINE}

    def report(self, views: Iterable[AgentView], at: datetime) -> None:
        for view in views:
            last = self._last.get(view.staff_no)
            if view == last or (last is None and view.status is AgentStatus.OFFLINE):
                continue
            if last is None or (last.status, last.pause_reason, last.call_id) != (
                view.status, view.pause_reason, view.call_id
            ):
                self._since[view.staff_no] = at
            self._last[view.staff_no] = view
            self._new.put_nowait(StateChange(view, at))

    async def run(self) -> None:
        while True:
            try:
                change = await asyncio.wait_for(self._new.get(), RETRY_S)
            except TimeoutError:
                await self._write_left_over()
                continue
            if self._unwritten or not await self._write([change]):
                self._unwritten.append(change)
            await self._publish(change)

    async def _write_left_over(self) -> None:
        while self._unwritten and await self._write([self._unwritten[0]]):
            self._unwritten.popleft()

    async def _write(self, changes: list[StateChange]) -> bool:
        """Return False when it must be tried again."""
        try:
            async with asyncio.timeout(WRITE_LIMIT_S), self._database.transaction() as session:
                await store.write(session, changes)
        except (IntegrityError, DataError) as error:
            log.error("agent_state_refused", staff_no=changes[0].view.staff_no, error=type(error).__name__)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("agent_state_not_written", error=type(error).__name__, waiting=len(self._unwritten))
            return False
        return True

    async def _publish(self, change: StateChange) -> None:
        view = change.view
        await self._bus.publish(
            "agent_changed",
            {
                "staff_no": view.staff_no, "name": self._names.get(view.staff_no, ""), "status": view.status,
                "pause_reason": view.pause_reason, "since": self._since.get(view.staff_no, change.at),
                "call_id": view.call_id, "phone_registered": view.phone_registered,
                "wrap_up_until": view.wrap_up_until,
            },
        )
