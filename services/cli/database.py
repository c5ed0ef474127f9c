"""One short-lived database for a command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.db import Database
from services.settings import Settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings, pool_size=1)
    try:
        yield database
    finally:
        await database.close()
