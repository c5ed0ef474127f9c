"""Is this reported already? (R5-01 to R5-07). Suggests only; a person decides.

A published outage comes first, then the same caller's own open ticket, then faults behind the same transformer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.customers.model import Account, Premise
from services.outages.lookup import at_transformer
from services.outages.model import OutageStatus
from services.tickets.model import Ticket, TicketStatus, TicketType

WINDOW: Final = timedelta(hours=2)  # R5-06
NEAR_M: Final = 300.0  # R5-06
SUGGESTED_FROM: Final = 0.6
SAME_TRANSFORMER, SAME_SCOPE, NEAR = 0.6, 0.2, 0.2  # shares of the score
EARTH_M: Final = 6_371_000.0
NO_MERGE: Final = frozenset({"internal"})  # R5-04: sub-types that have a cause of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Either an outage or a ticket; `score` from 0 to 1; `reason` is Chinese and says what is alike."""

    outage_id: int | None = None
    ticket_no: str | None = None
    score: float
    reason: str


async def candidates(session: AsyncSession, ticket: Ticket, now: datetime) -> list[Candidate]:
    """Best first."""
    found: list[Candidate] = []
    if ticket.type is TicketType.FAULT and ticket.transformer_id is not None:
        outage = await at_transformer(session, ticket.transformer_id, now)
        if outage is not None and outage.status is OutageStatus.IN_FORCE:
            found.append(Candidate(outage_id=outage.id, score=1.0, reason=f"该台区正在停电：{outage.cause}"))
    for other in await _open(session, ticket):
        if other.type is ticket.type and _same_caller(ticket, other):
            found.append(Candidate(ticket_no=other.ticket_no, score=1.0, reason="同一客户同类工单未办结，建议催办"))
        elif score := await _same_cause(session, ticket, other):
            found.append(score)
    return sorted(found, key=lambda candidate: candidate.score, reverse=True)


async def _open(session: AsyncSession, ticket: Ticket) -> list[Ticket]:
    alike = []
    if ticket.account_no:
        alike.append(Ticket.account_no == ticket.account_no)
    if ticket.contact_phone:
        alike.append(Ticket.contact_phone == ticket.contact_phone)
    if ticket.transformer_id is not None and ticket.type is TicketType.FAULT:
        alike.append(
            (Ticket.transformer_id == ticket.transformer_id) & (Ticket.type == TicketType.FAULT)
            & Ticket.accepted_at.between(ticket.accepted_at - WINDOW, ticket.accepted_at + WINDOW)
        )
    if not alike:
        return []
    query = select(Ticket).where(
        or_(*alike), Ticket.closed_at.is_(None), Ticket.id != ticket.id,
        Ticket.status.not_in([TicketStatus.DRAFT, TicketStatus.MERGED]),
    )
    return list(await session.scalars(query.limit(50)))


def _same_caller(ticket: Ticket, other: Ticket) -> bool:
    same_account = ticket.account_no == other.account_no
    return same_account and bool(ticket.account_no or ticket.contact_phone == other.contact_phone)


async def _same_cause(session: AsyncSession, ticket: Ticket, other: Ticket) -> Candidate | None:
    faults = ticket.type is TicketType.FAULT and other.type is TicketType.FAULT
    if not faults or ticket.transformer_id is None or ticket.transformer_id != other.transformer_id:
        return None
    if NO_MERGE & {ticket.sub_type, other.sub_type} or abs(ticket.accepted_at - other.accepted_at) > WINDOW:
        return None
    minutes = int(abs((ticket.accepted_at - other.accepted_at).total_seconds()) // 60)
    score, reasons = SAME_TRANSFORMER, ["同台区", f"{minutes} 分钟内"]
    if ticket.form.get("scope") and ticket.form.get("scope") == other.form.get("scope"):
        score, reasons = score + SAME_SCOPE, [*reasons, "范围相同"]
    distance_m = await _distance_m(session, ticket.account_no, other.account_no)
    if distance_m is not None and distance_m <= NEAR_M:
        score, reasons = score + NEAR, [*reasons, f"距离 {distance_m:.0f} 米"]
    if score < SUGGESTED_FROM:
        return None
    return Candidate(ticket_no=other.ticket_no, score=round(score, 2), reason="、".join(reasons))


async def _distance_m(session: AsyncSession, one: str | None, two: str | None) -> float | None:
    query = select(Premise.latitude, Premise.longitude).join(Account, Account.premise_id == Premise.id)
    points = [
        (await session.execute(query.where(Account.account_no == account))).one_or_none()
        for account in (one, two) if account
    ]
    if len(points) < 2 or points[0] is None or points[1] is None:
        return None
    (lat1, lon1), (lat2, lon2) = points[0], points[1]
    half = sin(radians(lat2 - lat1) / 2) ** 2
    half += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(half))
