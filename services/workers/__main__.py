"""The worker process: `python -m services.workers`. Several may run; PostgreSQL gives each job to one of them."""

import asyncio
import signal

import structlog
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from services.asterisk.ami import Ami
from services.bus import Bus
from services.db import Database
from services.notices.gateway import gateway
from services.settings import Settings, get_settings
from services.workers.app import opened
from services.workers.jobs import Means

RETRY_S = 2.0
AWAY = (ConnectorException, OperationalError, PoolTimeout, OSError)

log = structlog.get_logger()


async def work(settings: Settings) -> None:
    """Run until cancelled; a database that is away is waited for."""
    database, bus = Database(settings), Bus(settings)
    try:
        async with Ami.for_actions(settings) as ami:
            means = Means(settings=settings, database=database, bus=bus, notices=gateway(settings), ami=ami)
            while True:
                try:
                    async with opened(settings) as app:
                        await app.run_worker_async(
                            concurrency=settings.worker_concurrency, install_signal_handlers=False,
                            delete_jobs="successful", additional_context={"means": means},
                        )
                except AWAY as error:
                    log.warning("job queue away", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)
    finally:
        await bus.close()
        await database.close()


async def main(settings: Settings) -> None:
    working = asyncio.create_task(work(settings), name="worker")
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        log.info("worker stopped")


if __name__ == "__main__":
    asyncio.run(main(get_settings()))
