"""Login, logout and who I am. A login also opens the softphone's account and enters the agent's queues, paused.

If Asterisk is away the person is logged in all the same, and the page says that the phone is not.
"""

from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from agent_desktop.access import COOKIE, Person, own_page
from agent_desktop.resources import Resources, With
from agent_desktop.schemas.common import Choice, Done, ErrorShape
from agent_desktop.schemas.session import Login, Me, Softphone, Staff
from agent_desktop.words import PAUSE_REASONS
from services.agents.model import Agent
from services.agents.service import AGENTS_OWN_REASONS, AgentInCallError, NoSkillsError
from services.auth.errors import WrongPasswordError
from services.auth.passwords import verify_password
from services.auth.permissions import ROLE_LABELS, Permission
from services.auth.sessions import SignedIn, close_session, open_session, sip_password
from services.errors import ServiceError

log = structlog.get_logger(__name__)
router = APIRouter(tags=["session"])


@router.post(
    "/login", response_model=Me, dependencies=[Depends(own_page)],
    responses={401: {"model": ErrorShape}, 429: {"model": ErrorShape}},
)
async def login(body: Login, request: Request, response: Response, resources: With) -> Me:
    address = request.client.host if request.client else ""
    await resources.login_limit.check(body.staff_no, address)
    async with resources.database.transaction() as session:
        agent = await session.scalar(select(Agent).where(Agent.staff_no == body.staff_no, Agent.active))
    if not await verify_password(body.password, agent.password_hash if agent else None) or agent is None:
        await resources.login_limit.failed(body.staff_no, address)
        log.warning("login_refused", staff_no=body.staff_no)
        raise WrongPasswordError()
    await resources.login_limit.succeeded(body.staff_no, address)
    async with resources.database.transaction() as session:
        person = await open_session(session, agent, datetime.now(UTC))
    await resources.hub.announce(person)
    response.set_cookie(
        COOKIE, person.token, max_age=resources.settings.session_limit_s, httponly=True, samesite="lax",
        secure=request.url.scheme == "https", path="/",
    )
    log.info("logged_in", staff_no=person.staff_no)
    return await _me(person, resources)


@router.post("/logout")
async def logout(person: Person, response: Response, resources: With) -> Done:
    """Leave the queues, close the phone's account, end the session. Refused while a call is on."""
    if Permission.PHONE_USE in person.permissions:
        try:
            await resources.agents.logout(person.staff_no)
        except AgentInCallError:
            raise
        except ServiceError as error:  # Asterisk is away: the person may go home, the ACD sees the phone vanish
            log.warning("phone_not_closed", staff_no=person.staff_no, error=type(error).__name__)
    async with resources.database.transaction() as session:
        await close_session(session, person.session_id)
    resources.hub.end_session(person.session_id)
    response.delete_cookie(COOKIE, path="/")
    log.info("logged_out", staff_no=person.staff_no)
    return Done()


@router.get("/me")
async def me(person: Person, resources: With) -> Me:
    """Also asked after a reload: the phone's account is pushed again with the password of this session."""
    return await _me(person, resources)


async def _me(person: SignedIn, resources: Resources) -> Me:
    settings = resources.settings
    softphone, problem = None, ""
    if Permission.PHONE_USE in person.permissions:
        password = sip_password(settings, person.token)
        softphone = Softphone(
            uri=f"sip:{person.staff_no}@{settings.sip_realm}", authorization_user=person.staff_no,
            realm=settings.sip_realm, password=password, websocket_path="/sip",
        )
        problem = await _open_phone(person, resources, password)
    return Me(
        staff=Staff(
            staff_no=person.staff_no, name=person.name, role=person.role, role_label=ROLE_LABELS[person.role]
        ),
        permissions=sorted(person.permissions),
        softphone=softphone,
        phone_problem=problem,
        pause_reasons=[Choice(code=reason, label=PAUSE_REASONS[reason]) for reason in sorted(AGENTS_OWN_REASONS)],
        company=settings.company,
        province=settings.province,
    )


async def _open_phone(person: SignedIn, resources: Resources, password: str) -> str:
    """Queues and phone account; both are harmless to repeat. Returns what went wrong, for the person to read."""
    try:
        try:
            await resources.agents.login(person.staff_no, password)
        except NoSkillsError:  # a supervisor: no queues, but a phone to listen with
            await resources.agents.open_phone(person.staff_no, password)
    except ServiceError as error:
        log.warning("phone_not_opened", staff_no=person.staff_no, error=type(error).__name__, detail=str(error))
        return error.message
    return ""
