"""Bills of an account, one a month, and the prices they were computed with (domain.md 7)."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model


class Tariff(Model):
    """Price of a class from a day on; yuan per kWh.

    Tiers count kWh of the calendar year (7.2, example B); a class without tiers has `price1` only.
    """

    __tablename__ = "tariffs"

    tariff_class: Mapped[str] = mapped_column(String(24), primary_key=True)  # residential | commercial | ... (7.1)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]  # first day on which it no longer holds
    name: Mapped[str] = mapped_column(String(20))
    tier1_kwh: Mapped[int | None]  # end of tier 1
    tier2_kwh: Mapped[int | None]  # end of tier 2
    price1: Mapped[Decimal] = mapped_column(Numeric(8, 4))
    price2: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    price3: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))


class Bill(Model):
    """Money in fen, energy in kWh; `tier1_kwh` to `tier3_kwh` add up to `energy_kwh` for residents."""

    __tablename__ = "bills"
    __table_args__ = (
        CheckConstraint("EXTRACT(day FROM month) = 1", name="month_starts"),
        CheckConstraint("tier1_kwh + tier2_kwh + tier3_kwh IN (0, energy_kwh)", name="tiers_add_up"),
    )

    account_no: Mapped[str] = mapped_column(ForeignKey("accounts.account_no"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # first day of the month
    energy_kwh: Mapped[int]
    tier1_kwh: Mapped[int] = mapped_column(default=0)
    tier2_kwh: Mapped[int] = mapped_column(default=0)
    tier3_kwh: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date]
    paid_on: Mapped[date | None]
    channel: Mapped[str] = mapped_column(String(16), default="")  # how it was paid
