"""Alice reports by keys that her flat has no electricity; the ticket has all she keyed and what is known of her."""

from ivr.prompts import speak
from services.calls.model import CallOutcome
from services.tickets.model import TicketStatus, TicketType
from tests.e2e.callers import Alice
from tests.e2e.city import City
from tests.e2e.records import Records

CHECKED = {
    "menu.main": "1",
    "menu.repair": "1",
    "menu.repair.no_power": "1",
    "fault.ask_hazard": "2",
    "fault.ask_neighbours": "1",
    "fault.ask_switch": "1",
    "fault.ask_meter": "2",
    "fault.contact_phone": "1",
    "fault.confirm": "1",
}


async def test_fault_report_by_keys_opens_the_right_ticket(alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    account = person.accounts[0]
    async with alice.calls(person.number) as caller:
        await caller.answers(CHECKED, then="fault.registered")
        await caller.hears("global.anything_else")
        spoken = [prompt.prompt for prompt in caller.heard_so_far()]

    call, ticket = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    number_said = caller.names(speak.digits(ticket.ticket_no[-4:]))
    assert spoken[spoken.index("fault.registered") + 1 :][: len(number_said)] == number_said
    assert f"fault.arrive_{account.area_class}" in spoken
    assert (ticket.type, ticket.sub_type) == (TicketType.FAULT, "lv")
    assert ticket.status in (TicketStatus.TO_DISPATCH, TicketStatus.DISPATCHED)
    assert ticket.closed_at is None
    assert (ticket.account_no, ticket.contact_phone) == (account.account_no, person.number)
    assert (ticket.station_id, ticket.transformer_id) == (account.station_id, account.transformer_id)
    assert ticket.contact_addr and ticket.area_class == account.area_class
    assert ticket.form["scope"] == "one"
    assert ticket.form["neighbours"] == "powered"
    assert ticket.form["indoor_breaker"] == "closed"
    assert ticket.form["meter_display"] == "dark"
    assert call.intent == "OUTAGE_REPORT_SINGLE"


async def test_a_second_call_hears_the_ticket_and_urges_it(alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.answers(CHECKED, then="fault.registered")
    _, first = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    async with alice.calls(person.number) as caller:
        await caller.hears("ticket.open.intro")
        await caller.hears("ticket.urge.offer")
        await caller.press("1")
        await caller.hears("ticket.urge.done")
    _, second = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    assert second.id != first.id
    assert (second.type, second.parent_id) == (TicketType.URGE, first.id)
    assert (await records.ticket(first.ticket_no)).urge_count == 1


async def test_a_wire_on_the_ground_goes_to_the_emergency_queue(alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("menu.main")
        await caller.press("1")
        await caller.hears("menu.repair")
        await caller.press("2")
        await caller.hears("global.emergency")
        await caller.hears("message.nobody", timeout_s=40)
    call, ticket = await records.ended(person.number, CallOutcome.ABANDONED_IN_QUEUE)
    assert (call.queue, call.queue_priority) == ("emergency", 10)
    assert (ticket.type, ticket.sub_type, ticket.urgency) == (TicketType.FAULT, "hazard", "urgent")
    assert ticket.closed_at is None
