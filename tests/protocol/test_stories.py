"""Each self-service by keys: what the caller hears, which facts remain, who takes over when it does not work out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.directory import NoDataError
from ivr.prompts import speak
from services.calls.facts import FactKind
from services.customers.model import ImportantClass
from services.grid.model import AreaClass
from services.outages.model import OutageKind, OutageStatus
from services.tickets.model import TicketStatus, TicketType
from tests.protocol.ivr_world import (
    ACCOUNT_NO,
    NUMBER,
    TICKET_NO,
    Told,
    World,
    account,
    bill,
    outage,
    profile,
    ticket,
)
from tests.protocol.scripted_asterisk import HANG_UP, SILENCE, Caller

AT_BALANCE, AT_OUTAGE, AT_FAULT, AT_PROGRESS = ["2", "1"], ["3", "1"], ["1", "1", "1"], ["1", "5"]
ACCOUNT_KEYS = [*ACCOUNT_NO, "#"]
READ_BACK = ["account.read_back", *speak.digits(ACCOUNT_NO, groups=(3, 3, 4)), "global.confirm"]


def verify_1234(account_no: str, phone_last4: str) -> bool:
    return (account_no, phone_last4) == (ACCOUNT_NO, "1234")


def known(**changes: Any) -> dict[str, Any]:
    """A caller with one account, its lookups answered."""
    return {
        "find_caller": profile(), "find_account": account(), "verify": verify_1234, "balance": bill(),
        "at_transformer": None, "upcoming": [], "open_for": [],
    } | changes


def stranger(**changes: Any) -> dict[str, Any]:
    return known(find_caller=None, **changes)


async def press(keys: list[Any], answers: dict[str, Any], **world: Any) -> Told:
    return await World(answers=answers, **world).call(Caller(keys=keys))


def heard_in_order(told: Told, *prompts: str) -> bool:
    rest = iter(told.caller.heard)
    return all(prompt in rest for prompt in prompts)


# --- who is calling --------------------------------------------------------------------------------------------------


async def test_the_only_account_of_the_number_is_meant() -> None:
    told = await press([*AT_OUTAGE], known())
    assert [fact["by"] for fact in told.of(FactKind.CALLER_IDENTIFIED)] == ["number", "number"]
    assert "account.enter" not in told.caller.heard


async def test_a_lookup_that_was_late_before_the_greeting_is_made_up_for() -> None:
    answers = iter([NoDataError("late"), profile()])

    def find_caller(number: str) -> Any:
        answer = next(answers)
        if isinstance(answer, NoDataError):
            raise answer
        return answer

    told = await press([*AT_OUTAGE], known(find_caller=find_caller))
    assert heard_in_order(told, "welcome", "menu.outage", "outage.none")
    assert "account.enter" not in told.caller.heard


async def test_one_of_several_accounts_is_chosen_by_its_tail() -> None:
    several = profile(account("1111111111"), account("2222222222"))
    told = await press([*AT_OUTAGE, "2"], known(find_caller=several))
    assert told.of(FactKind.CALLER_IDENTIFIED)[-1]["account_no"] == "2222222222"
    tail = ["account.tail", *speak.digits("2222"), "account.press", "number.2"]
    assert heard_in_order(told, "account.several", *tail)


async def test_a_keyed_account_is_read_back_in_groups_and_confirmed() -> None:
    told = await press([*AT_OUTAGE, *ACCOUNT_KEYS, "1"], stranger())
    assert heard_in_order(told, "account.enter", *READ_BACK, "outage.none")
    assert told.one(FactKind.CALLER_IDENTIFIED) == {"customer_id": 7, "account_no": ACCOUNT_NO, "by": "account_no"}


async def test_a_wrong_read_back_is_keyed_again() -> None:
    told = await press([*AT_OUTAGE, *"3701204816#", "2", *ACCOUNT_KEYS, "1"], stranger())
    assert told.one(FactKind.CALLER_IDENTIFIED)["account_no"] == ACCOUNT_NO


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [(["1", "2", "#"], "account.wrong_length"), ([SILENCE], "global.no_input"), (["*"], "account.where")],
)
async def test_three_tries_without_an_account_reach_an_agent(keys: list[str | None], sentence: str) -> None:
    told = await press([*AT_OUTAGE, *keys, *keys, *keys], stranger())
    assert told.queue == "repair"
    assert told.caller.heard.count(sentence) == 3
    assert told.caller.heard[-2:] == ["account.give_up", "queue.enter"]


async def test_three_unknown_accounts_reach_an_agent() -> None:
    told = await press([*AT_OUTAGE, *([*ACCOUNT_KEYS, "1"] * 3)], stranger(find_account=None))
    assert told.queue == "repair"
    assert told.caller.heard.count("account.not_found") == 3


async def test_a_single_0_instead_of_the_account_is_the_agent() -> None:
    told = await press([*AT_OUTAGE, "0", "#"], stranger())
    assert told.queue == "repair"


async def test_a_withheld_number_is_no_obstacle() -> None:
    told = await World(answers=stranger()).call(Caller(keys=[*AT_OUTAGE, *ACCOUNT_KEYS, "1"], number="anonymous"))
    assert heard_in_order(told, "outage.none")
    assert told.one(FactKind.CALL_STARTED)["caller_number"] == ""


# --- verification and the bill ---------------------------------------------------------------------------------------


async def test_the_balance_is_told_only_after_verification() -> None:
    told = await press([*AT_BALANCE, *"1234#"], known())
    assert heard_in_order(
        told, "verify.enter_phone4", "bill.balance", *speak.money(12345), "bill.month.usage", *speak.number(210),
        "unit.kwh", "bill.month.amount", *speak.money(11485), "bill.unpaid", "bill.month.due", "month.11", "day.25",
        "bill.tier1", "global.anything_else",
    )
    assert told.one(FactKind.VERIFIED) == {"level": 1, "by": "phone_last4"}
    assert told.one(FactKind.SOLVED)["story"] == "balance"
    assert "一百二十三元四角五分" in told.one(FactKind.STATEMENT_GIVEN)["text"]


async def test_three_wrong_proofs_reach_an_agent_and_tell_nothing() -> None:
    told = await press([*AT_BALANCE, *"9999#", *"12#", *"0000#"], known())
    assert told.queue == "billing"
    assert not [prompt for prompt in told.caller.heard if prompt.startswith(("bill.", "money."))]
    assert told.caller.heard[-2:] == ["verify.failed", "queue.enter"]
    assert told.of(FactKind.VERIFIED) == []


async def test_a_second_question_needs_no_second_proof() -> None:
    told = await press([*AT_BALANCE, *"1234#", "1", *AT_BALANCE], known())
    assert told.caller.heard.count("verify.enter_phone4") == 1
    assert told.caller.heard.count("bill.balance") == 2


@pytest.mark.parametrize(
    ("answer", "prompts"),
    [
        (bill(balance_fen=-5050, arrears_fen=5050), ["bill.arrears", *speak.money(5050)]),
        (bill(balance_fen=0), ["bill.zero"]),
        (bill(bill=None), ["bill.balance", *speak.money(12345), "bill.month.none"]),
    ],
)
async def test_arrears_nothing_and_no_bill_have_their_sentences(answer: Any, prompts: list[str]) -> None:
    told = await press([*AT_BALANCE, *"1234#"], known(balance=answer))
    assert heard_in_order(told, *prompts)


async def test_without_the_database_the_balance_is_an_agents_matter() -> None:
    told = await press([*AT_BALANCE], {"find_caller": profile()} | {"at_transformer": None})
    assert told.queue is None  # the caller hung up at the verification
    told = await press([*AT_BALANCE, *"1234#"], {"find_caller": profile()})
    assert told.queue == "billing"
    assert heard_in_order(told, "global.no_data", "queue.enter")


# --- outages ---------------------------------------------------------------------------------------------------------


async def test_a_running_outage_is_told_before_the_menu_and_a_message_promised() -> None:
    told = await press(["1", SILENCE], known(find_caller=profile(outages=(outage(),))))
    assert told.caller.heard == [
        "welcome", "welcome.recording", "outage.active.fault", "outage.crew.on_site", "outage.restore_unknown",
        "outage.sorry", "outage.offer", "outage.sms_done", "global.anything_else", "global.goodbye",
    ]
    assert told.one(FactKind.NOTICE_REQUESTED)["outage_id"] == 5
    assert told.one(FactKind.STATEMENT_GIVEN)["subject_id"] == 5
    assert told.next == "hangup"


async def test_report_all_the_same_opens_a_ticket() -> None:
    told = await press(["2", "1", "1"], known(find_caller=profile(outages=(outage(),))))
    assert heard_in_order(told, "outage.report_anyway", "fault.contact_phone", "fault.confirm", "fault.registered")
    assert told.one(FactKind.TICKET_REQUESTED)["form"]["scope"] == "area"


async def test_another_matter_leads_to_the_menu_without_a_second_welcome() -> None:
    told = await press(["3", "1", "2"], known(find_caller=profile(outages=(outage(),))))
    assert told.caller.heard.count("welcome") == 1
    assert told.queue == "emergency"


@pytest.mark.parametrize(
    ("end", "sentence"),
    [(None, "outage.restore_unknown"), (timedelta(hours=2), "outage.restore_at"),
     (timedelta(hours=-1), "outage.restore_overdue")],
)
async def test_the_expected_time_is_told_as_it_stands(end: timedelta | None, sentence: str) -> None:
    running = outage(expected_end_at=end and datetime.now(UTC) + end)
    told = await press([*AT_OUTAGE, "1"], known(at_transformer=running))
    assert sentence in told.caller.heard


@pytest.mark.parametrize("kind", OutageKind)
async def test_every_kind_of_outage_has_its_sentence(kind: OutageKind) -> None:
    told = await press([*AT_OUTAGE, "1"], known(at_transformer=outage(kind=kind)))
    assert f"outage.active.{kind}" in told.caller.heard


async def test_no_outage_here_offers_to_report() -> None:
    told = await press([*AT_OUTAGE, "1", "2", "1", "1"], known())
    assert heard_in_order(told, "outage.none", "outage.none.report", "fault.intro", "fault.ask_neighbours")


async def test_planned_outages_are_told_with_their_times() -> None:
    start = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    planned = outage(status=OutageStatus.PLANNED, kind=OutageKind.PLANNED, start_at=start,
                     expected_end_at=start + timedelta(hours=8))
    told = await press(["3", "2"], known(upcoming=[planned]))
    assert heard_in_order(told, "outage.planned.intro", "outage.planned.from", "hour.8", "hour.half",
                          "outage.planned.to", "hour.16", "hour.half", "outage.planned.prepare")
    told = await press(["3", "2"], known())
    assert heard_in_order(told, "outage.planned.none")


@pytest.mark.parametrize(("key", "done"), [("1", "outage.subscribe.done"), ("2", "outage.unsubscribe.done")])
async def test_messages_are_subscribed_and_unsubscribed(key: str, done: str) -> None:
    told = await press(["3", "3", key], known())
    assert done in told.caller.heard
    assert told.one(FactKind.NOTICE_REQUESTED)["number"] == NUMBER


# --- fault report ----------------------------------------------------------------------------------------------------

NO_DANGER, SWITCH_OK, METER_DARK, MY_NUMBER, CONFIRM = "2", "1", "2", "1", "1"


async def test_one_dark_household_is_checked_and_reported() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "1", SWITCH_OK, METER_DARK, MY_NUMBER, CONFIRM, SILENCE], known())
    asked = told.one(FactKind.TICKET_REQUESTED)
    assert asked["ticket_no"] == TICKET_NO
    assert (asked["type"], asked["sub_type"], asked["urgency"]) == ("FAULT", "lv", "normal")
    assert asked["content"] == "邻居有电，室内总开关未跳闸，电表黑屏，一户无电"
    assert asked["form"] == {
        "neighbours": "powered", "indoor_breaker": "closed", "meter_display": "dark", "scope": "one",
        "contact_phone": NUMBER, "account_no": ACCOUNT_NO,
    }
    assert heard_in_order(told, "fault.registered", *speak.digits("0007"), "fault.arrive_urban", "fault.call_before")
    assert told.next == "hangup"


@pytest.mark.parametrize(
    ("area", "sentence"),
    [(AreaClass.URBAN, "fault.arrive_urban"), (AreaClass.RURAL, "fault.arrive_rural"),
     (AreaClass.REMOTE, "fault.arrive_remote")],
)
async def test_the_arrival_limit_is_that_of_the_address(area: AreaClass, sentence: str) -> None:
    answers = known(find_caller=profile(account(area_class=area)))
    told = await press(["1", "1", "2", NO_DANGER, MY_NUMBER, CONFIRM], answers)
    assert sentence in told.caller.heard


@pytest.mark.parametrize(
    ("keys", "result", "sentence"),
    [
        (["1", "2", "1"], "自查后恢复供电", "fault.power_back"),
        (["1", "2", "2", "2"], "初步判断为内部故障，客户不需要上门", "fault.switch_leak"),
        (["1", "1", "1", "2"], "初步判断为内部故障，客户不需要上门", "fault.internal"),
    ],
)
async def test_a_household_that_helps_itself_needs_no_ticket(keys: list[str], result: str, sentence: str) -> None:
    told = await press([*AT_FAULT, NO_DANGER, *keys], known())
    assert sentence in told.caller.heard
    assert told.one(FactKind.SOLVED) == {"story": "fault_report", "result": result}
    assert told.of(FactKind.TICKET_REQUESTED) == []


async def test_a_paid_visit_is_an_internal_fault() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "3", "1", "1", "1", MY_NUMBER, CONFIRM], known())
    assert told.one(FactKind.TICKET_REQUESTED)["sub_type"] == "internal"


async def test_dark_neighbours_make_it_an_area() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "2", MY_NUMBER, CONFIRM], known())
    assert told.one(FactKind.TICKET_REQUESTED)["form"]["scope"] == "area"


async def test_danger_ends_all_questions() -> None:
    told = await press([*AT_FAULT, "1"], known())
    assert told.queue == "emergency"
    assert told.caller.variables["QUEUE_PRIO"] == "10"
    assert told.one(FactKind.TICKET_REQUESTED)["sub_type"] == "hazard"
    assert told.caller.heard[-3:] == ["global.emergency", "global.emergency.transfer", "queue.priority"]


async def test_arrears_are_checked_first_and_told_after_verification() -> None:
    cut = known(find_caller=profile(account(cut_off_for_arrears=True)))
    told = await press([*AT_FAULT, NO_DANGER, *"1234#", "2"], cut)
    assert heard_in_order(told, "verify.enter_phone4", "fault.arrears", "fault.arrears.how", "info.pay")
    assert told.one(FactKind.SOLVED)["result"] == "欠费停电，已告知交费和复电"
    told = await press([*AT_FAULT, NO_DANGER, *"9999#", *"9999#", *"9999#"], cut)
    assert "fault.arrears" not in told.caller.heard


async def test_a_running_outage_comes_before_a_ticket() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "1"], known(at_transformer=outage()))
    assert heard_in_order(told, "outage.active.fault", "outage.sms_done")
    assert told.of(FactKind.TICKET_REQUESTED) == []


async def test_an_open_fault_is_urged_instead_of_reported_twice() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "1"], known(open_for=[ticket()]))
    assert heard_in_order(told, "fault.already_open", "ticket.status.dispatched", "ticket.urge.done")
    assert told.one(FactKind.TICKET_URGED)["ticket_no"] == "2026112000001234"
    assert told.of(FactKind.TICKET_REQUESTED) == []


async def test_another_contact_number_is_read_back() -> None:
    keys = [*AT_FAULT, NO_DANGER, "2", "2", *"123#", *"13911112222#", "1", CONFIRM]
    told = await press(keys, known())
    assert heard_in_order(told, "fault.phone_wrong", "fault.phone_read_back",
                          *speak.digits("13911112222", groups=(3, 4, 4)), "global.confirm", "fault.registered")
    assert told.one(FactKind.TICKET_REQUESTED)["form"]["contact_phone"] == "13911112222"


async def test_a_cancelled_report_is_none() -> None:
    told = await press([*AT_FAULT, NO_DANGER, "2", MY_NUMBER, "2"], known())
    assert "fault.cancelled" in told.caller.heard
    assert told.of(FactKind.TICKET_REQUESTED) == []


async def test_a_fault_is_taken_with_the_database_away() -> None:
    keys = [*AT_FAULT, *ACCOUNT_KEYS, "1", NO_DANGER, "2", MY_NUMBER, CONFIRM, SILENCE]
    told = await press(keys, {}, numbers=[])
    assert told.one(FactKind.TICKET_REQUESTED).get("ticket_no") is None
    assert told.of(FactKind.SLOT_FILLED)[0] == {"slot": "account_no", "value": ACCOUNT_NO, "label": ACCOUNT_NO}
    assert heard_in_order(told, "fault.offline_saved", "global.goodbye")


@pytest.mark.parametrize(("key", "sub_type"), [("3", "quality"), ("4", "metering")])
async def test_voltage_and_meter_are_reported_without_a_self_check(key: str, sub_type: str) -> None:
    told = await press(["1", key, NO_DANGER, MY_NUMBER, CONFIRM], known())
    assert told.one(FactKind.TICKET_REQUESTED)["sub_type"] == sub_type


# --- tickets ---------------------------------------------------------------------------------------------------------


async def test_an_open_ticket_is_told_before_the_menu_and_urged() -> None:
    told = await press(["1", SILENCE], known(find_caller=profile(tickets=(ticket(),))))
    assert told.caller.heard[2:] == [
        "ticket.open.intro", "ticket.kind.fault", "ticket.tail", *speak.digits("1234"), "ticket.status.dispatched",
        "ticket.urge.offer", "ticket.urge.done", "global.anything_else", "global.goodbye",
    ]


async def test_another_matter_than_the_open_ticket_leads_to_the_menu() -> None:
    told = await press(["2", "2", "2"], known(find_caller=profile(tickets=(ticket(),))))
    assert told.of(FactKind.INTENT_CHOSEN)[0]["intent"] == "PAYMENT_HOWTO"


async def test_a_fault_is_told_before_newer_tickets() -> None:
    newer = ticket(ticket_no="2026112000009876", type=TicketType.SERVICE_REQ)
    told = await press([SILENCE], known(find_caller=profile(tickets=(newer, ticket()))))
    assert heard_in_order(told, "ticket.open.intro", "ticket.kind.fault")


@pytest.mark.parametrize("kind", [TicketType.PRAISE, TicketType.SUGGEST, TicketType.OPINION])
async def test_what_nobody_waits_for_is_not_told_unasked(kind: TicketType) -> None:
    told = await press([*AT_OUTAGE], known(find_caller=profile(tickets=(ticket(type=kind),))))
    assert "ticket.open.intro" not in told.caller.heard
    assert "menu.main" in told.caller.heard


@pytest.mark.parametrize("status", [s for s in TicketStatus if s is not TicketStatus.DRAFT])
async def test_every_state_has_its_sentence(status: TicketStatus) -> None:
    told = await press([*AT_PROGRESS, "2"], known(open_for=[ticket(status=status)]))
    assert f"ticket.status.{status.lower()}" in told.caller.heard


@pytest.mark.parametrize("kind", TicketType)
async def test_what_a_report_or_complaint_is_about_is_not_told(kind: TicketType) -> None:
    told = await press([*AT_PROGRESS, "2"], known(open_for=[ticket(type=kind)]))
    discreet = kind in (TicketType.REPORT, TicketType.COMPLAINT)
    assert (f"ticket.kind.{kind.lower()}" in told.caller.heard) is not discreet


async def test_urging_again_too_soon_is_answered_kindly() -> None:
    told = await press([*AT_PROGRESS, "1"], known(open_for=[ticket(urged_at=datetime.now(UTC))]))
    assert "ticket.urge.too_soon" in told.caller.heard
    assert told.of(FactKind.TICKET_URGED) == []


async def test_a_stranger_asks_for_progress_by_account() -> None:
    def open_for(account_no: str | None = None, **_: Any) -> list[Any]:
        return [ticket()] if account_no == ACCOUNT_NO else []

    told = await press([*AT_PROGRESS, *ACCOUNT_KEYS, "1", "1"], stranger(open_for=open_for))
    assert heard_in_order(told, "account.enter", "ticket.open.intro", "ticket.urge.done")


async def test_no_open_ticket_is_told() -> None:
    told = await press([*AT_PROGRESS], known())
    assert "ticket.none" in told.caller.heard


@pytest.mark.parametrize("keys", [["2", "4"], ["4", "5"], ["7", "1"]])
async def test_a_wish_for_later_is_registered_with_a_number(keys: list[str]) -> None:
    told = await press(keys, known())
    asked = told.one(FactKind.TICKET_REQUESTED)
    assert (asked["type"], asked["ticket_no"]) == ("SERVICE_REQ", TICKET_NO)
    assert heard_in_order(told, "ticket.created", *speak.digits("0007"), "ticket.created.reply")


# --- reconnection, account number, key accounts ------------------------------------------------------------------


async def test_paid_but_dark_is_registered_for_reconnection() -> None:
    cut = known(find_caller=profile(account(cut_off_for_arrears=True)))
    told = await press(["1", "1", "3", *"1234#", "1"], cut)
    asked = told.one(FactKind.TICKET_REQUESTED)
    assert (asked["type"], asked["sub_type"], asked["urgency"]) == ("SERVICE_REQ", "reconnect", "important")
    assert heard_in_order(told, "reconnect.settled", "reconnect.registered", *speak.digits("0007"))


async def test_a_payment_that_has_not_arrived_is_told() -> None:
    answers = known(
        find_caller=profile(account(cut_off_for_arrears=True)), balance=bill(balance_fen=-5050, arrears_fen=5050)
    )
    told = await press(["1", "1", "3", *"1234#"], answers)
    assert heard_in_order(told, "reconnect.still_owing", *speak.money(5050), "reconnect.still_owing.advice")


async def test_an_account_that_is_not_cut_is_told_so() -> None:
    told = await press(["1", "1", "3", *"1234#"], known())
    assert "reconnect.not_cut" in told.caller.heard


async def test_the_account_number_goes_to_the_registered_phone_only() -> None:
    told = await press(["2", "7", "1"], known())
    assert ACCOUNT_NO in told.one(FactKind.NOTICE_REQUESTED)["text"]
    assert not [prompt for prompt in told.caller.heard if prompt.startswith("digit.")]
    told = await press(["2", "7"], stranger())
    assert "account.no_number" in told.caller.heard
    assert told.of(FactKind.NOTICE_REQUESTED) == []


@pytest.mark.parametrize("digits", [[*ACCOUNT_KEYS], ["1", "#"], [SILENCE], ["0", "#"]])
async def test_a_key_account_always_reaches_its_agents(digits: list[Any]) -> None:
    told = await press(["8", *digits], known())
    assert told.queue == "key_account"


@pytest.mark.parametrize(
    ("customer", "priority"),
    [
        ({}, "0"),
        ({"life_support": True}, "8"),
        ({"important_class": ImportantClass.SPECIAL}, "7"),
        ({"important_class": ImportantClass.FIRST}, "6"),
        ({"important_class": ImportantClass.SECOND}, "5"),
        ({"important_class": ImportantClass.SECOND, "life_support": True}, "8"),
    ],
)
async def test_important_callers_go_first(customer: dict[str, Any], priority: str) -> None:
    told = await press(["1", "0"], known(find_caller=profile(**customer)))
    assert told.caller.variables["QUEUE_PRIO"] == priority
    assert told.one(FactKind.HANDED_OVER)["priority"] == int(priority)


# --- the other scripts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "sentence"), [("1", "survey.thanks"), ("2", "survey.thanks"), ("3", "survey.sorry")])
async def test_the_survey_takes_one_key(key: str, sentence: str) -> None:
    told = await World().call(Caller(keys=[key]), "survey")
    assert told.one(FactKind.SURVEY_ANSWERED)["satisfaction"] == int(key)
    assert told.caller.heard == ["survey.ask", sentence]


@pytest.mark.parametrize("keys", [[SILENCE, SILENCE], ["7", "7"], ["0"], ["*"]])
async def test_no_answer_to_the_survey_is_no_answer(keys: list[Any]) -> None:
    told = await World().call(Caller(keys=keys), "survey")
    assert told.of(FactKind.SURVEY_ANSWERED) == []
    assert told.caller.heard[-1] == "survey.skipped"
    assert told.next == "hangup"


WAITING = {"HOTLINE_QUEUE": "repair", "HOTLINE_QUEUE_POSITION": "3", "QUEUE_PRIO": "5",
           "HOTLINE_QUEUED_AT": "2026-11-21T12:00:00.000+00:00"}


async def test_a_callback_keeps_queue_place_and_waiting_time() -> None:
    told = await World().call(Caller(keys=["1"], variables=dict(WAITING)), "callback-offer")
    assert told.one(FactKind.CALLBACK_REQUESTED) == {
        "number": NUMBER, "queue": "repair", "priority": 5, "position": 3, "queued_at": "2026-11-21T12:00:00+00:00",
    }
    assert told.next == "hangup"
    assert told.caller.heard[-1] == "callback.confirmed"


async def test_a_callback_to_another_number() -> None:
    told = await World().call(Caller(keys=["2", *"13911112222#", "1"], variables=dict(WAITING)), "callback-offer")
    assert told.one(FactKind.CALLBACK_REQUESTED)["number"] == "13911112222"


@pytest.mark.parametrize("keys", [["3"], ["0"], ["*"], [SILENCE, SILENCE], ["2", *(["1", "#"] * 3)]])
async def test_without_an_agreed_number_the_waiting_goes_on(keys: list[Any]) -> None:
    told = await World().call(Caller(keys=keys, variables=dict(WAITING)), "callback-offer")
    assert told.of(FactKind.CALLBACK_REQUESTED) == []
    assert told.queue == "repair"


async def test_a_called_back_customer_is_greeted() -> None:
    told = await World().call(Caller(), "callback-connect")
    assert (told.caller.heard, told.next) == (["callback.connect"], "hangup")


def no_message_in(folder: Path) -> bool:
    return not any(folder.rglob("*.json"))


async def test_a_message_is_handed_on_whole(tmp_path: Path) -> None:
    messages = tmp_path / "unit" / "messages"
    messages.mkdir(parents=True)
    (messages / "unit-1.1.wav").write_bytes(bytes(44 + 16000 * 7))
    told = await World(var_dir=tmp_path).call(Caller(), "unattended")
    assert told.caller.heard == ["message.nobody", "message.ask", "message.saved"]
    written = json.loads((messages / "unit-1.1.json").read_text(encoding="utf-8"))
    assert written["call_id"] == "unit-1.1"
    assert (written["caller_number"], written["seconds"], written["reason"]) == (NUMBER, 7.0, "unattended")
    assert datetime.fromisoformat(written["recorded_at"]).tzinfo is not None


async def test_a_message_of_nothing_is_not_handed_on(tmp_path: Path) -> None:
    told = await World(var_dir=tmp_path).call(Caller(), "unattended")
    assert told.caller.heard[-1] == "message.empty"
    assert no_message_in(tmp_path)


async def test_a_message_folder_that_cannot_be_made_is_told_kindly(tmp_path: Path) -> None:
    (tmp_path / "unit").write_text("a file where the folder should be")
    told = await World(var_dir=tmp_path).call(Caller(), "unattended")
    assert told.caller.heard[-1] == "message.failed"
    assert told.next == "hangup"


async def test_hanging_up_in_the_apology_leaves_no_message(tmp_path: Path) -> None:
    told = await World(var_dir=tmp_path).call(Caller(barge_in={"message.nobody": HANG_UP}), "unattended")
    assert told.one(FactKind.IVR_LEFT)["reason"] == "hangup"
    assert no_message_in(tmp_path)
