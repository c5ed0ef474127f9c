"""24 months of bills for each account, by the tiers of Zhejiang (domain.md 7.2, example B). Money in fen."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

MONTHS: Final = 24
DUE_DAY: Final = 25  # of the month after

# Yuan per 10,000 kWh, so that all arithmetic is whole: class → (name, tier 1 kWh, tier 2 kWh, price 1, 2, 3).
TARIFFS: Final[dict[str, tuple[str, int | None, int | None, int, int | None, int | None]]] = {
    "residential": ("居民生活", 2760, 4800, 5380, 5880, 8380),
    "commercial": ("商业", None, None, 7820, None, None),
    "general_industry": ("普通工业", None, None, 7460, None, None),
    "big_industry": ("大工业", None, None, 6580, None, None),
    "agriculture": ("农业生产", None, None, 6920, None, None),
}
USUAL_KWH: Final = {
    "residential": (90, 330), "commercial": (600, 6000), "general_industry": (3000, 40000),
    "big_industry": (80000, 400000), "agriculture": (200, 2500),
}
SEASON: Final = (115, 105, 90, 80, 80, 100, 140, 150, 110, 85, 85, 105)  # per cent of the usual, January first
CHANNELS: Final = ("网上国网", "微信", "支付宝", "银行代扣", "营业厅")


class BillRow(NamedTuple):
    month: date
    energy_kwh: int
    tier1_kwh: int
    tier2_kwh: int
    tier3_kwh: int
    amount_fen: int
    due_on: date
    paid_on: date | None
    channel: str


def billed_months(today: date) -> list[date]:
    """The last 24 whole months, oldest first."""
    last = today.replace(day=1)
    months = []
    for _ in range(MONTHS):
        last = (last - timedelta(days=1)).replace(day=1)
        months.append(last)
    return months[::-1]


def due_on(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=DUE_DAY)


def bills(random: Random, tariff_class: str, months: list[date], months_unpaid: int, today: date) -> Iterator[BillRow]:
    """Oldest first; the last `months_unpaid` that are due stay open, and now and then the one that is not due yet."""
    low, high = USUAL_KWH[tariff_class]
    usual = random.randint(low, high)
    _, tier1, tier2, price1, price2, price3 = TARIFFS[tariff_class]
    due = [month for month in months if due_on(month) < today]
    unpaid = set(due[len(due) - months_unpaid:])
    year_kwh = 0
    for month in months:
        if month.month == 1:
            year_kwh = 0
        kwh = usual * SEASON[month.month - 1] * random.randint(85, 115) // 10_000
        first, second, third = kwh, 0, 0
        if tier1 is not None and tier2 is not None:
            after = year_kwh + kwh
            first = max(0, min(after, tier1) - year_kwh)
            third = max(0, after - max(year_kwh, tier2))
            second = kwh - first - third
        year_kwh += kwh
        amount = (first * price1 + second * (price2 or 0) + third * (price3 or 0) + 50) // 100
        day = due_on(month)
        open_still = month in unpaid or (day >= today and random.random() < 0.3)
        paid = None if open_still else min(day - timedelta(days=random.randint(3, 22)), today)
        yield BillRow(
            month, kwh, first if tier1 else 0, second, third, amount, day, paid,
            random.choice(CHANNELS) if paid else "",
        )
