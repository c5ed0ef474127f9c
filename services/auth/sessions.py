"""Login sessions: a random token in a cookie, its SHA-256 in `login_sessions`, idle and absolute lifetime.

Called by `agent_desktop`. Nobody works twice: a new session of a person ends the earlier ones (SEC-08).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.agents.model import Agent, Role
from services.auth.errors import ForbiddenError, NotLoggedInError
from services.auth.model import LoginSession
from services.auth.permissions import PERMISSIONS, TICKET_SCOPES, Permission, TicketScope
from services.settings import Settings

SEEN_EVERY = timedelta(seconds=60)  # a request writes `seen_at` no more often


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person behind a request. `token` is secret; `session_id` (its hash) may be stored and compared."""

    staff_no: str
    name: str
    role: Role
    station_id: int | None
    session_id: str
    token: str

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]

    @property
    def ticket_scope(self) -> TicketScope:
        return TICKET_SCOPES[self.role]

    def require(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise ForbiddenError(f"{self.role} lacks {permission}")


def session_id_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sip_password(settings: Settings, token: str) -> str:
    """The softphone's password of this session: fresh at each login, the same after a reload, stored nowhere."""
    return hmac.new(settings.session_secret.encode(), b"sip:" + token.encode(), hashlib.sha256).hexdigest()[:32]


async def open_session(session: AsyncSession, agent: Agent, now: datetime) -> SignedIn:
    """Start a session and end the earlier ones of the same person."""
    await session.execute(
        update(LoginSession)
        .where(LoginSession.staff_no == agent.staff_no, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    token = secrets.token_urlsafe(32)
    session_id = session_id_of(token)
    session.add(LoginSession(token_hash=session_id, staff_no=agent.staff_no, created_at=now, seen_at=now))
    return _signed_in(agent, session_id, token)


async def authenticate(session: AsyncSession, token: str, settings: Settings) -> SignedIn:
    """The person whose cookie this is; also keeps the session from idling out.

    Raises:
        NotLoggedInError: unknown, ended, idle for too long, too old, or the person was deactivated.
    """
    now = datetime.now(UTC)
    session_id = session_id_of(token)
    row = (
        await session.execute(
            select(LoginSession, Agent)
            .join(Agent, Agent.staff_no == LoginSession.staff_no)
            .where(
                LoginSession.token_hash == session_id,
                LoginSession.ended_at.is_(None),
                LoginSession.seen_at > now - timedelta(seconds=settings.session_idle_s),
                LoginSession.created_at > now - timedelta(seconds=settings.session_limit_s),
                Agent.active,
            )
        )
    ).one_or_none()
    if row is None:
        raise NotLoggedInError()
    login, agent = row
    if login.seen_at < now - SEEN_EVERY:
        login.seen_at = now
    return _signed_in(agent, session_id, token)


async def close_session(session: AsyncSession, session_id: str) -> None:
    await session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=datetime.now(UTC))
    )


def _signed_in(agent: Agent, session_id: str, token: str) -> SignedIn:
    return SignedIn(
        staff_no=agent.staff_no,
        name=agent.name,
        role=Role(agent.role),
        station_id=agent.station_id,
        session_id=session_id,
        token=token,
    )
