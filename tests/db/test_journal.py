"""The journal loses nothing: not to a stopped database, a killed process, a torn line or a poisonous fact."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from services.calls import facts, journal_file
from services.calls.facts import Fact
from services.calls.journal import Journal
from services.calls.journal_file import JournalFile, JournalInUseError
from services.calls.model import Call, CallEvent
from services.db import Database
from services.settings import PROJECT_ROOT, Settings
from tests.db.postgres import PostgresServer
from tests.db.stories import CALL, began, ended
from tests.until import until

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def started(number: int) -> Fact:
    return facts.call_started(f"call-{number}", NOW, "ivr", caller_number="13811110001", called_number="95598")


async def count(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(CallEvent)) or 0


def lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines()


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def killed_while_writing(path: Path) -> int:
    """A process that writes 100 facts and a half, then is killed; returns how it ended."""
    script = f"""
import os, signal
from pathlib import Path
from services.calls.journal_file import JournalFile
from tests.db.test_journal import started
file = JournalFile(Path({str(path)!r}))
for number in range(100):
    file.append(started(number).to_json())
os.write(file._file, started(100).to_json().encode()[:40])
os.kill(os.getpid(), signal.SIGKILL)
"""
    return subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, timeout=60).returncode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ivr.journal"


@pytest.fixture
async def running(server: PostgresServer) -> AsyncIterator[PostgresServer]:
    """For tests that stop the server: it runs again afterwards, whatever happened."""
    yield server
    with suppress(subprocess.CalledProcessError):
        server.stop()
    server.start()


async def test_facts_reach_the_database_in_order(database: Database, path: Path) -> None:
    async with Journal(path, database, None, "ivr") as journal:
        for fact in (*began(), *ended(9)):
            journal.append(fact)
        await journal.drained(20)
        assert journal.lag == 0
    async with database.transaction() as session:
        kinds = list(await session.scalars(select(CallEvent.kind).order_by(CallEvent.seq)))
        assert kinds == [fact.kind for fact in (*began(), *ended(9))]
        assert (await session.scalars(select(Call.ended_at))).one() is not None
    assert lines(path) == []


async def test_a_stopped_database_delays_and_loses_nothing(
    database: Database, path: Path, running: PostgresServer
) -> None:
    async with Journal(path, database, None, "ivr") as journal:
        journal.append(started(0))
        await journal.drained(20)
        running.stop()
        for number in range(1, 50):
            journal.append(started(number))
        assert len(lines(path)) == 49
        assert journal.lag == 49
        running.start()
        await journal.drained(40)
    assert await count(database) == 50


async def test_what_is_left_at_the_end_is_applied_at_the_next_start(database: Database, path: Path) -> None:
    nowhere = Database(Settings(HOTLINE_DATABASE_URL="postgresql+psycopg://hotline@127.0.0.1:1/hotline"))
    journal = Journal(path, nowhere, None, "ivr")
    journal.CLOSE_TIMEOUT_S = 0.2  # type: ignore[misc]
    async with journal:
        for number in range(10):
            journal.append(started(number))
    await nowhere.close()
    async with Journal(path, database, None, "ivr") as journal:
        await journal.drained(20)
    assert await count(database) == 10


async def test_a_killed_process_leaves_all_whole_lines(database: Database, path: Path) -> None:
    assert killed_while_writing(path) == -signal.SIGKILL
    async with Journal(path, database, None, "ivr") as journal:
        journal.append(started(200))
        await journal.drained(30)
    assert await count(database) == 101
    assert len(lines(path.with_suffix(".dead"))) == 1


async def test_a_line_applied_twice_counts_once(database: Database, path: Path) -> None:
    """Killed after the commit and before the file was cut: the same lines come again."""
    fact = started(1)
    for _ in range(2):
        write(path, (fact.to_json() + "\n").encode() * 3)
        async with Journal(path, database, None, "ivr") as journal:
            await journal.drained(20)
    assert await count(database) == 1


@pytest.mark.parametrize(
    "poison",
    [
        facts.caller_identified(CALL, NOW, customer_id=999_999, by="number"),
        facts.intent_chosen(CALL, NOW, intent="X", label="x", ticket_type="NO_SUCH_TYPE"),
        facts.agent_rang(CALL, NOW, staff_no="9999", queue="repair"),
        facts.menu_entered(CALL, NOW, menu="nul \0 byte"),
        facts.menu_entered("x" * 64, NOW, menu="main"),
        facts.ticket_requested(CALL, NOW, ticket_no="not a number", type="FAULT"),
    ],
    ids=lambda fact: str(fact.kind),
)
async def test_a_fact_that_cannot_be_applied_holds_up_nothing(database: Database, path: Path, poison: Fact) -> None:
    async with Journal(path, database, None, "ivr") as journal:
        for fact in (*began(), poison, *ended(9), started(5)):
            journal.append(fact)
        await journal.drained(30)
    assert [Fact.from_json(line).key for line in lines(path.with_suffix(".dead"))] == [poison.key]
    async with database.transaction() as session:
        assert (await session.scalars(select(Call.ticket_id).where(Call.call_id == CALL))).one() is not None
        assert await session.scalar(select(func.count()).select_from(Call)) == 2


async def test_garbage_in_the_file_is_buried(database: Database, path: Path) -> None:
    write(path, b'\xff\xfe\n{}\n[1]\n"x"\n' + started(1).to_json().encode() + b"\nnull\n{\"call_id\"")
    async with Journal(path, database, None, "ivr") as journal:
        await journal.drained(20)
    assert await count(database) == 1
    assert len(lines(path.with_suffix(".dead"))) == 6


def test_two_processes_cannot_write_one_journal(path: Path) -> None:
    first = JournalFile(path)
    with pytest.raises(JournalInUseError):
        JournalFile(path, lock_wait_s=0)
    first.close()
    JournalFile(path, lock_wait_s=0).close()


def test_the_file_is_cut_while_facts_keep_coming(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "COMPACT_BYTES", 1000)
    file = JournalFile(path)
    seen: list[bytes] = []
    for number in range(200):
        file.append(f"line {number} {'x' * 50}")
        file.append(f"more {number}")
        lines, end = file.read(70)
        seen += lines
        file.mark_applied(end)
        assert path.stat().st_size == file.size
    while True:
        lines, end = file.read(10_000)
        if not lines:
            break
        seen += lines
        file.mark_applied(end)
    file.close()
    assert len(seen) == 400 and path.stat().st_size == 0
    assert seen[0].startswith(b"line 0 ") and seen[-1] == b"more 199"


async def test_a_full_disk_keeps_facts_in_memory(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: JournalFile, line: str) -> None:
        raise OSError(28, "No space left on device")

    async with Journal(path, database, None, "ivr") as journal:
        monkeypatch.setattr(JournalFile, "append", full)
        for number in range(3):
            journal.append(started(number))
        await journal.drained(20)
    assert await count(database) == 3


async def test_live_events_leave_after_the_commit(database: Database, path: Path) -> None:
    """Whoever reads the database on hearing of a call finds it there."""
    seen: list[tuple[str, int]] = []

    class Listener:
        async def publish(self, op: str, data: object) -> bool:
            seen.append((op, await count(database)))
            return True

    async with Journal(path, database, Listener(), "ivr") as journal:  # type: ignore[arg-type]
        for fact in began():
            journal.append(fact)
        await until(lambda: [op for op, known in seen if op == "call_changed" and known], "call_changed is published")
        journal.append(facts.call_ended(CALL, NOW + timedelta(days=1), "acd", by="caller"))
        await until(lambda: "call_ended" in [op for op, _ in seen], "call_ended is published")
