"""A town small enough to know by heart: two transformers, one without power, two customers, a desk of each role."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.agents.model import Agent, AgentSkill, Role
from services.auth.passwords import hash_password
from services.billing.model import Bill
from services.customers.model import Account, Customer, CustomerPhone, ImportantClass, Premise
from services.grid.model import AreaClass, Feeder, Station, Substation, Transformer
from services.outages.model import Outage, OutageKind, OutageStatus, OutageTransformer
from services.queues.model import QueueCode

PASSWORD = "correct horse"
AGENT, OTHER_AGENT, LEADER, SUPERVISOR, HANDLER, CREW, ADMIN = "3021", "3022", "3001", "3000", "5001", "6001", "9001"
STAFF = {
    AGENT: ("李敏", Role.AGENT),
    OTHER_AGENT: ("周洋", Role.AGENT),
    LEADER: ("何静", Role.SHIFT_LEADER),
    SUPERVISOR: ("赵倩", Role.SUPERVISOR),
    HANDLER: ("孙悦", Role.UNIT_HANDLER),
    CREW: ("马超", Role.CREW),
    ADMIN: ("陈晨", Role.ADMIN),
}
WANG_PHONE = "13800002048"  # life support, one account, power is off there
WANG_ACCOUNT = "3701204815"
LI_PHONE = "13900007781"  # one account with power
LI_ACCOUNT = "3701204823"
STRANGER_PHONE = "0573123221"

DYNAMIC = (
    "call_events, call_legs, ticket_events, tickets, calls, callbacks, notices, login_sessions, access_records, "
    "agent_states, agent_state_intervals"
)


async def empty(session: AsyncSession) -> None:
    """Forget every call and session, keep the town."""
    await session.execute(text(f"TRUNCATE {DYNAMIC} RESTART IDENTITY CASCADE"))


async def fill(session: AsyncSession) -> None:
    now = datetime.now(UTC)
    secret = hash_password(PASSWORD)
    session.add(Station(id=1, name="城东供电所", county="城区", area_class=AreaClass.URBAN, phone=""))
    session.add(Station(id=2, name="桥南供电所", county="城区", area_class=AreaClass.RURAL, phone=""))
    session.add(Substation(id=1, name="城东变"))
    await session.flush()
    session.add(Feeder(id=1, name="城东线", substation_id=1))
    await session.flush()
    for number in (1, 2):
        session.add(Transformer(id=number, name=f"城东线 01{number} 台区", feeder_id=1, station_id=number))
    await session.flush()
    people = (
        (1, "王建国", ImportantClass.SECOND, True, WANG_PHONE, WANG_ACCOUNT, "幸福里 3 号楼 401", 1),
        (2, "李娜", ImportantClass.NONE, False, LI_PHONE, LI_ACCOUNT, "桥南路 8 号", 2),
    )
    for key, name, important, life_support, phone, account_no, address, transformer in people:
        session.add(Customer(
            id=key, name=name, kind="resident", important_class=important, life_support=life_support, sensitive=False,
            nuisance=False, remark="",
        ))
        session.add(Premise(
            id=key, address=address, street="东城街道", landmark="东门进右手第二栋", area_class=AreaClass.URBAN,
            longitude=120.7, latitude=30.5, station_id=transformer, transformer_id=transformer,
        ))
        await session.flush()
        session.add(CustomerPhone(customer_id=key, number=phone, primary=True))
        session.add(Account(
            account_no=account_no, customer_id=key, premise_id=key, tariff_class="residential", meter_no=f"M{key}",
            meter_online=True, meter_powered=transformer == 2, meter_seen_at=now, cut_off_for_arrears=False,
            balance_fen=13240, opened_on=date(2015, 1, 1),
        ))
        await session.flush()
        session.add(Bill(
            account_no=account_no, month=date(2026, 10, 1), energy_kwh=210, tier1_kwh=210, tier2_kwh=0, tier3_kwh=0,
            amount_fen=11298, due_on=date(2026, 11, 20), paid_on=None, channel="",
        ))
    session.add(Outage(
        id=1, kind=OutageKind.FAULT, status=OutageStatus.IN_FORCE, feeder_id=1, area="城东线 011 台区",
        cause="低压故障", start_at=now - timedelta(minutes=37), expected_end_at=now + timedelta(minutes=50),
        ended_at=None, crew_status="on_site", affected_households=86, announcement=None,
    ))
    await session.flush()
    session.add(OutageTransformer(outage_id=1, transformer_id=1))
    for staff_no, (name, role) in STAFF.items():
        session.add(Agent(
            staff_no=staff_no, name=name, role=role, password_hash=secret, active=True,
            station_id=1 if role in (Role.UNIT_HANDLER, Role.CREW) else None,
        ))
    await session.flush()
    for staff_no in (AGENT, OTHER_AGENT, LEADER):
        for queue in (QueueCode.REPAIR, QueueCode.GENERAL):
            session.add(AgentSkill(staff_no=staff_no, queue=queue, penalty=0))
