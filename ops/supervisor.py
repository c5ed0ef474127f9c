"""supervisord for one instance: its configuration, starting it, talking to it, and sweeping up after a crash.

Everything of an instance runs under one supervisord, which restarts what dies and rotates what is printed.
Source: supervisord.org, configuration file and XML-RPC API.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from ops.processes import Process, postgres_dir
from services.settings import PROJECT_ROOT, Settings

STOP_WAIT_S = 10
SHUT_DOWN_WAIT_S = 60
SOCKET_PATH_LIMIT = 100  # bytes; the kernel allows 108 for a Unix socket


class SupervisorError(Exception):
    """supervisord cannot be started or does not answer."""


class _OneRequest(SupervisorTransport):  # type: ignore[misc]
    """Closes its connection after each request; the library leaves that to the garbage collector."""

    def request(self, host: Any, handler: str, body: bytes, verbose: bool = False) -> Any:
        try:
            return super().request(host, handler, body, verbose)
        finally:
            self.close()


class Supervisor:
    """The supervisord of one instance, running or not."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.dir = settings.instance_dir / "supervisor"
        self.log_dir = settings.instance_dir / "log"
        self._socket = self.dir / "supervisor.sock"
        if len(os.fsencode(self._socket)) > SOCKET_PATH_LIMIT:
            raise SupervisorError(f"the path {self._socket} is too long for a Unix socket; use a shorter folder")

    def running(self) -> bool:
        try:
            return bool(self._ask("getState")["statename"] == "RUNNING")
        except (OSError, Fault):
            return False

    def ensure(self, parts: Iterable[Process]) -> set[str]:
        """Run supervisord with these parts. Left-overs of a supervisor that was killed are ended first.

        Returns the names of parts that ran before and were stopped, because their configuration changed.
        """
        config = self._write(tuple(parts))
        if self.running():
            ran = {name for name, info in self.states().items() if info["statename"] == "RUNNING"}
            self._reread()
            return ran - {name for name, info in self.states().items() if info["statename"] == "RUNNING"}
        self.sweep()
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
            capture_output=True, text=True, check=False, timeout=30, cwd=PROJECT_ROOT,
        )  # fmt: skip
        if done.returncode != 0:
            raise SupervisorError(f"supervisord does not start: {done.stdout.strip()} {done.stderr.strip()}")
        deadline = time.monotonic() + STOP_WAIT_S
        while not self.running():
            if time.monotonic() > deadline:
                raise SupervisorError(f"supervisord does not answer; see {self.log_dir / 'supervisord.log'}")
            time.sleep(0.05)
        return set()

    def start(self, name: str) -> None:
        """Ask for the start; whether the part really answers is asked elsewhere."""
        if self.state(name) not in ("RUNNING", "STARTING", "BACKOFF"):
            self._ask("startProcess", name, False)

    def stop(self, name: str) -> None:
        if self.state(name) in ("RUNNING", "STARTING", "BACKOFF"):
            self._ask("stopProcess", name, True)

    def signal(self, name: str, signal_name: str) -> None:
        """Send a signal by name (`KILL`, `STOP`) to one part: how a test makes a bad day."""
        self._ask("signalProcess", name, signal_name)

    def state(self, name: str) -> str:
        """One of STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL."""
        return str(self._ask("getProcessInfo", name)["statename"])

    def pid(self, name: str) -> int | None:
        pid = int(self._ask("getProcessInfo", name)["pid"])
        return pid or None

    def states(self) -> dict[str, dict[str, Any]]:
        """All parts: name → supervisord's process info (`statename`, `pid`, `description`, ...)."""
        return {info["name"]: info for info in self._ask("getAllProcessInfo")}

    def shut_down(self) -> None:
        """Stop every part, the last started first, then supervisord; nothing of the instance is alive afterwards."""
        if self.running():
            pid = int(self._ask("getPID"))
            self._ask("shutdown")
            _wait_gone({pid}, SHUT_DOWN_WAIT_S)
        self.sweep()

    def sweep(self) -> None:
        """End processes of this instance that no supervisor holds any more (it was killed)."""
        orphans = self.orphans()
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in orphans:
                _kill(pid, number)
            orphans = _wait_gone(orphans, STOP_WAIT_S)
            if not orphans:
                break
        self._socket.unlink(missing_ok=True)

    def orphans(self) -> set[int]:
        """Processes that were started under this instance's supervisord, by the mark it leaves in their environment.

        PostgreSQL and Redis overwrite that memory with their titles: PostgreSQL is known by its own pid file and
        working directory, Redis is told to keep its title.
        """
        mark = f"SUPERVISOR_SERVER_URL=unix://{self._socket}".encode()
        found = {pid for pid in _all_pids() if mark in _environment(pid)}
        data = postgres_dir(self._settings).resolve()
        pid_file = data / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split()[0])
            if _working_directory(pid) == data:
                found.add(pid)
        return found - {os.getpid()}

    def _ask(self, method: str, *arguments: object) -> Any:
        """One call of supervisord's XML-RPC interface, on a connection of its own."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            return getattr(ServerProxy("http://localhost", transport=transport).supervisor, method)(*arguments)
        finally:
            transport.close()

    def _reread(self) -> None:
        """Take a changed configuration: new and changed parts are known, running unchanged ones stay untouched."""
        added, changed, removed = self._ask("reloadConfig")[0]
        for name in (*removed, *changed):
            self._ask("stopProcessGroup", name)
            self._ask("removeProcessGroup", name)
        for name in (*added, *changed):
            self._ask("addProcessGroup", name)

    def _write(self, parts: tuple[Process, ...]) -> Path:
        self.dir.mkdir(parents=True, exist_ok=True)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        config = self.dir / "supervisord.conf"
        config.touch(mode=0o600)
        config.write_text(self._text(parts), encoding="utf-8")
        return config

    def _text(self, parts: tuple[Process, ...]) -> str:
        sections = [
            _section("unix_http_server", file=self._socket, chmod="0700"),
            _section("rpcinterface:supervisor", **{
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
            }),
            _section(
                "supervisord",
                logfile=self.log_dir / "supervisord.log", logfile_maxbytes="5MB", logfile_backups=2,
                pidfile=self.dir / "supervisord.pid", childlogdir=self.log_dir, directory=PROJECT_ROOT,
                minfds=4096, **({"user": "root"} if os.geteuid() == 0 else {}),
            ),
        ]  # fmt: skip
        shared = settings_environment(self._settings)
        for priority, part in enumerate(parts):
            sections.append(
                _section(
                    f"program:{part.name}",
                    command=shlex.join(part.command),
                    directory=PROJECT_ROOT,
                    environment=",".join(
                        f"{name}={_quoted(value)}" for name, value in {**shared, **dict(part.environment)}.items()
                    ),
                    priority=priority, autostart="false", autorestart="true", startsecs=1, startretries=1000,
                    stopsignal=part.stop_signal, stopwaitsecs=STOP_WAIT_S, stopasgroup="false", killasgroup="true",
                    redirect_stderr="true", stdout_logfile=self.log_dir / f"{part.name}.log",
                    stdout_logfile_maxbytes="20MB", stdout_logfile_backups=3,
                    **({"user": part.user} if part.user else {}),
                )
            )  # fmt: skip
        return "\n".join(sections)


def settings_environment(settings: Settings) -> dict[str, str]:
    """The settings that somebody set, as the variables from which a child reads them again."""
    fields = type(settings).model_fields
    return {
        fields[name].alias or f"HOTLINE_{name.upper()}": str(getattr(settings, name))
        for name in sorted(settings.model_fields_set)
        if getattr(settings, name) is not None
    } | {"PYTHONUNBUFFERED": "1"}


def _section(name: str, /, **values: object) -> str:
    lines = (f"{key}={str(value).replace('%', '%%')}" for key, value in values.items())
    return "\n".join([f"[{name}]", *lines, ""])


def _quoted(word: str) -> str:
    """For `environment=`, which knows no escape inside quotes."""
    for quote in ('"', "'"):
        if quote not in word:
            return f"{quote}{word}{quote}"
    raise SupervisorError("a setting holds both kinds of quotes; supervisord's file cannot say that")


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _working_directory(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _wait_gone(pids: set[int], limit_s: float) -> set[int]:
    """Wait until these processes have ended; return those that have not."""
    deadline = time.monotonic() + limit_s
    left = {pid for pid in pids if _alive(pid)}
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {pid for pid in left if _alive(pid)}
    return left
