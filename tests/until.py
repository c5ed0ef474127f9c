"""Waiting in tests: ask until it is so. Nobody sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

import pytest

T = TypeVar("T")


@overload
async def until(
    condition: Callable[[], Awaitable[T | None]], message: str, timeout_s: float = ..., interval_s: float = ...
) -> T: ...
@overload
async def until(
    condition: Callable[[], T | None], message: str, timeout_s: float = ..., interval_s: float = ...
) -> T: ...
async def until(
    condition: Callable[[], Any], message: str, timeout_s: float = 10.0, interval_s: float = 0.05
) -> Any:
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
