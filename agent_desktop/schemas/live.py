"""Messages on the WebSocket `/ws`. Envelope `{op, data, seq}`; `seq` grows by one, a gap means `resync`.

A snapshot answers the connection, `watch_board`, `watch_desk` and `resync`; deltas follow it.
"""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Literal

from pydantic import Field

from agent_desktop.schemas.board import Board
from agent_desktop.schemas.common import Command, Shape
from agent_desktop.schemas.desk import Desk, Flag, Pop, QueueNow
from services.agents.model import AgentStatus
from services.calls.model import CallPhase


class CloseCode(IntEnum):
    NOT_LOGGED_IN = 4401
    FORBIDDEN = 4403
    OPENED_ELSEWHERE = 4409
    TOO_SLOW = 4410
    RESTART = 1012


class ClientMessage(Command):
    op: Literal["ping", "watch_board", "watch_desk", "resync"]
    data: dict[str, str | int | float | bool | None] = Field(default={}, max_length=8)


class Snapshot(Shape):
    """Either screen; the other is null."""

    desk: Desk | None = None
    board: Board | None = None
    degraded: list[str] = Field(default_factory=list)  # parts that are missing now: redis, postgres, ami


class CallChanged(Shape):
    call_id: str
    phase: CallPhase
    caller: str
    queue: str | None = None
    staff_no: str | None = None
    intent_label: str = ""
    position: str = ""
    started_at: datetime
    phase_since: datetime
    flags: list[Flag] = Field(default_factory=list)


class CallEnded(Shape):
    call_id: str


class CallRinging(Shape):
    call_id: str
    staff_no: str
    queue: str | None = None


class AgentChanged(Shape):
    staff_no: str
    name: str
    status: AgentStatus
    pause_reason: str | None = None
    since: datetime
    call_id: str | None = None
    phone_registered: bool
    wrap_up_until: datetime | None = None
    actions: list[str] = Field(default_factory=list)


class TicketChanged(Shape):
    ticket_no: str
    status: str


class Head(Shape):
    """The queues in the head of a desk, when they changed."""

    queues: list[QueueNow]


class Degraded(Shape):
    """Which parts the server misses now; empty when all is well again (a snapshot follows)."""

    missing: list[str]
    message: str


class LiveError(Shape):
    """The client's last message was not understood; the connection goes on."""

    error_id: str
    message: str


class Pong(Shape):
    server_time: datetime
    data: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


class SnapshotMessage(Shape):
    op: Literal["snapshot"] = "snapshot"
    seq: int
    data: Snapshot


class CallChangedMessage(Shape):
    op: Literal["call_changed"] = "call_changed"
    seq: int
    data: CallChanged


class CallEndedMessage(Shape):
    op: Literal["call_ended"] = "call_ended"
    seq: int
    data: CallEnded


class CallRingingMessage(Shape):
    op: Literal["call_ringing"] = "call_ringing"
    seq: int
    data: CallRinging


class AgentChangedMessage(Shape):
    op: Literal["agent_changed"] = "agent_changed"
    seq: int
    data: AgentChanged


class TicketChangedMessage(Shape):
    op: Literal["ticket_changed"] = "ticket_changed"
    seq: int
    data: TicketChanged


class PopMessage(Shape):
    op: Literal["pop"] = "pop"
    seq: int
    data: Pop


class BoardMessage(Shape):
    """The board's sums (percentages, alerts), sent anew at most once a second while it is watched."""

    op: Literal["board"] = "board"
    seq: int
    data: Board


class HeadMessage(Shape):
    op: Literal["head"] = "head"
    seq: int
    data: Head


class DegradedMessage(Shape):
    op: Literal["degraded"] = "degraded"
    seq: int
    data: Degraded


class ErrorMessage(Shape):
    op: Literal["error"] = "error"
    seq: int
    data: LiveError


class PongMessage(Shape):
    op: Literal["pong"] = "pong"
    seq: int
    data: Pong


ServerMessage = Annotated[
    SnapshotMessage
    | CallChangedMessage
    | CallEndedMessage
    | CallRingingMessage
    | AgentChangedMessage
    | TicketChangedMessage
    | PopMessage
    | BoardMessage
    | HeadMessage
    | DegradedMessage
    | ErrorMessage
    | PongMessage,
    Field(discriminator="op"),
]
