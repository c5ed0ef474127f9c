"""The processes of one instance: how each is started and how one sees that it really answers.

`ops/supervisor.py` writes them into supervisord's configuration, `ops/stack.py` starts them in this order.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops import ready
from ops.asterisk_config import find_asterisk
from services.settings import Settings


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
        _python("ivr", "ivr", ready=lambda: ready.ivr_answers(settings), ports=(settings.agi_port,)),
        _python("acd", "services.acd", ready=lambda: _reads_events(settings)),
        _python("worker", "services.workers", ready=lambda: ready.worker_beats(settings)),
        _python(
            "desktop", "agent_desktop", ready=lambda: ready.desktop_answers(settings), ports=(settings.desktop_port,)
        ),
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

    def accepts() -> bool:
        asked = [pg_isready, "-q", "-h", settings.host, "-p", str(port)]
        return subprocess.run(asked, check=False, timeout=10).returncode == 0

    return Process(
        name="postgres",
        command=(str(postgres_bin() / "postgres"), "-D", str(postgres_dir(settings).resolve())),
        ready=accepts,
        ports=(port,),
        user=postgres_user(),
        stop_signal="INT",  # fast shutdown: closes sessions, keeps every commit
    )


def _redis(settings: Settings) -> Process:
    server = shutil.which("redis-server")
    if server is None:
        raise MissingSoftwareError("redis-server is missing: apt-get install redis-server")

    return Process(
        name="redis",
        command=(server, str(settings.instance_dir / "redis" / "redis.conf")),
        ready=lambda: ready.redis_answers(settings),
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


def _reads_events(settings: Settings) -> bool:
    """Asterisk knows the ACD as a connected manager user, and the ACD says that it serves."""
    connected = asterisk_cli(settings, "manager show connected")
    logged_in = any(line.split()[:1] == [settings.ami_events_user] for line in connected.splitlines())
    return logged_in and ready.acd_serves(settings)
