"""Which outages hit an address, now and soon (R6-03, I-07). Read by the IVR, the desktop and duplicate detection."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.outages.model import Outage, OutageKind, OutageStatus, OutageTransformer
from services.tickets.model import Ticket

PLANNED_AHEAD_DAYS = 7  # O-01: announced seven days ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageView:
    """`crew_status`: "" | searching | assigned | on_site; `reports` counts the tickets linked to it."""

    id: int
    kind: OutageKind
    status: OutageStatus
    area: str
    cause: str
    start_at: datetime
    expected_end_at: datetime | None
    crew_status: str
    affected_households: int
    announcement: str | None
    reports: int = 0


async def at_transformer(session: AsyncSession, transformer_id: int, now: datetime) -> OutageView | None:
    """The outage that matters at this transformer: the one in force, else the next planned within seven days."""
    found = await at_transformers(session, [transformer_id], now)
    return found[0] if found else None


async def at_transformers(session: AsyncSession, transformer_ids: Collection[int], now: datetime) -> list[OutageView]:
    """All outages in force or planned within seven days, those in force first, then by start."""
    if not transformer_ids:
        return []
    latest = now + timedelta(days=PLANNED_AHEAD_DAYS)
    return await _views(session, _outages(now, latest).where(_hits(transformer_ids)))


async def upcoming(
    session: AsyncSession, *, now: datetime, days: int = PLANNED_AHEAD_DAYS,
    station_id: int | None = None, transformer_id: int | None = None,
) -> list[OutageView]:
    """Outages that have not begun and begin within `days`, next one first."""
    from services.grid.model import Transformer

    query = _outages(now, now + timedelta(days=days)).where(Outage.status == OutageStatus.PLANNED)
    if transformer_id is not None:
        query = query.where(_hits([transformer_id]))
    if station_id is not None:
        query = query.where(_hits(select(Transformer.id).where(Transformer.station_id == station_id)))
    return await _views(session, query)


def _hits(transformer_ids: "Collection[int] | Select[int]") -> ColumnElement[bool]:
    return Outage.id.in_(
        select(OutageTransformer.outage_id).where(OutageTransformer.transformer_id.in_(transformer_ids))
    )


def _outages(now: datetime, latest: datetime) -> Select[Outage, int]:
    reports = (
        select(func.count()).where(Ticket.outage_id == Outage.id).correlate(Outage).scalar_subquery().label("reports")
    )
    return (
        select(Outage, reports)
        .where(
            or_(
                Outage.status == OutageStatus.IN_FORCE,
                (Outage.status == OutageStatus.PLANNED) & Outage.start_at.between(now - timedelta(hours=1), latest),
            )
        )
        .order_by(case((Outage.status == OutageStatus.IN_FORCE, 0), else_=1), Outage.start_at)
    )


async def _views(session: AsyncSession, query: Select[Outage, int]) -> list[OutageView]:
    return [
        OutageView(
            id=outage.id, kind=outage.kind, status=outage.status, area=outage.area, cause=outage.cause,
            start_at=outage.start_at, expected_end_at=outage.expected_end_at, crew_status=outage.crew_status,
            affected_households=outage.affected_households, announcement=outage.announcement, reports=reports,
        )
        for outage, reports in await session.execute(query)
    ]
