"""Publishing and ending an outage (O-03, R6-03): a worker speaks its sentence and tells its end to those who wait."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.customers.model import Premise
from services.errors import ConflictError, NotFoundError
from services.notices.service import release_after_outages
from services.outages.model import Outage, OutageStatus, OutageTransformer
from services.workers.defer import Job, defer


class OutageNotFoundError(NotFoundError):
    error_id = "outage-not-found"
    message = "没有找到这条停电信息。"


class OutageOverError(ConflictError):
    error_id = "outage-over"
    message = "这条停电信息已经结束。"


async def publish(session: AsyncSession, outage: Outage, transformer_ids: Collection[int]) -> Outage:
    """Write a new outage with its scope; callers hear the menu's own words until its sentence is spoken."""
    homes = select(func.count()).select_from(Premise).where(Premise.transformer_id.in_(transformer_ids))
    outage.affected_households = await session.scalar(homes) or 0
    session.add(outage)
    await session.flush()
    session.add_all(OutageTransformer(outage_id=outage.id, transformer_id=number) for number in set(transformer_ids))
    await session.flush()
    await defer(session, Job.RENDER_ANNOUNCEMENT, outage_id=outage.id)
    return outage


async def end(session: AsyncSession, outage_id: int, at: datetime) -> Outage:
    """Power is back; messages that wait for it are released. Raises OutageNotFoundError, OutageOverError."""
    outage = await session.get(Outage, outage_id, with_for_update=True)
    if outage is None:
        raise OutageNotFoundError(str(outage_id))
    if outage.status not in (OutageStatus.IN_FORCE, OutageStatus.PLANNED):
        raise OutageOverError(outage.status)
    outage.status, outage.ended_at = OutageStatus.ENDED, at
    await session.flush()
    await release_after_outages(session)
    return outage
