"""Who is calling, and what is known of an account (I-01, R6-03, SEC-22). Read by the IVR and the desktop."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.customers.model import Account, Customer, CustomerPhone, ImportantClass, Premise
from services.customers.phone_number import normalise
from services.grid.model import AreaClass, Feeder, Station, Transformer
from services.outages.lookup import OutageView, at_transformers
from services.tickets.lookup import TicketView, open_for

PHONE_TAIL = 4  # digits that prove level 1 (SEC-22)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    id: int
    name: str
    kind: str  # resident | business
    important_class: ImportantClass
    life_support: bool
    sensitive: bool
    nuisance: bool
    remark: str

    @property
    def important(self) -> bool:
        """Jumps the queue (I-10, V-43)."""
        return self.life_support or self.important_class is not ImportantClass.NONE

    @property
    def flags(self) -> list[str]:
        """What changes the greeting: life_support, important_special|first|second, sensitive, nuisance."""
        important = [] if self.important_class is ImportantClass.NONE else [f"important_{self.important_class}"]
        named = {"life_support": self.life_support, "sensitive": self.sensitive, "nuisance": self.nuisance}
        return [*important, *(name for name, is_set in named.items() if is_set)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProfile:
    """An account, its owner and the way of electricity to it. Money in fen; a negative balance is arrears."""

    account_no: str
    customer_id: int
    customer_name: str
    address: str
    street: str
    landmark: str
    area_class: AreaClass
    station_id: int
    station_name: str
    transformer_id: int
    transformer_name: str
    feeder_id: int
    feeder_name: str
    tariff_class: str
    meter_no: str
    meter_online: bool
    meter_powered: bool
    meter_seen_at: datetime | None
    cut_off_for_arrears: bool
    balance_fen: int
    opened_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerProfile:
    """All that is known before the greeting. Several customers may share a number; the primary one is `customer`."""

    number: str
    customer: CustomerView
    accounts: tuple[AccountProfile, ...]
    tickets: tuple[TicketView, ...]
    outages: tuple[OutageView, ...]


async def find_caller(session: AsyncSession, number: str) -> CallerProfile | None:
    """None for a number that no customer left with us."""
    number = normalise(number)
    query = (
        select(Customer)
        .join(CustomerPhone)
        .where(CustomerPhone.number == number)
        .order_by(CustomerPhone.primary.desc(), Customer.id)
    )
    customers = (await session.scalars(query)).all()
    if not customers:
        return None
    accounts = await accounts_of(session, [customer.id for customer in customers])
    return CallerProfile(
        number=number,
        customer=customer_view(customers[0]),
        accounts=tuple(accounts),
        tickets=tuple(await open_for(session, customer_id=customers[0].id, number=number)),
        outages=tuple(await at_transformers(session, {a.transformer_id for a in accounts}, datetime.now(UTC))),
    )


async def find_account(session: AsyncSession, account_no: str) -> AccountProfile | None:
    found = await _accounts(session, Account.account_no == account_no)
    return found[0] if found else None


async def accounts_of(session: AsyncSession, customer_ids: Collection[int]) -> list[AccountProfile]:
    return await _accounts(session, Account.customer_id.in_(customer_ids))


async def find_customer(session: AsyncSession, customer_id: int) -> CustomerView | None:
    customer = await session.get(Customer, customer_id)
    return customer_view(customer) if customer else None


async def verify(session: AsyncSession, account_no: str, phone_last4: str) -> bool:
    """Level 1: whoever knows the account number and the end of a phone number left with it."""
    if len(phone_last4) != PHONE_TAIL or not (phone_last4.isascii() and phone_last4.isdigit()):
        return False
    query = (
        select(CustomerPhone.number)
        .join(Account, Account.customer_id == CustomerPhone.customer_id)
        .where(Account.account_no == account_no, CustomerPhone.number.endswith(phone_last4))
        .limit(1)
    )
    return await session.scalar(query) is not None


def customer_view(customer: Customer) -> CustomerView:
    return CustomerView(
        id=customer.id, name=customer.name, kind=customer.kind, important_class=customer.important_class,
        life_support=customer.life_support, sensitive=customer.sensitive, nuisance=customer.nuisance,
        remark=customer.remark,
    )


async def _accounts(session: AsyncSession, condition: object) -> list[AccountProfile]:
    query = (
        select(Account, Customer, Premise, Transformer, Feeder, Station)
        .join(Customer, Account.customer_id == Customer.id)
        .join(Premise, Account.premise_id == Premise.id)
        .join(Transformer, Premise.transformer_id == Transformer.id)
        .join(Feeder, Transformer.feeder_id == Feeder.id)
        .join(Station, Premise.station_id == Station.id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(Account.account_no)
    )
    return [
        AccountProfile(
            account_no=account.account_no, customer_id=customer.id, customer_name=customer.name,
            address=premise.address, street=premise.street, landmark=premise.landmark, area_class=premise.area_class,
            station_id=station.id, station_name=station.name, transformer_id=transformer.id,
            transformer_name=transformer.name, feeder_id=feeder.id, feeder_name=feeder.name,
            tariff_class=account.tariff_class, meter_no=account.meter_no, meter_online=account.meter_online,
            meter_powered=account.meter_powered, meter_seen_at=account.meter_seen_at,
            cut_off_for_arrears=account.cut_off_for_arrears, balance_fen=account.balance_fen,
            opened_on=account.opened_on,
        )
        for account, customer, premise, transformer, feeder, station in (await session.execute(query)).all()
    ]
