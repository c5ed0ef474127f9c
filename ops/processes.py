"""The processes of one instance: how each is started and how one sees that it really answers.

`ops/supervisor.py` writes them into supervisord's configuration, `ops/stack.py` starts them in this order.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from ops.asterisk_config import find_asterisk
from services.settings import PROJECT_ROOT, Settings


class MissingSoftwareError(Exception):
    """Something must be installed first; the message says what and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`ready` asks the running process itself; it returns False while it does not answer yet."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    ports: tuple[int, ...] = ()
    user: str | None = None
    stop_signal: str = "TERM"
    environment: tuple[tuple[str, str], ...] = ()


def processes(settings: Settings) -> tuple[Process, ...]:
    """All parts of the instance, in the order in which they start."""
    return (
        _postgres(settings),
        _redis(settings),
        _asterisk(settings),
        _python("ivr", "ivr", ready=lambda: _listens(settings.agi_port), ports=(settings.agi_port,)),
        _python("acd", "services.acd", ready=lambda: _manager_logged_in(settings)),
        _python("worker", "services.workers", ready=lambda: _worker_heartbeat(settings)),
        _python("desktop", "agent_desktop", ready=lambda: _healthy(settings), ports=(settings.desktop_port,)),
    )


def postgres_bin() -> Path:
    """Folder of PostgreSQL's server programs; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    raise MissingSoftwareError("PostgreSQL's server programs are missing: apt-get install postgresql")


def postgres_user() -> str | None:
    """PostgreSQL refuses to run as root, so root lends it the account of its package."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise MissingSoftwareError("the account `postgres` is missing: apt-get install postgresql") from None


def postgres_dir(settings: Settings) -> Path:
    return settings.instance_dir / "postgres"


def asterisk_command(settings: Settings) -> tuple[str, ...]:
    return (*find_asterisk().command, "-C", str(settings.asterisk_dir / "etc" / "asterisk.conf"))


def asterisk_cli(settings: Settings, command: str, *, timeout_s: float = 10) -> str:
    """What Asterisk's console answers, or "" while it does not run."""
    try:
        done = subprocess.run(
            [*asterisk_command(settings), "-rx", command],
            capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _postgres(settings: Settings) -> Process:
    pg_isready = str(postgres_bin() / "pg_isready")
    port = settings.postgres_port

    def ready() -> bool:
        asked = [pg_isready, "-q", "-h", settings.host, "-p", str(port)]
        return subprocess.run(asked, check=False, timeout=10).returncode == 0

    return Process(
        name="postgres",
        command=(str(postgres_bin() / "postgres"), "-D", str(postgres_dir(settings).resolve())),
        ready=ready,
        ports=(port,),
        user=postgres_user(),
        stop_signal="INT",  # fast shutdown: closes sessions, keeps every commit
    )


def _redis(settings: Settings) -> Process:
    server = shutil.which("redis-server")
    if server is None:
        raise MissingSoftwareError("redis-server is missing: apt-get install redis-server")

    def ready() -> bool:
        try:
            with redis.Redis(host=settings.host, port=settings.redis_port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    return Process(
        name="redis",
        command=(server, str(settings.instance_dir / "redis" / "redis.conf")),
        ready=ready,
        ports=(settings.redis_port,),
    )


def _asterisk(settings: Settings) -> Process:
    return Process(
        name="asterisk",
        command=(*asterisk_command(settings), "-f"),
        ready=lambda: "fully booted" in asterisk_cli(settings, "core waitfullybooted"),
        ports=(settings.ami_port, settings.asterisk_http_port, settings.asterisk_https_port),
        # The AGI scripts' first line asks PATH for python3: it has to be ours, which has pyst2.
        environment=(("PATH", f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"),),
    )


def _python(name: str, module: str, *, ready: Callable[[], bool], ports: tuple[int, ...] = ()) -> Process:
    return Process(name=name, command=(sys.executable, "-m", module), ready=ready, ports=ports)


def _listens(port: int, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _manager_logged_in(settings: Settings) -> bool:
    """Asterisk knows the ACD as a connected manager user: it reads events."""
    connected = asterisk_cli(settings, "manager show connected")
    return any(line.split()[:1] == [settings.ami_events_user] for line in connected.splitlines())


def _worker_heartbeat(settings: Settings) -> bool:
    """Procrastinate's workers register themselves and beat in the database."""
    engine = create_engine(settings.database_url, connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            beat = text("SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'")
            return connection.execute(beat).first() is not None
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _healthy(settings: Settings) -> bool:
    try:
        with urlopen(f"http://{settings.host}:{settings.desktop_port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False


def module_folder() -> Path:
    """Where `python -m` finds the packages of this checkout."""
    return PROJECT_ROOT
