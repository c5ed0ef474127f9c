"""The jobs, each a short step around a service; Procrastinate keeps them in PostgreSQL and repeats what fails.

Asked for by `defer.py` inside the transaction that needs them, or by the clock (`periodic`). Names: `defer.Job`.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from procrastinate import Blueprint, JobContext, RetryStrategy

from services.asterisk import channels
from services.asterisk.ami import Ami, AmiNotConnectedError, AmiTimeoutError
from services.bus import Bus, Event
from services.calls import messages, reconciler
from services.calls.call_records import inbound_calls
from services.calls.journal import Journal
from services.calls.journal_file import JournalInUseError
from services.db import Database
from services.notices import service as notices
from services.notices.gateway import NoticeGateway
from services.outages.announcement import sentence
from services.outages.model import Outage
from services.settings import PROJECT_ROOT, Settings
from services.tickets import service as tickets
from services.workers.defer import Job

PERSISTENT: Final = RetryStrategy(max_attempts=8, exponential_wait=4)
ADOPTED_AFTER_S: Final = 60  # a journal that nobody has written for so long, and nobody holds
JOURNAL_WAIT_S: Final = 30.0

log = structlog.get_logger()
jobs = Blueprint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the jobs of this process share."""

    settings: Settings
    database: Database
    bus: Bus
    notices: NoticeGateway
    ami: Ami

    async def publish(self, events: list[Event]) -> None:
        for event in events:
            await self.bus.publish(event.op, event.data)


def means(context: JobContext) -> Means:
    found = context.additional_context["means"]
    assert isinstance(found, Means)
    return found


@jobs.task(name=Job.DISPATCH_TICKET.value, pass_context=True, retry=PERSISTENT)
async def dispatch_ticket(context: JobContext, ticket_no: str) -> None:
    m = means(context)
    async with m.database.transaction() as session:
        ticket = await tickets.dispatch_waiting(session, ticket_no)
        changed = Event(op="ticket_changed", data={"ticket_no": ticket.ticket_no, "status": ticket.status})
    await m.publish([changed])


@jobs.task(name=Job.SEND_NOTICE.value, pass_context=True, retry=PERSISTENT)
async def send_notice(context: JobContext, notice_id: int) -> None:
    m = means(context)
    async with m.database.transaction() as session:
        await notices.send(session, m.notices, notice_id)


@jobs.task(name=Job.RENDER_ANNOUNCEMENT.value, pass_context=True, retry=PERSISTENT)
async def render_announcement(context: JobContext, outage_id: int) -> None:
    """Speak an outage's sentence by the IVR's voice, as a process of its own; without a voice nothing changes."""
    m = means(context)
    async with m.database.transaction() as session:
        outage = await session.get(Outage, outage_id)
        text = sentence(outage.area, outage.cause) if outage else None
    if text is None:
        return
    name = await _speak(text, m.settings)
    async with m.database.transaction() as session:
        outage = await session.get(Outage, outage_id, with_for_update=True)
        if outage and name and sentence(outage.area, outage.cause) == text:
            outage.announcement = name


async def _speak(text: str, settings: Settings) -> str:
    """Name of the recording, empty where no voice is installed. Raises RuntimeError when the voice failed."""
    same_instance = {
        "HOTLINE_INSTANCE": settings.instance, "HOTLINE_VAR_DIR": str(settings.var_dir),
        "HOTLINE_VOICE_PYTHON": str(settings.voice_python),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr.prompts.runtime", cwd=PROJECT_ROOT, env={**os.environ, **same_instance},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(settings.voice_timeout_s + 10):
            output, complaint = await process.communicate(text.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"voice failed: {complaint.decode(errors='replace')[-200:]}")
    return output.decode().strip()


@jobs.periodic(cron="* * * * * */10")
@jobs.task(name=Job.TAKE_IN_MESSAGES.value, pass_context=True, lock="messages", queueing_lock="messages")
async def take_in_messages(context: JobContext, timestamp: int) -> None:
    m = means(context)
    await m.publish(await messages.take_in(m.database, m.settings.messages_dir, m.settings.recordings_dir))


@jobs.periodic(cron="* * * * *")
@jobs.task(name=Job.RECONCILE_CALLS.value, pass_context=True, lock="reconcile", queueing_lock="reconcile")
async def reconcile_calls(context: JobContext, timestamp: int) -> None:
    m = means(context)
    now = datetime.now(UTC)
    grace = timedelta(seconds=m.settings.reconcile_grace_s)
    since = now - timedelta(hours=m.settings.reconcile_window_h)
    records = await asyncio.to_thread(inbound_calls, m.settings.call_records_file, since)
    async with m.database.transaction() as session:
        repaired = await reconciler.add_unknown_calls(session, records, ended_before=now - grace)
    await m.publish(repaired.events)
    carried = await _carried(m)
    if carried is not None:
        async with m.database.transaction() as session:
            repaired = await reconciler.end_lost_calls(session, records, carried, seen_at=now, grace=grace)
        await m.publish(repaired.events)
    async with m.database.transaction() as session:
        await reconciler.give_missing_tickets(session)


async def _carried(m: Means) -> set[str] | None:
    """Ids of the calls that Asterisk carries now; None when it does not answer, then nobody is declared gone."""
    try:
        return {channel.call_id for channel in await channels.snapshot(m.ami)}
    except (AmiNotConnectedError, AmiTimeoutError) as error:
        log.warning("reconciler without asterisk", error=type(error).__name__)
        return None


@jobs.periodic(cron="* * * * *")
@jobs.task(name=Job.SEND_WAITING_NOTICES.value, pass_context=True, queueing_lock="notices")
async def send_waiting_notices(context: JobContext, timestamp: int) -> None:
    async with means(context).database.transaction() as session:
        await notices.release_after_outages(session)


@jobs.periodic(cron="* * * * *")
@jobs.task(name=Job.ADOPT_JOURNALS.value, pass_context=True, lock="journals", queueing_lock="journals")
async def adopt_journals(context: JobContext, timestamp: int) -> None:
    """Apply what a process left that never came back."""
    m = means(context)
    for path in m.settings.spool_dir.glob("*.journal"):
        state = path.stat()
        if not state.st_size or time.time() - state.st_mtime < ADOPTED_AFTER_S:
            continue
        try:
            async with Journal(path, m.database, m.bus, "worker", lock_wait_s=0) as journal:
                await journal.drained(JOURNAL_WAIT_S)
                log.warning("journal adopted", file=path.name)
        except JournalInUseError:
            continue
        except TimeoutError:
            log.warning("journal not adopted yet", file=path.name)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="retry_stalled_jobs", pass_context=True, queueing_lock="stalled")
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Jobs of a worker that was killed go back into the queue."""
    manager = context.app.job_manager
    stalled: Any = await manager.get_stalled_jobs()
    for job in stalled:
        await manager.retry_job(job)
