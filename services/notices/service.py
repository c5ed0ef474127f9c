"""Messages to customers are asked for here, in the transaction that causes them, and sent by a worker."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notices.gateway import NoticeGateway
from services.notices.model import Notice
from services.outages.model import Outage, OutageStatus
from services.workers.defer import Job, defer


async def request(
    session: AsyncSession, *, key: str, number: str, text: str, ticket_id: int | None = None,
    outage_id: int | None = None,
) -> None:
    """One message for a `key`, however often it is asked for. With an outage it waits until that one is over."""
    statement = (
        insert(Notice)
        .values(
            key=key, number=number, text=text, ticket_id=ticket_id, outage_id=outage_id, created_at=datetime.now(UTC),
            attempts=0,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    notice_id = await session.scalar(statement)
    if notice_id is not None and outage_id is None:
        await defer(session, Job.SEND_NOTICE, notice_id=notice_id)


async def release_after_outages(session: AsyncSession) -> int:
    """Send what waited for outages that ended; a job that is asked for twice finds the message sent."""
    query = (
        select(Notice.id)
        .join(Outage, Notice.outage_id == Outage.id)
        .where(Notice.sent_at.is_(None), Notice.attempts == 0, Outage.status == OutageStatus.ENDED)
        .with_for_update(skip_locked=True)
    )
    waiting = list(await session.scalars(query))
    for notice_id in waiting:
        await defer(session, Job.SEND_NOTICE, notice_id=notice_id)
    return len(waiting)


async def send(session: AsyncSession, gateway: NoticeGateway, notice_id: int) -> None:
    """Hand one message to the gateway unless it has gone already. Raises GatewayError."""
    notice = await session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update())
    if notice is None or notice.sent_at is not None:
        return
    await gateway.send(notice.key, notice.number, notice.text)
    notice.sent_at = datetime.now(UTC)
    notice.attempts += 1
