"""A PostgreSQL cluster of the tests' own, so that a test may stop it under our feet."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.processes import postgres_bin, postgres_user
from tests.db.ports import free_port


class PostgresServer:
    """`trust` on loopback; no fsync, because these data outlive no test."""

    def __init__(self) -> None:
        self.port = free_port()
        self._user = postgres_user()
        self._folder = Path(tempfile.mkdtemp(prefix="hotline-postgres-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "-D", self._data, "-U", "hotline", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def url(self, database: str, driver: str = "") -> str:
        return f"postgresql{driver}://hotline@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Connections are cut, nothing is waited for."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes nowhere: the server inherits it and would keep a pipe open.
        subprocess.run(
            [str(postgres_bin() / program), *arguments], check=True, timeout=120, user=self._user, cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
