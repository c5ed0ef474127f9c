"""Which of several ACD processes serves: a real PostgreSQL for the lock, a real Redis for the signs of life."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from services.acd.lock import LEASE, HolderLock, SteppedDownError
from services.settings import Settings
from tests.desk.conftest import RedisServer
from tests.until import until

NO_DATABASE = "postgresql+psycopg://hotline@127.0.0.1:1/hotline"


class Process:
    """One ACD as the lock sees it."""

    def __init__(self, lock: HolderLock) -> None:
        self.holds = asyncio.Event()
        self.lock = lock
        self.task = asyncio.create_task(self._serve(), name="acd")

    async def _serve(self) -> None:
        await self.lock.acquire()
        self.holds.set()
        await self.lock.keep()


@asynccontextmanager
async def acd(settings: Settings) -> AsyncIterator[Process]:
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1)
    async with HolderLock(settings, redis) as lock:
        process = Process(lock)
        try:
            yield process
        finally:
            process.task.cancel()
            await asyncio.gather(process.task, return_exceptions=True)
    await redis.aclose()


@pytest.fixture
def quick(settings: Settings) -> Settings:
    return settings.model_copy(update={"acd_lease_s": 0.6})


@pytest.fixture
def without_database(quick: Settings) -> Settings:
    return quick.model_copy(update={"database_url_override": NO_DATABASE})


async def connections(settings: Settings) -> int:
    url = settings.database_url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (
            await connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 95598 AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        ).fetchone()
    return int(row[0]) if row else 0


async def cut_lock(settings: Settings) -> None:
    url = settings.database_url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hotline-acd-lock'"
        )


async def test_one_holds_and_the_other_follows_when_it_goes(quick: Settings, redis_server: RedisServer) -> None:
    async with acd(quick) as second:
        async with acd(quick) as first:
            await until(lambda: first.holds.is_set() or second.holds.is_set(), "one holds")
            holder, standby = (first, second) if first.holds.is_set() else (second, first)
            assert not standby.holds.is_set()
            holder.task.cancel()
            await asyncio.gather(holder.task, return_exceptions=True)
            await holder.lock.__aexit__(None, None, None)
            await until(standby.holds.is_set, "the other follows")


async def test_killed_holder_is_replaced_when_its_lease_is_over(quick: Settings, redis_server: RedisServer) -> None:
    redis = Redis.from_url(quick.redis_url)
    await redis.set(LEASE, "killed", px=600)
    async with acd(quick) as process:
        await until(process.holds.is_set, "lock and lease are free")
        assert await redis.get(LEASE) != b"killed"
    await redis.aclose()


async def test_holder_serves_on_without_database_and_nobody_takes_over(
    quick: Settings, without_database: Settings, redis_server: RedisServer
) -> None:
    async with acd(without_database) as holder:
        await until(holder.holds.is_set, "the free lease is enough")
        with capture_logs() as logs:
            async with acd(quick) as other:
                # It gets the lock, sees the living lease, and lets the lock go.
                await until(lambda: any(line["event"] == "acd_standby" for line in logs), "the other one looked")
                assert not other.holds.is_set() and not holder.task.done()


async def test_lost_lock_is_taken_again_without_stopping(
    quick: Settings, redis_server: RedisServer
) -> None:
    async with acd(quick) as holder:
        await until(holder.holds.is_set, "holds")
        await cut_lock(quick)

        async def again() -> bool:
            return await connections(quick) == 1

        await until(again, "the lock is ours again")
        assert not holder.task.done()


async def test_without_redis_the_lock_alone_decides(quick: Settings, redis_server: RedisServer) -> None:
    redis_server.stop()
    async with acd(quick) as first:
        await until(first.holds.is_set, "holds by the lock")


async def test_holder_steps_down_when_another_has_lock_and_lease(
    quick: Settings, without_database: Settings, redis_server: RedisServer
) -> None:
    redis = Redis.from_url(quick.redis_url)
    async with acd(quick) as holder:
        await until(holder.holds.is_set, "holds")
        url = quick.database_url.replace("+psycopg", "")
        await redis.set(LEASE, "another")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as another:
            await cut_lock(quick)
            await another.execute("SELECT pg_advisory_lock(95598)")
            with pytest.raises(SteppedDownError):
                await asyncio.wait_for(holder.task, 5)
    await redis.aclose()
