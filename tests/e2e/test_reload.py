"""Bob's browser is reloaded in the middle of a call: what he typed and who he talks to are there again."""

from playwright.async_api import expect

from ops.desk_browser import Desk
from services.calls.model import CallOutcome, CallPhase
from tests.e2e.callers import AGENT_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records


async def test_state_and_draft_come_back(alice: Alice, bob: Desk, city: City, records: Records) -> None:
    person = await city.resident()
    await bob.ready()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("0")
        await bob.rings()
        await bob.answer()
        await caller.hears_tone(AGENT_HZ, "Alice hears Bob")
        await records.call(person.number, phase=CallPhase.TALKING)
        await bob.fill("accept_content", "客户反映楼道照明不亮")
        ticket_no = await bob.ticket_no()
        await bob.page.reload()

        await bob.phone_registered()
        await expect(bob.part("field-accept_content")).to_have_value("客户反映楼道照明不亮")
        assert await bob.ticket_no() == ticket_no
        assert person.number[-4:] in (await bob.pop())["caller"]
        await expect(bob.part("state")).to_have_attribute("data-status", "talking")
        await expect(bob.part("media-lost")).to_be_visible()
        await caller.hang_up()
    _, ticket = await records.ended(person.number, CallOutcome.AGENT)
    assert ticket.accept_content == "客户反映楼道照明不亮"
