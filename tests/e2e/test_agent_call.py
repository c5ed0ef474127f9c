"""Bob answers Alice in his browser: pop while it rings, talk, hold with music, disposition, closed ticket."""

import wave

from ops.desk_browser import Desk
from services.calls.model import CallOutcome, CallPhase
from services.phone.tone import loudness, tone
from services.tickets.model import TicketStatus
from tests.e2e.callers import AGENT_HZ, CALLER_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack
from tests.until import until


async def test_from_key_zero_to_a_closed_ticket(
    stack: Stack, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("menu.main")
        await caller.press("2")
        await caller.hears("menu.billing")
        await caller.press("0")
        await caller.hears("queue.enter")

        await bob.rings()
        pop = await bob.pop()
        assert person.number[-4:] in pop["caller"]
        assert person.number not in await bob.page.content(), "the whole number is shown before there is a reason"
        assert "电费" in pop["path"]
        assert bob.staff_no in pop["greeting"]

        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        caller.call.say(tone(CALLER_HZ, 30))

        await bob.hold()
        await caller.hears_no_tone(AGENT_HZ, "Bob is silent on hold")
        await until(lambda: any(caller.last_seconds(0.5)), "Alice hears music")
        await bob.resume()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob again")

        await bob.fill("handle_opinion", "已核对余额，客户表示满意")
        await bob.saved()
        await caller.hang_up()
        await bob.shows("wrap_up")
        await bob.close_ticket()
        await bob.finish_wrap_up()
        await bob.shows("ready")

    call, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert (call.staff_no, call.queue) == (bob.staff_no, "billing")
    assert ticket.status is TicketStatus.CLOSED_FCR
    assert (ticket.accept_staff, ticket.account_no) == (bob.staff_no, person.accounts[0].account_no)
    assert ticket.handle_opinion == "已核对余额，客户表示满意"
    kinds = [fact.kind for fact in await records.facts(call.call_id)]
    assert kinds.count("held") == kinds.count("unheld") == 1
    assert [event.seq for event in await records.ticket_events(ticket)] == list(
        range(1, len(await records.ticket_events(ticket)) + 1)
    )

    def both_recorded() -> bool:
        """Caller and agent lie in files of their own (design, decision 14)."""
        folder = stack.settings.recordings_dir
        heard = {}
        for side in ("caller", "agent"):
            file = folder / f"{call.call_id}-{side}.wav"
            if not file.exists():
                return False
            with wave.open(str(file), "rb") as recording:
                heard[side] = recording.readframes(recording.getnframes())
        return any(_loud(heard["caller"], CALLER_HZ)) and any(_loud(heard["agent"], AGENT_HZ))

    await until(both_recorded, "both sides are recorded apart")


async def test_a_rejected_call_rings_again_and_is_not_lost(
    alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.reject()
        await bob.rings(timeout_s=30)
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        call = await records.call(person.number, phase=CallPhase.TALKING)
        assert len(await records.facts(call.call_id, "agent_missed")) == 1
        await caller.hang_up()
        await bob.shows("wrap_up")
    await records.ended(person.number, CallOutcome.AGENT)


def _loud(pcm: bytes, hz: float) -> list[bool]:
    second = 16_000
    return [loudness(pcm[start : start + second], hz) > 300 for start in range(0, len(pcm), second)]
