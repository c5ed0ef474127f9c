"""Sessions of people and the record of who looked at personal data (SEC-20, R6)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, String
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model


class LoginSession(Model):
    __tablename__ = "login_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the cookie
    staff_no: Mapped[str] = mapped_column(ForeignKey("agents.staff_no"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccessRecord(Model):
    __tablename__ = "access_records"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    staff_no: Mapped[str] = mapped_column(String(8), index=True)
    action: Mapped[str] = mapped_column(String(32))  # pop, reveal_phone, open_ticket, listen, ...
    subject: Mapped[str] = mapped_column(String(64))  # ticket, customer or call, never the data itself
