"""Time limits of a ticket (domain.md 4.5, 4.6), computed from the rows of `ticket_limits` that hold on the day.

The clock runs from acceptance and never stops. Before a milestone that a later limit counts from, the later one is
told from the earlier's own limit. Working days are Monday to Friday here: the national calendar with its shifted
weekends is not at hand yet, so around holidays a date may be off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.grid.model import AreaClass
from services.settings import get_settings
from services.tickets.model import CountedFrom, Milestone, Ticket, TicketLimit

LABELS: Final = {
    Milestone.DISPATCH: "派单", Milestone.TAKE: "接单", Milestone.CONTACT: "联系客户", Milestone.ARRIVE: "到达现场",
    Milestone.RESTORE: "恢复供电", Milestone.ANSWER: "答复客户", Milestone.CALLBACK: "回访",
}
FRIDAY: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`estimated`: it counts from something that has not happened yet. `met_at` is when it was kept or missed."""

    key: str  # number of the rule
    milestone: Milestone
    label: str
    due_at: datetime
    warn_at: datetime
    met_at: datetime | None
    estimated: bool

    def breached(self, now: datetime) -> bool:
        return (self.met_at or now) > self.due_at


async def limits_on(session: AsyncSession, day: date) -> list[TicketLimit]:
    """All limits that hold on a day, the latest row of each."""
    query = (
        select(TicketLimit)
        .where(TicketLimit.valid_from <= day, or_(TicketLimit.valid_to.is_(None), TicketLimit.valid_to > day))
        .order_by(TicketLimit.valid_from, TicketLimit.id)
    )
    latest = {(row.type, row.milestone, row.area_class): row for row in await session.scalars(query)}
    return list(latest.values())


async def of_ticket(session: AsyncSession, ticket: Ticket) -> list[Deadline]:
    zone = get_settings().zone
    return deadlines(ticket, await limits_on(session, ticket.accepted_at.astimezone(zone).date()), zone)


def deadlines(ticket: Ticket, limits: Sequence[TicketLimit], zone: ZoneInfo) -> list[Deadline]:
    """In the order of the work. An unknown area counts as urban, which has the shortest limits."""
    area = ticket.area_class or AreaClass.URBAN
    chosen = {
        limit.milestone: limit for limit in sorted(limits, key=lambda limit: limit.area_class is not None)
        if limit.type is ticket.type and limit.area_class in (None, area)
    }
    found: dict[Milestone, Deadline] = {}
    for milestone in Milestone:
        if limit := chosen.get(milestone):
            found[milestone] = _deadline(ticket, limit, found, zone)
    return list(found.values())


def _deadline(ticket: Ticket, limit: TicketLimit, earlier: dict[Milestone, Deadline], zone: ZoneInfo) -> Deadline:
    begin, estimated = _begin(ticket, limit.counted_from, earlier)
    due_at = begin + timedelta(minutes=limit.minutes) if limit.minutes else _end_of_working_day(begin, limit, zone)
    return Deadline(
        key=limit.key, milestone=limit.milestone, label=LABELS[limit.milestone], due_at=due_at,
        warn_at=begin + (due_at - begin) * limit.warn_percent / 100, met_at=_met_at(ticket, limit.milestone),
        estimated=estimated,
    )


def _begin(ticket: Ticket, counted_from: CountedFrom, earlier: dict[Milestone, Deadline]) -> tuple[datetime, bool]:
    happened, expected = {
        CountedFrom.ACCEPTED: (ticket.accepted_at, None),
        CountedFrom.DISPATCHED: (ticket.dispatched_at, Milestone.DISPATCH),
        CountedFrom.ARRIVED: (ticket.arrived_at, Milestone.ARRIVE),
        CountedFrom.DONE: (ticket.done_at, Milestone.RESTORE if Milestone.RESTORE in earlier else Milestone.ANSWER),
    }[counted_from]
    if happened is not None:
        return happened, False
    before = earlier.get(expected) if expected else None
    return (before.due_at if before else ticket.accepted_at), True


def _met_at(ticket: Ticket, milestone: Milestone) -> datetime | None:
    return {
        Milestone.DISPATCH: ticket.dispatched_at,
        Milestone.ARRIVE: ticket.arrived_at,
        Milestone.RESTORE: ticket.done_at,
        Milestone.ANSWER: ticket.done_at or ticket.closed_at,
        Milestone.CALLBACK: ticket.closed_at,
    }.get(milestone)


def _end_of_working_day(begin: datetime, limit: TicketLimit, zone: ZoneInfo) -> datetime:
    """The end of the last day; counting starts the day after `begin` (4.5)."""
    day, left = begin.astimezone(zone).date(), limit.working_days or 0
    while left:
        day += timedelta(days=1)
        left -= day.weekday() <= FRIDAY
    return datetime.combine(day + timedelta(days=1), time(), zone)
