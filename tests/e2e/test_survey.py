"""Bob leaves first, Alice is asked how it was (I-13)."""

import pytest

from ops.desk_browser import Desk
from services.calls.model import CallOutcome
from tests.e2e.callers import AGENT_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records


@pytest.mark.parametrize(("key", "sentence"), [("1", "survey.thanks"), ("3", "survey.sorry")])
async def test_the_answer_stands_at_the_call_and_the_ticket(
    key: str, sentence: str, alice: Alice, bob: Desk, city: City, records: Records
) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        await bob.leave_to_survey()
        await caller.hears("survey.ask")
        await caller.press(key)
        await caller.hears(sentence)
        await caller.call.ended.wait()
    call, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert (call.satisfaction, ticket.satisfaction) == (int(key), int(key))
