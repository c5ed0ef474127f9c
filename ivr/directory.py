"""Reads for a caller who is waiting: each ends within its budget, whatever the database does (I-01, SEC-16).

A read that is late goes on in the background until the driver gives up, because waiting for a cancelled query on a
frozen server would itself wait. Called by `conversation.py`; the lookups are those of `services/*/lookup.py`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.customers.lookup import find_account, find_caller
from services.db import Database

WARM_UP_S: Final = 5.0

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


class NoDataError(Exception):
    """The database did not answer in time, or not at all. The call goes on without it."""


class Directory:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads: set[asyncio.Task[Any]] = set()

    async def read(
        self,
        budget_s: float,
        lookup: Callable[Concatenate[AsyncSession, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `lookup(session, *args, **kwargs)` in a transaction of its own.

        Raises:
            NoDataError: late, or the database failed.
        """

        async def transaction() -> T:
            async with self._database.transaction() as session:
                return await lookup(session, *args, **kwargs)

        task = asyncio.create_task(transaction(), name=f"read-{lookup.__name__}")
        self._reads.add(task)
        task.add_done_callback(self._finished)
        await asyncio.wait({task}, timeout=budget_s)
        if not task.done():
            task.cancel()
            log.warning("lookup_late", lookup=lookup.__name__, budget_s=budget_s)
            raise NoDataError(lookup.__name__)
        try:
            return task.result()
        except (SQLAlchemyError, OSError, asyncio.CancelledError) as error:
            log.warning("lookup_failed", lookup=lookup.__name__, error=type(error).__name__)
            raise NoDataError(lookup.__name__) from error

    async def warm_up(self) -> None:
        """Connect and prepare the queries of every call, so that the first caller is known, too."""
        try:
            await self.read(WARM_UP_S, find_caller, "")
            await self.read(WARM_UP_S, find_account, "")
        except NoDataError:
            log.warning("database_away_at_start")

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._reads.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved here too, because a late one has no other reader

    async def close(self) -> None:
        for task in tuple(self._reads):
            task.cancel()
        await asyncio.wait(self._reads, timeout=1) if self._reads else None
