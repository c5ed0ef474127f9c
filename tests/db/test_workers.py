"""Jobs as a worker runs them: real Procrastinate on the real database."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from services.asterisk.ami import Ami
from services.bus import Bus
from services.calls import messages
from services.calls.journal import Journal
from services.calls.model import Call, CallEvent, CallOutcome
from services.calls.timeline import record
from services.db import Database
from services.notices.gateway import FileOutbox
from services.notices.model import Notice
from services.notices.service import request
from services.outages import service as outages
from services.outages.model import Outage, OutageKind, OutageStatus
from services.settings import Settings
from services.tickets.model import Ticket, TicketStatus, TicketType
from services.workers.app import REGISTERED, opened
from services.workers.defer import NAMESPACE, Job, defer
from services.workers.jobs import Means
from tests.db.city import ALICE, TRANSFORMER
from tests.db.stories import CALL, REQUESTED, began, ended, queued
from tests.until import until

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        HOTLINE_DATABASE_URL=database_url, HOTLINE_REDIS_URL="redis://127.0.0.1:1/0", var_dir=tmp_path, instance="w",
        voice_python=tmp_path / "no-voice",
    )


@pytest.fixture
async def means(settings: Settings, database: Database) -> AsyncIterator[Means]:
    bus = Bus(settings)
    yield Means(
        settings=settings, database=database, bus=bus, notices=FileOutbox(settings.outbox_file),
        ami=Ami.for_actions(settings),
    )
    await bus.close()


async def work(means: Means) -> None:
    """Run what waits, then stop."""
    async with opened(means.settings) as app:
        await app.run_worker_async(
            wait=False, install_signal_handlers=False, listen_notify=False, additional_context={"means": means}
        )


async def jobs_waiting(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as session:
        rows = await session.execute(text("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"))
        return [(name, status) for name, status in rows]


def left(folder: Path, call_id: str = CALL, changes: Mapping[str, object] | None = None) -> Path:
    """A message as the IVR leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{call_id}.wav").write_bytes(b"RIFF" + bytes(4000))
    known = {"call_id": call_id, "caller_number": ALICE, "recorded_at": "2026-11-21T02:00:30+00:00", "seconds": 12.5,
             "reason": "unattended"}
    description = folder / f"{call_id}.json"
    description.write_text(json.dumps(known | dict(changes or {})))
    return description


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} if folder.exists() else set()


def aged(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (0, 0))


def outbox(settings: Settings) -> list[dict[str, str]]:
    return [json.loads(line) for line in settings.outbox_file.read_text().splitlines()]


async def test_a_job_is_asked_for_in_the_transaction_that_needs_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            await defer(session, Job.SEND_NOTICE, notice_id=1)
            _ = 1 // 0
    assert await jobs_waiting(database) == []


def test_every_job_that_can_be_asked_for_exists() -> None:
    assert {f"{NAMESPACE}:{job}" for job in Job} <= set(REGISTERED.tasks)


async def test_a_fault_taken_in_by_the_machine_is_dispatched_to_its_station(means: Means) -> None:
    async with means.database.transaction() as session:
        await record(session, *began(), REQUESTED, *ended(25))
    await work(means)
    async with means.database.transaction() as session:
        ticket = (await session.scalars(select(Ticket))).one()
    assert (ticket.status, ticket.current_owner) == (TicketStatus.DISPATCHED, "城东供电所")
    assert ticket.dispatched_at is not None and ticket.first_owner is None


async def test_a_message_becomes_one_ticket_with_its_recording(means: Means) -> None:
    async with means.database.transaction() as session:
        await record(session, *began(), *queued(), *ended(45))
    left(means.settings.messages_dir)
    await messages.take_in(means.database, means.settings.messages_dir, means.settings.recordings_dir)
    async with means.database.transaction() as session:
        call, ticket = (await session.execute(select(Call, Ticket).join(Ticket, Call.ticket_id == Ticket.id))).one()
    assert (call.outcome, call.recording) == (CallOutcome.MESSAGE_LEFT, f"{CALL}-message.wav")
    assert (ticket.order_class, ticket.status) == ("voice_message", TicketStatus.TO_CALLBACK)
    assert ticket.accepted_at == datetime(2026, 11, 21, 2, 0, 42, 500_000, UTC)
    assert names(means.settings.messages_dir) == set()
    assert names(means.settings.recordings_dir) == {f"{CALL}-message.wav"}


@pytest.mark.parametrize("killed_at", ["before the sound moved", "after the sound moved"])
async def test_a_message_is_taken_in_once_though_the_worker_was_killed(means: Means, killed_at: str) -> None:
    folder, recordings = means.settings.messages_dir, means.settings.recordings_dir
    left(folder)
    await messages.take_in(means.database, folder, recordings)
    description = left(folder)  # as it lay there when the worker died
    if killed_at == "after the sound moved":
        description.with_suffix(".wav").unlink()
    await messages.take_in(means.database, folder, recordings)
    async with means.database.transaction() as session:
        kinds = list(await session.scalars(select(CallEvent.kind)))
        assert await session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert sorted(kinds) == ["call_started", "message_left"]
    assert names(folder) == set() and names(recordings) == {f"{CALL}-message.wav"}


@pytest.mark.parametrize(
    "changes", [{"call_id": "../../etc"}, {"recorded_at": "2026-11-21T02:00:30"}, {"seconds": "x"}, {"reason": None}]
)
async def test_a_broken_description_is_put_aside_and_the_next_taken_in(
    means: Means, changes: dict[str, object]
) -> None:
    folder = means.settings.messages_dir
    left(folder, "1.1", changes)
    left(folder, "2.2")
    await messages.take_in(means.database, folder, means.settings.recordings_dir)
    assert names(folder / "rejected") == {"1.1.json", "1.1.wav"}
    assert names(means.settings.recordings_dir) == {"2.2-message.wav"}


async def test_a_message_to_a_customer_is_sent_once(means: Means) -> None:
    for _ in range(2):
        async with means.database.transaction() as session:
            await request(session, key="k", number=ALICE, text="您好")
            await defer(session, Job.SEND_NOTICE, notice_id=1)
    await work(means)
    assert outbox(means.settings) == [{"key": "k", "number": ALICE, "text": "您好"}]


async def test_a_gateway_that_fails_is_tried_again(means: Means) -> None:
    async with means.database.transaction() as session:
        await request(session, key="k", number=ALICE, text="您好")
    means.settings.outbox_file.mkdir(parents=True)  # a folder takes no lines
    await work(means)
    async with means.database.transaction() as session:
        assert (await session.scalars(select(Notice.sent_at))).one() is None
    assert ("hotline:send_notice", "todo") in await jobs_waiting(means.database)


async def test_who_waits_for_an_outage_is_told_at_its_end(means: Means) -> None:
    async with means.database.transaction() as session:
        outage = Outage(kind=OutageKind.FAULT, status=OutageStatus.IN_FORCE, feeder_id=1, area="东城", cause="电缆故障",
                        start_at=NOW)
        await outages.publish(session, outage, [TRANSFORMER])
        await request(session, key="k", number=ALICE, text="来电了", outage_id=outage.id)
    assert outage.affected_households == 2
    await work(means)
    async with means.database.transaction() as session:
        assert (await session.scalars(select(Notice.sent_at))).one() is None
        await outages.end(session, outage.id, NOW)
    await work(means)
    assert [line["text"] for line in outbox(means.settings)] == ["来电了"]


async def test_without_a_voice_an_outage_keeps_the_menus_own_words(means: Means) -> None:
    async with means.database.transaction() as session:
        outage = Outage(kind=OutageKind.FAULT, status=OutageStatus.IN_FORCE, feeder_id=1, area="东城", cause="电缆故障",
                        start_at=NOW)
        await outages.publish(session, outage, [TRANSFORMER])
    await work(means)
    assert ("hotline:render_announcement", "succeeded") in await jobs_waiting(means.database)
    async with means.database.transaction() as session:
        assert (await session.scalars(select(Outage.announcement))).one() is None


async def test_a_journal_left_by_a_dead_process_is_adopted(means: Means) -> None:
    spool = means.settings.spool_dir
    aged(spool / "ivr-9.journal", b"".join(fact.to_json().encode() + b"\n" for fact in (*began(), *ended(9))))
    aged(spool / "ivr-1.journal", REQUESTED.to_json().encode() + b"\n")
    nowhere = Database(Settings(HOTLINE_DATABASE_URL="postgresql+psycopg://hotline@127.0.0.1:1/hotline"))
    alive = Journal(spool / "ivr-1.journal", nowhere, None, "ivr")  # its process lives and holds it
    async with means.database.transaction() as session:
        await defer(session, Job.ADOPT_JOURNALS, timestamp=0)
    await work(means)
    async with means.database.transaction() as session:
        ticket = (await session.scalars(select(Ticket))).one()
    assert (ticket.type, ticket.sub_type) == (TicketType.CONSULT, "abandoned")
    assert alive.lag == 0
    alive._file.close()
    await nowhere.close()


async def test_two_workers_take_in_a_message_together(means: Means) -> None:
    for number in range(5):
        left(means.settings.messages_dir, f"{number}.1")
    folders = means.settings.messages_dir, means.settings.recordings_dir
    await asyncio.gather(*(messages.take_in(means.database, *folders) for _ in range(2)))
    await until(lambda: names(folders[0]) == set(), "all messages are taken in")
    async with means.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Ticket)) == 5
    assert len(names(folders[1])) == 5
