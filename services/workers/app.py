"""The job queue as Procrastinate sees it: our jobs, on the PostgreSQL of the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from procrastinate import App, PsycopgConnector

from services.settings import Settings
from services.workers.defer import NAMESPACE
from services.workers.jobs import jobs

# Adding the jobs renames them in place, so it happens once a process.
REGISTERED: Final = App(connector=PsycopgConnector())
REGISTERED.add_tasks_from(jobs, namespace=NAMESPACE)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """The jobs on this database, connected."""
    conninfo = settings.database_url.replace("+psycopg", "", 1)
    connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=settings.worker_concurrency + 2)
    with REGISTERED.replace_connector(connector) as app:
        async with app.open_async():
            yield app
