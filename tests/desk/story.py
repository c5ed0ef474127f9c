"""Calls as the IVR and the ACD would tell them: facts written by `timeline.record`, then their live events."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from services.agents.model import AgentState, AgentStatus
from services.bus import Bus
from services.calls import facts
from services.calls.facts import Fact
from services.calls.timeline import record
from services.db import Database
from tests.desk.city import AGENT, STAFF, WANG_ACCOUNT, WANG_PHONE


class Story:
    """One call; `at` moves by a second with every fact."""

    def __init__(self, database: Database, bus: Bus, call_id: str = "hotline-1700000000.1", ago_s: int = 60) -> None:
        self.call_id = call_id
        self.at = datetime.now(UTC) - timedelta(seconds=ago_s)
        self._database = database
        self._bus = bus

    async def tell(self, *told: Fact) -> None:
        async with self._database.transaction() as session:
            events = await record(session, *told)
        for event in events:
            await self._bus.publish(event.op, event.data)

    def tick(self, seconds: float = 1) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at

    async def dials(self, number: str = WANG_PHONE) -> None:
        await self.tell(facts.call_started(
            self.call_id, self.tick(), "ivr", caller_number=number, called_number="95598", channel="PJSIP/carrier-1"
        ))

    async def is_known(self, customer_id: int = 1, account_no: str | None = WANG_ACCOUNT) -> None:
        await self.tell(facts.caller_identified(
            self.call_id, self.tick(), customer_id=customer_id, account_no=account_no, by="number"
        ))

    async def reports_a_fault(self) -> None:
        """Keys 1, 1, 1: no power, only this household; the breaker will not hold."""
        call_id = self.call_id
        await self.tell(
            facts.key_pressed(call_id, self.tick(), menu="main", digits="1", choice="停电报修、抢修催办"),
            facts.intent_chosen(
                call_id, self.tick(), intent="NO_POWER", label="一户停电", ticket_type="FAULT", ticket_sub_type="lv",
                queue="repair",
            ),
            facts.slot_filled(call_id, self.tick(), slot="scope", value="one", label="仅本户"),
            facts.slot_filled(call_id, self.tick(), slot="indoor_breaker", value="tripped", label="推不上去"),
        )

    async def waits(self, queue: str = "repair", priority: int = 0) -> None:
        call_id = self.call_id
        await self.tell(
            facts.handed_over(
                call_id, self.tick(), queue=queue, priority=priority, ticket_type="FAULT", ticket_sub_type="lv"
            ),
            facts.queue_joined(call_id, self.tick(), queue=queue, position=1, channel="PJSIP/carrier-1"),
        )

    async def rings(self, staff_no: str = AGENT, queue: str = "repair") -> None:
        await self.state(staff_no, AgentStatus.RINGING)
        await self.tell(facts.agent_rang(self.call_id, self.tick(), staff_no=staff_no, queue=queue))

    async def talks(self, staff_no: str = AGENT, queue: str = "repair") -> None:
        await self.state(staff_no, AgentStatus.TALKING)
        await self.tell(facts.agent_connected(
            self.call_id, self.tick(), staff_no=staff_no, queue=queue, wait_ms=3000, ring_ms=1000
        ))

    async def customer_hangs_up(self, staff_no: str = AGENT) -> None:
        await self.state(staff_no, AgentStatus.WRAP_UP)
        await self.tell(
            facts.agent_left(self.call_id, self.tick(), staff_no=staff_no, talk_ms=1000, by="caller"),
            facts.call_ended(self.call_id, self.tick(), "acd", by="caller", cause=16),
        )

    async def reaches_agent(self, staff_no: str = AGENT, number: str = WANG_PHONE) -> None:
        """The whole way of a fault report to an agent who answers."""
        await self.dials(number)
        await self.is_known()
        await self.reports_a_fault()
        await self.waits()
        await self.rings(staff_no)
        await self.talks(staff_no)

    async def state(self, staff_no: str, status: AgentStatus, call: bool = True, registered: bool = True) -> None:
        """What the ACD writes and tells when Asterisk confirmed a state."""
        now = datetime.now(UTC)
        values = {
            "status": status, "pause_reason": "ACW" if status is AgentStatus.WRAP_UP else None, "since": now,
            "call_id": self.call_id if call else None, "phone_registered": registered,
            "wrap_up_until": now + timedelta(seconds=30) if status is AgentStatus.WRAP_UP else None,
        }
        async with self._database.transaction() as session:
            write = insert(AgentState).values(staff_no=staff_no, **values)
            await session.execute(write.on_conflict_do_update(index_elements=["staff_no"], set_=values))
        await self._bus.publish("agent_changed", {"staff_no": staff_no, "name": STAFF[staff_no][0], **values})
