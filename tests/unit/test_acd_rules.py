"""The ACD's rules on its state alone: wrap-up, phone, callbacks' legs, and the state after a gap."""

from datetime import UTC, datetime, timedelta

from services.acd import handlers, queueing, wrap_up
from services.acd.resync import KnownCall, resync
from services.acd.state import Centre, PauseOrder, Rules
from services.agents.commands import DeskCommand
from services.agents.model import AgentStatus
from services.asterisk.channels import Channel
from services.asterisk.events import (
    AgentCompleted,
    ChannelCreated,
    ChannelHungUp,
    Event,
    MemberAdded,
    MemberPaused,
    MemberStatusChanged,
    QueueCallerJoined,
    QueueCallerLeft,
)
from services.asterisk.queue import DeviceState, QueueEntry, QueueMember, QueueSnapshot
from services.calls.model import CallPhase

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CALLER, AGENT = "PJSIP/carrier-00000001", "PJSIP/1001-00000002"


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def new_centre() -> Centre:
    return Centre(
        Rules(
            wrap_up_s=30, wrap_up_extension_s=30, wrap_up_limit_s=100, missed_rings_limit=2, phone_restore_s=60
        )
    )


def feed(centre: Centre, *events: Event) -> None:
    for event in events:
        handlers.apply(centre, event)


def member(
    kind: type[MemberPaused] | type[MemberAdded] | type[MemberStatusChanged], at: datetime = NOW, *, reason: str = "",
    status: DeviceState = DeviceState.NOT_IN_USE,
) -> Event:
    return kind(at=at, queue="repair", staff_no="1001", paused=bool(reason), paused_reason=reason, status=status)


def completed(at: datetime) -> Event:
    return AgentCompleted(
        at=at, channel=CALLER, channel_id="1.1", call_id="1.1", queue="repair", staff_no="1001",
        agent_channel_id="1.2", reason="caller",
    )


def in_wrap_up() -> Centre:
    centre = new_centre()
    feed(centre, member(MemberAdded), completed(NOW), member(MemberPaused, reason="ACW"))
    centre.pauses.clear()
    return centre


def status(centre: Centre) -> AgentStatus:
    return centre.view(centre.agents["1001"]).status


def test_wrap_up_is_shown_only_when_asterisk_has_paused() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded), completed(NOW))
    assert centre.pauses == [PauseOrder("1001", True, "ACW")]
    assert status(centre) is AgentStatus.TALKING
    feed(centre, member(MemberPaused, reason="ACW"))
    assert status(centre) is AgentStatus.WRAP_UP


def test_wrap_up_lasts_as_long_as_its_queue_says_and_ends_once() -> None:
    centre = new_centre()
    centre.rules.wrap_up_s_of_queue["repair"] = 10
    feed(centre, member(MemberAdded), completed(NOW), member(MemberPaused, reason="ACW"))
    centre.pauses.clear()
    wrap_up.finish_due(centre, seconds(9.9))
    assert centre.pauses == []
    wrap_up.finish_due(centre, seconds(10))
    wrap_up.finish_due(centre, seconds(11))
    assert centre.pauses == [PauseOrder("1001", False)]


def test_extension_stops_at_the_limit() -> None:
    centre = in_wrap_up()
    for _ in range(5):
        wrap_up.command(centre, DeskCommand.WRAP_UP_EXTENDED, "1001", NOW)
    assert centre.agents["1001"].wrap_up_until == seconds(100)


def test_finishing_goes_into_the_pause_asked_for_in_the_call() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded), member(MemberPaused, reason="meal"), completed(NOW),
         member(MemberPaused, reason="ACW"))
    wrap_up.command(centre, DeskCommand.WRAP_UP_FINISHED, "1001", NOW)
    assert centre.pauses[-1] == PauseOrder("1001", True, "meal")


def test_commands_for_somebody_else_change_nothing() -> None:
    centre = in_wrap_up()
    wrap_up.command(centre, DeskCommand.WRAP_UP_FINISHED, "1002", NOW)
    assert centre.pauses == []


def test_a_wrap_up_that_asterisk_did_not_end_is_ended_again() -> None:
    centre = in_wrap_up()
    wrap_up.finish_due(centre, seconds(30))
    wrap_up.failed(centre, "1001", seconds(31), retry_s=1)
    wrap_up.finish_due(centre, seconds(33))
    assert centre.pauses == [PauseOrder("1001", False)] * 2


def test_a_wrap_up_that_could_not_begin_leaves_the_agent_ready() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded), completed(NOW))
    wrap_up.failed(centre, "1001", seconds(1), retry_s=1)
    assert status(centre) is AgentStatus.READY


def test_a_ready_agent_without_phone_is_paused_and_returns_with_it() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded), member(MemberStatusChanged, status=DeviceState.UNAVAILABLE))
    assert centre.pauses == [PauseOrder("1001", True, "phone_lost")]
    feed(centre, member(MemberPaused, reason="phone_lost", status=DeviceState.UNAVAILABLE),
         member(MemberStatusChanged, seconds(59)))
    assert centre.pauses[-1] == PauseOrder("1001", False)


def test_a_phone_that_comes_back_too_late_leaves_the_agent_paused() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded), member(MemberStatusChanged, status=DeviceState.UNAVAILABLE),
         member(MemberPaused, reason="phone_lost", status=DeviceState.UNAVAILABLE),
         member(MemberStatusChanged, seconds(61)))
    assert len(centre.pauses) == 1


def test_wrap_up_ends_in_phone_lost_when_the_phone_is_gone() -> None:
    centre = in_wrap_up()
    feed(centre, member(MemberStatusChanged, status=DeviceState.UNAVAILABLE))
    wrap_up.finish_due(centre, seconds(30))
    assert centre.pauses == [PauseOrder("1001", True, "phone_lost")]


def test_old_pause_fields_in_a_status_event_do_not_undo_a_pause() -> None:
    centre = in_wrap_up()
    feed(centre, member(MemberStatusChanged))
    assert status(centre) is AgentStatus.WRAP_UP


def created(channel: str, channel_id: str, *, call_id: str = "1.1", context: str = "from-trunk") -> ChannelCreated:
    return ChannelCreated(
        at=NOW, channel=channel, channel_id=channel_id, call_id=call_id, context=context, extension="95598",
        caller_number="13800000000",
    )


def test_spy_and_calls_between_desks_are_no_calls() -> None:
    centre = new_centre()
    feed(centre, created("PJSIP/1005-00000009", "9.9", call_id="9.9", context="agents"))
    assert not centre.calls and not centre.facts


def test_leaving_the_queue_to_the_dialplan_is_told_when_no_agent_follows() -> None:
    centre = new_centre()
    queue = {"channel": CALLER, "channel_id": "1.1", "call_id": "1.1", "queue": "repair"}
    feed(centre, created(CALLER, "1.1"), QueueCallerJoined(at=NOW, position=1, **queue),
         QueueCallerLeft(at=seconds(5), **queue))
    queueing.settle_old_exits(centre, seconds(5.1))
    assert "queue_left" not in [fact.kind for fact in centre.facts]
    queueing.settle_old_exits(centre, seconds(6))
    assert [fact.kind for fact in centre.facts][-1] == "queue_left"


def test_call_ends_with_its_last_channel_whatever_its_linkedid_is_by_then() -> None:
    centre = new_centre()
    feed(centre, created(CALLER, "1.1"),
         ChannelHungUp(at=NOW, channel=CALLER, channel_id="1.1", call_id="0.1", cause=16))
    assert not centre.calls
    assert centre.facts[-1].kind == "call_ended"


def shown(channel: str, channel_id: str, *, up: bool = True, bridge_id: str = "b") -> Channel:
    return Channel(
        channel=channel, channel_id=channel_id, call_id="1.1", context="to-queue", extension="s", up=up,
        caller_number="13800000000", application="Queue", bridge_id=bridge_id, age_s=20,
    )


def queues(
    *, reason: str = "", waiting: bool = False, phone: DeviceState = DeviceState.NOT_IN_USE
) -> QueueSnapshot:
    here = QueueMember(
        queue="repair", staff_no="1001", penalty=0, paused=bool(reason), paused_reason=reason,
        status=phone, in_call=False,
    )
    entry = QueueEntry(queue="repair", position=1, channel=CALLER, channel_id="1.1", wait_s=7, priority=0)
    return QueueSnapshot((here,), (entry,) if waiting else ())


def known(phase: CallPhase) -> KnownCall:
    return KnownCall(
        call_id="1.1", phase=phase, started_at=NOW, queue="repair", queued_at=NOW, connected_at=NOW, staff_no="1001"
    )


def kinds(centre: Centre) -> list[str]:
    return [fact.kind for fact in centre.facts if not fact.kind.startswith("leg_")]


def test_restart_in_mid_talk_takes_the_call_up_without_telling_it_again() -> None:
    centre = new_centre()
    resync(centre, [shown(CALLER, "1.1"), shown(AGENT, "1.2")], queues(), [known(CallPhase.HOLD)], {}, seconds(20))
    assert status(centre) is AgentStatus.HOLD
    assert kinds(centre) == []
    feed(centre, completed(seconds(30)))
    left = next(fact for fact in centre.facts if fact.kind == "agent_left")
    assert left.data["talk_ms"] == 30_000


def test_restart_without_a_database_finds_the_call_by_its_channels() -> None:
    centre = new_centre()
    resync(centre, [shown(CALLER, "1.1"), shown(AGENT, "1.2")], queues(), [], {}, seconds(20))
    assert kinds(centre) == ["call_started", "agent_connected"]
    assert status(centre) is AgentStatus.TALKING


def test_restart_finds_a_waiting_caller_with_his_time() -> None:
    centre = new_centre()
    resync(centre, [shown(CALLER, "1.1", bridge_id="")], queues(waiting=True), [], {}, seconds(20))
    assert kinds(centre) == ["call_started", "queue_joined"]
    assert centre.calls["1.1"].joined_at == seconds(13)


def test_calls_that_ended_meanwhile_are_ended() -> None:
    centre = new_centre()
    feed(centre, created(CALLER, "1.1"))
    other = KnownCall(call_id="2.1", phase=CallPhase.MENU, started_at=NOW)
    resync(centre, [], queues(), [other], {}, seconds(20))
    ended = [(fact.call_id, fact.data["resync"]) for fact in centre.facts if fact.kind == "call_ended"]
    assert ended == [("1.1", True), ("2.1", True)]
    assert not centre.calls and not centre.legs


def test_wrap_up_timer_comes_back_from_the_database() -> None:
    centre = new_centre()
    resync(centre, [], queues(reason="ACW"), [], {"1001": seconds(12)}, NOW)
    wrap_up.finish_due(centre, seconds(11))
    assert centre.pauses == []
    wrap_up.finish_due(centre, seconds(12))
    assert centre.pauses == [PauseOrder("1001", False)]


def test_agent_who_left_every_queue_is_offline() -> None:
    centre = new_centre()
    feed(centre, member(MemberAdded))
    resync(centre, [], QueueSnapshot((), ()), [], {}, NOW)
    assert status(centre) is AgentStatus.OFFLINE


def test_after_a_restart_a_lost_phone_is_noticed_and_found_again() -> None:
    centre = new_centre()
    resync(centre, [], queues(phone=DeviceState.UNAVAILABLE), [], {}, NOW)
    assert centre.pauses == [PauseOrder("1001", True, "phone_lost")]
    centre = new_centre()
    resync(centre, [], queues(reason="phone_lost", phone=DeviceState.UNAVAILABLE), [], {}, NOW)
    feed(centre, member(MemberStatusChanged, seconds(30)))
    assert centre.pauses == [PauseOrder("1001", False)]
