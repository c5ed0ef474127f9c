"""Alice does not want to wait: her place is kept, and when it is her turn Bob's phone rings first, then hers."""

from sqlalchemy import select

from ivr.prompts import speak
from ops.desk_browser import Desk
from services.callbacks.model import Callback, CallbackStatus
from services.calls.model import CallOutcome, CallPhase
from services.db import Database
from services.phone.ear import Ear
from services.phone.phone import SipPhone
from services.phone.tone import tone
from tests.e2e.callers import AGENT_HZ, CALLER_HZ, Alice, Caller
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack
from tests.until import until


async def test_a_callback_keeps_the_place_and_the_ticket(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records, database: Database
) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await records.call(person.number, phase=CallPhase.QUEUED)
        await caller.press("1")
        await caller.hears("callback.offer")
        await caller.hears("callback.choose")
        spoken = [prompt.prompt for prompt in caller.heard_so_far()]
        begin = spoken.index("callback.number_is") + 1
        number_said = caller.names(speak.digits(person.number, groups=(3, 4, 4)))
        assert spoken[begin : spoken.index("callback.choose")] == number_said
        await caller.press("1")
        await caller.hears("callback.confirmed")
        await caller.call.ended.wait()
    first, ticket = await records.ended(person.number, CallOutcome.CALLBACK_REQUESTED)
    assert ticket.closed_at is None

    async def status() -> CallbackStatus | None:
        async with database.transaction() as session:
            return await session.scalar(select(Callback.status).where(Callback.call_id == first.call_id))

    carrier_port = stack.settings.carrier_port
    async with SipPhone((stack.settings.asterisk_host, stack.settings.sip_port), port=carrier_port) as her_phone:
        await bob.ready()
        await bob.rings(timeout_s=30)
        assert person.number[-4:] in (await bob.pop())["caller"]
        await bob.answer()
        call = await her_phone.next_call(30)
        assert call.called_number == person.number
        await call.answer()
        async with Ear(call, alice.library.listener) as ear:
            talk = Caller(call, ear, alice.library)
            await talk.hears("callback.connect")
            await talk.hears_tone(AGENT_HZ, "Alice hears Bob")
            call.say(tone(CALLER_HZ, 5))
            await talk.hang_up()
        await bob.shows("wrap_up")
        await bob.close_ticket()

    async def done() -> bool:
        return await status() is CallbackStatus.DONE

    await until(done, "the callback is done")
    closed = await records.ticket(ticket.ticket_no)
    assert closed.closed_at is not None and closed.accept_staff == bob.staff_no
    second = await records.call(person.number, phase=CallPhase.ENDED)
    assert second.call_id != first.call_id
    assert second.ticket_id == ticket.id, "a callback works on the ticket of the call that asked for it"
