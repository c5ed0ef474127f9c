"""Real PostgreSQL built by Alembic and a real Redis; Asterisk is scripted where it is not the subject.

PostgreSQL belongs to the instance named by the environment, else to `test`; what was not running is stopped again.
Redis is a server of the tests' own, so that a test may kill it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import text

from agent_desktop.app import create_app
from agent_desktop.resources import Resources
from services.bus import Bus
from services.db import Database
from services.settings import PROJECT_ROOT, Settings
from tests.desk.city import empty, fill
from tests.desk.page import Page
from tests.desk.scripted_asterisk import ScriptedAsterisk, scripted_asterisk, serving

DATABASE = "hotline_desk_tests"


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An empty database with the schema of the migrations, dropped and built anew for each run."""
    environment = {"HOTLINE_INSTANCE": "test", "HOTLINE_PORT_OFFSET": "500"} | os.environ
    settings = Settings(
        instance=environment["HOTLINE_INSTANCE"], port_offset=int(environment["HOTLINE_PORT_OFFSET"])
    )
    began_here = not _answers(settings.postgres_port)
    if began_here:
        _stack("start", environment)
    server = f"postgresql://postgres@{settings.host}:{settings.postgres_port}/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER hotline")
    url = f"postgresql+psycopg://hotline@{settings.host}:{settings.postgres_port}/{DATABASE}"
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=PROJECT_ROOT, check=True, timeout=120,
        env=environment | {"HOTLINE_DATABASE_URL": url}, capture_output=True,
    )
    yield url
    if began_here:
        _stack("stop", environment)


def _stack(act: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "ops.stack", act, "postgres"]
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, timeout=120, capture_output=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """A Redis that a test may kill and bring back."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        server = shutil.which("redis-server")
        assert server, "redis-server is missing: apt-get install redis-server"
        self._process = subprocess.Popen(
            [server, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + 10
        with redis.Redis(host="127.0.0.1", port=self.port) as client:
            while time.monotonic() < deadline_s:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    time.sleep(0.02)
        pytest.fail("redis-server does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def flush(self) -> None:
        with redis.Redis(host="127.0.0.1", port=self.port) as client:
            client.flushall()


@pytest.fixture(scope="session")
def redis_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_of_session: RedisServer) -> Iterator[RedisServer]:
    redis_of_session.flush()
    yield redis_of_session
    redis_of_session.stop()  # a test may have left it dead
    redis_of_session.start()


@contextmanager
def database_away(settings: Settings) -> Iterator[None]:
    """As if PostgreSQL were stopped for this database: no new connection, every old one cut."""
    server = settings.database_url.replace("postgresql+psycopg://hotline@", "postgresql://postgres@")
    with psycopg.connect(server.replace(DATABASE, "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
        try:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(cut, (DATABASE,))
            yield
        finally:
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")


@pytest.fixture
def settings(database_url: str, redis_of_session: RedisServer) -> Settings:
    redis_of_session.flush()
    return Settings.model_validate({
        "HOTLINE_DATABASE_URL": database_url,
        "HOTLINE_REDIS_URL": f"redis://127.0.0.1:{redis_of_session.port}/0",
        "port_offset": 0,
        "ami_base_port": free_port(),
        "asterisk_http_base_port": free_port(),
        "agi_base_port": free_port(),
        "desktop_base_port": free_port(),
        "board_interval_s": 0.05,
        "login_failures": 3,
    })


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The town, without any call or session of an earlier test."""
    database = Database(settings)
    try:
        async with database.transaction() as session:
            await empty(session)
            if not await session.scalar(text("SELECT count(*) FROM agents")):
                await fill(session)
        yield database
    finally:
        await database.close()


@pytest.fixture
async def asterisk(settings: Settings) -> AsyncIterator[ScriptedAsterisk]:
    async with scripted_asterisk(settings.ami_port, settings.asterisk_http_port) as scripted:
        yield scripted


@pytest.fixture
async def desktop(settings: Settings, database: Database, asterisk: ScriptedAsterisk) -> AsyncIterator[Resources]:
    """The running server; what it holds is given for a look inside."""
    app = create_app(settings)
    async with serving(app, settings.desktop_port):
        resources: Resources = app.state.resources
        yield resources


@pytest.fixture
async def bus(settings: Settings) -> AsyncIterator[Bus]:
    async with Bus(settings) as bus:
        yield bus


@pytest.fixture
async def page(settings: Settings, desktop: Resources) -> AsyncIterator[Page]:
    async with Page(settings.desktop_port) as page:
        yield page


@pytest.fixture
async def other_page(settings: Settings, desktop: Resources) -> AsyncIterator[Page]:
    """Another browser."""
    async with Page(settings.desktop_port) as page:
        yield page
