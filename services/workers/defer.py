"""Enqueues a job in the transaction that needs it: committed together, rolled back together (design, decision 11).

Names of jobs stand here, so that services can ask for a job without importing what carries it out.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

NAMESPACE: Final = "hotline"  # Procrastinate's names are `hotline:JOB`


class Job(StrEnum):
    """Tasks of `services/workers/jobs.py`."""

    DISPATCH_TICKET = "dispatch_ticket"  # ticket_no
    SEND_NOTICE = "send_notice"  # notice_id
    RENDER_ANNOUNCEMENT = "render_announcement"  # outage_id
    RECONCILE_CALLS = "reconcile_calls"
    TAKE_IN_MESSAGES = "take_in_messages"
    SEND_WAITING_NOTICES = "send_waiting_notices"
    ADOPT_JOURNALS = "adopt_journals"


DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW("
    "'default', :task, 0, NULL, NULL, CAST(:args AS jsonb), :at)::procrastinate_job_to_defer_v1])"
)


async def defer(session: AsyncSession, job: Job, *, at: datetime | None = None, **args: Any) -> None:
    """Ask for `job(**args)`, not before `at`."""
    await session.execute(DEFER, {"task": f"{NAMESPACE}:{job}", "args": json.dumps(args), "at": at})
