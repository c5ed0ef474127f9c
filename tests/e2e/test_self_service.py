"""Alice presses her way to her balance; what she heard is the recording of what the database says."""

from ivr.prompts import speak
from services.billing.lookup import balance
from services.calls.model import CallOutcome
from services.db import Database
from services.tickets.model import TicketStatus, TicketType
from tests.e2e.callers import Alice
from tests.e2e.city import City
from tests.e2e.records import Records


async def test_balance_by_keys_is_spoken_from_recordings_and_closes_a_ticket(
    alice: Alice, city: City, records: Records, database: Database
) -> None:
    person = await city.resident()
    account = person.accounts[0]
    async with database.transaction() as session:
        money = await balance(session, account.account_no)
    assert money is not None and money.balance_fen > 0 and money.bill is not None
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.hears("menu.main")
        await caller.press("2")
        await caller.hears("menu.billing")
        await caller.press("1")
        await caller.hears("verify.enter_phone4")
        await caller.press(person.number[-4:] + "#")
        await caller.hears("global.anything_else", timeout_s=60)
        heard = caller.heard_so_far()

    spoken = [prompt.prompt for prompt in heard]
    answer = spoken[spoken.index("bill.balance") : spoken.index("global.anything_else")]
    balance_said = caller.names(["bill.balance", *speak.money(money.balance_fen)])
    assert answer[: len(balance_said)] == balance_said
    usage_said = caller.names(["bill.month.usage", *speak.number(money.bill.energy_kwh), "unit.kwh"])
    assert answer[answer.index("bill.month.usage") :][: len(usage_said)] == usage_said
    amount_said = caller.names(["bill.month.amount", *speak.money(money.bill.amount_fen)])
    assert answer[answer.index("bill.month.amount") :][: len(amount_said)] == amount_said
    whole = [prompt for prompt in heard if prompt.prompt in ("welcome", "bill.balance", "bill.month.usage")]
    assert all(prompt.complete for prompt in whole), "a sentence was cut although no key was pressed"

    call, ticket = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    assert (call.account_no, call.verified_level) == (account.account_no, 1)
    assert (ticket.type, ticket.sub_type, ticket.status) == (TicketType.QUERY, "bill", TicketStatus.CLOSED_FCR)
    keyed = [fact.data["digits"] for fact in await records.facts(call.call_id, "key_pressed")]
    assert keyed[:2] == ["2", "1"]
    assert not any(person.number[-4:] in str(fact.data) for fact in await records.facts(call.call_id, "verified"))


async def test_keys_typed_ahead_skip_the_menus(alice: Alice, city: City, records: Records) -> None:
    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("welcome")
        await caller.press("25")
        await caller.hears("info.price")
        await caller.hears("global.anything_else", timeout_s=60)
        menus = [prompt.prompt for prompt in caller.heard_so_far() if prompt.prompt.startswith("menu.")]
        assert menus == []
    _, ticket = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    assert (ticket.type, ticket.sub_type) == (TicketType.CONSULT, "tariff")


async def test_a_running_outage_is_told_before_the_menu(alice: Alice, city: City, records: Records) -> None:
    person = await city.in_the_dark()
    async with alice.calls(person.number) as caller:
        await caller.hears("outage.offer", timeout_s=40)
        await caller.press("1")
        await caller.hears("outage.sms_done")
        spoken = [prompt.prompt for prompt in caller.heard_so_far()]
    assert "menu.main" not in spoken
    call, ticket = await records.ended(person.number, CallOutcome.SELF_SERVICE)
    assert ticket.status is TicketStatus.CLOSED_FCR
    told = await records.facts(call.call_id, "statement_given")
    assert [fact.data["subject_id"] for fact in told if fact.data["what"] == "outage"] == [person.outages[0].id]
