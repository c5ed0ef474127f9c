"""The table of moves: complete, and without a state that a ticket cannot leave or reach."""

from datetime import UTC, datetime

import pytest

from services.tickets.dispositions import DISPOSITIONS, Result, for_type
from services.tickets.forms import FORMS
from services.tickets.model import Ticket, TicketStatus, TicketType
from services.tickets.states import CLOSED, EDITABLE, MOVES, Action, ForbiddenMoveError, advance, allowed

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_every_action_has_moves_and_every_open_state_a_way_out() -> None:
    assert set(MOVES) == set(Action)
    for status in TicketStatus:
        assert status is TicketStatus.CANCELLED or allowed(status), status


def test_every_state_can_be_reached() -> None:
    reached = {TicketStatus.DRAFT} | {to for moves in MOVES.values() for to in moves.values()}
    assert reached == set(TicketStatus)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", TicketStatus)
def test_a_move_is_made_or_refused_and_closed_at_follows(action: Action, status: TicketStatus) -> None:
    ticket = Ticket(
        type=TicketType.CONSULT, status=status, closed_at=NOW if status in CLOSED else None, handle_opinion="已处理"
    )
    try:
        advance(ticket, action, NOW)
    except ForbiddenMoveError:
        assert status not in MOVES[action] and ticket.status is status
    else:
        assert ticket.status is MOVES[action][status]
    assert (ticket.closed_at is not None) == (ticket.status in CLOSED)


@pytest.mark.parametrize("type", TicketType)
def test_every_type_has_a_form_and_ways_to_end_it(type: TicketType) -> None:
    results = {disposition.result for disposition in for_type(type)}
    assert results == set(Result)
    names = [field.name for field in FORMS[type].fields]
    assert len(names) == len(set(names))


def test_dispositions_act_from_where_the_form_is_open() -> None:
    assert len({disposition.code for disposition in DISPOSITIONS}) == len(DISPOSITIONS)
    for disposition in DISPOSITIONS:
        assert TicketStatus.DRAFT in MOVES[disposition.action] and TicketStatus.DRAFT in EDITABLE
