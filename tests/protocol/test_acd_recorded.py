"""A recording of our own Asterisk through the ACD: which facts and which pauses come out.

`recorded/agent_calls.ami` holds four calls of one morning: talk with hold and attended transfer, giving up while an
agent's phone rings, two refusals in a row, and a talk in which the agent asks for a rest and the caller hangs up.
Between the last two the agent's phone is gone for half a second. Events and headers that nobody reads are left out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panoramisk.message import Message

from services.acd import handlers, wrap_up
from services.acd.state import AgentView, Centre, PauseOrder, Rules
from services.agents.model import AgentStatus
from services.asterisk.ami import AmiEvent
from services.asterisk.ami_link import MessageFramer
from services.asterisk.events import PARSERS, Event, parse

RECORDING = Path(__file__).parent / "recorded" / "agent_calls.ami"
RULES = Rules(wrap_up_s=3, wrap_up_extension_s=30, wrap_up_limit_s=900, missed_rings_limit=2, phone_restore_s=120)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def recorded() -> Iterator[Event]:
    for text in MessageFramer().feed(RECORDING.read_bytes()):
        message = Message.from_line(text)
        event = parse(AmiEvent(message.event, dict(message.items())), NOW)
        if event:
            yield event


class Replay:
    """Everything that came out, in order; `views` are the changes of each agent's state."""

    def __init__(self) -> None:
        self.centre = Centre(RULES)
        self.orders: list[PauseOrder] = []
        self.views: dict[str, list[AgentView]] = {"9001": [], "9002": []}
        for event in recorded():
            wrap_up.finish_due(self.centre, event.at)
            self.orders += self.centre.pauses
            self.centre.pauses.clear()
            handlers.apply(self.centre, event)
            self.orders += self.centre.pauses
            self.centre.pauses.clear()
            for staff_no, seen in self.views.items():
                view = self.centre.view(self.centre.agent(staff_no))
                if not seen or seen[-1] != view:
                    seen.append(view)

    def story(self, call: int) -> list[str]:
        calls = list(dict.fromkeys(fact.call_id for fact in self.centre.facts))
        return [
            " ".join(str(part) for part in (fact.kind, fact.data.get("staff_no"), fact.data.get("by")) if part)
            for fact in self.centre.facts
            if fact.call_id == calls[call] and not fact.kind.startswith("leg_")
        ]


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay()


def test_hold_and_attended_transfer(replay: Replay) -> None:
    assert replay.story(0) == [
        "call_started", "queue_joined", "agent_rang 9001", "agent_connected 9001", "held 9001",
        "agent_left 9001 transfer", "transferred", "agent_left 9002 caller", "call_ended caller",
    ]
    transferred = next(fact for fact in replay.centre.facts if fact.kind == "transferred")
    assert transferred.data == {"from_staff_no": "9001", "to_staff_no": "9002"}


def test_times_are_in_milliseconds_of_asterisks_clock(replay: Replay) -> None:
    connected = next(fact for fact in replay.centre.facts if fact.kind == "agent_connected")
    assert (connected.data["wait_ms"], connected.data["ring_ms"]) == (7, 4)
    parts = [fact.data["talk_ms"] for fact in replay.centre.facts if fact.kind == "agent_left"]
    assert parts == [1841, 1208, 941]


def test_giving_up_while_the_phone_rings(replay: Replay) -> None:
    assert replay.story(1) == [
        "call_started", "queue_joined", "agent_rang 9001", "queue_abandoned", "call_ended caller"
    ]


def test_two_refusals_in_a_row_pause_the_agent(replay: Replay) -> None:
    assert replay.story(2) == [
        "call_started", "queue_joined", "agent_rang 9001", "agent_missed 9001", "agent_rang 9001", "agent_missed 9001",
        "queue_abandoned", "call_ended caller",
    ]
    assert PauseOrder("9001", True, "missed") in replay.orders


def test_pauses_asked_of_asterisk(replay: Replay) -> None:
    assert replay.orders == [
        PauseOrder("9001", True, "ACW"),
        PauseOrder("9002", True, "ACW"),
        PauseOrder("9001", False),
        PauseOrder("9002", True, "login"),
        PauseOrder("9001", True, "missed"),
        PauseOrder("9001", True, "phone_lost"),
        PauseOrder("9001", False),
        PauseOrder("9001", True, "ACW"),
        PauseOrder("9001", True, "rest"),
    ]


def test_states_of_the_agents(replay: Replay) -> None:
    statuses = [(view.status, view.pause_reason) for view in replay.views["9002"]]
    assert list(dict.fromkeys(statuses))[-4:] == [
        (AgentStatus.PAUSED, "login"), (AgentStatus.RINGING, None), (AgentStatus.TALKING, None),
        (AgentStatus.WRAP_UP, "ACW"),
    ]
    assert {view.status for view in replay.views["9001"]} >= set(AgentStatus) - {AgentStatus.OFFLINE}


def test_nothing_is_left_over(replay: Replay) -> None:
    assert not replay.centre.calls
    assert not replay.centre.legs
    assert not any(agent.legs for agent in replay.centre.agents.values())


HEADERS = st.dictionaries(
    st.sampled_from([
        "Channel", "Uniqueid", "Linkedid", "Interface", "Queue", "Position", "Cause", "Timestamp", "Reason", "RingTime",
        "Status", "Response", "ChannelState", "Paused", "DestUniqueid", "BridgeUniqueid",
    ]),
    st.one_of(
        st.text("a1./-;\ud7ff", max_size=6),
        st.sampled_from(["PJSIP/9001", "1", "-1", "nan", "inf", "1e400", "9" * 40]),
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault of ours
@given(st.sampled_from(sorted(PARSERS)), HEADERS)
def test_malformed_event_is_dropped_and_never_raises(name: str, headers: dict[str, str]) -> None:
    event = parse(AmiEvent(name, headers), NOW)
    if event:
        handlers.apply(Centre(RULES), event)
