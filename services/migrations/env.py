"""Runs Alembic with our settings; called by `alembic upgrade head`, ops and the tests.

psycopg 3 speaks both ways under one URL, so migrations use a plain connection. A caller may hand one over as
`config.attributes["connection"]` (from an async engine by `run_sync`), else the instance's database is used.
"""

from alembic import context
from sqlalchemy import Connection, create_engine, pool

import services.models  # noqa: F401  all tables
from services.db import Model
from services.settings import get_settings


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        compare_type=True,
        include_name=lambda name, kind, _: kind != "table" or name in Model.metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(get_settings().database_url, poolclass=pool.NullPool).connect() as own:
        migrate(own)
