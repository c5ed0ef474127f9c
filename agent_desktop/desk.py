"""What an agent does at the desk: states, the pop, who the caller is, ending a call that may be ended."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.access import may
from agent_desktop.desk_state import agent_view, desk_of
from agent_desktop.pop import end_reasons, pop_of
from agent_desktop.resources import Resources, With
from agent_desktop.schemas.common import Done
from agent_desktop.schemas.desk import AgentView, Desk, EndCall, Identify, Pause, Phone, Pop, Verify
from services.agents.model import AgentState
from services.asterisk.channels import ChannelGoneError, hang_up, snapshot
from services.asterisk.queue import MemberNotFoundError
from services.auth.access import Access, record_access
from services.auth.permissions import Permission, TicketScope
from services.auth.sessions import SignedIn, sip_password
from services.calls import facts
from services.calls.model import Call, CallLeg
from services.calls.timeline import record
from services.customers.lookup import find_account, find_customer
from services.errors import ConflictError, InvalidInputError, NotFoundError

log = structlog.get_logger(__name__)
router = APIRouter(tags=["desk"])

CallId = Annotated[str, Path(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z.\-]+$")]


class WaitForCustomerError(ConflictError):
    error_id = "wait-for-customer"
    message = "请等待客户先挂机；仅骚扰电话和无声电话可由座席结束。"


class NotYourCallError(NotFoundError):
    error_id = "not-your-call"
    message = "没有这个来电，或它不在您的座席上。"


@router.get("/desk")
async def desk(person: Annotated[SignedIn, may(Permission.DESK_VIEW)], resources: With) -> Desk:
    async with resources.database.transaction() as session:
        state = await desk_of(session, resources.settings, person.staff_no)
        if state.pop is not None:
            record_access(session, person.staff_no, Access.POP, f"call {state.pop.call.call_id}")
    return state


@router.post("/desk/ready")
async def ready(person: Annotated[SignedIn, may(Permission.DESK_READY)], resources: With) -> AgentView:
    """Take calls. Signs in first if the queues have forgotten this agent."""
    try:
        await resources.agents.ready(person.staff_no)
    except MemberNotFoundError:
        await resources.agents.login(person.staff_no, sip_password(resources.settings, person.token))
        await resources.agents.ready(person.staff_no)
    return await _agent(resources, person)


@router.post("/desk/pause")
async def pause(body: Pause, person: Annotated[SignedIn, may(Permission.DESK_PAUSE)], resources: With) -> AgentView:
    await resources.agents.pause(person.staff_no, body.reason)
    return await _agent(resources, person)


@router.post("/desk/wrap-up/extend")
async def extend_wrap_up(person: Annotated[SignedIn, may(Permission.DESK_WRAP_UP)], resources: With) -> AgentView:
    await resources.agents.extend_wrap_up(person.staff_no)
    return await _agent(resources, person)


@router.post("/desk/wrap-up/finish")
async def finish_wrap_up(person: Annotated[SignedIn, may(Permission.DESK_WRAP_UP)], resources: With) -> AgentView:
    await resources.agents.finish_wrap_up(person.staff_no)
    return await _agent(resources, person)


@router.post("/desk/end-call")
async def end_call(body: EndCall, person: Annotated[SignedIn, may(Permission.DESK_END_CALL)], resources: With) -> Done:
    """Hang up first, for a reason that the rules allow (I-12); who did it and why is written down before."""
    now = datetime.now(UTC)
    async with resources.database.transaction() as session:
        call = await _call_at(session, person)
        allowed = {reason.code: reason.allowed_from for reason in end_reasons(call, resources.settings)}
        if body.reason not in allowed or allowed[body.reason] > now:
            raise WaitForCustomerError(body.reason)
        call_id = call.call_id
        events = await record(session, facts.end_requested(call_id, now, staff_no=person.staff_no, reason=body.reason))
        record_access(session, person.staff_no, Access.END_CALL, f"call {call_id} {body.reason}")
        legs = set(await session.scalars(
            select(CallLeg.channel_id).where(CallLeg.call_id == call_id, CallLeg.role == "agent")
        ))
    await resources.publish(events)
    channels = [channel for channel in await snapshot(resources.ami) if channel.call_id == call_id]
    callers = [channel for channel in channels if channel.channel_id not in legs] or channels
    if not callers:
        raise ChannelGoneError(call_id)
    await hang_up(resources.ami, min(callers, key=lambda channel: channel.channel_id != call_id).channel)
    log.info("call_ended_by_agent", call_id=call_id, staff_no=person.staff_no, reason=body.reason)
    return Done()


@router.get("/calls/{call_id}/pop")
async def pop(call_id: CallId, person: Annotated[SignedIn, may(Permission.CALL_POP)], resources: With) -> Pop:
    async with resources.database.transaction() as session:
        await _reachable(session, person, call_id)
        record_access(session, person.staff_no, Access.POP, f"call {call_id}")
        return await _pop(session, resources, person, call_id)


@router.get("/calls/{call_id}/phone")
async def call_phone(
    call_id: CallId, person: Annotated[SignedIn, may(Permission.CALL_REVEAL_PHONE)], resources: With
) -> Phone:
    async with resources.database.transaction() as session:
        call = await _reachable(session, person, call_id)
        record_access(session, person.staff_no, Access.REVEAL_PHONE, f"call {call_id}")
        return Phone(number=call.caller_number)


@router.post("/calls/{call_id}/customer")
async def identify(
    call_id: CallId, body: Identify, person: Annotated[SignedIn, may(Permission.CALL_IDENTIFY)], resources: With
) -> Pop:
    """The agent found out who is speaking: a fact of the call, from which its ticket is corrected too."""
    async with resources.database.transaction() as session:
        await _reachable(session, person, call_id)
        customer_id = body.customer_id
        if body.account_no is not None:
            account = await find_account(session, body.account_no)
            if account is None:
                raise NotFoundError("account", message="没有这个户号，请核对后重试。")
            if customer_id is not None and account.customer_id != customer_id:
                raise InvalidInputError("account of another customer", message="户号与所选客户不一致。")
            customer_id = account.customer_id
        if customer_id is None or await find_customer(session, customer_id) is None:
            raise NotFoundError("customer", message="没有这个客户，请重新查询。")
        events = await record(session, facts.caller_identified(
            call_id, datetime.now(UTC), customer_id=customer_id, account_no=body.account_no, by="desktop",
            source="desktop",
        ))
        record_access(session, person.staff_no, Access.POP, f"call {call_id} customer {customer_id}")
    await resources.publish(events)
    async with resources.database.transaction() as session:
        return await _pop(session, resources, person, call_id)


@router.post("/calls/{call_id}/verify")
async def verify(
    call_id: CallId, body: Verify, person: Annotated[SignedIn, may(Permission.CALL_VERIFY)], resources: With
) -> Pop:
    async with resources.database.transaction() as session:
        await _reachable(session, person, call_id)
        fact = facts.verified(call_id, datetime.now(UTC), level=body.level, by=body.by, source="desktop")
        events = await record(session, fact)
    await resources.publish(events)
    async with resources.database.transaction() as session:
        return await _pop(session, resources, person, call_id)


async def _agent(resources: Resources, person: SignedIn) -> AgentView:
    async with resources.database.transaction() as session:
        return await agent_view(session, person.staff_no, datetime.now(UTC))


async def _pop(session: AsyncSession, resources: Resources, person: SignedIn, call_id: str) -> Pop:
    found = await pop_of(session, resources.settings, call_id, person.staff_no)
    if found is None:
        raise NotYourCallError(call_id)
    return found


async def _call_at(session: AsyncSession, person: SignedIn) -> Call:
    """The call on this agent's desk now."""
    call = await session.scalar(
        select(Call).join(AgentState, AgentState.call_id == Call.call_id).where(AgentState.staff_no == person.staff_no)
    )
    if call is None:
        raise NotYourCallError("no call at the desk")
    return call


async def _reachable(session: AsyncSession, person: SignedIn, call_id: str) -> Call:
    """A call that this person may look at: his own; any, for those who lead the shift.

    Raises:
        NotYourCallError: also for a call that does not exist, so that numbers cannot be probed.
    """
    call = await session.get(Call, call_id)
    if call is not None:
        if person.ticket_scope is TicketScope.ALL or call.staff_no == person.staff_no:
            return call
        state = await session.get(AgentState, person.staff_no)
        if state is not None and state.call_id == call_id:
            return call
    raise NotYourCallError(call_id)
