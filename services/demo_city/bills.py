"""24 months of bills for each account, by the tiers of Zhejiang (domain.md 7.2, example B). Money in fen.

Half a million rows: they leave here as lines for COPY, with whole numbers and dates spelled once a month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

MONTHS: Final = 24
DUE_DAY: Final = 25  # of the month after
COLUMNS: Final = (
    "account_no", "month", "energy_kwh", "tier1_kwh", "tier2_kwh", "tier3_kwh", "amount_fen", "due_on", "paid_on",
    "channel",
)
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
NEVER: Final = 1_000_000  # kWh that no household reaches
PAID_BEFORE_DUE_DAYS: Final = range(3, 23)
PAID_LATER: Final = 70  # per cent of the bills not yet due that are paid already


@dataclass(frozen=True, slots=True)
class Month:
    """A billed month with its dates as COPY wants them; `paid` are the tails of a paid line, by a small number."""

    head: str
    season: int
    starts_year: bool
    is_due: bool
    open_tail: str
    paid: tuple[str, ...]


def billed_months(today: date) -> list[Month]:
    """The last 24 whole months, oldest first."""
    first, months = today.replace(day=1), []
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        due = (first + timedelta(days=32)).replace(day=DUE_DAY)
        paid = tuple(
            f"{due}\t{min(due - timedelta(days=days), today)}\t{channel}\n"
            for days in PAID_BEFORE_DUE_DAYS for channel in CHANNELS
        )
        months.append(
            Month(str(first), SEASON[first.month - 1], first.month == 1, due < today, f"{due}\t\\N\t\n", paid)
        )
    return months[::-1]


class Biller:
    """Draws from tables made once, which is far cheaper than a fresh random number a row."""

    def __init__(self, random: Random, months: list[Month]) -> None:
        self._months = months
        self._due = sum(month.is_due for month in months)
        self._random = random
        self._noise = [random.randint(85, 115) for _ in range(4093)]
        self._next = 0

    def bill(self, account_no: str, tariff_class: str, months_unpaid: int) -> tuple[list[str], int]:
        """Lines of one account, oldest month first, and what it owes in fen; the last due months stay unpaid."""
        low, high = USUAL_KWH[tariff_class]
        usual = self._random.randint(low, high)
        _, tier1, tier2, price1, price2, price3 = TARIFFS[tariff_class]
        end1, end2 = tier1 or NEVER * NEVER, tier2 or NEVER * NEVER
        lines, owed, year_kwh, noise, at = [], 0, 0, self._noise, self._next
        for number, month in enumerate(self._months):
            at = (at + 1) % 4093
            kwh = usual * month.season * noise[at] // 10_000
            if month.starts_year:
                year_kwh = 0
            before, year_kwh = year_kwh, year_kwh + kwh
            first = max(0, min(year_kwh, end1) - before)
            third = max(0, year_kwh - max(before, end2))
            second = kwh - first - third
            amount = (first * price1 + second * (price2 or 0) + third * (price3 or 0) + 50) // 100
            unpaid = number >= self._due - months_unpaid if month.is_due else noise[at - 1] * 7 % 100 >= PAID_LATER
            if unpaid and month.is_due:
                owed += amount
            tail = month.open_tail if unpaid else month.paid[(at + usual) % len(month.paid)]
            shown = f"{first}\t{second}\t{third}" if tier1 else "0\t0\t0"
            lines.append(f"{account_no}\t{month.head}\t{kwh}\t{shown}\t{amount}\t{tail}")
        self._next = at
        return lines, owed


def bill_all(random: Random, today: date, accounts: Iterator[tuple[str, str, int]]) -> Iterator[tuple[str, int]]:
    """For each (account, tariff class, months unpaid): its lines as one text, and what it owes in fen."""
    biller = Biller(random, billed_months(today))
    for account_no, tariff_class, months_unpaid in accounts:
        lines, owed = biller.bill(account_no, tariff_class, months_unpaid)
        yield "".join(lines), owed
