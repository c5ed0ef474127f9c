"""What energy costs (domain.md 7.2 to 7.3): pure arithmetic on rows of `tariffs`. Money leaves in fen, half up."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.billing.model import Tariff

RESIDENTIAL: Final = "residential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Yuan per kWh; tiers end at so many kWh of the calendar year, None without tiers."""

    price1: Decimal
    price2: Decimal | None = None
    price3: Decimal | None = None
    tier1_kwh: int | None = None
    tier2_kwh: int | None = None

    def split(self, before_kwh: int, energy_kwh: int) -> tuple[int, int, int]:
        """How many of the next `energy_kwh` fall into each tier when the year already holds `before_kwh`."""
        if self.tier1_kwh is None or self.tier2_kwh is None:
            return energy_kwh, 0, 0
        after = before_kwh + energy_kwh
        first = max(0, min(after, self.tier1_kwh) - before_kwh)
        third = max(0, after - max(before_kwh, self.tier2_kwh))
        return first, energy_kwh - first - third, third

    def tier(self, year_kwh: int) -> int | None:
        """1 to 3 by the energy of the year so far; None without tiers."""
        if self.tier1_kwh is None or self.tier2_kwh is None:
            return None
        return 1 if year_kwh <= self.tier1_kwh else 2 if year_kwh <= self.tier2_kwh else 3

    def amount_fen(self, split: tuple[int, int, int]) -> int:
        prices = (self.price1, self.price2 or self.price1, self.price3 or self.price1)
        yuan = sum((kwh * price for kwh, price in zip(split, prices, strict=True)), Decimal(0))
        return int((yuan * 100).quantize(Decimal(1), ROUND_HALF_UP))


async def prices_on(session: AsyncSession, tariff_class: str, day: date) -> Prices | None:
    """The prices of a class that hold on a day."""
    query = (
        select(Tariff)
        .where(
            Tariff.tariff_class == tariff_class, Tariff.valid_from <= day,
            or_(Tariff.valid_to.is_(None), Tariff.valid_to > day),
        )
        .order_by(Tariff.valid_from.desc())
        .limit(1)
    )
    tariff = await session.scalar(query)
    if tariff is None:
        return None
    return Prices(
        price1=tariff.price1, price2=tariff.price2, price3=tariff.price3,
        tier1_kwh=tariff.tier1_kwh, tier2_kwh=tariff.tier2_kwh,
    )
