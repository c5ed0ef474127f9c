"""Starts, stops and shows the parts of one instance: `python -m ops.stack start|stop|restart|status|logs [PART...]`.

`prepare` migrates the database and loads the demo city, as a full start does.

The instance is chosen by the settings (`HOTLINE_INSTANCE`, `HOTLINE_PORT_OFFSET`). The same functions serve
`make up`, `make down` and the tests' fixtures.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ops import asterisk_config
from ops.data_stores import create_database, prepare_postgres, prepare_redis
from ops.processes import MissingSoftwareError, Process, processes
from ops.supervisor import Supervisor, SupervisorError, settings_environment
from services.settings import PROJECT_ROOT, Settings, get_settings

READY_TIMEOUT_S = 60
DYING_TIMEOUT_S = 12  # a part that ends again and again is not waited for longer


class StackError(Exception):
    """A part does not come up; the message says which, why, and where to look."""


FAILURES = (
    StackError, SupervisorError, MissingSoftwareError,
    asterisk_config.AsteriskMissingError, asterisk_config.PromptMissingError,
)  # fmt: skip


def start(settings: Settings, names: Sequence[str] = ()) -> None:
    """Start these parts (all without names); return when each really answers.

    PostgreSQL, Redis and Asterisk come first. Then, where PostgreSQL is among the parts, the database is migrated and
    the demo city loaded; then come our own processes.
    """
    parts = processes(settings)
    chosen = _chosen(parts, names)
    supervisor = Supervisor(settings)
    _prepare_folders(settings)
    stopped = supervisor.ensure(parts)
    chosen += [part for part in parts if part.name in stopped and part not in chosen]
    ours = [part for part in chosen if part.command[0] == sys.executable]
    _bring_up(supervisor, [part for part in chosen if part not in ours])
    if any(part.name == "postgres" for part in chosen):
        create_database(settings)
        if any(supervisor.state(part.name) != "RUNNING" for part in ours):
            prepare_data(settings)
    _bring_up(supervisor, ours)


def _bring_up(supervisor: Supervisor, parts: Sequence[Process]) -> None:
    """Start parts side by side and wait for each. Raises StackError with the end of the log of one that fails."""
    began = time.monotonic()
    logs = {part.name: supervisor.log_dir / f"{part.name}.log" for part in parts}
    written = {name: log.stat().st_size if log.exists() else 0 for name, log in logs.items()}
    for part in parts:
        if supervisor.state(part.name) not in ("RUNNING", "STARTING"):
            for port in part.ports:
                _refuse_taken(part.name, port)
        supervisor.start(part.name)
    for part in parts:
        while not (supervisor.state(part.name) == "RUNNING" and part.ready()):
            waited = time.monotonic() - began
            if waited > READY_TIMEOUT_S or (waited > DYING_TIMEOUT_S and supervisor.state(part.name) == "BACKOFF"):
                log = logs[part.name]
                raise StackError(f"{part.name} does not come up; the end of {log}:\n{_tail(log, written[part.name])}")
            time.sleep(0.1)
        print(f"  {part.name:9} answers after {time.monotonic() - began:.1f} s", flush=True)


def stop(settings: Settings, names: Sequence[str] = ()) -> None:
    """Stop these parts; without names everything, supervisord too, until no process is left."""
    supervisor = Supervisor(settings)
    if not names:
        supervisor.shut_down()
        left = supervisor.orphans()
        if left:
            raise StackError(f"these processes do not end: {sorted(left)}")
    elif supervisor.running():
        for part in reversed(_chosen(processes(settings), names)):
            supervisor.stop(part.name)


def restart(settings: Settings, names: Sequence[str] = ()) -> None:
    stop(settings, names)
    start(settings, names)


def status(settings: Settings) -> int:
    """Print one line a part; return 0 when all are running."""
    supervisor = Supervisor(settings)
    if not supervisor.running():
        print(f"instance {settings.instance}: nothing runs")
        return 1
    states = supervisor.states()
    for part in processes(settings):
        info = states[part.name]
        print(f"{part.name:10} {info['statename']:9} {info['description']}")
    return 0 if all(info["statename"] == "RUNNING" for info in states.values()) else 1


def prepare_data(settings: Settings) -> None:
    """Bring the schema up to date and load the demo city; both may be repeated."""
    for what, command in (
        ("database schema", ("alembic", "upgrade", "head")),
        ("demo city", ("services.demo_city",)),
    ):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=PROJECT_ROOT, env=os.environ | settings_environment(settings),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise StackError(f"the {what} cannot be prepared:\n{(done.stdout + done.stderr)[-2000:]}")
        print(f"  {what}: ready after {time.monotonic() - began:.1f} s", flush=True)


def _prepare_folders(settings: Settings) -> None:
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    settings.spool_dir.mkdir(parents=True, exist_ok=True)
    prepare_postgres(settings)
    prepare_redis(settings)
    asterisk_config.render(settings)


def _chosen(parts: tuple[Process, ...], names: Sequence[str]) -> list[Process]:
    known = [part.name for part in parts]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise StackError(f"no such part: {', '.join(unknown)}; there are {', '.join(known)}")
    return [part for part in parts if not names or part.name in names]


def _refuse_taken(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise StackError(
                f"{name} needs port {port}, but something else answers there. "
                "Stop it, or move this instance by HOTLINE_PORT_OFFSET."
            )


def _tail(log: Path, begin: int) -> str:
    """The last lines that were written after byte `begin`."""
    fresh = log.read_bytes()[begin:].decode(errors="replace") if log.exists() else ""
    return "\n".join(line[:500] for line in fresh.splitlines()[-8:]) or "(nothing was written)"


def _logs(settings: Settings, names: Sequence[str]) -> int:
    folder = Supervisor(settings).log_dir
    files = [folder / f"{name}.log" for name in names] or sorted(folder.glob("*.log"))
    tail = shutil.which("tail") or "tail"
    return subprocess.run([tail, "-n", "20", "-F", *map(str, files)], check=False).returncode


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.stack", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "restart", "status", "logs", "prepare"))
    parser.add_argument("part", nargs="*")
    asked = parser.parse_args(arguments)
    settings = get_settings()
    try:
        if asked.action == "status":
            return status(settings)
        if asked.action == "logs":
            return _logs(settings, asked.part)
        if asked.action == "prepare":
            prepare_data(settings)
            return 0
        {"start": start, "stop": stop, "restart": restart}[asked.action](settings, asked.part)
    except FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
