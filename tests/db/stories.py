"""Calls as the IVR, the ACD and the workers tell them, and the ticket that each must end with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.calls import facts
from services.calls.facts import Fact
from services.calls.model import CallOutcome
from services.tickets.model import TicketStatus, TicketType
from tests.db.city import AGENT, ALICE, ALICE_ACCOUNT, BOB, STRANGER

START: Final = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CALL: Final = "1795226400.7"
NUMBER: Final = "2026112100000001"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Story:
    """`facts` in the order of events; `ticket` are columns that the ticket must have in the end."""

    name: str
    facts: tuple[Fact, ...]
    outcome: CallOutcome
    type: TicketType
    status: TicketStatus
    ticket: Mapping[str, Any] = field(default_factory=dict)


def began(number: str = ALICE, call_id: str = CALL) -> tuple[Fact, ...]:
    return (
        facts.call_started(
            call_id, at(0.02), "acd", caller_number=number, called_number="95598", channel="PJSIP/carrier-1"
        ),
        facts.leg_started(call_id, at(0.02), channel_id=call_id, channel="PJSIP/carrier-1", role="caller"),
        facts.call_started(call_id, at(0.05), "ivr", caller_number=number, called_number="95598"),
        facts.menu_entered(call_id, at(1), menu="main"),
        facts.key_pressed(call_id, at(3), menu="main", digits="1", choice="停电报修"),
    )


def ended(seconds: float, by: str = "caller", call_id: str = CALL) -> tuple[Fact, ...]:
    return (
        facts.leg_ended(call_id, at(seconds), channel_id=call_id, cause=16),
        facts.call_ended(call_id, at(seconds + 0.01), "acd", by=by, cause=16),
    )


def queued(queue: str = "repair") -> tuple[Fact, ...]:
    return (
        facts.intent_chosen(
            CALL,
            at(8),
            intent="OUTAGE_REPORT_SINGLE",
            label="一户停电报修",
            ticket_type="FAULT",
            ticket_sub_type="lv",
            queue=queue,
        ),
        facts.handed_over(CALL, at(9), queue=queue, ticket_type="FAULT", ticket_sub_type="lv"),
        facts.ivr_left(CALL, at(9.1), reason="done"),
        facts.queue_joined(CALL, at(9.2), queue=queue, position=1, channel="PJSIP/carrier-1"),
    )


IDENTIFIED: Final = facts.caller_identified(CALL, at(0.1), customer_id=1, account_no=ALICE_ACCOUNT, by="number")
TALKED: Final = (
    facts.agent_rang(CALL, at(12), staff_no=AGENT, queue="repair"),
    facts.agent_connected(CALL, at(15), staff_no=AGENT, queue="repair", wait_ms=5800, ring_ms=3000),
    facts.held(CALL, at(30), staff_no=AGENT),
    facts.unheld(CALL, at(40), staff_no=AGENT),
    facts.agent_left(CALL, at(90), staff_no=AGENT, talk_ms=75000, by="agent"),
    facts.survey_answered(CALL, at(95), satisfaction=1),
)
REQUESTED: Final = facts.ticket_requested(
    CALL,
    at(20),
    ticket_no=NUMBER,
    type="FAULT",
    sub_type="lv",
    content="一户无电，总开关未跳闸",
    form={"scope": "one", "indoor_breaker": "closed"},
)

STORIES: Final = (
    Story(
        "solved by the machine",
        (
            *began(),
            IDENTIFIED,
            facts.verified(CALL, at(5), level=1, by="account_no+phone4"),
            facts.intent_chosen(
                CALL, at(6), intent="BILL_QUERY", label="查余额", ticket_type="QUERY", ticket_sub_type="bill"
            ),
            facts.statement_given(CALL, at(8), what="balance", text="您的余额是一元"),
            facts.solved(CALL, at(9), story="balance", result="told"),
            facts.ivr_left(CALL, at(12), reason="done"),
            *ended(12),
        ),
        CallOutcome.SELF_SERVICE,
        TicketType.QUERY,
        TicketStatus.CLOSED_FCR,
        {
            "sub_type": "bill",
            "disposition": "self_service",
            "handle_opinion": "您的余额是一元",
            "account_no": ALICE_ACCOUNT,
        },
    ),
    Story(
        "a fault that the machine explained is no fault ticket",
        (
            *began(),
            facts.intent_chosen(
                CALL, at(6), intent="OUTAGE", label="停电", ticket_type="FAULT", ticket_sub_type="lv"
            ),
            facts.solved(CALL, at(9), story="outage_here", result="told"),
            *ended(12),
        ),
        CallOutcome.SELF_SERVICE,
        TicketType.QUERY,
        TicketStatus.CLOSED_FCR,
        {"sub_type": "outage_here"},
    ),
    Story(
        "asked for by the machine",
        (
            *began(),
            IDENTIFIED,
            facts.slot_filled(CALL, at(15), slot="neighbours", value="powered", label="邻居有电"),
            REQUESTED,
            facts.ivr_left(CALL, at(25), reason="done"),
            *ended(25),
        ),
        CallOutcome.SELF_SERVICE,
        TicketType.FAULT,
        TicketStatus.TO_DISPATCH,
        {
            "ticket_no": NUMBER,
            "account_no": ALICE_ACCOUNT,
            "transformer_id": 1,
            "contact_name": "王建国",
            "form": {"neighbours": "powered", "scope": "one", "indoor_breaker": "closed"},
        },
    ),
    Story(
        "asked for, then hung up in the queue",
        (
            *began(),
            REQUESTED,
            *queued(),
            facts.queue_abandoned(CALL, at(30), queue="repair", position=1),
            *ended(30),
        ),
        CallOutcome.ABANDONED_IN_QUEUE,
        TicketType.FAULT,
        TicketStatus.TO_DISPATCH,
        {"ticket_no": NUMBER},
    ),
    Story(
        "hung up in the menu",
        (*began(STRANGER), facts.ivr_left(CALL, at(4), reason="hangup", at_step="main"), *ended(4)),
        CallOutcome.ABANDONED_IN_MENU,
        TicketType.CONSULT,
        TicketStatus.TO_CALLBACK,
        {"sub_type": "abandoned", "customer_id": None, "contact_phone": STRANGER},
    ),
    Story(
        "hung up in the queue",
        (
            *began(),
            *queued(),
            facts.queue_abandoned(CALL, at(30), queue="repair", position=1, wait_ms=20000),
            *ended(30),
        ),
        CallOutcome.ABANDONED_IN_QUEUE,
        TicketType.CONSULT,
        TicketStatus.TO_CALLBACK,
        {"sub_type": "abandoned"},
    ),
    Story(
        "hung up while it rang",
        (*began(), *queued(), TALKED[0], *ended(13)),
        CallOutcome.ABANDONED_RINGING,
        TicketType.CONSULT,
        TicketStatus.TO_CALLBACK,
        {"sub_type": "abandoned"},
    ),
    Story(
        "an agent's call",
        (*began(), IDENTIFIED, *queued(), *TALKED, *ended(96)),
        CallOutcome.AGENT,
        TicketType.FAULT,
        TicketStatus.DRAFT,
        {"accept_staff": AGENT, "satisfaction": 1, "accept_content": "一户停电报修"},
    ),
    Story(
        "asked for by the machine, then an agent",
        (*began(), REQUESTED, *queued(), *TALKED, *ended(96)),
        CallOutcome.AGENT,
        TicketType.FAULT,
        TicketStatus.DRAFT,
        {"ticket_no": NUMBER, "accept_staff": AGENT},
    ),
    Story(
        "the first agent missed it",
        (
            *began(),
            *queued(),
            facts.agent_rang(CALL, at(10), staff_no="3002", queue="repair"),
            facts.agent_missed(CALL, at(11.5), staff_no="3002", queue="repair", ring_ms=1500),
            *TALKED,
            *ended(96),
        ),
        CallOutcome.AGENT,
        TicketType.FAULT,
        TicketStatus.DRAFT,
        {"accept_staff": AGENT},
    ),
    Story(
        "nobody there, a message",
        (
            *began(),
            *queued(),
            facts.queue_left(CALL, at(20), queue="repair", reason="LEAVEEMPTY"),
            facts.message_left(CALL, at(40), file=f"{CALL}-message.wav", seconds=15, reason="unattended"),
            *ended(41),
        ),
        CallOutcome.MESSAGE_LEFT,
        TicketType.FAULT,
        TicketStatus.TO_CALLBACK,
        {"order_class": "voice_message"},
    ),
    Story(
        "a callback instead of waiting",
        (
            *began(),
            *queued(),
            facts.callback_requested(
                CALL, at(40), number=ALICE, queue="repair", priority=0, position=3, queued_at=at(9.2)
            ),
            *ended(45),
        ),
        CallOutcome.CALLBACK_REQUESTED,
        TicketType.FAULT,
        TicketStatus.TO_CALLBACK,
    ),
    Story(
        "nobody saw the end",
        (began(BOB)[0], facts.call_ended(CALL, at(300), "worker", by="system", resync=True)),
        CallOutcome.LOST,
        TicketType.CONSULT,
        TicketStatus.TO_CALLBACK,
        {"customer_id": 2},
    ),
    Story(
        "the end is told twice, seen and found",
        (
            *began(),
            *queued(),
            *TALKED,
            *ended(96),
            facts.call_ended(CALL, at(200), "worker", by="system", resync=True),
        ),
        CallOutcome.AGENT,
        TicketType.FAULT,
        TicketStatus.DRAFT,
    ),
)
