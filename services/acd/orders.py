"""Carries the ACD's pauses to Asterisk, one after the other and in order."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from services.acd.state import PauseOrder
from services.asterisk import queue
from services.asterisk.ami import Ami, AmiError, AmiNotConnectedError

log = structlog.get_logger(__name__)

LINK_WAIT_S: Final = 10.0  # how long an order waits for a broken link


class PauseOrders:
    """`put` returns at once; `run` does the work. `failed(staff_no)` is called for an order that came to nothing."""

    def __init__(self, ami: Ami, failed: Callable[[str], None]) -> None:
        self._ami = ami
        self._failed = failed
        self._waiting: asyncio.Queue[PauseOrder] = asyncio.Queue()

    def put(self, order: PauseOrder) -> None:
        self._waiting.put_nowait(order)

    async def run(self) -> None:
        while True:
            order = await self._waiting.get()
            try:
                await self._carry(order)
            except queue.MemberNotFoundError:
                self._failed(order.staff_no)  # logged out meanwhile
            except (AmiError, TimeoutError) as error:
                log.error("pause_not_set", staff_no=order.staff_no, reason=order.reason, error=str(error))
                self._failed(order.staff_no)

    async def _carry(self, order: PauseOrder) -> None:
        try:
            await queue.pause(self._ami, order.staff_no, order.paused, order.reason)
        except AmiNotConnectedError:
            async with asyncio.timeout(LINK_WAIT_S):
                await self._ami.connected.wait()
            await queue.pause(self._ami, order.staff_no, order.paused, order.reason)
