"""Ticket numbers: never twice, and still there when the database is not."""

import asyncio
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.db import Database
from services.settings import Settings
from services.tickets.numbers import BLOCK_SIZE, NoTicketNumberError, TicketNumbers, draw, ticket_no

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def test_two_processes_never_give_the_same_number(database: Database) -> None:
    processes = [TicketNumbers(database, SHANGHAI) for _ in range(2)]

    async def take(numbers: TicketNumbers) -> list[str]:
        return [await numbers.next() for _ in range(3 * BLOCK_SIZE)]

    one, other = await asyncio.gather(*(take(numbers) for numbers in processes))
    taken = one + other
    async with database.transaction() as session:
        taken += [await draw(session, datetime.now(UTC)) for _ in range(5)]
    assert len(set(taken)) == len(taken) == 6 * BLOCK_SIZE + 5
    assert all(re.fullmatch("20[0-9]{14}", number) for number in taken)


async def test_numbers_last_while_the_database_is_away(database: Database) -> None:
    numbers = TicketNumbers(database, SHANGHAI)
    await numbers.prepare()
    nowhere = Database(Settings(HOTLINE_DATABASE_URL="postgresql+psycopg://hotline@127.0.0.1:1/hotline"))
    numbers._database = nowhere
    assert len({await numbers.next() for _ in range(BLOCK_SIZE)}) == BLOCK_SIZE
    with pytest.raises(NoTicketNumberError):
        await numbers.next()
    numbers._database = database
    assert await numbers.next()
    await nowhere.close()


def test_the_date_is_that_of_the_centres_own_zone() -> None:
    assert ticket_no(7, datetime(2026, 11, 21, 16, 30, tzinfo=UTC), SHANGHAI) == "2026112200000007"
