"""Carries the facts of one process to the database without ever making a call wait for it.

`append` writes the line to a local file and returns; a task applies the facts in order and in batches, one
transaction each, publishes the live events after the commit, and retries while the database is away. Used by the
IVR and the ACD. A fact that cannot be applied goes to the dead-letter file beside the journal and holds up nothing.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.bus import Bus, Event
from services.calls.facts import BadFactError, Fact
from services.calls.journal_file import JournalFile
from services.calls.timeline import record
from services.db import Database

# The database is away or not migrated yet: the fact is fine, the moment is not.
AWAY: Final = (OperationalError, InterfaceError, ProgrammingError, PoolTimeoutError, OSError, TimeoutError)

WAITING = Gauge("hotline_journal_waiting_facts", "Facts that the database has not taken yet", ["source"])
OLDEST = Gauge("hotline_journal_lag_seconds", "How long facts wait for a database that is away", ["source"])
DEAD = Counter("hotline_journal_dead_facts_total", "Facts that cannot be applied", ["source"])
log = structlog.get_logger()


class Journal:
    """`async with` starts it; leaving applies what is left for a moment and keeps the rest for the next start."""

    BATCH_BYTES: Final = 64 * 1024
    APPLY_TIMEOUT_S: Final = 10.0
    RETRY_S: Final = (0.1, 5.0)  # first and longest pause while the database is away
    CLOSE_TIMEOUT_S: Final = 3.0
    REFUSED_LIMIT: Final = 10_000  # facts kept in memory while the disk takes nothing

    def __init__(
        self, path: Path, database: Database, bus: Bus | None, source: str, *, lock_wait_s: float = 5.0
    ) -> None:
        self._file = JournalFile(path, lock_wait_s)
        self._dead = path.with_suffix(".dead")
        self._database = database
        self._bus = bus
        self._source = source
        self._refused: list[Fact] = []
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._behind_since: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._log = log.bind(source=source)
        self.lag = 0  # facts that wait; those found at the start are counted when they are read

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"journal-{self._source}")
        self._wake.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        try:
            await self.drained(self.CLOSE_TIMEOUT_S)
        except TimeoutError:
            self._log.warning("journal closed with facts left", waiting=self.lag)
        self._task.cancel()
        await asyncio.wait({self._task})
        self._file.close()

    def append(self, fact: Fact) -> None:
        """Keep the fact; returns at once and never fails for want of a database."""
        try:
            self._file.append(fact.to_json())
        except OSError as error:
            self._log.error("journal file not written", call_id=fact.call_id, error=error.strerror)
            if len(self._refused) < self.REFUSED_LIMIT:
                self._refused.append(fact)
        self._count(self.lag + 1)
        self._empty.clear()
        self._wake.set()

    async def drained(self, timeout_s: float) -> None:
        """Wait until everything is applied; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._empty.wait()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while await self._apply_next():
                pass
            self._count(0)
            self._empty.set()

    async def _apply_next(self) -> bool:
        """Apply one batch; False when nothing is left."""
        lines, end = self._file.read(self.BATCH_BYTES)
        facts = [fact for line in lines if (fact := self._parse(line))] or self._refused[:100]
        if not lines and not facts:
            return False
        self._count(max(self.lag, len(facts)))
        await self._until_applied(facts)
        if lines:
            self._file.mark_applied(end)
        else:
            del self._refused[: len(facts)]
        self._count(max(0, self.lag - len(facts)))
        return True

    def _parse(self, line: bytes) -> Fact | None:
        try:
            return Fact.from_json(line)
        except BadFactError as error:
            self._bury(line, str(error))
            return None

    async def _until_applied(self, facts: Sequence[Fact]) -> None:
        pause = self.RETRY_S[0]
        while facts:
            try:
                await self._apply(facts)
                self._behind_since = None
                return
            except AWAY as error:
                self._behind_since = self._behind_since or time.monotonic()
                self._count(self.lag)
                self._log.warning("database away, facts wait", waiting=self.lag, error=type(error).__name__)
            except Exception as error:
                if len(facts) == 1:
                    self._bury(facts[0].to_json().encode(), type(error).__name__, facts[0])
                    return
                for fact in facts:
                    await self._until_applied([fact])
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.RETRY_S[1])

    async def _apply(self, facts: Sequence[Fact]) -> None:
        async with asyncio.timeout(self.APPLY_TIMEOUT_S):
            async with self._database.transaction() as session:
                events: list[Event] = await record(session, *facts)
        if self._bus:
            for event in events:
                await self._bus.publish(event.op, event.data)

    def _bury(self, line: bytes, error: str, fact: Fact | None = None) -> None:
        """Keep for a person what cannot be applied."""
        DEAD.labels(self._source).inc()
        self._log.error(
            "fact cannot be applied", error=error, file=self._dead.name,
            call_id=fact.call_id if fact else None, kind=fact.kind if fact else None,
        )
        try:
            with self._dead.open("ab") as dead:
                dead.write(line + b"\n")
        except OSError as problem:
            self._log.error("dead-letter file not written", error=problem.strerror)

    def _count(self, waiting: int) -> None:
        self.lag = waiting
        WAITING.labels(self._source).set(waiting)
        OLDEST.labels(self._source).set(time.monotonic() - self._behind_since if self._behind_since else 0)
