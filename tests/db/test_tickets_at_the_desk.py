"""The agent's form, its dispositions, and the way of a fault to its closing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.calls import facts
from services.calls.model import Call, CallOutcome
from services.calls.timeline import record
from services.db import Database
from services.outages.model import Outage, OutageKind, OutageStatus, OutageTransformer
from services.tickets import deadlines, duplicates, service
from services.tickets.lookup import by_no, open_for
from services.tickets.model import Ticket, TicketEvent, TicketStatus, TicketType, Urgency
from services.tickets.service import Ending, FieldsMissingError, StaleDraftError, TicketNotEditableError
from services.tickets.states import ForbiddenMoveError, ResultMissingError, TypeNotAnsweredError
from tests.db.city import AGENT, ALICE, ALICE_ACCOUNT, BOB, BOB_ACCOUNT, OTHER_AGENT, TRANSFORMER
from tests.db.stories import CALL, IDENTIFIED, TALKED, at, began, ended, queued

COMPLETE: dict[str, Any] = {"accept_content": "家中无电", "contact_addr": "幸福里1幢", "form": {"scope": "one"}}


async def drafted(session: AsyncSession, call_id: str = CALL, **fields: Any) -> Ticket:
    """The form of a call that an agent took, with these fields saved."""
    told = (*began(), IDENTIFIED, *queued(), *TALKED, *ended(96)) if call_id == CALL else (
        *began(BOB, call_id), facts.agent_connected(call_id, at(15), staff_no=AGENT, queue="repair"),
        *ended(96, call_id=call_id),
    )
    await record(session, *told)
    ticket = (await session.scalars(select(Ticket).where(Ticket.origin_call_id == call_id))).one()
    return await service.save_draft(
        session, ticket.ticket_no, version=ticket.version, fields={**COMPLETE, **fields}, staff_no=AGENT
    )


async def dispatched(session: AsyncSession) -> Ticket:
    ticket = await drafted(session)
    return await service.dispatch(session, ticket.ticket_no, Ending(disposition="repair"), staff_no=AGENT)


async def kinds(session: AsyncSession, ticket: Ticket) -> list[str]:
    await session.flush()
    query = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    return list(await session.scalars(query))


async def test_two_agents_cannot_overwrite_each_other(database: Database) -> None:
    async with database.transaction() as session:
        ticket = await drafted(session)
        number, version = ticket.ticket_no, ticket.version
    async with database.transaction() as first:
        await service.save_draft(
            first, number, version=version, fields={"accept_content": "甲"}, staff_no=AGENT
        )
    with pytest.raises(StaleDraftError):
        async with database.transaction() as second:
            await service.save_draft(
                second, number, version=version, fields={"accept_content": "乙"}, staff_no=OTHER_AGENT
            )
    async with database.transaction() as session:
        assert (await session.scalars(select(Ticket.accept_content))).one() == "甲"


async def test_what_the_agent_writes_is_no_longer_the_machines(session: AsyncSession) -> None:
    ticket = await drafted(session)
    assert "accept_content" not in ticket.filled_by_machine and "contact_phone" in ticket.filled_by_machine
    await record(session, facts.slot_filled(CALL, at(20), slot="scope", value="area"))
    assert ticket.form == {"scope": "one"}


async def test_an_account_brings_its_place(session: AsyncSession) -> None:
    ticket = await drafted(session, account_no=BOB_ACCOUNT)
    assert (ticket.customer_id, ticket.station_id, ticket.transformer_id) == (2, 1, TRANSFORMER)
    with pytest.raises(service.UnknownAccountError):
        await drafted(session, call_id="7.7", account_no="0000000000")


async def test_a_consultation_is_closed_at_once_and_the_call_knows(session: AsyncSession) -> None:
    ticket = await drafted(session, type="CONSULT", sub_type="tariff")
    await service.close(session, ticket.ticket_no, Ending(disposition="answered", opinion="已解答"), staff_no=AGENT)
    assert (ticket.status, ticket.handle_opinion) == (TicketStatus.CLOSED_FCR, "已解答")
    with pytest.raises(TicketNotEditableError):
        await service.close(session, ticket.ticket_no, Ending(disposition="answered"), staff_no=AGENT)


async def test_a_nuisance_call_is_known_as_one(session: AsyncSession) -> None:
    ticket = await drafted(session, type="CONSULT")
    await service.close(session, ticket.ticket_no, Ending(disposition="nuisance"), staff_no=AGENT)
    call = (await session.scalars(select(Call).execution_options(populate_existing=True))).one()
    assert (ticket.status, call.outcome) == (TicketStatus.CLOSED, CallOutcome.NUISANCE)


async def test_a_fault_is_not_closed_without_a_result(session: AsyncSession) -> None:
    ticket = await drafted(session)
    with pytest.raises(FieldsMissingError) as refused:
        await service.close(session, ticket.ticket_no, Ending(disposition="self_restored"), staff_no=AGENT)
    assert refused.value.fields == ["handle_opinion"]
    with pytest.raises(service.UnknownDispositionError):
        await service.close(session, ticket.ticket_no, Ending(disposition="answered"), staff_no=AGENT)
    done = Ending(disposition="self_restored", opinion="合上总开关后恢复")
    assert (await service.close(session, ticket.ticket_no, done, staff_no=AGENT)).status is TicketStatus.CLOSED


async def test_a_form_with_gaps_is_not_dispatched(session: AsyncSession) -> None:
    ticket = await drafted(session, form={"scope": None}, contact_addr="")
    with pytest.raises(FieldsMissingError) as refused:
        await service.dispatch(session, ticket.ticket_no, Ending(disposition="repair"), staff_no=AGENT)
    assert refused.value.fields == ["contact_addr", "form.scope"]


async def test_a_fault_goes_the_whole_way_to_a_satisfied_customer(session: AsyncSession) -> None:
    ticket = await dispatched(session)
    number = ticket.ticket_no
    assert (ticket.status, ticket.current_owner) == (TicketStatus.DISPATCHED, "城东供电所")
    assert ticket.accepted_at == at(90)  # the end of the talk, not the click
    await service.take(session, number, staff_no="4001")
    assert ticket.first_owner == "城东供电所"
    await service.assign(session, number, 1, staff_no="4001")
    with pytest.raises(ForbiddenMoveError):
        await service.approve(session, number, staff_no="4001")
    await service.arrive(session, number, staff_no="5001")
    with pytest.raises(ResultMissingError):
        await service.finish(session, number, result=" ", cause="熔丝熔断", staff_no="5001")
    await service.finish(session, number, result="更换熔丝", cause="熔丝熔断", staff_no="5001")
    await service.approve(session, number, staff_no="4001")
    await service.called_back(session, number, satisfaction=1, staff_no=AGENT)
    assert (ticket.status, ticket.satisfaction) == (TicketStatus.CLOSED, 1) and ticket.closed_at is not None
    assert (await kinds(session, ticket))[-8:] == [
        "submitted", "dispatched", "taken", "assigned", "arrived", "finished", "approved", "called_back",
    ]


async def test_a_customer_who_is_not_satisfied_opens_it_again(session: AsyncSession) -> None:
    ticket = await dispatched(session)
    await service.take(session, ticket.ticket_no, staff_no="4001")
    await service.finish(session, ticket.ticket_no, result="已修", cause="老化", staff_no="4001")
    await service.approve(session, ticket.ticket_no, staff_no="4001")
    await service.called_back(session, ticket.ticket_no, satisfaction=3, staff_no=AGENT)
    assert (ticket.status, ticket.closed_at) == (TicketStatus.REOPENED, None)


async def test_a_returned_ticket_is_sent_on_and_keeps_its_first_owner(session: AsyncSession) -> None:
    ticket = await dispatched(session)
    await service.take(session, ticket.ticket_no, staff_no="4001")
    await service.give_back(session, ticket.ticket_no, "不是本辖区", staff_no="4001")
    await service.dispatch_to(session, ticket.ticket_no, "城西供电所", staff_no=OTHER_AGENT)
    await service.take(session, ticket.ticket_no, staff_no="4002")
    assert (ticket.first_owner, ticket.current_owner) == ("城东供电所", "城西供电所")


async def test_an_urge_reaches_the_owner_and_is_settled_with_its_ticket(session: AsyncSession) -> None:
    ticket = await dispatched(session)
    urge = await service.urge(session, ticket.ticket_no, remark="客户着急", staff_no=AGENT)
    assert (urge.status, urge.current_owner) == (TicketStatus.DISPATCHED, "城东供电所")
    assert (ticket.urge_count, ticket.urgency) == (1, Urgency.IMPORTANT)
    await service.take(session, ticket.ticket_no, staff_no="4001")
    await service.finish(session, ticket.ticket_no, result="已修", cause="老化", staff_no="4001")
    await service.approve(session, ticket.ticket_no, staff_no="4001")
    await service.called_back(session, ticket.ticket_no, satisfaction=2, staff_no=AGENT)
    assert (urge.status, urge.closed_at is not None) == (TicketStatus.CLOSED, True)


async def test_only_what_needs_no_work_is_answered_at_once(session: AsyncSession) -> None:
    from services.tickets.states import Action, advance

    ticket = await drafted(session)
    with pytest.raises(TypeNotAnsweredError):
        advance(ticket, Action.ANSWER, at(100))


async def test_the_caller_hears_of_open_tickets_but_not_of_drafts(session: AsyncSession) -> None:
    ticket = await drafted(session)
    assert await open_for(session, number=ALICE) == []
    await service.dispatch(session, ticket.ticket_no, Ending(disposition="repair"), staff_no=AGENT)
    await service.urge(session, ticket.ticket_no, remark="", staff_no=AGENT)
    await session.flush()
    (found,) = await open_for(session, customer_id=1, account_no=ALICE_ACCOUNT, number=f"+86{ALICE}")
    assert (found.ticket_no, found.urge_count) == (ticket.ticket_no, 1) and found.urged_at is not None
    assert await by_no(session, ticket.ticket_no) == found
    assert await by_no(session, "0" * 16) is None


async def test_deadlines_come_from_rows_that_held_on_the_day(session: AsyncSession) -> None:
    """Appendix C 28: urban, accepted 10:00, arrived 10:46 is one minute late."""
    ticket = await dispatched(session)
    ticket.arrived_at = ticket.accepted_at + timedelta(minutes=46)
    found = {limit.label: limit for limit in await deadlines.of_ticket(session, ticket)}
    assert list(found) == ["派单", "接单", "到达现场", "恢复供电", "回访"]
    arrive, restore = found["到达现场"], found["恢复供电"]
    assert arrive.due_at == ticket.accepted_at + timedelta(minutes=45) and arrive.breached(datetime.now(UTC))
    assert restore.due_at == ticket.arrived_at + timedelta(hours=3) and not restore.estimated
    assert found["回访"].estimated
    ticket.type = TicketType.COMPLAINT
    ticket.accepted_at = datetime(2026, 11, 20, 2, tzinfo=UTC)  # a Friday
    answer = {limit.label: limit for limit in await deadlines.of_ticket(session, ticket)}["答复客户"]
    assert answer.due_at == datetime(2026, 11, 27, 16, tzinfo=UTC)  # the end of the next Friday in Shanghai


async def test_a_known_outage_comes_before_the_own_ticket_and_the_neighbours(session: AsyncSession) -> None:
    first = await dispatched(session)
    second = await drafted(session, call_id="8.8", type="FAULT", sub_type="lv", account_no=BOB_ACCOUNT)
    second.accepted_at = first.accepted_at + timedelta(minutes=10)
    await session.flush()
    (neighbour,) = await duplicates.candidates(session, second, at(900))
    assert neighbour.ticket_no == first.ticket_no and neighbour.score == 1.0
    assert neighbour.reason.startswith("同台区、10 分钟内、范围相同、距离")
    outage = Outage(
        kind=OutageKind.FAULT, status=OutageStatus.IN_FORCE, feeder_id=1, area="东城", cause="电缆故障", start_at=at(0)
    )
    session.add(outage)
    await session.flush()
    session.add(OutageTransformer(outage_id=outage.id, transformer_id=TRANSFORMER))
    await session.flush()
    best, *_ = await duplicates.candidates(session, second, at(900))
    assert best.outage_id == outage.id
    second.sub_type = "internal"
    second.transformer_id = None
    assert await duplicates.candidates(session, second, at(900)) == []
