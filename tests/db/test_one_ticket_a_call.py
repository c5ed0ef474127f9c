"""Each way a call can end gives the right ticket, in whatever order and however often its facts are told."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.callbacks.model import Callback, CallbackStatus
from services.calls import facts
from services.calls.facts import Fact
from services.calls.model import Call, CallEvent, CallPhase, Direction
from services.calls.timeline import record
from services.db import Database
from services.notices.model import Notice
from services.tickets.model import Ticket, TicketEvent, TicketStatus, TicketType, Urgency
from tests.db.city import AGENT, ALICE, ALICE_ACCOUNT
from tests.db.stories import CALL, NUMBER, REQUESTED, STORIES, Story, at, began, ended, queued

# What differs between two orders of telling: identity, counters, and which drawn number it is.
APART = {"id", "ticket_no", "version", "updated_at"}


_in_order: dict[str, dict[str, Any]] = {}  # ends of the stories when told once, in order


async def tell(session: AsyncSession, *told: Fact) -> None:
    await record(session, *told)


async def ticket_of(session: AsyncSession, call_id: str = CALL) -> Ticket:
    await session.flush()
    query = select(Ticket).join(Call, Call.ticket_id == Ticket.id).where(Call.call_id == call_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


def columns(row: Ticket | Call) -> dict[str, Any]:
    names = [attribute.key for attribute in type(row).__mapper__.column_attrs if attribute.key not in APART]
    return {name: getattr(row, name) for name in names if name != "ticket_id"}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_each_end_of_a_call_has_its_ticket(session: AsyncSession, story: Story) -> None:
    for fact in story.facts:
        await tell(session, fact)
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    call, ticket = (await session.scalars(select(Call))).one(), await ticket_of(session)
    assert (call.outcome, call.phase) == (story.outcome, CallPhase.ENDED)
    assert (ticket.type, ticket.status) == (story.type, story.status)
    assert ticket.origin_call_id == CALL
    assert {name: getattr(ticket, name) for name in story.ticket} == dict(story.ticket)
    assert (await session.scalar(select(func.count()).select_from(Ticket))) == 1


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
@hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
async def test_order_and_repetition_of_facts_change_nothing(database: Database, story: Story, data: Any) -> None:
    shuffled = data.draw(st.permutations(story.facts))
    repeated = data.draw(st.lists(st.sampled_from(story.facts), max_size=5))
    size = data.draw(st.integers(min(3, len(story.facts)), len(story.facts)))
    told = [*shuffled, *repeated]
    expected = _in_order.get(story.name) or await _told(database, [list(story.facts)])
    _in_order[story.name] = expected
    assert await _told(database, [told[begin: begin + size] for begin in range(0, len(told), size)]) == expected


async def _told(database: Database, batches: list[list[Fact]]) -> dict[str, Any]:
    """The end of a story in a transaction that is given up afterwards."""
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        for batch in batches:
            await tell(session, *batch)
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        call, ticket = (await session.scalars(select(Call))).one(), await ticket_of(session)
        result = {
            "call": columns(call), "ticket": columns(ticket),
            "told_number": ticket.ticket_no if ticket.ticket_no == NUMBER else "drawn",
            "events": await session.scalar(select(func.count()).select_from(CallEvent)),
        }
        await session.rollback()
    return result


async def test_the_ticket_is_there_when_the_agents_phone_rings(session: AsyncSession) -> None:
    await tell(session, *began(), *queued(), facts.agent_rang(CALL, at(12), staff_no=AGENT, queue="repair"))
    ticket = await ticket_of(session)
    assert (ticket.status, ticket.type, ticket.automatic) == (TicketStatus.DRAFT, TicketType.FAULT, True)
    assert {"type", "contact_phone", "accept_content"} <= set(ticket.filled_by_machine)


async def test_the_number_that_the_caller_was_told_wins_over_a_drawn_one(session: AsyncSession) -> None:
    """The ACD's journal may be faster than the IVR's: the ticket then has a number that nobody was told."""
    await tell(session, *began(), facts.agent_rang(CALL, at(22), staff_no=AGENT, queue="repair"))
    assert (await ticket_of(session)).ticket_no != NUMBER
    await tell(session, REQUESTED)
    assert (await ticket_of(session)).ticket_no == NUMBER


async def test_what_a_person_wrote_is_not_corrected(session: AsyncSession) -> None:
    await tell(session, *began(), *queued(), facts.agent_rang(CALL, at(12), staff_no=AGENT, queue="repair"))
    ticket = await ticket_of(session)
    ticket.automatic, ticket.type, ticket.status = False, TicketType.CONSULT, TicketStatus.CLOSED_FCR
    ticket.closed_at = at(50)
    await session.flush()
    await tell(session, REQUESTED, *ended(60), facts.survey_answered(CALL, at(61), satisfaction=3))
    ticket = await ticket_of(session)
    assert (ticket.type, ticket.status, ticket.satisfaction) == (TicketType.CONSULT, TicketStatus.CLOSED_FCR, 3)


async def test_reporting_the_same_fault_again_urges_it(session: AsyncSession) -> None:
    """R5-07, R5-14, R5-15: one fault, three calls, two URGE tickets, and the third call makes it urgent."""
    identified = facts.caller_identified(CALL, at(0.1), customer_id=1, account_no=ALICE_ACCOUNT, by="number")
    await tell(session, *began(), identified, REQUESTED, *ended(25))
    urgencies = []
    for number in (2, 3):
        call_id = f"{CALL}{number}"
        again = facts.ticket_requested(
            call_id, at(600 * number), ticket_no=f"{NUMBER[:-1]}{number}", type="FAULT", sub_type="lv",
            content="还没来电",
        )
        same = facts.caller_identified(call_id, at(600), customer_id=1, account_no=ALICE_ACCOUNT, by="number")
        await tell(session, *began(call_id=call_id), same, again, *ended(600 * number + 9, call_id=call_id))
        urge = await ticket_of(session, call_id)
        first = await ticket_of(session)
        assert (urge.type, urge.parent_id) == (TicketType.URGE, first.id)
        urgencies.append((first.urge_count, first.urgency))
    assert urgencies == [(1, Urgency.IMPORTANT), (2, Urgency.URGENT)]


async def test_urging_by_key_is_a_ticket_of_its_own_and_counts_once(session: AsyncSession) -> None:
    await tell(session, *began(), REQUESTED, *ended(25))
    again = "1795226400.8"
    urged = facts.ticket_urged(again, at(900), ticket_no=NUMBER)
    solved = facts.solved(again, at(901), story="progress", result="urged")
    told = (*began(call_id=again), urged, solved, *ended(910, call_id=again))
    await tell(session, *told)
    await tell(session, *told)
    urge, first = await ticket_of(session, again), await ticket_of(session)
    assert (urge.type, urge.parent_id, first.urge_count) == (TicketType.URGE, first.id, 1)
    kinds = await session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == first.id))
    assert list(kinds).count("urged") == 1


async def test_a_callback_goes_on_with_the_first_calls_ticket(session: AsyncSession) -> None:
    wanted = facts.callback_requested(
        CALL, at(40), number=ALICE, queue="repair", priority=0, position=3, queued_at=at(9)
    )
    await tell(session, *began(), *queued(), wanted, *ended(45))
    row = (await session.scalars(select(Callback))).one()
    assert (row.status, row.position, row.queued_at) == (CallbackStatus.WAITING, 3, at(9))
    back = "1795226400.9"
    await tell(
        session,
        facts.call_started(
            back, at(300), "acd", caller_number=ALICE, called_number="", direction=Direction.CALLBACK,
            callback_id=row.id,
        ),
        facts.agent_connected(back, at(310), staff_no=AGENT, queue="repair"),
        facts.call_ended(back, at(400), "acd", by="caller"),
    )
    ticket = await ticket_of(session, back)
    assert (ticket.origin_call_id, ticket.status, ticket.accept_staff) == (CALL, TicketStatus.DRAFT, AGENT)
    assert (await session.scalar(select(func.count()).select_from(Ticket))) == 1


async def test_a_message_is_asked_for_once_whatever_is_repeated(session: AsyncSession) -> None:
    for number in range(3):
        wish = facts.notice_requested(CALL, at(5 + number), key="outage-1", number=f"+86{ALICE}", text="恢复供电")
        await tell(session, began()[0], wish, wish)
    notice = (await session.scalars(select(Notice))).one()
    assert (notice.number, notice.sent_at) == (ALICE, None)


async def test_the_job_that_dispatches_is_asked_for_once(session: AsyncSession) -> None:
    for _ in range(2):
        await tell(session, *began(), REQUESTED, *ended(25))
    count = await session.scalar(
        text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hotline:dispatch_ticket'")
    )
    assert count == 1
