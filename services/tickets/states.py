"""The moves of a ticket (domain.md 4.4): a table, and the one function that makes a move.

Guards that need more than the ticket itself stand with the action in `service.py`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.errors import ConflictError
from services.tickets.model import Ticket, TicketStatus, TicketType

S = TicketStatus

CLOSED: Final = frozenset({S.CLOSED, S.CLOSED_FCR, S.CLOSED_UNREACHED, S.CANCELLED})
OPEN: Final = frozenset(S) - CLOSED
EDITABLE: Final = frozenset({S.DRAFT, S.TO_DISPATCH, S.TO_CALLBACK, S.REOPENED})  # the agent's form is open
ANSWERED_AT_ONCE: Final = frozenset({TicketType.CONSULT, TicketType.QUERY, TicketType.PRAISE})


class Action(StrEnum):
    ANSWER = "answer"  # on the spot
    SUBMIT = "submit"
    AWAIT_CALLBACK = "await_callback"  # the call broke off, a message, a callback: somebody calls back
    TAKE_UP = "take_up"  # an agent has the customer on the line again
    DISPATCH = "dispatch"
    TAKE = "take"
    RETURN = "return"
    ASSIGN = "assign"
    ARRIVE = "arrive"
    ESTIMATE = "estimate"
    FINISH = "finish"
    APPROVE = "approve"
    REWORK = "rework"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNREACHED = "unreached"
    CLOSE = "close"  # by a disposition that needs no work
    WITHDRAW = "withdraw"
    MERGE = "merge"
    REOPEN = "reopen"
    APPEAL = "appeal"


MOVES: Final[Mapping[Action, Mapping[TicketStatus, TicketStatus]]] = {
    Action.ANSWER: {state: S.CLOSED_FCR for state in (S.DRAFT, S.TO_CALLBACK)},
    Action.SUBMIT: {state: S.TO_DISPATCH for state in (S.DRAFT, S.TO_CALLBACK)},
    Action.AWAIT_CALLBACK: {S.DRAFT: S.TO_CALLBACK},
    Action.TAKE_UP: {S.TO_CALLBACK: S.DRAFT, S.TO_DISPATCH: S.TO_DISPATCH, S.DRAFT: S.DRAFT},
    Action.DISPATCH: {state: S.DISPATCHED for state in (S.TO_DISPATCH, S.RETURNED, S.REOPENED)},
    Action.TAKE: {S.DISPATCHED: S.ACCEPTED},
    Action.RETURN: {S.DISPATCHED: S.RETURNED, S.ACCEPTED: S.RETURNED},
    Action.ASSIGN: {S.ACCEPTED: S.ASSIGNED},
    Action.ARRIVE: {S.ASSIGNED: S.ON_SITE},
    Action.ESTIMATE: {S.ON_SITE: S.ON_SITE},
    Action.FINISH: {state: S.DONE for state in (S.ON_SITE, S.ASSIGNED, S.ACCEPTED)},
    Action.APPROVE: {S.DONE: S.TO_CALLBACK},
    Action.REWORK: {S.DONE: S.ACCEPTED},
    Action.SATISFIED: {S.TO_CALLBACK: S.CLOSED},
    Action.DISSATISFIED: {S.TO_CALLBACK: S.REOPENED},
    Action.UNREACHED: {S.TO_CALLBACK: S.CLOSED_UNREACHED},
    Action.CLOSE: {state: S.CLOSED for state in (S.DRAFT, S.TO_DISPATCH, S.TO_CALLBACK)},
    Action.WITHDRAW: {state: S.CANCELLED for state in OPEN},
    Action.MERGE: {state: S.MERGED for state in OPEN - {S.MERGED, S.DRAFT}},
    Action.REOPEN: {state: S.REOPENED for state in CLOSED - {S.CANCELLED}},
    Action.APPEAL: {S.TO_CALLBACK: S.APPEAL, S.CLOSED: S.APPEAL},
}


class ForbiddenMoveError(ConflictError):
    """The ticket is not in a state that allows this."""

    error_id = "ticket-move-forbidden"
    message = "工单当前状态下不能进行此操作，请刷新后再试。"


class TypeNotAnsweredError(ConflictError):
    error_id = "ticket-type-needs-work"
    message = "只有咨询、查询和表扬可以一次办结，其他类型请派单或选择其他处理结果。"


class ResultMissingError(ConflictError):
    error_id = "ticket-result-missing"
    message = "请先填写处理结果，再办结工单。"


def _only_what_needs_no_work(ticket: Ticket) -> None:
    if ticket.type not in ANSWERED_AT_ONCE:
        raise TypeNotAnsweredError(ticket.type)


def _result_is_written(ticket: Ticket) -> None:
    if not ticket.handle_opinion.strip():
        raise ResultMissingError(ticket.ticket_no)


GUARDS: Final[Mapping[Action, Callable[[Ticket], None]]] = {
    Action.ANSWER: _only_what_needs_no_work,
    Action.FINISH: _result_is_written,
}


def allowed(status: TicketStatus) -> list[Action]:
    return [action for action, moves in MOVES.items() if status in moves]


def advance(ticket: Ticket, action: Action, at: datetime) -> None:
    """Move the ticket and stamp the time that the move stands for.

    Raises:
        ForbiddenMoveError: not from this state.
        TypeNotAnsweredError: at once is for CONSULT, QUERY and PRAISE.
        ResultMissingError: work is finished only with a result.
    """
    to = MOVES[action].get(ticket.status)
    if to is None:
        raise ForbiddenMoveError(f"{action} from {ticket.status}")
    if guard := GUARDS.get(action):
        guard(ticket)
    if to in CLOSED:
        ticket.closed_at = at
    elif ticket.status in CLOSED:
        ticket.closed_at = None
    ticket.status = to
    if action is Action.DISPATCH:
        ticket.dispatched_at = at
    elif action is Action.ARRIVE:
        ticket.arrived_at = at
    elif action is Action.FINISH:
        ticket.done_at = at
