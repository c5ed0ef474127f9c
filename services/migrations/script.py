"""Runs SQL of several statements inside a migration's transaction."""

from sqlalchemy import Connection


def run_script(connection: Connection, sql: str) -> None:
    """Psycopg takes several statements only without parameters, which SQLAlchemy's `execute` always passes."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()
