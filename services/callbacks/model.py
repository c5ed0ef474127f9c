"""Callback instead of waiting: the caller hangs up, his place in the queue stays (I-10, design decision 2)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model, word
from services.queues.model import QueueCode


class CallbackStatus(StrEnum):
    WAITING = "waiting"  # to be placed in the queue
    IN_QUEUE = "in_queue"  # a Local channel holds the place
    DIALLING = "dialling"  # an agent accepted, the customer's phone rings
    DONE = "done"
    UNREACHED = "unreached"
    CANCELLED = "cancelled"


class Callback(Model):
    __tablename__ = "callbacks"
    __table_args__ = (
        # One live callback a number: pressing twice does not ring twice.
        Index(
            "uq_callbacks_live_number", "number", unique=True,
            postgresql_where=text("status IN ('waiting', 'in_queue', 'dialling')"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), unique=True)  # the call that asked
    number: Mapped[str] = mapped_column(String(32))
    queue: Mapped[QueueCode] = mapped_column(word(QueueCode))
    priority: Mapped[int] = mapped_column(default=0)
    position: Mapped[int]  # 1-based place when asked
    queued_at: Mapped[datetime]  # start of the caller's wait, never reset
    status: Mapped[CallbackStatus] = mapped_column(word(CallbackStatus), default=CallbackStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    callback_call_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
