"""A real PostgreSQL built by Alembic. `session` is rolled back; what commits takes `database`, emptied before."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from os import environ

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.db import Database
from services.settings import PROJECT_ROOT, Settings
from tests.db import city
from tests.db.postgres import PostgresServer

DATABASE = "hotline"
# Everything but what the migrations brought.
FILLED = (
    "calls, tickets, callbacks, notices, outages, customers, premises, accounts, agents, crews, stations, substations, "
    "feeders, transformers, procrastinate_jobs, procrastinate_periodic_defers"
)


def migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=PROJECT_ROOT, check=True, timeout=120,
        env=environ | {"HOTLINE_DATABASE_URL": url}, capture_output=True,
    )


def create(server: PostgresServer, name: str) -> str:
    """An empty database with our schema; returns its SQLAlchemy URL."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.url(name, "+psycopg")
    migrate(url)
    return url


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def database_url(server: PostgresServer) -> str:
    return create(server, DATABASE)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(HOTLINE_DATABASE_URL=database_url, HOTLINE_REDIS_URL="redis://127.0.0.1:1/0", instance="none")


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """With the small city of `city.py` in it."""
    database = Database(settings)
    await empty(database)
    async with database.transaction() as session:
        await city.fill(session)
    yield database
    await database.close()


async def empty(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text(f"TRUNCATE {FILLED} RESTART IDENTITY CASCADE"))


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """One transaction, never committed; deferred checks run at `SET CONSTRAINTS ALL IMMEDIATE`."""
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        yield session
        await session.rollback()
