"""Calls that our processes missed end with a ticket all the same, at their original times."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.calls import facts, reconciler
from services.calls.call_records import COLUMNS, CallRecord, inbound_calls
from services.calls.model import Call, CallOutcome
from services.calls.timeline import record
from services.tickets.model import Ticket, TicketStatus
from tests.db.city import ALICE, ALICE_ACCOUNT
from tests.db.stories import CALL, REQUESTED, at, began, queued

DAY_AGO = at(0) - timedelta(days=1)


def row(**values: str) -> list[str]:
    known = {
        "src": ALICE, "dst": "95598", "dcontext": "from-trunk", "channel": "PJSIP/carrier-00000001",
        "start": "2026-11-21 02:00:00", "end": "2026-11-21 02:00:40", "uniqueid": CALL, "linkedid": CALL,
    }
    return [(known | values).get(name, "") for name in COLUMNS]


def write(folder: Path, *rows: list[str], tail: str = "") -> Path:
    file = folder / "Master.csv"
    with file.open("w", newline="") as records:
        csv.writer(records, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
        records.write(tail)
    return file


def known() -> dict[str, CallRecord]:
    return {
        CALL: CallRecord(
            call_id=CALL, caller_number=ALICE, called_number="95598", channel="PJSIP/carrier-1", started_at=at(0),
            ended_at=at(40),
        )
    }


async def the_call(session: AsyncSession) -> tuple[Call, Ticket]:
    await session.flush()
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    call, ticket = (await session.execute(select(Call, Ticket).join(Ticket, Call.ticket_id == Ticket.id))).one()
    return call, ticket


def test_asterisks_list_knows_calls_of_the_trunk_only(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        row(), row(end="2026-11-21 02:01:00"),  # a transferred call has several records
        row(channel="PJSIP/3001-00000002", uniqueid="2.1", linkedid="2.1"),
        row(channel="PJSIP/carrier-00000009", uniqueid="3.2", linkedid="3.1"),
        row(uniqueid="4.1", linkedid="4.1", end="2026-11-01 00:00:00"), row(uniqueid="5.1", linkedid="5.1", start="?"),
        ["too", "short"],
        tail='"","half a li',
    )
    assert inbound_calls(file, DAY_AGO) == {
        CALL: CallRecord(
            call_id=CALL, caller_number=ALICE, called_number="95598", channel="PJSIP/carrier-00000001",
            started_at=at(0), ended_at=at(60),
        )
    }


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xff\xfe\x00garbage", b'"unclosed\nquote'])
def test_a_broken_list_tells_of_no_calls(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "Master.csv"
    file.write_bytes(content)
    assert inbound_calls(file, DAY_AGO) == {}
    assert inbound_calls(tmp_path / "missing.csv", DAY_AGO) == {}


async def test_a_call_that_only_asterisk_knows_gets_its_times_and_a_ticket(session: AsyncSession) -> None:
    repaired = await reconciler.add_unknown_calls(session, known(), ended_before=at(200))
    assert repaired.call_ids == [CALL]
    call, ticket = await the_call(session)
    assert (call.started_at, call.ended_at, call.outcome) == (at(0), at(40), CallOutcome.LOST)
    assert (ticket.status, ticket.account_no) == (TicketStatus.TO_CALLBACK, ALICE_ACCOUNT)
    again = await reconciler.add_unknown_calls(session, known(), ended_before=at(200))
    assert again.call_ids == []


async def test_a_call_that_ended_just_now_is_left_to_its_process(session: AsyncSession) -> None:
    repaired = await reconciler.add_unknown_calls(session, known(), ended_before=at(39))
    assert repaired.call_ids == []


async def test_facts_that_come_after_the_reconciler_correct_its_picture(session: AsyncSession) -> None:
    """The IVR was down with its journal full; the worker was faster."""
    await reconciler.add_unknown_calls(session, known(), ended_before=at(200))
    await record(session, *began(), REQUESTED, facts.call_ended(CALL, at(41), "acd", by="caller"))
    call, ticket = await the_call(session)
    assert (call.outcome, call.ended_at) == (CallOutcome.SELF_SERVICE, at(41))
    assert (ticket.ticket_no, ticket.status) == (REQUESTED.data["ticket_no"], TicketStatus.TO_DISPATCH)


@pytest.mark.parametrize(("records", "ended_at"), [(known(), at(40)), ({}, at(500))])
async def test_a_call_that_no_channel_carries_is_ended(
    session: AsyncSession, records: dict[str, CallRecord], ended_at: datetime
) -> None:
    await record(session, *began(), *queued())
    repaired = await reconciler.end_lost_calls(
        session, records, set(), seen_at=at(500), grace=timedelta(seconds=120)
    )
    assert repaired.call_ids == [CALL]
    assert [event.op for event in repaired.events] == ["ticket_changed", "call_ended"]
    call, ticket = await the_call(session)
    assert (call.ended_at, call.ended_by, call.outcome) == (ended_at, "system", CallOutcome.ABANDONED_IN_QUEUE)
    assert ticket.status is TicketStatus.TO_CALLBACK


@pytest.mark.parametrize(("carried", "seen_at"), [({CALL}, at(500)), (set(), at(60))])
async def test_a_call_that_lives_or_has_just_begun_stays(
    session: AsyncSession, carried: set[str], seen_at: datetime
) -> None:
    await record(session, *began())
    repaired = await reconciler.end_lost_calls(session, {}, carried, seen_at=seen_at, grace=timedelta(seconds=120))
    assert repaired.call_ids == []


async def test_an_ended_call_with_the_ticket_of_another_gets_its_own(session: AsyncSession) -> None:
    """The database's checks leave none; this repairs what was written with the checks switched off."""
    await record(session, *began(), facts.call_ended(CALL, at(9), "acd", by="caller"))
    await session.flush()
    other = Ticket(
        ticket_no="1" * 16, type="CONSULT", status="DRAFT", accepted_at=at(0), updated_at=datetime.now(UTC)
    )
    session.add(other)
    await session.flush()
    call = (await session.scalars(select(Call))).one()
    own, call.ticket_id = call.ticket_id, other.id
    await session.flush()
    assert (await reconciler.give_missing_tickets(session)).call_ids == [CALL]
    assert call.ticket_id == own
