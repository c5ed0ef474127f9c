"""PostgreSQL or Redis is down during a call: the caller is served, and nothing that happened is lost."""

from ops.desk_browser import Desk
from services.calls.model import CallOutcome
from services.tickets.model import TicketType
from tests.e2e.callers import AGENT_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack


async def test_a_fault_is_reported_while_the_database_is_down(
    stack: Stack, alice: Alice, city: City, records: Records
) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("menu.main")
        async with stack.stopped("postgres"):
            await caller.press("1")
            await caller.hears("menu.repair")
            await caller.press("1")
            await caller.hears("menu.repair.no_power")
            await caller.press("2")
            answered = {"fault.ask_hazard": "2", "fault.contact_phone": "1", "fault.confirm": "1"}
            await caller.answers(answered, then="global.anything_else")
            spoken = {prompt.prompt for prompt in caller.heard_so_far()}
            assert spoken & {"fault.registered", "fault.offline_saved"}
            await caller.hang_up()
    call, ticket = await records.ended(person.number, CallOutcome.SELF_SERVICE, timeout_s=30)
    assert (ticket.type, ticket.closed_at) == (TicketType.FAULT, None)
    assert ticket.form["scope"] == "area"
    assert call.customer_id == person.customer.id


async def test_an_agent_is_reached_while_the_database_is_down(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with stack.stopped("postgres"):
        async with alice.calls(person.number) as caller:
            await caller.hears("welcome")
            await caller.press("0")
            await bob.rings(timeout_s=30)
            await bob.part("answer").click()
            await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
    call, ticket = await records.ended(person.number, CallOutcome.AGENT, timeout_s=30)
    assert (call.staff_no, ticket.accept_staff) == (bob.staff_no, bob.staff_no)


async def test_a_call_is_carried_and_written_while_redis_is_down(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with stack.stopped("redis"):
        async with alice.calls(person.number) as caller:
            await caller.hears("welcome")
            await caller.press("0")
            await bob.rings(timeout_s=30)
            await bob.part("answer").click()
            await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        call, ticket = await records.ended(person.number, CallOutcome.AGENT, timeout_s=30)
    assert (call.staff_no, ticket.accept_staff) == (bob.staff_no, bob.staff_no)
