"""A city of two transformers: enough for every rule, small enough to fill before each test."""

from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.agents.model import Agent, Role
from services.customers.model import Account, Customer, CustomerPhone, Premise
from services.grid.model import AreaClass, Crew, Feeder, Station, Substation, Transformer

ALICE, ALICE_ACCOUNT = "13811110001", "3301000001"
BOB, BOB_ACCOUNT = "13811110002", "3301000002"
BOTH, BOTH_ACCOUNTS = "13811110003", ("3301000003", "3301000004")
STRANGER = "13999999999"
AGENT, OTHER_AGENT = "3001", "3002"
TRANSFORMER, OTHER_TRANSFORMER = 1, 2


async def fill(session: AsyncSession) -> None:
    session.add_all([
        Station(id=1, name="城东供电所", county="临江区", area_class=AreaClass.URBAN),
        Substation(id=1, name="东郊变电站"),
    ])
    await session.flush()
    session.add(Feeder(id=1, name="10千伏城东甲线", substation_id=1))
    session.add(Crew(id=1, name="城东抢修一队", station_id=1, phone="13900000001"))
    await session.flush()
    session.add_all([
        Transformer(id=number, name=f"城东{number:03d}台区", feeder_id=1, station_id=1)
        for number in (TRANSFORMER, OTHER_TRANSFORMER)
    ])
    session.add_all([
        Agent(staff_no=staff_no, name="李敏", role=Role.AGENT, password_hash="-") for staff_no in (AGENT, OTHER_AGENT)
    ])
    await session.flush()
    homes = [
        (1, "王建国", ALICE, (ALICE_ACCOUNT,), TRANSFORMER), (2, "李秀英", BOB, (BOB_ACCOUNT,), TRANSFORMER),
        (3, "吴国平", BOTH, BOTH_ACCOUNTS, OTHER_TRANSFORMER),
    ]
    for customer_id, name, phone, accounts, transformer in homes:
        session.add(Customer(id=customer_id, name=name, kind="resident"))
        await session.flush()
        session.add(CustomerPhone(customer_id=customer_id, number=phone, primary=True))
        for account_no in accounts:
            premise = Premise(
                address=f"东城街道幸福里{account_no[-1]}幢", street="东城街道", area_class=AreaClass.URBAN,
                longitude=120.7, latitude=30.5 + int(account_no[-1]) / 1000, station_id=1, transformer_id=transformer,
            )
            session.add(premise)
            await session.flush()
            session.add(
                Account(
                    account_no=account_no, customer_id=customer_id, premise_id=premise.id, tariff_class="residential",
                    meter_no="1", meter_seen_at=datetime.now(UTC), balance_fen=100, opened_on=date(2020, 1, 1),
                )
            )
    await session.flush()
