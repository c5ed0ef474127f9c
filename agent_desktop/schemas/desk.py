"""The agent's screen: his state, his call, the pop and the ticket form."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from agent_desktop.schemas.common import Command, Shape
from agent_desktop.schemas.tickets import Draft, TicketRow
from services.agents.model import AgentStatus, PauseReason
from services.calls.model import CallPhase, Direction
from services.outages.model import OutageKind, OutageStatus


class AgentView(Shape):
    """State of a desk as Asterisk confirmed it; `actions` are what the server would accept now."""

    staff_no: str
    name: str
    status: AgentStatus
    pause_reason: str | None
    since: datetime
    call_id: str | None
    phone_registered: bool
    wrap_up_until: datetime | None
    actions: list[str]  # ready | pause | extend_wrap_up | finish_wrap_up | end_call


class EndReason(Shape):
    """A reason for which the agent may hang up first (I-12), and from when."""

    code: Literal["nuisance", "silent"]
    label: str
    allowed_from: datetime


class CallView(Shape):
    call_id: str
    direction: Direction
    phase: CallPhase
    caller: str  # masked
    queue: str | None
    queue_name: str
    intent: str | None
    intent_label: str
    priority: int
    verified_level: int  # SEC-22
    started_at: datetime
    queued_at: datetime | None
    connected_at: datetime | None
    agent_left_at: datetime | None
    ended_at: datetime | None
    end_reasons: list[EndReason]  # empty: wait for the customer to hang up


class Flag(Shape):
    """What changes the greeting: danger, life support, important customer (V-43)."""

    code: str
    label: str
    tone: Literal["danger", "warning", "info"]


class CustomerView(Shape):
    customer_id: int
    name: str
    masked_phone: str
    kind: str
    flags: list[Flag]
    contacts_this_month: int
    remark: str


class BillView(Shape):
    month: date
    energy_kwh: int
    amount_fen: int
    due_on: date
    paid_on: date | None


class AccountView(Shape):
    account_no: str
    address: str
    landmark: str
    station: str
    transformer: str
    feeder: str
    area_label: str
    arrival_limit_min: int | None  # T-04
    tariff_label: str
    meter_no: str
    meter_label: str
    balance_fen: int
    cut_off_for_arrears: bool
    bills: list[BillView]
    selected: bool  # the account this call is about


class OutageShape(Shape):
    outage_id: int
    kind: OutageKind
    kind_label: str
    status: OutageStatus
    area: str
    cause: str
    start_at: datetime
    expected_end_at: datetime | None
    crew_status: str
    affected_households: int
    reports: int  # tickets already linked


class RecentContact(Shape):
    at: datetime
    channel: str
    matter: str
    result: str
    satisfaction: str


class PathStep(Shape):
    """One line of how the call got here."""

    at: datetime
    kind: str
    text: str
    tag: str | None = None
    tone: Literal["danger", "good", "info"] = "info"


class Greeting(Shape):
    """What to say first and what to ask; `apologise` after a late pick-up (R3-02)."""

    text: str
    ask: list[str]
    apologise: bool


class Pop(Shape):
    """Everything about a caller, sent whole when the agent's phone starts to ring."""

    call: CallView
    customer: CustomerView | None
    accounts: list[AccountView]
    outage: OutageShape | None
    tickets: list[TicketRow]
    recent: list[RecentContact]
    path: list[PathStep]
    ticket: Draft | None
    greeting: Greeting


class QueueNow(Shape):
    """A queue of this agent in the head of the screen."""

    queue: str
    name: str
    waiting: int
    longest_since: datetime | None


class Today(Shape):
    calls: int
    average_talk_s: int | None
    satisfaction_percent: float | None


class Desk(Shape):
    """All that is needed to draw the screen again after a crash of the browser."""

    server_time: datetime
    agent: AgentView
    call: CallView | None
    pop: Pop | None
    ticket: Draft | None  # also while the call is over and its form is not
    unfinished: list[str]  # other drafts of this agent, oldest first
    queues: list[QueueNow]
    today: Today


class Pause(Command):
    reason: PauseReason


class EndCall(Command):
    reason: Literal["nuisance", "silent"]


class Identify(Command):
    """The caller turned out to be this customer or account."""

    customer_id: int | None = Field(default=None, ge=1, le=2_147_483_647)
    account_no: str | None = Field(default=None, pattern=r"^[0-9]{10}$")


class Verify(Command):
    """The agent checked who is speaking (SEC-22)."""

    level: int = Field(ge=1, le=2)
    by: Literal["phone_last4", "name_address", "registered_phone", "document"]


class Phone(Shape):
    number: str


class CustomerRow(Shape):
    customer_id: int
    name: str
    masked_phone: str
    kind: str
    account_no: str | None
    address: str


class CustomerList(Shape):
    items: list[CustomerRow]


