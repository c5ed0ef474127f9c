"""People of the demo city for a test: each test gets another one, chosen by what the story needs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy import func, select

from services.agents.model import Agent, AgentSkill, Role
from services.customers.lookup import CallerProfile, find_caller
from services.customers.model import Account, Customer, CustomerPhone, ImportantClass, Premise
from services.db import Database
from services.outages.model import Outage, OutageStatus, OutageTransformer

STRANGER = "13700000000"  # a number that no customer left


@dataclass(slots=True)
class City:
    database: Database
    _met: set[str] = field(default_factory=set)

    async def resident(self) -> CallerProfile:
        """One account, in credit, with power, no outage, no open ticket: nothing that changes the greeting."""
        async for person in self._people(important=False):
            account = person.accounts[0]
            quiet = not person.outages and not person.tickets and not account.cut_off_for_arrears
            if quiet and account.balance_fen > 0 and not person.customer.nuisance and not person.customer.sensitive:
                return person
        raise LookupError("the demo city has no quiet resident left")

    async def important(self) -> CallerProfile:
        """A household or user that jumps the queue (I-10), without an outage now."""
        async for person in self._people(important=True):
            if not person.outages and not person.tickets:
                return person
        raise LookupError("the demo city has no important user left")

    async def in_the_dark(self) -> CallerProfile:
        """Somebody whose transformer is out now (I-07)."""
        async for person in self._people(important=False, dark=True):
            if person.outages and not person.tickets:
                return person
        raise LookupError("the demo city has nobody in an outage")

    async def staff(self, role: Role) -> list[str]:
        """Staff numbers of a role, those with the most skills first."""
        async with self.database.transaction() as session:
            query = (
                select(Agent.staff_no)
                .outerjoin(AgentSkill)
                .where(Agent.role == role, Agent.active)
                .group_by(Agent.staff_no)
                .order_by(func.count(AgentSkill.queue).desc(), Agent.staff_no)
            )
            return list(await session.scalars(query))

    async def _people(self, *, important: bool, dark: bool = False) -> AsyncIterator[CallerProfile]:
        one_account = select(Account.customer_id).group_by(Account.customer_id).having(func.count() == 1)
        vip = Customer.life_support.is_(True) | (Customer.important_class != ImportantClass.NONE)
        query = (
            select(CustomerPhone.number)
            .join(Customer)
            .where(CustomerPhone.customer_id.in_(one_account), CustomerPhone.number.regexp_match("^1[0-9]{10}$"))
            .where(vip if important else ~vip)
            .order_by(CustomerPhone.number)
            .limit(3000)
        )
        if dark:
            out_now = (
                select(Account.customer_id)
                .join(Premise, Premise.id == Account.premise_id)
                .join(OutageTransformer, OutageTransformer.transformer_id == Premise.transformer_id)
                .join(Outage, Outage.id == OutageTransformer.outage_id)
                .where(Outage.status == OutageStatus.IN_FORCE)
            )
            query = query.where(CustomerPhone.customer_id.in_(out_now))
        async with self.database.transaction() as session:
            numbers = [number for number in await session.scalars(query) if number not in self._met]
        for number in numbers:
            self._met.add(number)
            async with self.database.transaction() as session:
                person = await find_caller(session, number)
            if person is not None and len(person.accounts) == 1:
                yield person
