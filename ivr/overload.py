"""The switch of overload mode (I-11): a key in Redis, the same for all IVR processes; without Redis it is off.

`redis-cli set hotline:overload 1 ex 7200` switches it on for two hours; it ends by itself or with `del`.
"""

import asyncio
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

KEY: Final = "hotline:overload"
TIMEOUT_S: Final = 0.3

log = structlog.get_logger()


async def overloaded(redis: Redis) -> bool:
    """Never late and never an error: a caller is waiting."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return bool(await redis.exists(KEY))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("overload_switch_unknown", error=type(error).__name__)
        return False
