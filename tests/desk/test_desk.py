"""What an agent does at the desk: ready, pause, wrap-up, ending a call only when the rules allow it."""

import pytest
from sqlalchemy import text

from services.agents.model import AgentStatus
from services.bus import Bus
from services.db import Database
from tests.desk.city import AGENT, SUPERVISOR
from tests.desk.page import Page
from tests.desk.scripted_asterisk import ScriptedAsterisk
from tests.desk.story import Story

CALLER_CHANNEL = "PJSIP/carrier-00000001"


@pytest.fixture
def story(database: Database, bus: Bus) -> Story:
    return Story(database, bus)


def show_channels(asterisk: ScriptedAsterisk, call_id: str) -> None:
    for channel, channel_id in ((f"PJSIP/{AGENT}-00000002", f"{call_id}-agent"), (CALLER_CHANNEL, call_id)):
        asterisk.channels.append({
            "Channel": channel, "Uniqueid": channel_id, "Linkedid": call_id, "ChannelState": "6",
            "ChannelStateDesc": "Up", "BridgeId": "b1", "Application": "Queue", "Duration": "00:00:20",
        })


async def test_ready_and_pause_ask_asterisk_first(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    await page.post("desk/ready")
    member = asterisk.members[f"PJSIP/{AGENT}"]["repair"]
    assert not member.paused
    await page.post("desk/pause", {"reason": "meal"})
    assert member.paused and member.reason == "meal"


async def test_nobody_is_ready_without_a_phone(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    asterisk.set_status(AGENT, 5)
    assert (await page.post("desk/ready", expect=409))["error_id"] == "phone-not-registered"
    assert asterisk.members[f"PJSIP/{AGENT}"]["repair"].paused


async def test_ready_signs_in_again_when_the_queues_forgot(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    asterisk.members.clear()
    await page.post("desk/ready")
    assert not asterisk.members[f"PJSIP/{AGENT}"]["repair"].paused


@pytest.mark.parametrize("reason", ["ACW", "missed", "login", "phone_lost", "nap"])
async def test_only_own_reasons_can_be_chosen(page: Page, reason: str) -> None:
    await page.login(AGENT)
    assert (await page.post("desk/pause", {"reason": reason}, expect=422))["message"]


async def test_wrap_up_is_only_extended_while_it_runs(page: Page) -> None:
    await page.login(AGENT)
    for act in ("extend", "finish"):
        assert (await page.post(f"desk/wrap-up/{act}", expect=409))["error_id"] == "not-in-wrap-up"


async def test_wrap_up_is_extended_by_the_acd(page: Page, asterisk: ScriptedAsterisk, bus: Bus) -> None:
    await page.login(AGENT)
    asterisk.pause_as(AGENT, "ACW")
    async with bus.redis.pubsub(ignore_subscribe_messages=True) as acd:
        await acd.subscribe("hotline:commands")
        await acd.get_message(timeout=5)
        await page.post("desk/wrap-up/extend")
        told = await acd.get_message(timeout=5)
    assert told is not None and "wrap_up_extended" in told["data"] and AGENT in told["data"]


async def test_agent_waits_for_the_customer_to_hang_up(
    page: Page, story: Story, asterisk: ScriptedAsterisk, database: Database
) -> None:
    await page.login(AGENT)
    await story.dials()
    await story.waits()
    await story.rings()
    show_channels(asterisk, story.call_id)
    assert (await page.get("desk"))["call"]["end_reasons"] == []
    assert (await page.post("desk/end-call", {"reason": "nuisance"}, expect=409))["error_id"] == "wait-for-customer"
    assert asterisk.did("Hangup") == []


async def test_nuisance_call_may_be_ended_and_is_recorded(
    page: Page, story: Story, asterisk: ScriptedAsterisk, database: Database
) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    show_channels(asterisk, story.call_id)
    assert [reason["code"] for reason in (await page.get("desk"))["call"]["end_reasons"]] == ["nuisance", "silent"]
    await page.post("desk/end-call", {"reason": "nuisance"})
    assert [hangup["Channel"] for hangup in asterisk.did("Hangup")] == [CALLER_CHANNEL]
    async with database.transaction() as session:
        fact = await session.scalar(text("SELECT data FROM call_events WHERE kind = 'end_requested'"))
        look = await session.scalar(text("SELECT subject FROM access_records WHERE action = 'end_call'"))
    assert fact == {"staff_no": AGENT, "reason": "nuisance"} and look == f"call {story.call_id} nuisance"


async def test_silent_call_only_after_three_times_five_seconds(
    page: Page, database: Database, bus: Bus, asterisk: ScriptedAsterisk
) -> None:
    await page.login(AGENT)
    fresh = Story(database, bus, "fresh", ago_s=8)
    await fresh.reaches_agent()
    show_channels(asterisk, "fresh")
    await page.post("desk/end-call", {"reason": "silent"}, expect=409)
    old = Story(database, bus, "old", ago_s=60)
    await old.reaches_agent()
    asterisk.channels.clear()
    show_channels(asterisk, "old")
    await page.post("desk/end-call", {"reason": "silent"})
    assert len(asterisk.did("Hangup")) == 1


async def test_ending_a_call_that_just_ended_says_so(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    assert (await page.post("desk/end-call", {"reason": "nuisance"}, expect=409))["error_id"] == "channel-gone"
    await story.state(AGENT, AgentStatus.READY, call=False)
    assert (await page.post("desk/end-call", {"reason": "nuisance"}, expect=404))["error_id"] == "not-your-call"


async def test_supervisor_listens_and_it_is_recorded(
    page: Page, story: Story, asterisk: ScriptedAsterisk, database: Database
) -> None:
    await page.login(SUPERVISOR)
    body = {"staff_no": AGENT, "mode": "whisper"}
    assert (await page.post("board/listen", body, expect=409))["error_id"] == "agent-not-talking"
    await story.reaches_agent()
    show_channels(asterisk, story.call_id)
    await page.post("board/listen", body)
    originate = asterisk.did("Originate")[0]
    assert originate["Channel"] == f"PJSIP/{SUPERVISOR}" and originate["Application"] == "ChanSpy"
    assert originate["Data"].startswith(f"PJSIP/{AGENT}-00000002,qw")
    async with database.transaction() as session:
        looks = await session.scalar(text("SELECT count(*) FROM access_records WHERE action = 'listen'"))
    assert looks == 2  # the refused attempt too
    await page.post("board/listen", {"staff_no": SUPERVISOR}, expect=409)


async def test_today_counts_what_the_agent_did(page: Page, database: Database, bus: Bus) -> None:
    await page.login(AGENT)
    for number in range(2):
        story = Story(database, bus, f"done-{number}", ago_s=120)
        await story.reaches_agent()
        story.tick(20)
        await story.customer_hangs_up()
    today = (await page.get("desk"))["today"]
    assert today["calls"] == 2 and today["average_talk_s"] == 21 and today["satisfaction_percent"] is None
