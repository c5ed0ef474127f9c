"""Messages to customers (SMS). Queued in the transaction that causes them, sent by a worker."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, String
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model


class Notice(Model):
    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)  # one notice per event
    number: Mapped[str] = mapped_column(String(32))
    text: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outages.id"))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
