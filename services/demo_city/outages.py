"""Outages of the demo city, told relative to now: two planned ones (one runs) and a fault with a crew on site."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from services.demo_city.copy import copy


@dataclass(frozen=True, slots=True)
class Plan:
    """Times in minutes from now; `crew_status` as services/outages/lookup.py knows it."""

    id: int
    kind: str
    status: str
    feeder_id: int
    transformers: range
    area: str
    cause: str
    from_min: int
    to_min: int
    crew_id: int | None
    crew_status: str

    @property
    def announcement(self) -> str:
        """The recorded prompt that says place and cause, so that a machine without a voice says them too."""
        return f"announcement.demo_{self.id}"


PLANS: Final = (
    Plan(1, "fault", "in_force", 2, range(13, 17), "东城街道桂花苑、翠湖庭一带", "低压电缆故障", -55, 50, 1, "on_site"),
    Plan(2, "planned", "in_force", 5, range(49, 61), "西城街道梧桐新村一带", "线路检修", -100, 140, 3, "on_site"),
    Plan(
        3, "planned", "planned", 9, range(97, 109), "南城街道紫薇花园一带", "变压器增容改造", 40 * 60, 48 * 60, None, ""
    ),
)


def dark_since(now: datetime) -> dict[int, datetime]:
    """Transformers without power, and since when."""
    return {
        transformer: now + timedelta(minutes=plan.from_min)
        for plan in PLANS
        if plan.status == "in_force"
        for transformer in plan.transformers
    }


def write(connection: Connection[Any], now: datetime) -> None:
    copy(
        connection,
        "outages",
        (
            "id",
            "kind",
            "status",
            "feeder_id",
            "area",
            "cause",
            "start_at",
            "expected_end_at",
            "crew_id",
            "crew_status",
            "affected_households",
            "announcement",
        ),
        (
            (
                plan.id,
                plan.kind,
                plan.status,
                plan.feeder_id,
                plan.area,
                plan.cause,
                *_times(plan, now),
                plan.crew_id,
                plan.crew_status,
                0,
                plan.announcement,
            )
            for plan in PLANS
        ),
    )
    copy(
        connection,
        "outage_transformers",
        ("outage_id", "transformer_id"),
        ((plan.id, transformer) for plan in PLANS for transformer in plan.transformers),
    )
    connection.execute(
        "UPDATE outages SET affected_households = (SELECT count(*) FROM premises"
        " JOIN outage_transformers USING (transformer_id) WHERE outage_id = outages.id)"
    )


def move_on(connection: Connection[Any], now: datetime) -> None:
    """Tell the three outages anew from now on, unless somebody ended or cancelled them."""
    for plan in PLANS:
        start, end = _times(plan, now)
        connection.execute(
            "UPDATE outages SET start_at = %s, expected_end_at = %s WHERE id = %s AND status = %s",
            (start, end, plan.id, plan.status),
        )
        if plan.status == "in_force":
            connection.execute(
                "UPDATE accounts SET meter_seen_at = %s FROM premises WHERE premises.id = premise_id"
                " AND transformer_id = ANY(%s) AND NOT meter_powered AND NOT cut_off_for_arrears",
                (start, list(plan.transformers)),
            )


def _times(plan: Plan, now: datetime) -> tuple[datetime, datetime]:
    """On whole five minutes, as announcements give them."""
    base = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    return base + timedelta(minutes=plan.from_min), base + timedelta(minutes=plan.to_min)
