"""Ticket numbers: 16 digits, `yyyymmdd` of the day in the centre's time zone and a serial of eight digits.

The IVR speaks a number while the caller listens, also with the database down, so it takes blocks of 100 ahead
(serials below 50,000,000); tickets that the backend opens itself draw one by one from the other half. A number
that is never used leaves a gap; no number is given twice on one day.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.db import Database
from services.settings import get_settings

BLOCK_SIZE: Final = 100

log = structlog.get_logger()


class NoTicketNumberError(Exception):
    """The stock is used up and the database gives no new block."""


def ticket_no(serial: int, at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y%m%d}{serial:08d}"


async def draw(session: AsyncSession, at: datetime) -> str:
    """One number inside a transaction, for a ticket accepted at `at`."""
    serial = await session.scalar(text("SELECT nextval('ticket_numbers')"))
    return ticket_no(int(serial or 0), at, get_settings().zone)


class TicketNumbers:
    """The stock of one process; it refills in the background before it runs out."""

    REFILL_BELOW: Final = BLOCK_SIZE // 2
    TIMEOUT_S: Final = 3.0

    def __init__(self, database: Database, zone: ZoneInfo | None = None) -> None:
        self._database = database
        self._zone = zone or get_settings().zone
        self._serials: deque[int] = deque()
        self._refill: asyncio.Task[None] | None = None

    async def next(self) -> str:
        """A fresh number, at once from the stock.

        Raises:
            NoTicketNumberError: the stock is empty and the database does not answer.
        """
        if len(self._serials) < self.REFILL_BELOW and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._take_block(), name="ticket-number-block")
        if not self._serials and self._refill is not None:
            await asyncio.shield(self._refill)
        if not self._serials:
            raise NoTicketNumberError
        return ticket_no(self._serials.popleft(), datetime.now(UTC), self._zone)

    async def prepare(self) -> None:
        """Take the first block when a process starts, so that a database lost later is not noticed for a while."""
        await self._take_block()

    async def _take_block(self) -> None:
        try:
            async with asyncio.timeout(self.TIMEOUT_S), self._database.transaction() as session:
                block = await session.scalar(text("SELECT nextval('ticket_number_blocks')"))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("no block of ticket numbers", left=len(self._serials), error=type(error).__name__)
            return
        first = int(block or 0) * BLOCK_SIZE
        self._serials.extend(range(first, first + BLOCK_SIZE))
