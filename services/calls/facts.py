"""What can become known about a call: the kinds of facts and one constructor for each (docs/contracts.md section 2).

A fact is what happened, at the time it happened, told by the process that saw it. The IVR, the ACD, the desktop and
the workers make facts; `journal.py` carries them to the database and `timeline.py` writes them down.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid4

from services.calls.model import Direction


class FactKind(StrEnum):
    CALL_STARTED = "call_started"
    CALLER_IDENTIFIED = "caller_identified"
    VERIFIED = "verified"
    STATEMENT_GIVEN = "statement_given"
    MENU_ENTERED = "menu_entered"
    KEY_PRESSED = "key_pressed"
    NO_INPUT = "no_input"
    INVALID_INPUT = "invalid_input"
    INTENT_CHOSEN = "intent_chosen"
    SLOT_FILLED = "slot_filled"
    SOLVED = "solved"
    TICKET_REQUESTED = "ticket_requested"
    TICKET_URGED = "ticket_urged"
    NOTICE_REQUESTED = "notice_requested"
    HANDED_OVER = "handed_over"
    IVR_LEFT = "ivr_left"
    QUEUE_JOINED = "queue_joined"
    CALLBACK_REQUESTED = "callback_requested"
    MESSAGE_LEFT = "message_left"
    AGENT_RANG = "agent_rang"
    AGENT_MISSED = "agent_missed"
    AGENT_CONNECTED = "agent_connected"
    HELD = "held"
    UNHELD = "unheld"
    TRANSFERRED = "transferred"
    AGENT_LEFT = "agent_left"
    QUEUE_ABANDONED = "queue_abandoned"
    QUEUE_LEFT = "queue_left"
    SURVEY_ANSWERED = "survey_answered"
    LEG_STARTED = "leg_started"
    LEG_ANSWERED = "leg_answered"
    LEG_ENDED = "leg_ended"
    END_REQUESTED = "end_requested"
    DISPOSED = "disposed"
    CALL_ENDED = "call_ended"


class BadFactError(ValueError):
    """A line that is no fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened. The same `key` is the same fact, however often it is told (at most 96 characters)."""

    call_id: str
    at: datetime
    source: str  # ivr | acd | desktop | worker
    kind: FactKind
    data: Mapping[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=lambda: uuid4().hex)

    def to_json(self) -> str:
        """One line, without line breaks."""
        return json.dumps(
            {
                "call_id": self.call_id,
                "at": self.at.isoformat(),
                "source": self.source,
                "key": self.key,
                "kind": self.kind,
                "data": dict(self.data),
            },
            ensure_ascii=False,
            default=_as_text,
        )

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Raises BadFactError for anything that `to_json` did not write."""
        try:
            raw = json.loads(line)
            at = datetime.fromisoformat(raw["at"])
            if at.tzinfo is None:
                raise BadFactError("time without zone")
            return cls(
                call_id=str(raw["call_id"]), at=at, source=str(raw["source"]), key=str(raw["key"]),
                kind=FactKind(raw["kind"]), data=dict(raw["data"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadFactError(type(error).__name__) from error


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _fact(
    kind: FactKind, call_id: str, at: datetime, source: str, once: str | None = None, /, **data: Any
) -> Fact:
    """`once` names a fact that can happen only once, so that two tellers or a resync tell the same one."""
    known = {name: value for name, value in data.items() if value is not None}
    if once is None:
        return Fact(call_id=call_id, at=at, source=source, kind=kind, data=known)
    return Fact(call_id=call_id, at=at, source=source, kind=kind, data=known, key=f"{once}/{kind}/{source}")


def call_started(
    call_id: str, at: datetime, source: str, *, caller_number: str, called_number: str,
    direction: Direction = Direction.INBOUND, callback_id: int | None = None, channel: str = "",
) -> Fact:
    return _fact(
        FactKind.CALL_STARTED, call_id, at, source, call_id, caller_number=caller_number, called_number=called_number,
        direction=direction, callback_id=callback_id, channel=channel,
    )


def call_ended(
    call_id: str, at: datetime, source: str, *, by: str, cause: int | None = None, resync: bool = False
) -> Fact:
    """`by`: caller | agent | system; `resync`: nobody saw the end itself, `at` is when it was found."""
    once = f"{call_id}/resync" if resync else call_id
    return _fact(FactKind.CALL_ENDED, call_id, at, source, once, by=by, cause=cause, resync=resync or None)


# --- told by the IVR -------------------------------------------------------------------------------------------------


def caller_identified(
    call_id: str, at: datetime, *, customer_id: int, account_no: str | None = None, by: str, source: str = "ivr"
) -> Fact:
    """`by`: number | account_no | desktop."""
    return _fact(
        FactKind.CALLER_IDENTIFIED, call_id, at, source, customer_id=customer_id, account_no=account_no, by=by
    )


def verified(call_id: str, at: datetime, *, level: int, by: str, source: str = "ivr") -> Fact:
    """`level` of SEC-22: 1 account status, 2 change."""
    return _fact(FactKind.VERIFIED, call_id, at, source, level=level, by=by)


def statement_given(
    call_id: str, at: datetime, *, what: str, text: str, subject_id: int | str | None = None
) -> Fact:
    return _fact(FactKind.STATEMENT_GIVEN, call_id, at, "ivr", what=what, subject_id=subject_id, text=text)


def menu_entered(call_id: str, at: datetime, *, menu: str) -> Fact:
    return _fact(FactKind.MENU_ENTERED, call_id, at, "ivr", menu=menu)


def key_pressed(call_id: str, at: datetime, *, menu: str, digits: str, choice: str = "") -> Fact:
    return _fact(FactKind.KEY_PRESSED, call_id, at, "ivr", menu=menu, digits=digits, choice=choice)


def no_input(call_id: str, at: datetime, *, menu: str, count: int) -> Fact:
    return _fact(FactKind.NO_INPUT, call_id, at, "ivr", menu=menu, count=count)


def invalid_input(call_id: str, at: datetime, *, menu: str, count: int, digits: str) -> Fact:
    return _fact(FactKind.INVALID_INPUT, call_id, at, "ivr", menu=menu, count=count, digits=digits)


def intent_chosen(
    call_id: str, at: datetime, *, intent: str, label: str, ticket_type: str | None = None,
    ticket_sub_type: str | None = None, queue: str | None = None,
) -> Fact:
    return _fact(
        FactKind.INTENT_CHOSEN, call_id, at, "ivr", intent=intent, label=label, ticket_type=ticket_type,
        ticket_sub_type=ticket_sub_type, queue=queue,
    )


def slot_filled(call_id: str, at: datetime, *, slot: str, value: Any, label: str = "") -> Fact:
    """`slot` is a field of `services/tickets/forms.py`; it prefills the form."""
    return _fact(FactKind.SLOT_FILLED, call_id, at, "ivr", slot=slot, value=value, label=label)


def solved(call_id: str, at: datetime, *, story: str, result: str) -> Fact:
    return _fact(FactKind.SOLVED, call_id, at, "ivr", story=story, result=result)


def ticket_requested(
    call_id: str, at: datetime, *, ticket_no: str | None, type: str, sub_type: str = "", urgency: str = "normal",
    content: str = "", form: Mapping[str, Any] | None = None,
) -> Fact:
    """`ticket_no` is the number that the caller was told, from `TicketNumbers`; None lets the backend draw one."""
    return _fact(
        FactKind.TICKET_REQUESTED, call_id, at, "ivr", ticket_no=ticket_no, type=type, sub_type=sub_type,
        urgency=urgency, content=content, form=dict(form or {}),
    )


def ticket_urged(call_id: str, at: datetime, *, ticket_no: str) -> Fact:
    return _fact(FactKind.TICKET_URGED, call_id, at, "ivr", ticket_no=ticket_no)


def notice_requested(
    call_id: str, at: datetime, *, key: str, number: str, text: str, outage_id: int | None = None
) -> Fact:
    """One message to `number`, sent once for a `key`."""
    return _fact(FactKind.NOTICE_REQUESTED, call_id, at, "ivr", key=key, number=number, text=text, outage_id=outage_id)


def handed_over(
    call_id: str, at: datetime, *, queue: str, priority: int = 0, ticket_type: str | None = None,
    ticket_sub_type: str | None = None,
) -> Fact:
    return _fact(
        FactKind.HANDED_OVER, call_id, at, "ivr", queue=queue, priority=priority, ticket_type=ticket_type,
        ticket_sub_type=ticket_sub_type,
    )


def ivr_left(call_id: str, at: datetime, *, reason: str, at_step: str = "") -> Fact:
    """`reason`: hangup | done | error."""
    return _fact(FactKind.IVR_LEFT, call_id, at, "ivr", reason=reason, at_step=at_step)


def callback_requested(
    call_id: str, at: datetime, *, number: str, queue: str, priority: int, position: int, queued_at: datetime
) -> Fact:
    return _fact(
        FactKind.CALLBACK_REQUESTED, call_id, at, "ivr", call_id, number=number, queue=queue, priority=priority,
        position=position, queued_at=queued_at.isoformat(),
    )


def survey_answered(call_id: str, at: datetime, *, satisfaction: int) -> Fact:
    """1 satisfied, 2 fair, 3 not satisfied (I-13)."""
    return _fact(FactKind.SURVEY_ANSWERED, call_id, at, "ivr", satisfaction=satisfaction)


def message_left(call_id: str, at: datetime, *, file: str, seconds: float, reason: str) -> Fact:
    return _fact(FactKind.MESSAGE_LEFT, call_id, at, "worker", call_id, file=file, seconds=seconds, reason=reason)


# --- told by the ACD -------------------------------------------------------------------------------------------------


def queue_joined(call_id: str, at: datetime, *, queue: str, position: int | None, channel: str) -> Fact:
    return _fact(FactKind.QUEUE_JOINED, call_id, at, "acd", queue=queue, position=position, channel=channel)


def agent_rang(call_id: str, at: datetime, *, staff_no: str, queue: str) -> Fact:
    return _fact(FactKind.AGENT_RANG, call_id, at, "acd", staff_no=staff_no, queue=queue)


def agent_missed(call_id: str, at: datetime, *, staff_no: str, queue: str, ring_ms: int) -> Fact:
    return _fact(FactKind.AGENT_MISSED, call_id, at, "acd", staff_no=staff_no, queue=queue, ring_ms=ring_ms)


def agent_connected(
    call_id: str, at: datetime, *, staff_no: str, queue: str | None, wait_ms: int | None = None,
    ring_ms: int | None = None,
) -> Fact:
    return _fact(
        FactKind.AGENT_CONNECTED, call_id, at, "acd", staff_no=staff_no, queue=queue, wait_ms=wait_ms, ring_ms=ring_ms
    )


def held(call_id: str, at: datetime, *, staff_no: str) -> Fact:
    return _fact(FactKind.HELD, call_id, at, "acd", staff_no=staff_no)


def unheld(call_id: str, at: datetime, *, staff_no: str) -> Fact:
    return _fact(FactKind.UNHELD, call_id, at, "acd", staff_no=staff_no)


def transferred(call_id: str, at: datetime, *, from_staff_no: str, to_staff_no: str) -> Fact:
    return _fact(FactKind.TRANSFERRED, call_id, at, "acd", from_staff_no=from_staff_no, to_staff_no=to_staff_no)


def agent_left(
    call_id: str, at: datetime, *, staff_no: str, talk_ms: int | None = None, by: str
) -> Fact:
    """`by`: agent | caller | transfer."""
    return _fact(FactKind.AGENT_LEFT, call_id, at, "acd", staff_no=staff_no, talk_ms=talk_ms, by=by)


def queue_abandoned(
    call_id: str, at: datetime, *, queue: str, position: int | None = None, wait_ms: int | None = None
) -> Fact:
    return _fact(FactKind.QUEUE_ABANDONED, call_id, at, "acd", queue=queue, position=position, wait_ms=wait_ms)


def queue_left(call_id: str, at: datetime, *, queue: str, reason: str) -> Fact:
    return _fact(FactKind.QUEUE_LEFT, call_id, at, "acd", queue=queue, reason=reason)


def leg_started(
    call_id: str, at: datetime, *, channel_id: str, channel: str, role: str, staff_no: str | None = None
) -> Fact:
    """`role`: caller | agent | other."""
    return _fact(
        FactKind.LEG_STARTED, call_id, at, "acd", channel_id, channel_id=channel_id, channel=channel, role=role,
        staff_no=staff_no,
    )


def leg_answered(call_id: str, at: datetime, *, channel_id: str) -> Fact:
    return _fact(FactKind.LEG_ANSWERED, call_id, at, "acd", channel_id, channel_id=channel_id)


def leg_ended(call_id: str, at: datetime, *, channel_id: str, cause: int | None = None) -> Fact:
    return _fact(FactKind.LEG_ENDED, call_id, at, "acd", channel_id, channel_id=channel_id, cause=cause)


# --- told by the desktop ---------------------------------------------------------------------------------------------


def end_requested(call_id: str, at: datetime, *, staff_no: str, reason: str) -> Fact:
    """The agent hung up first, for a reason that the rules allow (I-12): nuisance | silent."""
    return _fact(FactKind.END_REQUESTED, call_id, at, "desktop", staff_no=staff_no, reason=reason)


def disposed(call_id: str, at: datetime, *, staff_no: str, ticket_no: str, disposition: str) -> Fact:
    return _fact(
        FactKind.DISPOSED, call_id, at, "desktop", staff_no=staff_no, ticket_no=ticket_no, disposition=disposition
    )
