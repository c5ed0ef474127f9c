"""Bills of an account, one a month (domain.md 7)."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model


class Bill(Model):
    """Money in fen, energy in kWh; `tier1_kwh` to `tier3_kwh` add up to `energy_kwh` for residents."""

    __tablename__ = "bills"

    account_no: Mapped[str] = mapped_column(ForeignKey("accounts.account_no"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # first day of the month
    energy_kwh: Mapped[int]
    tier1_kwh: Mapped[int] = mapped_column(default=0)
    tier2_kwh: Mapped[int] = mapped_column(default=0)
    tier3_kwh: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int]
    due_on: Mapped[date]
    paid_on: Mapped[date | None]
    channel: Mapped[str] = mapped_column(String(16), default="")  # how it was paid
