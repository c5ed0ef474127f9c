"""A ticket (工单) is an append-only timeline (`ticket_events`) and its projection (domain.md 4)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model, word
from services.grid.model import AreaClass


class TicketType(StrEnum):
    FAULT = "FAULT"  # 故障报修
    CONSULT = "CONSULT"  # 业务咨询
    QUERY = "QUERY"  # 信息查询
    COMPLAINT = "COMPLAINT"  # 投诉
    REPORT = "REPORT"  # 举报
    SUGGEST = "SUGGEST"  # 建议
    OPINION = "OPINION"  # 意见
    PRAISE = "PRAISE"  # 表扬
    URGE = "URGE"  # 催办
    SERVICE_REQ = "SERVICE_REQ"  # 服务申请


class TicketStatus(StrEnum):
    """States of domain.md 4.4; the allowed moves stand in `services/tickets/states.py`."""

    DRAFT = "DRAFT"
    TO_DISPATCH = "TO_DISPATCH"
    DISPATCHED = "DISPATCHED"
    ACCEPTED = "ACCEPTED"
    RETURNED = "RETURNED"
    ASSIGNED = "ASSIGNED"
    ON_SITE = "ON_SITE"
    DONE = "DONE"
    TO_CALLBACK = "TO_CALLBACK"
    REOPENED = "REOPENED"
    MERGED = "MERGED"
    APPEAL = "APPEAL"
    CLOSED = "CLOSED"
    CLOSED_FCR = "CLOSED_FCR"  # closed at first contact
    CLOSED_UNREACHED = "CLOSED_UNREACHED"
    CANCELLED = "CANCELLED"


class Urgency(StrEnum):
    NORMAL = "normal"
    IMPORTANT = "important"
    URGENT = "urgent"


class Milestone(StrEnum):
    """What a time limit asks for."""

    DISPATCH = "dispatch"  # 派单
    TAKE = "take"  # 接单
    CONTACT = "contact"  # 联系客户
    ARRIVE = "arrive"  # 到达现场
    RESTORE = "restore"  # 恢复供电
    ANSWER = "answer"  # 答复客户
    CALLBACK = "callback"  # 回访


class CountedFrom(StrEnum):
    """The moment a limit is counted from."""

    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    DONE = "done"


class Ticket(Model):
    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("ticket_no ~ '^[0-9]{16}$'", name="ticket_no_digits"),
        CheckConstraint("(status LIKE 'CLOSED%' OR status = 'CANCELLED') = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_tickets_open", "accepted_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_tickets_parent_id", "parent_id"),
        Index("ix_tickets_transformer_id", "transformer_id", "accepted_at"),
        Index("ix_tickets_account_no", "account_no"),
        Index("ix_tickets_contact_phone", "contact_phone"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_no: Mapped[str] = mapped_column(String(16), unique=True)
    type: Mapped[TicketType] = mapped_column(word(TicketType))
    sub_type: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[TicketStatus] = mapped_column(word(TicketStatus))
    urgency: Mapped[Urgency] = mapped_column(word(Urgency), default=Urgency.NORMAL)
    origin_call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outages.id"))
    # True until a person touched it: late facts of the call may still correct it.
    automatic: Mapped[bool] = mapped_column(default=True)

    source_channel: Mapped[str] = mapped_column(String(16), default="phone")
    order_class: Mapped[str] = mapped_column(String(16), default="")  # voice_message, ...
    calling_no: Mapped[str] = mapped_column(String(32), default="")
    contact_name: Mapped[str] = mapped_column(String(40), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    contact_addr: Mapped[str] = mapped_column(String(200), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    account_no: Mapped[str | None] = mapped_column(ForeignKey("accounts.account_no"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    transformer_id: Mapped[int | None] = mapped_column(ForeignKey("transformers.id"))
    area_class: Mapped[AreaClass | None] = mapped_column(word(AreaClass))
    accept_staff: Mapped[str | None] = mapped_column(String(8))
    accept_content: Mapped[str] = mapped_column(default="")
    handle_opinion: Mapped[str] = mapped_column(default="")
    form: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # fields of the type (4.3)
    # Names of form fields that the machine filled and no person has corrected yet; the page tints them.
    filled_by_machine: Mapped[list[str]] = mapped_column(JSONB, default=list)
    disposition: Mapped[str | None] = mapped_column(String(24))
    urge_count: Mapped[int] = mapped_column(default=0)
    satisfaction: Mapped[int | None]
    current_owner: Mapped[str | None] = mapped_column(String(40))
    first_owner: Mapped[str | None] = mapped_column(String(40))

    crew_id: Mapped[int | None] = mapped_column(ForeignKey("crews.id"))

    accepted_at: Mapped[datetime]  # all clocks run from here
    dispatched_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # autosave refuses a stale one


class TicketEvent(Model):
    __tablename__ = "ticket_events"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(24))  # ivr | acd | worker | staff_no
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class TicketLimit(Model):
    """One time limit of domain.md 4.6: `key` is its number there, `minutes` or `working_days` its length.

    The row with the most exact area wins; rows change by a new `valid_from`, never by editing.
    """

    __tablename__ = "ticket_limits"
    __table_args__ = (
        CheckConstraint("(minutes IS NULL) <> (working_days IS NULL)", name="one_length"),
        UniqueConstraint("type", "milestone", "area_class", "valid_from", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(8))
    type: Mapped[TicketType] = mapped_column(word(TicketType))
    milestone: Mapped[Milestone] = mapped_column(word(Milestone))
    counted_from: Mapped[CountedFrom] = mapped_column(word(CountedFrom))
    area_class: Mapped[AreaClass | None] = mapped_column(word(AreaClass))
    minutes: Mapped[int | None]
    working_days: Mapped[int | None]
    warn_percent: Mapped[int] = mapped_column(default=70)  # of the limit (4.5)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # first day on which it no longer holds
