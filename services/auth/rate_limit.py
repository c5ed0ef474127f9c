"""Failed logins of one staff number from one address, counted in Redis for all processes.

While Redis is away each process counts in its own memory: a guesser gains a few tries, nobody is locked out for ever.
"""

import hashlib
import time
from collections import OrderedDict
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.auth.errors import TooManyAttemptsError
from services.settings import Settings

_REMEMBERED: Final = 10_000  # pairs kept in memory


class LoginLimit:
    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._failures = settings.login_failures
        self._window_s = settings.login_window_s
        self._memory: OrderedDict[str, tuple[int, float]] = OrderedDict()  # key → failures, forgotten at (monotonic)

    async def check(self, staff_no: str, address: str) -> None:
        """Raise TooManyAttemptsError when this pair has failed too often."""
        key = _key(staff_no, address)
        count, left_s = self._in_memory(key)
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.get(key)
            pipe.ttl(key)
            stored, ttl = await pipe.execute()
            if int(stored or 0) > count:
                count, left_s = int(stored), max(1, int(ttl))
        except (RedisError, OSError):
            pass
        if count >= self._failures:
            raise TooManyAttemptsError(left_s)

    async def failed(self, staff_no: str, address: str) -> None:
        key = _key(staff_no, address)
        try:
            pipe = self._redis.pipeline(transaction=True)
            pipe.incr(key)
            pipe.expire(key, self._window_s, nx=True)
            await pipe.execute()
        except (RedisError, OSError):
            count, _ = self._in_memory(key)
            self._memory[key] = (count + 1, time.monotonic() + self._window_s)
            self._memory.move_to_end(key)
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)

    async def succeeded(self, staff_no: str, address: str) -> None:
        key = _key(staff_no, address)
        self._memory.pop(key, None)
        try:
            await self._redis.delete(key)
        except (RedisError, OSError):
            pass

    def _in_memory(self, key: str) -> tuple[int, int]:
        """Failures and seconds until they are forgotten."""
        count, until = self._memory.get(key, (0, 0.0))
        left_s = until - time.monotonic()
        if left_s <= 0:
            self._memory.pop(key, None)
            return 0, 0
        return count, int(left_s) + 1


def _key(staff_no: str, address: str) -> str:
    return "hotline:login:" + hashlib.sha256(f"{staff_no}|{address}".encode()).hexdigest()[:32]
