"""The job queue as Procrastinate sees it: our jobs on our PostgreSQL."""

from procrastinate import App, PsycopgConnector

from services.settings import Settings
from services.workers.defer import NAMESPACE
from services.workers.jobs import jobs


def build_app(settings: Settings) -> App:
    conninfo = settings.database_url.replace("+psycopg", "", 1)
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=settings.worker_concurrency + 2))
    app.add_tasks_from(jobs, namespace=NAMESPACE)
    return app
