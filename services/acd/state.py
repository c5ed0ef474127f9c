"""What the ACD knows in memory: calls by Linkedid, their legs, agents. All of it can be rebuilt by `resync.py`.

The handlers change this state and put into the outbox what the outside must learn: facts for the journal, pauses for
Asterisk. Nothing here waits or does I/O, so a recorded sequence of events always gives the same facts.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.agents.model import AgentStatus, PauseReason
from services.asterisk.queue import DeviceState, staff_no_of
from services.calls.facts import Fact


class LegRole(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    OTHER = "other"


@dataclass(slots=True, kw_only=True)
class Leg:
    """One channel of a call."""

    call_id: str
    channel_id: str
    channel: str
    role: LegRole
    staff_no: str | None
    up: bool = False
    held: bool = False
    hangup_requested: bool = False


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A conversation with the outside. `talks` and `rings` hold agents with the time when it began."""

    call_id: str
    started_at: datetime
    callback_id: int | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    queue: str | None = None
    joined_at: datetime | None = None  # waits in the queue since
    queue_left_at: datetime | None = None  # left it, and whether to an agent is not known yet
    rings: dict[str, datetime] = field(default_factory=dict)
    talks: dict[str, datetime] = field(default_factory=dict)
    last_agent: str | None = None
    ended_by: str = "system"


@dataclass(slots=True, kw_only=True)
class LiveAgent:
    """An agent who is a member of at least one queue, or was.

    `wrapping` is the call whose wrap-up was ordered, until Asterisk says that the pause holds.
    `next_pause` is the pause to go into after the wrap-up. Only a ready agent is paused for a lost phone; when it is
    back before `restore_until`, he is ready again.
    """

    staff_no: str
    legs: dict[str, Leg] = field(default_factory=dict)
    queues: set[str] = field(default_factory=set)
    paused: bool = False
    pause_reason: str = ""
    phone: DeviceState = DeviceState.UNKNOWN
    misses: int = 0
    wrapping: str | None = None
    wrap_up_from: datetime | None = None
    wrap_up_until: datetime | None = None
    next_pause: str = ""
    restore_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """The derived state that desks and the board see (design, decision 9)."""

    staff_no: str
    status: AgentStatus
    pause_reason: str | None
    call_id: str | None
    phone_registered: bool
    wrap_up_until: datetime | None


@dataclass(frozen=True, slots=True)
class PauseOrder:
    """Pause (with `reason`) or unpause an agent in all his queues."""

    staff_no: str
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Numbers of the rules, from settings and from the table `queues`."""

    wrap_up_s: int
    wrap_up_extension_s: int
    wrap_up_limit_s: int
    missed_rings_limit: int
    phone_restore_s: int
    wrap_up_s_of_queue: dict[str, int] = field(default_factory=dict)

    def wrap_up(self, queue: str | None) -> timedelta:
        return timedelta(seconds=self.wrap_up_s_of_queue.get(queue or "", self.wrap_up_s))


@dataclass(slots=True)
class Centre:
    """The state of the whole centre and its outbox."""

    rules: Rules
    calls: dict[str, LiveCall] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)  # of all calls, by channel_id
    agents: dict[str, LiveAgent] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    pauses: list[PauseOrder] = field(default_factory=list)
    callback_numbers: dict[int, str] = field(default_factory=dict)  # of callbacks placed by this process
    touched: set[str] = field(default_factory=set)  # agents whose view may have changed

    def agent(self, staff_no: str) -> LiveAgent:
        self.touched.add(staff_no)
        return self.agents.setdefault(staff_no, LiveAgent(staff_no=staff_no))

    def leg_of(self, channel_id: str) -> tuple[LiveCall, Leg] | None:
        """Find a leg by its channel; a Linkedid may change when conversations join, a Uniqueid never does."""
        leg = self.legs.get(channel_id)
        return (self.calls[leg.call_id], leg) if leg else None

    def add(self, call: LiveCall, leg: Leg) -> None:
        call.legs[leg.channel_id] = self.legs[leg.channel_id] = leg
        if leg.staff_no:
            self.agent(leg.staff_no).legs[leg.channel_id] = leg

    def remove(self, leg: Leg) -> None:
        del self.legs[leg.channel_id]
        self.calls[leg.call_id].legs.pop(leg.channel_id, None)
        if leg.staff_no:
            self.agent(leg.staff_no).legs.pop(leg.channel_id, None)

    def tell(self, fact: Fact) -> None:
        self.facts.append(fact)

    def order(self, staff_no: str, reason: str | None) -> None:
        """Ask Asterisk to pause an agent for `reason`, or to unpause him (None or empty)."""
        self.pauses.append(PauseOrder(staff_no, bool(reason), reason or ""))

    def view(self, agent: LiveAgent) -> AgentView:
        status, call_id = self._status(agent)
        reason = agent.pause_reason if status in (AgentStatus.PAUSED, AgentStatus.WRAP_UP) else None
        return AgentView(
            staff_no=agent.staff_no, status=status, pause_reason=reason or None, call_id=call_id,
            phone_registered=agent.phone.reachable,
            wrap_up_until=agent.wrap_up_until if status is AgentStatus.WRAP_UP else None,
        )

    def _status(self, agent: LiveAgent) -> tuple[AgentStatus, str | None]:
        for leg in agent.legs.values():
            if leg.up:
                return (AgentStatus.HOLD if leg.held else AgentStatus.TALKING), leg.call_id
        for leg in agent.legs.values():
            return AgentStatus.RINGING, leg.call_id
        if not agent.queues:
            return AgentStatus.OFFLINE, None
        if agent.paused and agent.pause_reason == PauseReason.ACW:
            return AgentStatus.WRAP_UP, None
        if agent.wrapping:
            return AgentStatus.TALKING, agent.wrapping
        return (AgentStatus.PAUSED if agent.paused else AgentStatus.READY), None


def role_of(channel: str, *, first: bool) -> LegRole:
    """Tell whose channel it is by its name; `first` is the channel that began the call."""
    if staff_no_of(channel):
        return LegRole.AGENT
    return LegRole.OTHER if channel.startswith("Local/") or not first else LegRole.CALLER
