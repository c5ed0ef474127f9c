"""The supervisor's board: a snapshot, patched by the live ops."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from agent_desktop.schemas.common import Command, Shape
from agent_desktop.schemas.desk import AgentView
from agent_desktop.schemas.tickets import Deadline, TicketRow
from services.calls.model import CallPhase


class BoardQueue(Shape):
    """One queue. Percentages are of today's calls, 0 to 100; None while there was none."""

    queue: str
    name: str
    waiting: int
    longest_since: datetime | None
    ready: int
    logged_in: int
    answer_target_s: int
    service_level_percent: float | None  # answered within the target
    abandoned_percent: float | None
    average_answer_s: float | None
    average_handling_s: float | None
    level: Literal["good", "warning", "danger"]


class BoardAgent(AgentView):
    queue: str | None  # of the call
    queue_name: str
    skills: list[str]
    level: Literal["good", "warning", "danger"]


class BoardCall(Shape):
    """A live call; those in the menus are listed with their position."""

    call_id: str
    caller: str  # masked
    phase: CallPhase
    position: str  # words: 报修 / 户号输入 第 2 次
    queue: str | None
    staff_no: str | None
    started_at: datetime
    phase_since: datetime
    level: Literal["good", "warning", "danger"]


class BoardTicket(TicketRow):
    due: Deadline


class Alert(Shape):
    """What wants an act, the worst first."""

    key: str
    level: Literal["warning", "danger"]
    text: str
    since: datetime | None
    queue: str | None = None
    staff_no: str | None = None
    ticket_no: str | None = None


class QuarterHour(Shape):
    at: datetime
    calls: int
    service_level_percent: float | None


class BoardTotals(Shape):
    calls: int
    solved_by_machine_percent: float | None
    service_level_percent: float | None
    in_menu: int
    waiting: int
    talking: int
    logged_in: int
    ready: int
    wrap_up: int
    paused: int
    open_tickets: int


class Board(Shape):
    server_time: datetime
    totals: BoardTotals
    queues: list[BoardQueue]
    agents: list[BoardAgent]
    calls: list[BoardCall]
    tickets: list[BoardTicket]
    alerts: list[Alert]
    quarters: list[QuarterHour]


class Listen(Command):
    staff_no: str = Field(min_length=1, max_length=8, pattern=r"^[0-9A-Za-z]+$")
    mode: Literal["listen", "whisper", "barge"] = "listen"
