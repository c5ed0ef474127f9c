"""The record of every look at personal data (SEC-20): who, when, what was done, to which subject. Never the data."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from services.auth.model import AccessRecord


class Access(StrEnum):
    POP = "pop"
    SEARCH_CUSTOMER = "search_customer"
    REVEAL_PHONE = "reveal_phone"
    OPEN_TICKET = "open_ticket"
    LISTEN = "listen"
    END_CALL = "end_call"


def record_access(session: AsyncSession, staff_no: str, action: Access, subject: str) -> None:
    """Part of the caller's transaction: what cannot be recorded is not shown."""
    session.add(AccessRecord(at=datetime.now(UTC), staff_no=staff_no, action=action, subject=subject[:64]))
