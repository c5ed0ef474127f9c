"""A call is an append-only timeline of facts (`call_events`) and its projection (`calls`).

`call_id` is Asterisk's Linkedid, `channel_id` its Uniqueid. The database refuses to end a call without a ticket.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model, word


class Direction(StrEnum):
    INBOUND = "inbound"
    CALLBACK = "callback"  # the centre calls the customer back; its ticket is the original one


class CallPhase(StrEnum):
    """Where the caller is now.

    MENU ──► QUEUED ──► RINGING ──► TALKING ◄──► HOLD ──► SURVEY ──► ENDED
      └──► MESSAGE (nobody there) ──► ENDED; a hang-up ends it from anywhere; RINGING may fall back to QUEUED.
    """

    MENU = "menu"
    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    MESSAGE = "message"
    SURVEY = "survey"
    ENDED = "ended"


class CallOutcome(StrEnum):
    SELF_SERVICE = "self_service"  # solved by the machine
    ABANDONED_IN_MENU = "abandoned_in_menu"
    ABANDONED_IN_QUEUE = "abandoned_in_queue"
    ABANDONED_RINGING = "abandoned_ringing"
    CALLBACK_REQUESTED = "callback_requested"
    MESSAGE_LEFT = "message_left"
    AGENT = "agent"
    NUISANCE = "nuisance"
    LOST = "lost"  # nobody saw its end (crash); found by the reconciler


class Call(Model):
    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ticket_id IS NOT NULL", name="ended_call_has_ticket"),
        Index("ix_calls_active", "started_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_calls_started_at", "started_at"),
    )

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    direction: Mapped[Direction] = mapped_column(word(Direction), default=Direction.INBOUND)
    phase: Mapped[CallPhase] = mapped_column(word(CallPhase), default=CallPhase.MENU)
    phase_since: Mapped[datetime]
    caller_number: Mapped[str] = mapped_column(String(32), default="", index=True)
    started_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]  # an agent answered
    agent_left_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(16))  # caller | agent | system
    outcome: Mapped[CallOutcome | None] = mapped_column(word(CallOutcome))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    account_no: Mapped[str | None] = mapped_column(ForeignKey("accounts.account_no"))
    verified_level: Mapped[int] = mapped_column(default=0)  # SEC-22: 0 none, 1 account status, 2 change
    intent: Mapped[str | None] = mapped_column(String(40))  # leaf of the menu, see ivr/menus/*.yaml
    intent_label: Mapped[str | None] = mapped_column(String(60))
    ticket_type: Mapped[str | None] = mapped_column(String(16))
    ticket_sub_type: Mapped[str | None] = mapped_column(String(40))
    queue: Mapped[str | None] = mapped_column(String(16))
    queue_priority: Mapped[int] = mapped_column(default=0)
    staff_no: Mapped[str | None] = mapped_column(ForeignKey("agents.staff_no"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", use_alter=True))
    callback_id: Mapped[int | None]
    satisfaction: Mapped[int | None]  # 1 satisfied, 2 fair, 3 not satisfied (I-13)
    recording: Mapped[str | None] = mapped_column(String(80))


class CallLeg(Model):
    """One channel of a call."""

    __tablename__ = "call_legs"

    channel_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    channel: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16))  # caller | agent | other
    staff_no: Mapped[str | None] = mapped_column(String(8))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    hangup_cause: Mapped[int | None]


class CallEvent(Model):
    """One fact. `seq` orders facts of a call; `key` makes a replay from a spool harmless."""

    __tablename__ = "call_events"
    __table_args__ = (UniqueConstraint("call_id", "seq"), UniqueConstraint("key"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(16))  # ivr | acd | desktop | worker
    key: Mapped[str] = mapped_column(String(96))
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
