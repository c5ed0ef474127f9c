"""What the facts of one call amount to: pure, so that any order and any repetition of facts gives the same call.

`timeline.py` folds all facts of a call again whenever one arrives and writes the result to `calls`;
`services/tickets/from_call.py` reads the same `Story` to open or correct the call's ticket.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.calls.facts import Fact, FactKind
from services.calls.model import CallOutcome, CallPhase, Direction
from services.tickets.model import TicketType, Urgency

RANK: Final = {kind: rank for rank, kind in enumerate(FactKind)}


@dataclass(slots=True)
class Leg:
    channel_id: str
    channel: str = ""
    role: str = "other"
    staff_no: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_cause: int | None = None


@dataclass(slots=True)
class Story:
    """A call as far as it is told. Times are those of the facts, never of their arrival."""

    first_at: datetime
    direction: Direction = Direction.INBOUND
    callback_id: int | None = None
    phase: CallPhase = CallPhase.MENU
    phase_since: datetime | None = None
    caller_number: str = ""
    started_at: datetime | None = None
    queued_at: datetime | None = None
    connected_at: datetime | None = None
    agent_left_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_witnessed: bool = False
    customer_id: int | None = None
    account_no: str | None = None
    verified_level: int = 0
    intent: str | None = None
    intent_label: str | None = None
    ticket_type: TicketType | None = None
    ticket_sub_type: str | None = None
    queue: str | None = None
    queue_priority: int = 0
    staff_no: str | None = None
    accepted_by: str | None = None  # the first agent
    satisfaction: int | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    solved: str | None = None  # story that helped
    solved_result: str = ""
    requested: dict[str, Any] | None = None  # data of ticket_requested
    requested_at: datetime | None = None
    urged_ticket_no: str | None = None
    handed_over: bool = False
    ivr_left: str | None = None
    callback: Fact | None = None
    message: Fact | None = None
    disposition: str | None = None
    legs: dict[str, Leg] = field(default_factory=dict)

    def leg(self, channel_id: str) -> Leg:
        return self.legs.setdefault(channel_id, Leg(channel_id))

    def move(self, phase: CallPhase, at: datetime) -> None:
        self.phase, self.phase_since = phase, at

    @property
    def outcome(self) -> CallOutcome | None:
        """How an ended call ended; None while it runs."""
        if self.ended_at is None:
            return None
        if self.disposition == "nuisance":
            return CallOutcome.NUISANCE
        if self.connected_at:
            return CallOutcome.AGENT
        if self.message:
            return CallOutcome.MESSAGE_LEFT
        if self.callback:
            return CallOutcome.CALLBACK_REQUESTED
        if self.handed_over or self.queued_at:
            ringing = self.phase is CallPhase.RINGING
            return CallOutcome.ABANDONED_RINGING if ringing else CallOutcome.ABANDONED_IN_QUEUE
        if self.solved or self.requested or self.urged_ticket_no:
            return CallOutcome.SELF_SERVICE
        if not self.end_witnessed and self.ivr_left is None:
            return CallOutcome.LOST
        return CallOutcome.ABANDONED_IN_MENU


def fold(facts: Iterable[Fact]) -> Story:
    """Raises ValueError, KeyError or TypeError when a fact lacks what its kind needs, ValueError when there is none."""
    ordered = sorted({fact.key: fact for fact in facts}.values(), key=lambda fact: (fact.at, RANK[fact.kind], fact.key))
    if not ordered:
        raise ValueError("a call without facts")
    story = Story(first_at=ordered[0].at, phase_since=ordered[0].at)
    for fact in ordered:
        if apply := APPLY.get(fact.kind):
            apply(story, fact)
    return story


def _ticket_type(fact: Fact) -> TicketType | None:
    named = fact.data.get("ticket_type")
    return TicketType(named) if named else None


def _call_started(story: Story, fact: Fact) -> None:
    story.started_at = min(story.started_at or fact.at, fact.at)
    story.caller_number = story.caller_number or str(fact.data.get("caller_number", ""))
    if fact.data.get("callback_id") is not None:
        story.callback_id = int(fact.data["callback_id"])
    if Direction(fact.data.get("direction", Direction.INBOUND)) is Direction.CALLBACK:
        story.direction = Direction.CALLBACK


def _caller_identified(story: Story, fact: Fact) -> None:
    story.customer_id = int(fact.data["customer_id"])
    story.account_no = fact.data.get("account_no") or story.account_no


def _verified(story: Story, fact: Fact) -> None:
    story.verified_level = max(story.verified_level, int(fact.data["level"]))


def _statement_given(story: Story, fact: Fact) -> None:
    story.statements.append(str(fact.data["text"]))


def _intent_chosen(story: Story, fact: Fact) -> None:
    story.intent, story.intent_label = str(fact.data["intent"]), str(fact.data["label"])
    story.ticket_type = _ticket_type(fact)
    story.ticket_sub_type = fact.data.get("ticket_sub_type")


def _slot_filled(story: Story, fact: Fact) -> None:
    story.slots[str(fact.data["slot"])] = fact.data["value"]


def _solved(story: Story, fact: Fact) -> None:
    story.solved, story.solved_result = str(fact.data["story"]), str(fact.data.get("result", ""))
    story.handed_over = False


def _ticket_requested(story: Story, fact: Fact) -> None:
    TicketType(fact.data["type"]), Urgency(fact.data.get("urgency") or Urgency.NORMAL)
    told = story.requested["ticket_no"] if story.requested else None
    story.requested_at = story.requested_at or fact.at
    story.requested = {**fact.data, "ticket_no": told or fact.data.get("ticket_no")}


def _ticket_urged(story: Story, fact: Fact) -> None:
    story.urged_ticket_no = str(fact.data["ticket_no"])


def _handed_over(story: Story, fact: Fact) -> None:
    story.handed_over = True
    story.queue = str(fact.data["queue"])
    story.queue_priority = int(fact.data.get("priority", 0))
    story.ticket_type = _ticket_type(fact) or story.ticket_type
    story.ticket_sub_type = fact.data.get("ticket_sub_type") or story.ticket_sub_type


def _ivr_left(story: Story, fact: Fact) -> None:
    story.ivr_left = str(fact.data["reason"])


def _queue_joined(story: Story, fact: Fact) -> None:
    story.queued_at = story.queued_at or fact.at
    story.queue = str(fact.data["queue"])
    story.move(CallPhase.QUEUED, fact.at)


def _callback_requested(story: Story, fact: Fact) -> None:
    story.callback = fact


def _message_left(story: Story, fact: Fact) -> None:
    story.message = fact
    story.move(CallPhase.MESSAGE, fact.at)


def _agent_rang(story: Story, fact: Fact) -> None:
    story.staff_no = str(fact.data["staff_no"])
    story.move(CallPhase.RINGING, fact.at)


def _agent_missed(story: Story, fact: Fact) -> None:
    if story.phase is CallPhase.RINGING and story.staff_no == fact.data["staff_no"]:
        story.staff_no = None
        story.move(CallPhase.QUEUED, fact.at)


def _agent_connected(story: Story, fact: Fact) -> None:
    story.staff_no = str(fact.data["staff_no"])
    story.accepted_by = story.accepted_by or story.staff_no
    story.connected_at = story.connected_at or fact.at
    story.agent_left_at = None
    story.move(CallPhase.TALKING, fact.at)


def _held(story: Story, fact: Fact) -> None:
    if story.phase is CallPhase.TALKING:
        story.move(CallPhase.HOLD, fact.at)


def _unheld(story: Story, fact: Fact) -> None:
    if story.phase is CallPhase.HOLD:
        story.move(CallPhase.TALKING, fact.at)


def _transferred(story: Story, fact: Fact) -> None:
    story.staff_no = str(fact.data["to_staff_no"])
    story.move(CallPhase.TALKING, fact.at)


def _agent_left(story: Story, fact: Fact) -> None:
    if fact.data.get("by") != "transfer" and story.staff_no == fact.data["staff_no"]:
        story.agent_left_at = fact.at
        story.move(CallPhase.SURVEY, fact.at)


def _queue_left(story: Story, fact: Fact) -> None:
    if story.phase in (CallPhase.QUEUED, CallPhase.RINGING):
        story.move(CallPhase.MENU, fact.at)


def _survey_answered(story: Story, fact: Fact) -> None:
    story.satisfaction = int(fact.data["satisfaction"])


def _leg_started(story: Story, fact: Fact) -> None:
    leg = story.leg(str(fact.data["channel_id"]))
    leg.channel, leg.role = str(fact.data.get("channel", "")), str(fact.data.get("role", "other"))
    leg.staff_no, leg.started_at = fact.data.get("staff_no"), fact.at


def _leg_answered(story: Story, fact: Fact) -> None:
    story.leg(str(fact.data["channel_id"])).answered_at = fact.at


def _leg_ended(story: Story, fact: Fact) -> None:
    leg = story.leg(str(fact.data["channel_id"]))
    leg.ended_at, leg.hangup_cause = fact.at, fact.data.get("cause")


def _disposed(story: Story, fact: Fact) -> None:
    story.disposition = str(fact.data["disposition"])


def _call_ended(story: Story, fact: Fact) -> None:
    """An end that somebody saw counts before one that a resync found out about."""
    witnessed = not fact.data.get("resync")
    if story.ended_at is None or (witnessed and not story.end_witnessed):
        story.ended_at, story.ended_by, story.end_witnessed = fact.at, str(fact.data.get("by", "system")), witnessed


APPLY: Final[dict[FactKind, Callable[[Story, Fact], None]]] = {
    FactKind.CALL_STARTED: _call_started,
    FactKind.CALLER_IDENTIFIED: _caller_identified,
    FactKind.VERIFIED: _verified,
    FactKind.STATEMENT_GIVEN: _statement_given,
    FactKind.INTENT_CHOSEN: _intent_chosen,
    FactKind.SLOT_FILLED: _slot_filled,
    FactKind.SOLVED: _solved,
    FactKind.TICKET_REQUESTED: _ticket_requested,
    FactKind.TICKET_URGED: _ticket_urged,
    FactKind.HANDED_OVER: _handed_over,
    FactKind.IVR_LEFT: _ivr_left,
    FactKind.QUEUE_JOINED: _queue_joined,
    FactKind.CALLBACK_REQUESTED: _callback_requested,
    FactKind.MESSAGE_LEFT: _message_left,
    FactKind.AGENT_RANG: _agent_rang,
    FactKind.AGENT_MISSED: _agent_missed,
    FactKind.AGENT_CONNECTED: _agent_connected,
    FactKind.HELD: _held,
    FactKind.UNHELD: _unheld,
    FactKind.TRANSFERRED: _transferred,
    FactKind.AGENT_LEFT: _agent_left,
    FactKind.QUEUE_LEFT: _queue_left,
    FactKind.SURVEY_ANSWERED: _survey_answered,
    FactKind.LEG_STARTED: _leg_started,
    FactKind.LEG_ANSWERED: _leg_answered,
    FactKind.LEG_ENDED: _leg_ended,
    FactKind.DISPOSED: _disposed,
    FactKind.CALL_ENDED: _call_ended,
}
