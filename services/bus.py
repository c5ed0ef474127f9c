"""Live events and commands between our processes over Redis (docs/contracts.md section 6).

Events tell what the database already holds: they are published after the commit, and one that is lost costs a
screen a moment, never data. So publishing never raises, and a subscriber that lost the connection gets a `gap`
event and reads a fresh snapshot.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.settings import Settings

EVENTS: Final = "hotline:events"
COMMANDS: Final = "hotline:commands"
GAP: Final = "gap"  # op of the event that a subscriber gets after every reconnect
LOST: Final = "lost"  # op of the event that a subscriber gets when the connection broke or cannot be made

log = structlog.get_logger()
UNPUBLISHED = Counter("hotline_bus_unpublished_total", "Live events that Redis did not take", ["channel"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line on the bus; `at` is ISO 8601 with milliseconds, UTC."""

    op: str
    data: Mapping[str, Any]
    at: str = ""


class Bus:
    """Publisher and subscriber of one process."""

    PUBLISH_TIMEOUT_S: Final = 1.0
    REST_AFTER_FAILURE_S: Final = 1.0  # a hung Redis must not slow the callers one by one
    RETRY_S: Final = 0.5

    def __init__(self, settings: Settings) -> None:
        self.redis: Redis = Redis.from_url(
            settings.redis_url,
            decode_responses=True,
            socket_connect_timeout=self.PUBLISH_TIMEOUT_S,
            health_check_interval=5,
        )
        self._rest_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.redis.aclose()

    async def publish(self, op: str, data: Mapping[str, Any], *, channel: str = EVENTS) -> bool:
        """Tell everybody; False when Redis did not take it (counted and logged, never raised)."""
        if time.monotonic() < self._rest_until:
            UNPUBLISHED.labels(channel).inc()
            return False
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"op": op, "data": dict(data), "at": at}, ensure_ascii=False, default=_as_text)
        try:
            async with asyncio.timeout(self.PUBLISH_TIMEOUT_S):
                await self.redis.publish(channel, text)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest_until = time.monotonic() + self.REST_AFTER_FAILURE_S
            UNPUBLISHED.labels(channel).inc()
            log.warning("event not published", op=op, error=type(error).__name__)
            return False
        return True

    async def subscribe(self, *channels: str) -> AsyncIterator[Event]:
        """Events of `channels` (default: EVENTS) for ever.

        Starts and goes on with a `gap` event per connection; between two connections stands a `lost` event.
        """
        names = channels or (EVENTS,)
        while True:
            try:
                async with aclosing(self._messages(names)) as messages:
                    async for event in messages:
                        yield event
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("bus connection lost", error=type(error).__name__)
            yield Event(op=LOST, data={})
            await asyncio.sleep(self.RETRY_S)

    async def _messages(self, names: tuple[str, ...]) -> AsyncGenerator[Event, None]:
        async with self.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            async with asyncio.timeout(self.PUBLISH_TIMEOUT_S):
                await pubsub.subscribe(*names)
            yield Event(op=GAP, data={})
            while True:
                message = await pubsub.get_message(timeout=5.0)
                event = _parse(message["data"]) if message else None
                if event:
                    yield event


def _parse(text: str) -> Event | None:
    try:
        line = json.loads(text)
        return Event(op=str(line["op"]), data=dict(line["data"]), at=str(line.get("at", "")))
    except (ValueError, KeyError, TypeError):
        log.warning("line on the bus not understood", length=len(text))
        return None


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return str(value)
