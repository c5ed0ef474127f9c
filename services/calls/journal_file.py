"""The file of a journal: one line of JSON a fact, appended before anything else happens (contracts section 2).

It survives `kill -9` of the process; a line torn by it is closed and skipped at the next start. `journal.py` reads
it in batches from the first line that is not applied, so memory stays bounded however long the database is away.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

LOCK_RETRY_S: Final = 0.05
COMPACT_BYTES: Final = 16 * 1024 * 1024  # applied lines before the file is cut while facts keep coming


class JournalInUseError(RuntimeError):
    """Another process writes this journal: every process instance needs a name of its own."""


class JournalFile:
    """Append at the end, read behind the applied part. Not for several threads."""

    def __init__(self, path: Path, lock_wait_s: float = 5.0) -> None:
        """Wait a moment for the lock: a worker may be adopting the journal of a process that starts again.

        Raises:
            JournalInUseError: somebody else keeps it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = _lock(path.with_suffix(".lock"), lock_wait_s)
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        self.applied = 0  # bytes from the start that need no reading any more
        self.size = os.fstat(self._file).st_size
        if self.size and os.pread(self._file, 1, self.size - 1) != b"\n":
            self._write(b"\n")

    def append(self, line: str) -> None:
        """Raises OSError when the disk does not take it; what got there is closed as a torn line."""
        data = line.encode() + b"\n"
        written = self._write(data)
        if written < len(data):
            self._write(b"\n")
            raise OSError("short write")

    def _write(self, data: bytes) -> int:
        written = os.write(self._file, data)
        self.size += written
        return written

    def read(self, limit_bytes: int) -> tuple[list[bytes], int]:
        """Whole lines behind the applied part, and where they end; a line longer than the limit comes alone."""
        wanted = limit_bytes
        while True:
            chunk = os.pread(self._file, wanted, self.applied)
            end = chunk.rfind(b"\n") + 1
            if end or len(chunk) < wanted:
                return [line for line in chunk[:end].split(b"\n") if line], self.applied + end
            wanted *= 2

    def mark_applied(self, offset: int) -> None:
        self.applied = offset
        if self.applied == self.size:
            os.ftruncate(self._file, 0)
            self.applied = self.size = 0
        elif self.applied >= COMPACT_BYTES:
            self._compact()

    def _compact(self) -> None:
        """Go on in a file that holds only what is not applied."""
        tail = os.pread(self._file, self.size - self.applied, self.applied)
        fresh = self.path.with_suffix(".compact")
        fresh.write_bytes(tail)
        fresh.replace(self.path)
        os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND, 0o600)
        self.applied, self.size = 0, len(tail)

    def close(self) -> None:
        os.close(self._file)
        os.close(self._lock)


def _lock(path: Path, wait_s: float) -> int:
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError as error:
            if time.monotonic() >= until:
                os.close(lock)
                raise JournalInUseError(path.stem) from error
            time.sleep(LOCK_RETRY_S)
