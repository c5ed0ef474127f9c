"""Nobody is there: Alice leaves a message and it becomes a ticket, with her voice beside it."""

from services.calls.model import CallOutcome
from services.phone.listening import read_audio
from services.phone.tone import loudness, tone
from tests.e2e.callers import CALLER_HZ, Alice
from tests.e2e.city import STRANGER, City
from tests.e2e.records import Records
from tests.e2e.stack import Stack
from tests.until import until


async def test_a_message_becomes_a_ticket(stack: Stack, alice: Alice, city: City, records: Records) -> None:
    async with alice.calls(STRANGER) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await caller.hears("message.ask")
        await until(lambda: not any(caller.last_seconds(0.3)), "the sentence and the tone are over", 20)
        await caller.call.play(tone(CALLER_HZ, 3))
        await caller.press("#")
        await caller.hears("message.saved")
        await caller.call.ended.wait()

    call, ticket = await records.ended(STRANGER, CallOutcome.MESSAGE_LEFT)
    assert ticket.order_class == "voice_message" and ticket.closed_at is None
    assert ticket.contact_phone == STRANGER
    recording = await records.message(stack.settings, call)
    assert loudness(read_audio(recording)[16_000:32_000], CALLER_HZ) > 1000
