"""Our AMI link against the proved faults of panoramisk 1.4 (telephony.md section 8), and against garbage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.asterisk import queue
from services.asterisk.ami import (
    Ami,
    AmiActionError,
    AmiEvent,
    AmiNotConnectedError,
    AmiTimeoutError,
    AmiValueError,
)
from services.asterisk.ami_link import MESSAGE_LIMIT_BYTES, AmiProtocolError, MessageFramer
from tests.protocol.scripted_manager import BOOTED, SUCCESS, ScriptedManager
from tests.until import until

LIST = (
    "Response: Success\r\nActionID: {id}\r\nEventList: start\r\nMessage: will follow\r\n\r\n"
    "Event: QueueParams\r\nActionID: {id}\r\nQueue: repair\r\n\r\n"
    "Event: QueueMember\r\nActionID: {id}\r\nQueue: repair\r\nLocation: PJSIP/1001\r\nPenalty: 2\r\nStatus: 1\r\n"
    "Paused: 1\r\nPausedReason: ACW\r\nInCall: 0\r\n\r\n"
    "Event: QueueEntry\r\nActionID: {id}\r\nQueue: repair\r\nPosition: 1\r\nChannel: PJSIP/carrier-1\r\n"
    "Uniqueid: 1.1\r\nWait: 7\r\nPriority: 5\r\n\r\n"
    "Event: QueueStatusComplete\r\nActionID: {id}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"
)
ERROR = "Response: Error\r\nActionID: {id}\r\nMessage: TEXT\r\n\r\n"


@asynccontextmanager
async def link(
    manager: ScriptedManager, *, action_timeout_s: float = 2.0, ping_interval_s: float = 60.0
) -> AsyncIterator[Ami]:
    async with Ami(
        "127.0.0.1", manager.port, "acd", "secret", read_events=True, action_timeout_s=action_timeout_s,
        ping_interval_s=ping_interval_s,
    ) as ami:
        async with asyncio.timeout(5):
            await ami.connected.wait()
        yield ami


@pytest.fixture
async def manager() -> AsyncIterator[ScriptedManager]:
    async with ScriptedManager() as scripted:
        yield scripted


async def next_event(ami: Ami) -> AmiEvent:
    async with asyncio.timeout(5):
        async for event in ami.events():
            return event
    raise AssertionError


async def test_queue_add_is_answered(manager: ScriptedManager) -> None:
    # panoramisk takes "Added interface to queue" for the begin of a list: its future never resolves.
    manager.answers["QueueAdd"] = SUCCESS.replace("done", "Added interface to queue")
    async with link(manager) as ami:
        await queue.add_member(ami, "1001", "repair", 0, reason="login")
    assert manager.asked("QueueAdd")[0]["Interface"] == "PJSIP/1001"


async def test_originate_is_answered_when_it_is_queued(manager: ScriptedManager) -> None:
    manager.answers["Originate"] = SUCCESS.replace("done", "Originate successfully queued")
    async with link(manager) as ami:
        assert (await ami.action("Originate", Channel="Local/1@x", Async="true")).message.endswith("queued")


async def test_list_is_gathered_until_its_end(manager: ScriptedManager) -> None:
    manager.answers["QueueStatus"] = LIST
    async with link(manager) as ami:
        snapshot = await queue.snapshot(ami)
    assert [(m.staff_no, m.penalty, m.paused_reason) for m in snapshot.members] == [("1001", 2, "ACW")]
    assert [(e.position, e.wait_s, e.priority) for e in snapshot.entries] == [(1, 7, 5)]


async def test_refused_list_is_an_error_and_does_not_hang(manager: ScriptedManager) -> None:
    manager.answers["QueueStatus"] = "Response: Error\r\nActionID: {id}\r\nMessage: Permission denied\r\n\r\n"
    async with link(manager) as ami:
        with pytest.raises(AmiActionError) as refused:
            await queue.snapshot(ami)
    assert refused.value.reason == "Permission denied"


async def test_known_refusals_have_names(manager: ScriptedManager) -> None:
    manager.answers["QueueAdd"] = ERROR.replace("TEXT", "Unable to add interface to queue: No such queue")
    manager.answers["QueuePause"] = ERROR.replace("TEXT", "Interface not found")
    manager.answers["QueueRemove"] = ERROR.replace("TEXT", "Unable to remove interface: Not there")
    async with link(manager) as ami:
        with pytest.raises(queue.QueueNotFoundError):
            await queue.add_member(ami, "1001", "nowhere", 0, reason="login")
        with pytest.raises(queue.MemberNotFoundError):
            await queue.pause(ami, "1001", True, "rest")
        await queue.remove_member(ami, "1001", "repair")


async def test_adding_a_member_who_is_there_sets_his_penalty(manager: ScriptedManager) -> None:
    manager.answers["QueueAdd"] = ERROR.replace("TEXT", "Unable to add interface: Already there")
    manager.answers["QueuePenalty"] = SUCCESS
    async with link(manager) as ami:
        await queue.add_member(ami, "1001", "repair", 3, reason="login")
    assert manager.asked("QueuePenalty")[0]["Penalty"] == "3"


async def test_action_without_answer_ends_in_time(manager: ScriptedManager) -> None:
    async with link(manager, action_timeout_s=0.1) as ami:
        with pytest.raises(AmiTimeoutError):
            await ami.action("CoreShowChannels")
        assert ami.connected.is_set()


async def test_late_answer_to_a_given_up_action_harms_nothing(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        with pytest.raises(AmiTimeoutError):
            await ami.action("CoreStatus", timeout_s=0.05)
        late = manager.asked("CoreStatus")[0]["ActionID"]
        manager.answers["CoreSettings"] = SUCCESS
        await manager.send(SUCCESS.replace("{id}", late).encode())
        assert (await ami.action("CoreSettings")).headers["ActionID"] != late


async def test_nothing_is_repeated_after_a_reconnect(manager: ScriptedManager) -> None:
    # panoramisk keeps what was not answered and sends it again: an Originate rang twice.
    async with link(manager) as ami:
        waiting = asyncio.create_task(ami.action("Originate", Channel="Local/1@x"))
        await until(lambda: manager.asked("Originate"), "the action went out")
        manager.cut()
        with pytest.raises(AmiNotConnectedError):
            await waiting
        await until(lambda: manager.connections == 2 and ami.connected.is_set(), "connected again")
        manager.answers["CoreStatus"] = SUCCESS
        await ami.action("CoreStatus")
    assert len(manager.asked("Originate")) == 1


async def test_action_while_the_link_is_down_fails_at_once(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        await manager.stop()
        await until(lambda: not ami.connected.is_set(), "link lost")
        with pytest.raises(AmiNotConnectedError):
            await ami.action("Originate", Channel="Local/1@x")
        await manager.start()
        await until(ami.connected.is_set, "connected again")
    assert not manager.asked("Originate")


@pytest.mark.parametrize("bad", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b", "\ud800"])
async def test_a_value_cannot_carry_a_second_action(manager: ScriptedManager, bad: str) -> None:
    manager.answers["Setvar"] = SUCCESS
    async with link(manager) as ami:
        with pytest.raises(AmiValueError):
            await ami.action("Setvar", Value=bad)
        with pytest.raises(AmiValueError):
            await ami.action("Originate", Variable=["A=1", bad])
        await ami.action("Setvar", Value="好: 张三")
    assert [headers["Value"] for headers in manager.asked("Setvar")] == ["好: 张三"]


async def test_character_split_over_two_reads_arrives_whole(manager: ScriptedManager) -> None:
    # panoramisk decodes each read by itself and drops both halves.
    text = "Event: Newchannel\r\nCallerIDName: 张三丰\r\n\r\n".encode()
    async with link(manager) as ami:
        assert (await next_event(ami)).name == "FullyBooted"
        for byte in text:
            await manager.send(bytes([byte]))
        assert (await next_event(ami)).headers["CallerIDName"] == "张三丰"


async def test_invalid_utf8_costs_the_character_and_not_the_link(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        await next_event(ami)
        await manager.send(b"Event: Newchannel\r\nCallerIDName: \xff\xfe!\r\n\r\n")
        assert (await next_event(ami)).headers["CallerIDName"] == "\ufffd\ufffd!"
    assert manager.connections == 1


async def test_half_open_link_is_noticed(manager: ScriptedManager) -> None:
    # A peer that is gone without a FIN answers nothing; panoramisk pings on for ever.
    async with link(manager, action_timeout_s=0.2, ping_interval_s=0.05) as ami:
        manager.answers["Ping"] = None
        await until(lambda: manager.connections >= 2, "a new connection")
        manager.answers["Ping"] = SUCCESS
        await until(ami.connected.is_set, "connected again")


async def test_reader_that_fails_does_not_drop_the_link(manager: ScriptedManager) -> None:
    # An exception in a callback of panoramisk closes the connection and loses the rest of the read.
    async with link(manager) as ami:
        await manager.send(b"Event: One\r\n\r\nEvent: Two\r\n\r\n")
        with pytest.raises(ZeroDivisionError):
            async for _ in ami.events():
                raise ZeroDivisionError
        assert (await next_event(ami)).name == "One"
        assert (await next_event(ami)).name == "Two"
    assert manager.connections == 1


async def test_connected_only_when_asterisk_is_booted(manager: ScriptedManager) -> None:
    manager.booted = False
    async with Ami("127.0.0.1", manager.port, "acd", "secret") as ami:
        await until(lambda: manager.asked("Login"), "login")
        with pytest.raises(AmiNotConnectedError):
            await ami.action("CoreStatus")
        await manager.send(BOOTED)
        await until(ami.connected.is_set, "booted")


async def test_wrong_password_is_tried_again_and_never_counts_as_connected(manager: ScriptedManager) -> None:
    manager.answers["Login"] = "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n"
    async with Ami("127.0.0.1", manager.port, "acd", "wrong") as ami:
        await until(lambda: manager.connections >= 2, "tried again")
        assert not ami.connected.is_set()


async def test_connects_to_an_asterisk_that_starts_later() -> None:
    manager = ScriptedManager()
    await manager.start()
    await manager.stop()
    async with Ami("127.0.0.1", manager.port, "acd", "secret") as ami:
        async with manager:
            await until(ami.connected.is_set, "connected")


async def test_shutdown_event_is_the_end_of_the_link(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        await manager.send(b"Event: Shutdown\r\nShutdown: Cleanly\r\n\r\n")
        await until(lambda: manager.connections == 2 and ami.connected.is_set(), "connected again")


GARBAGE = [
    b"\x00\xff\x16\x03\x01garbage\r\n\r\n",
    b"\r\n\r\n\r\n\r\n",
    b": \r\n:\r\n\r\n",
    b"Event: A\r\nEvent: B\r\n\r\n",
    b"Response: Success\r\nActionID: 1\r\nActionID: 2\r\n\r\n",
    b"Response: Follows\r\n\r\n",
    b"Event\r\nno header\r\n\r\n",
    b"Response: Success\r\nActionID: nobody\r\nEventList: start\r\n\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_in_a_message_does_not_cost_the_link(manager: ScriptedManager, garbage: bytes) -> None:
    async with link(manager) as ami:
        await next_event(ami)
        await manager.send(garbage + b"Event: Good\r\nA: 1\r\n\r\n")
        while (event := await next_event(ami)).name != "Good":
            pass
        assert event.headers["A"] == "1"
    assert manager.connections == 1


async def test_peer_that_never_ends_a_message_is_left(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        await manager.send(b"x" * (MESSAGE_LIMIT_BYTES + 1))
        await until(lambda: manager.connections == 2 and ami.connected.is_set(), "a new connection")


async def test_leaving_ends_the_link_and_the_task(manager: ScriptedManager) -> None:
    async with link(manager) as ami:
        pass
    assert not ami.connected.is_set()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("ami-")]


LINES = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), min_size=1, max_size=40)
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
MESSAGES = st.lists(LINES, min_size=1, max_size=5).map("\r\n".join)


@unhurried
@given(st.lists(MESSAGES, max_size=5), st.lists(st.integers(0, 400), max_size=6))
def test_framer_does_not_care_how_bytes_are_cut(messages: list[str], cuts: list[int]) -> None:
    stream = "".join(message + "\r\n\r\n" for message in messages).encode()
    framer, got, edges = MessageFramer(), [], sorted({min(cut, len(stream)) for cut in [0, *cuts, len(stream)]})
    for begin, end in zip(edges, [*edges[1:], len(stream)], strict=True):
        got += list(framer.feed(stream[begin:end]))
    assert got == messages


@unhurried
@given(st.lists(st.binary(max_size=200), max_size=10))
def test_framer_survives_any_bytes(chunks: list[bytes]) -> None:
    framer = MessageFramer()
    for chunk in chunks:
        for text in framer.feed(chunk):
            assert "\r\n\r\n" not in text and text


def test_framer_gives_up_a_message_without_end() -> None:
    framer = MessageFramer()
    with pytest.raises(AmiProtocolError):
        list(framer.feed(b"x" * (MESSAGE_LIMIT_BYTES + 1)))
