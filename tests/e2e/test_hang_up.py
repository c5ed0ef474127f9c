"""Alice hangs up wherever she is: each time there is exactly one ticket and no channel is left (checked by `stack`)."""

from collections.abc import Awaitable, Callable

import pytest

from ops.desk_browser import Desk
from services.calls.model import CallOutcome, CallPhase
from services.tickets.model import TicketType
from tests.e2e.callers import AGENT_HZ, Alice, Caller
from tests.e2e.city import City
from tests.e2e.records import Records

Stage = Callable[[Caller], Awaitable[object]]


async def at_once(caller: Caller) -> None:
    """Before the first word."""


async def greeting(caller: Caller) -> None:
    await caller.hears("welcome")


async def menu(caller: Caller) -> None:
    await caller.hears("menu.main")
    await caller.press("1")
    await caller.hears("menu.repair")


async def keying(caller: Caller) -> None:
    await caller.hears("menu.main")
    await caller.press("2")
    await caller.hears("menu.billing")
    await caller.press("1")
    await caller.hears("verify.enter_phone4")
    await caller.press("12")


@pytest.mark.parametrize("stage", [at_once, greeting, menu, keying])
async def test_in_the_machine(stage: Stage, alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await stage(caller)
    call, ticket = await records.ended(person.number, CallOutcome.ABANDONED_IN_MENU)
    assert call.ended_by == "caller"
    assert (ticket.type, ticket.sub_type, ticket.closed_at) == (TicketType.CONSULT, "abandoned", None)
    assert ticket.contact_phone == person.number


async def test_in_the_queue(alice: Alice, bob: Desk, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await records.call(person.number, phase=CallPhase.QUEUED)
    _, ticket = await records.ended(person.number, CallOutcome.ABANDONED_IN_QUEUE)
    assert (ticket.sub_type, ticket.closed_at) == ("abandoned", None)


async def test_while_it_rings(alice: Alice, bob: Desk, city: City, records: Records) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
    _, ticket = await records.ended(person.number, CallOutcome.ABANDONED_RINGING)
    assert ticket.closed_at is None
    await bob.shows("ready")


async def test_while_talking(alice: Alice, bob: Desk, city: City, records: Records) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
    await bob.shows("wrap_up")
    _, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert (ticket.accept_staff, ticket.closed_at) == (bob.staff_no, None)
    assert await bob.ticket_no() == ticket.ticket_no


async def test_while_leaving_a_message(alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await caller.hears("message.ask")
    _, ticket = await records.ended(person.number, CallOutcome.ABANDONED_IN_QUEUE)
    assert ticket.closed_at is None
