"""Waiting in tests: ask until it is so. Nobody sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


async def until(
    condition: Callable[[], T | Awaitable[T]], message: str, timeout_s: float = 10.0, interval_s: float = 0.05
) -> T:
    """The first true answer. After `timeout_s` the test fails with `message` and the last answer."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline_s:
            pytest.fail(f"not within {timeout_s:g} s: {message} (last answer: {answer!r})")
        await asyncio.sleep(interval_s)
