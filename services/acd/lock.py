"""Who of several ACD processes reads events: one holder, the others stand by.

The rule. A PostgreSQL advisory lock says who may hold; a lease in Redis (`hotline:acd`, a few seconds of life) says
that the holder lives.
- A standby becomes the holder when it gets the lock and no lease of another lives. A killed holder loses the lock with
  its connection and the lease with time, so it is replaced within `acd_lease_s`.
- While the database is down, the holder goes on: telephony needs no database. Losing its lock's connection is no
  reason to stop; it takes the lock again when the database is back. A standby does not take over then, because the
  holder's lease lives; if the holder dies meanwhile, the free lease alone makes a standby the holder.
- While Redis is down, the lock alone decides.
- A holder steps down only when another process has the lock and the lease too: then that one serves.
"""

import asyncio
import uuid
from types import TracebackType
from typing import Final, Self

import psycopg
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.settings import Settings

log = structlog.get_logger(__name__)

LOCK_KEY: Final = 95598
LEASE: Final = "hotline:acd"
CONNECT_S: Final = 2
ANSWER_S: Final = 2.0

KEEP_LEASE: Final = (
    "local owner = redis.call('get', KEYS[1]) "
    "if owner and owner ~= ARGV[1] then return 0 end "
    "redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1"
)
DROP_LEASE: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"


class SteppedDownError(Exception):
    """Another process holds lock and lease: this one must end (the supervisor starts it again as a standby)."""


class HolderLock:
    """`await acquire()` returns when this process is the holder; then `keep()` runs for as long as it serves."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._url = settings.database_url.replace("postgresql+psycopg", "postgresql")
        self._redis = redis
        self._lease_ms = round(settings.acd_lease_s * 1000)
        self._beat_s = settings.acd_lease_s / 3
        self._name = uuid.uuid4().hex
        self._connection: psycopg.AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._redis.eval(DROP_LEASE, 1, LEASE, self._name)
        except (RedisError, OSError, TimeoutError):
            log.info("acd_lease_left_to_expire")

    async def acquire(self) -> None:
        waiting = False
        while True:
            lock = await self._lock()
            lease = await self._lease() if lock is not False else False
            if (lock and lease is not False) or (lock is None and lease):
                log.info("acd_holder", database=lock is not None, redis=lease is not None)
                return
            if lease:
                await self._redis.eval(DROP_LEASE, 1, LEASE, self._name)
            await self._close()
            if not waiting:
                log.info("acd_standby", database=lock is not None, redis=lease is not None)
                waiting = True
            await asyncio.sleep(self._beat_s)

    async def keep(self) -> None:
        """Give signs of life and hold the lock. Raises SteppedDownError when another process serves."""
        while True:
            await asyncio.sleep(self._beat_s)
            lease, lock = await self._lease(), await self._lock()
            if lock is False and lease is False:
                raise SteppedDownError

    async def _lock(self) -> bool | None:
        """True: ours; False: another's; None: the database does not answer."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if self._connection is not None:
                    await self._connection.execute("SELECT 1")
                    return True
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=CONNECT_S, application_name="hotline-acd-lock"
                )
                row = await (
                    await self._connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,))
                ).fetchone()
        except (psycopg.Error, OSError, TimeoutError) as error:
            if self._connection is not None:
                log.warning("acd_lock_connection_lost", error=type(error).__name__)
            await self._close()
            return None
        if row and row[0]:
            return True
        await self._close()
        return False

    async def _lease(self) -> bool | None:
        """True: ours for `acd_lease_s` from now; False: another's; None: Redis does not answer."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return bool(await self._redis.eval(KEEP_LEASE, 1, LEASE, self._name, str(self._lease_ms)))
        except (RedisError, OSError, TimeoutError):
            return None

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
