"""Carol listens to a call between Alice and Bob: she hears both, neither hears her."""

from ops.desk_browser import Desk
from services.calls.model import CallOutcome, CallPhase
from services.phone.tone import tone
from tests.e2e.callers import AGENT_HZ, CALLER_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.until import until


async def test_the_supervisor_hears_both(alice: Alice, bob: Desk, carol: Desk, city: City, records: Records) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        call = await records.call(person.number, phase=CallPhase.TALKING)
        caller.call.say(tone(CALLER_HZ, 60))
        await carol.listen_to(bob.staff_no)

        async def both() -> bool:
            return {CALLER_HZ, AGENT_HZ} <= await carol.hears_tones()

        await until(both, "Carol hears both", 20)
        assert (await records.call_of(person.number)).call_id == call.call_id  # type: ignore[union-attr]
        await caller.hang_up()
        await bob.shows("wrap_up")
    await records.ended(person.number, CallOutcome.AGENT)
