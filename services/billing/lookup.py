"""Balance and bills of an account, spoken by the IVR after verification (I-14) and shown at the desk."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.billing.model import Bill
from services.billing.tariff import prices_on
from services.customers.model import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """One month; money in fen, energy in kWh."""

    month: date
    energy_kwh: int
    tier1_kwh: int
    tier2_kwh: int
    tier3_kwh: int
    amount_fen: int
    due_on: date
    paid_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceView:
    """`bill` is the latest one; `tier` is the step of the year's price that the account stands on, None without."""

    account_no: str
    balance_fen: int
    arrears_fen: int
    cut_off_for_arrears: bool
    bill: BillView | None
    year_kwh: int
    tier: int | None


async def balance(session: AsyncSession, account_no: str) -> BalanceView | None:
    """None for an account that does not exist."""
    account = await session.get(Account, account_no)
    if account is None:
        return None
    bills = await recent_bills(session, account_no, months=1)
    bill = bills[0] if bills else None
    year_kwh, tier = 0, None
    if bill:
        year = bill.month.replace(month=1)
        total = await session.scalar(
            select(func.sum(Bill.energy_kwh)).where(Bill.account_no == account_no, Bill.month >= year)
        )
        year_kwh = int(total or 0)
        prices = await prices_on(session, account.tariff_class, bill.month)
        tier = prices.tier(year_kwh) if prices else None
    return BalanceView(
        account_no=account_no, balance_fen=account.balance_fen, arrears_fen=max(0, -account.balance_fen),
        cut_off_for_arrears=account.cut_off_for_arrears, bill=bill, year_kwh=year_kwh, tier=tier,
    )


async def recent_bills(session: AsyncSession, account_no: str, months: int = 12) -> list[BillView]:
    """Newest first."""
    query = select(Bill).where(Bill.account_no == account_no).order_by(Bill.month.desc()).limit(months)
    return [
        BillView(
            month=bill.month, energy_kwh=bill.energy_kwh, tier1_kwh=bill.tier1_kwh, tier2_kwh=bill.tier2_kwh,
            tier3_kwh=bill.tier3_kwh, amount_fen=bill.amount_fen, due_on=bill.due_on, paid_on=bill.paid_on,
        )
        for bill in await session.scalars(query)
    ]
