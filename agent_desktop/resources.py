"""What one desktop process holds: opened by `app.py` in order, closed in reverse, all of it optional at start.

Database, Redis and Asterisk may be away when the process starts and may come and go: each use says so to the person.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.requests import HTTPConnection

from agent_desktop.hub import Hub
from agent_desktop.metrics import Metrics
from services.agents.service import AgentService
from services.asterisk.ami import Ami
from services.asterisk.ari import Ari
from services.auth.rate_limit import LoginLimit
from services.bus import Bus, Event
from services.db import Database
from services.settings import Settings

REDIS_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    database: Database
    redis: Redis
    ami: Ami
    agents: AgentService
    bus: Bus
    login_limit: LoginLimit
    hub: Hub
    metrics: Metrics

    async def publish(self, events: Iterable[Event]) -> None:
        """Tell the screens what a transaction changed, after its commit."""
        for event in events:
            await self.bus.publish(event.op, event.data)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Everything a desktop process needs; nothing here waits for another process."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        database = Database(settings, pool_size=10)
        stack.push_async_callback(database.close)
        redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
        stack.push_async_callback(redis.aclose)
        ami = await stack.enter_async_context(Ami.for_actions(settings))
        ari = await stack.enter_async_context(Ari(settings))
        bus = await stack.enter_async_context(Bus(settings))
        hub = await stack.enter_async_context(Hub(settings, database, redis, bus, ami, metrics))
        yield Resources(
            settings=settings,
            database=database,
            redis=redis,
            ami=ami,
            agents=AgentService(ami, ari, database, bus),
            bus=bus,
            login_limit=LoginLimit(redis, settings),
            hub=hub,
            metrics=metrics,
        )


def resources_of(connection: HTTPConnection) -> Resources:
    """Dependency of routes: the resources of the process that serves this connection."""
    return cast(Resources, connection.app.state.resources)


With = Annotated[Resources, Depends(resources_of)]
