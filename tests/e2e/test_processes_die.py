"""Our own processes are killed in the middle of a call: the caller goes on, and the states are right afterwards."""

from ops.desk_browser import Desk
from services.calls.model import CallOutcome, CallPhase
from services.phone.listening import read_audio
from services.phone.tone import loudness, tone
from tests.e2e.callers import AGENT_HZ, CALLER_HZ, Alice
from tests.e2e.city import STRANGER, City
from tests.e2e.records import Records
from tests.e2e.stack import Stack
from tests.until import until


async def test_the_ivr_dies_and_the_dialplan_finds_an_agent(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("menu.main")
        killed = await stack.kill("ivr")
        await caller.hears("fallback.sorry")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        await caller.hang_up()
        await bob.shows("wrap_up")
    await stack.back("ivr", killed)
    call, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert call.queue == "emergency"
    assert ticket.accept_staff == bob.staff_no


async def test_no_ivr_and_no_agent_still_takes_a_message(stack: Stack, alice: Alice, records: Records) -> None:
    async with stack.stopped("ivr"):
        async with alice.calls(STRANGER) as caller:
            await caller.hears("fallback.sorry")
            await caller.hears("fallback.message")
            await until(lambda: not any(caller.last_seconds(0.3)), "the sentence and the tone are over", 20)
            await caller.call.play(tone(CALLER_HZ, 3))
            await caller.press("#")
            await caller.hears("fallback.saved")
            await caller.call.ended.wait()
    call, ticket = await records.ended(STRANGER, CallOutcome.MESSAGE_LEFT)
    assert ticket.order_class == "voice_message" and ticket.closed_at is None
    assert loudness(read_audio(await records.message(stack.settings, call))[16_000:32_000], CALLER_HZ) > 1000


async def test_the_acd_dies_while_they_talk_and_knows_the_call_again(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        await records.call(person.number, phase=CallPhase.TALKING)
        killed = await stack.kill("acd")
        await stack.back("acd", killed)
        await caller.hears_tone(AGENT_HZ, "the talk went on")
        await bob.shows("talking")
        await bob.hold()
        assert (await records.call(person.number, phase=CallPhase.HOLD)).staff_no == bob.staff_no
        await bob.resume()
        await caller.hang_up()
        await bob.shows("wrap_up")
    call, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert (call.staff_no, ticket.accept_staff) == (bob.staff_no, bob.staff_no)


async def test_a_call_that_ends_while_the_acd_is_down_is_ended_afterwards(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await records.call(person.number, phase=CallPhase.TALKING)
        async with stack.stopped("acd"):
            await caller.hang_up()
    call, ticket = await records.ended(person.number, CallOutcome.AGENT, timeout_s=30)
    assert (call.staff_no, ticket.accept_staff) == (bob.staff_no, bob.staff_no)
    await until(lambda: bob.part("state").get_attribute("data-status"), "Bob's state is shown")
    assert await bob.part("state").get_attribute("data-status") in ("wrap_up", "ready", "paused")
