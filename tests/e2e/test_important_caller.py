"""An important user calls after a resident and is served before him (I-10)."""

from ops.desk_browser import Desk
from services.asterisk import queue
from services.calls.model import CallOutcome, CallPhase
from tests.e2e.callers import AGENT_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack


async def test_the_important_caller_jumps_the_queue(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    resident, important = await city.resident(), await city.important()
    async with alice.calls(resident.number) as first:
        await first.hears("welcome")
        await first.press("0")
        await first.hears("queue.enter")
        waiting = await records.call(resident.number, phase=CallPhase.QUEUED)
        async with alice.calls(important.number) as second:
            await second.hears("welcome")
            await second.press("0")
            await second.hears("queue.priority")
            ahead = await records.call(important.number, phase=CallPhase.QUEUED)
            entries = sorted((await queue.snapshot(stack.ami)).entries, key=lambda entry: entry.position)
            assert [entry.channel_id for entry in entries] == [ahead.call_id, waiting.call_id]
            assert entries[0].priority > entries[1].priority == 0

            await bob.ready()
            await bob.rings()
            assert important.number[-4:] in (await bob.pop())["caller"]
            await bob.answer()
            await second.hears_tone(AGENT_HZ, "the important caller hears Bob")
            assert (await records.call(resident.number)).phase is CallPhase.QUEUED
            await first.hang_up()
            await second.hang_up()
            await bob.shows("wrap_up")
    await records.ended(important.number, CallOutcome.AGENT)
    _, ticket = await records.ended(resident.number, CallOutcome.ABANDONED_IN_QUEUE)
    assert ticket.closed_at is None and ticket.sub_type == "abandoned"
