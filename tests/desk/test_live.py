"""The live connection: snapshot and deltas, what each screen gets, garbage, slow pages, lost Redis and database."""

import asyncio
import json

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from agent_desktop.resources import Resources
from services.agents.model import AgentStatus
from services.bus import Bus
from services.db import Database
from services.settings import Settings
from tests.desk.city import ADMIN, AGENT, LEADER, OTHER_AGENT, SUPERVISOR
from tests.desk.conftest import RedisServer, database_away
from tests.desk.page import Page
from tests.desk.scripted_asterisk import ScriptedAsterisk
from tests.desk.story import Story
from tests.until import until


@pytest.fixture
def story(database: Database, bus: Bus) -> Story:
    return Story(database, bus)


async def test_snapshot_comes_first_then_deltas_without_gap(page: Page, story: Story) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        first = await live.next()
        assert first["op"] == "snapshot" and first["seq"] == 1
        assert first["data"]["desk"]["agent"]["status"] == "offline" and first["data"]["board"] is None
        await story.state(AGENT, AgentStatus.READY, call=False)
        changed = await live.wait_for("agent_changed")
        assert changed["status"] == "ready" and changed["actions"] == ["pause"]


async def test_browser_restart_gets_call_ticket_and_typed_text_back(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    desk = (await page.get("desk"))["ticket"]
    await page.put(f"tickets/{desk['ticket_no']}/draft", {
        "version": desk["version"], "fields": {"accept_content": "家中无电，空开合不上"}
    })
    async with page.live() as live:
        desk = (await live.next())["data"]["desk"]
    assert desk["agent"]["status"] == "talking" and desk["call"]["phase"] == "talking"
    assert desk["pop"]["customer"]["name"] == "王建国"
    assert desk["ticket"]["fields"]["accept_content"] == "家中无电，空开合不上"


async def test_wrap_up_is_restored_with_its_end(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    await story.customer_hangs_up()
    desk = await page.get("desk")
    assert desk["agent"]["status"] == "wrap_up" and desk["agent"]["wrap_up_until"]
    assert set(desk["agent"]["actions"]) == {"extend_wrap_up", "finish_wrap_up", "pause"}
    assert desk["ticket"]["status"] == "DRAFT" and desk["ticket"]["editable"]


async def test_desk_of_another_agent_hears_nothing_of_the_call(page: Page, story: Story) -> None:
    await page.login(OTHER_AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await story.reaches_agent()
        await live.send("ping", n=1)
        seen = []
        while (message := await live.next())["op"] != "pong":
            seen.append(message["op"])
    assert set(seen) <= {"head"}


async def test_head_of_the_desk_counts_the_own_queues(page: Page, story: Story) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await story.dials()
        await story.waits()
        while True:
            queues = (await live.wait_for("head"))["queues"]
            waiting = {queue["queue"]: queue["waiting"] for queue in queues}
            if waiting == {"repair": 1, "general_service": 0}:
                break


async def test_board_follows_calls_agents_and_sums(page: Page, story: Story) -> None:
    await page.login(SUPERVISOR)
    async with page.live("/ws?view=board") as live:
        first = await live.next()
        assert first["data"]["desk"] is None and first["data"]["board"]["calls"] == []
        await story.dials()
        changed = await live.wait_for("call_changed", phase="menu")
        assert changed["caller"] == "138****2048"
        await story.is_known()
        await story.waits()
        await live.wait_for("call_changed", phase="queued")
        while True:
            board = await live.wait_for("board")
            if board["totals"]["waiting"] == 1:
                break
        await story.rings()
        await live.wait_for("agent_changed", staff_no=AGENT, status="ringing")
        await story.talks()
        await story.customer_hangs_up()
        assert (await live.wait_for("call_ended"))["call_id"] == story.call_id


async def test_watch_board_switches_and_needs_the_permission(page: Page, other_page: Page) -> None:
    await page.login(LEADER)
    async with page.live() as live:
        assert (await live.next())["data"]["desk"] is not None
        await live.send("watch_board")
        assert (await live.wait_for("snapshot"))["board"] is not None
    await other_page.login(AGENT)
    async with other_page.live() as live:
        await live.wait_for("snapshot")
        await live.send("watch_board")
        assert (await live.wait_for("error"))["error_id"] == "forbidden"
    async with other_page.live("/ws?view=board") as live:
        assert await live.closed() == 4403


async def test_resync_gives_a_fresh_snapshot(page: Page, story: Story) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await live.send("resync")
        assert (await live.wait_for("snapshot"))["desk"]["agent"]["staff_no"] == AGENT


@pytest.mark.parametrize(
    "garbage",
    ["", "{", "null", "[]", "42", '{"op": "fly"}', '{"op": "ping", "data": []}', '{"op": "ping", "more": 1}',
     '{"op": ["ping"]}', "[" * 4000, "\x00\x01", '{"op": "ping", "data": {"a": {"b": 1}}}', "好" * 5000, b"\xff\x00"],
)
async def test_garbage_is_answered_and_the_connection_lives(page: Page, garbage: str | bytes) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await live.socket.send(garbage)
        error = await live.wait_for("error")
        assert error["error_id"] in ("not-understood", "too-long", "not-text") and error["message"]
        await live.send("ping", n=7)
        assert (await live.wait_for("pong"))["data"] == {"n": 7}


async def test_message_that_could_never_be_ours_closes_only_its_own_connection(page: Page, other_page: Page) -> None:
    await page.login(AGENT)
    await other_page.login(OTHER_AGENT)
    async with other_page.live() as other, page.live() as live:
        await live.wait_for("snapshot")
        await live.socket.send("x" * 1_000_000)
        assert await live.closed() == 1009
        await other.send("ping")
        await other.wait_for("pong")


async def test_garbage_on_the_bus_hurts_nobody(page: Page, story: Story, bus: Bus) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        for line in ("", "{", "[]", '{"op": 1}', '{"op": "call_changed", "data": {}}',
                     '{"op": "agent_changed", "data": {"staff_no": null}}', '{"op": "desk_opened", "data": {}}'):
            await bus.redis.publish("hotline:events", line)
        await story.state(AGENT, AgentStatus.READY, call=False)
        assert (await live.wait_for("agent_changed"))["status"] == "ready"


async def test_page_without_login_is_told_so(page: Page) -> None:
    async with page.live() as live:
        assert await live.closed() == 4401


async def test_person_without_desk_gets_no_connection(page: Page) -> None:
    await page.login(ADMIN)
    async with page.live() as live:
        assert await live.closed() == 4403


async def test_second_window_takes_over_the_desk(page: Page) -> None:
    await page.login(AGENT)
    async with page.live() as first:
        await first.wait_for("snapshot")
        async with page.live() as second:
            await second.wait_for("snapshot")
            assert await first.closed() == 4409
            await second.send("ping")
            await second.wait_for("pong")


async def test_board_in_a_second_window_leaves_the_desk_alone(page: Page) -> None:
    await page.login(LEADER)
    async with page.live() as desk, page.live("/ws?view=board") as board:
        await board.wait_for("snapshot")
        await desk.wait_for("snapshot")
        await desk.send("ping")
        await desk.wait_for("pong")


async def test_slow_page_is_closed_and_the_others_go_on(
    page: Page, other_page: Page, settings: Settings, desktop: Resources, bus: Bus
) -> None:
    await page.login(SUPERVISOR)
    await other_page.login(AGENT)
    async with other_page.live() as other, page.live("/ws?view=board", max_queue=1, compression=None) as slow:
        await other.wait_for("snapshot")
        changed = {
            "call_id": "c", "phase": "menu", "caller": "1", "intent_label": "长" * 20_000,
            "started_at": "2026-01-01T00:00:00Z", "phase_since": "2026-01-01T00:00:00Z",
        }

        async def flooded() -> bool:
            for _ in range(100):
                await bus.publish("call_changed", changed)
            return bool(desktop.metrics.closed_slow._value.get())

        await until(flooded, "the slow page is closed", timeout_s=60)
        await other.send("ping")
        await other.wait_for("pong")
        assert await slow.closed() in (4410, 1006)


async def test_lost_redis_is_shown_and_after_it_comes_a_snapshot(
    page: Page, story: Story, bus: Bus, redis_server: RedisServer
) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        redis_server.stop()
        while "redis" not in (degraded := await live.wait_for("degraded"))["missing"]:
            pass
        assert "实时消息" in degraded["message"]
        assert (await page.get("desk"))["agent"]["staff_no"] == AGENT  # everything but the live events works
        await story.state(AGENT, AgentStatus.READY, call=False)  # told to nobody
        redis_server.start()
        while "redis" in (await live.wait_for("degraded"))["missing"]:
            pass
        while (await live.wait_for("snapshot"))["desk"]["agent"]["status"] != "ready":
            await live.send("resync")
        await until(lambda: bus.publish("nothing", {}), "the teller has found Redis again")
        await story.state(AGENT, AgentStatus.PAUSED, call=False)
        await live.wait_for("agent_changed", status="paused")


async def test_lost_database_is_shown_and_after_it_comes_a_snapshot(page: Page, settings: Settings) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        with database_away(settings):
            refused = await page.get("desk", expect=503)
            assert refused["error_id"] == "database-unavailable" and "数据库" in refused["message"]
            await live.send("resync")
            while "postgres" not in (await live.wait_for("degraded"))["missing"]:
                pass
            await live.send("ping")
            await live.wait_for("pong")  # the connection itself lives
        assert (await live.wait_for("snapshot"))["desk"]["agent"]["staff_no"] == AGENT
    await page.get("desk")


async def test_lost_asterisk_is_shown(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await asterisk.stop_manager()
        while (degraded := await live.wait_for("degraded"))["missing"] != ["asterisk"]:
            pass
        assert "电话平台" in degraded["message"]
        refused = await page.post("desk/ready", expect=503)
        assert refused["message"]
        await asterisk.start_manager()
        assert (await live.wait_for("degraded", missing=[]))["message"] == "系统已恢复。"
        await live.wait_for("snapshot")


async def test_presence_lives_with_the_connection(page: Page, settings: Settings) -> None:
    await page.login(AGENT)
    async with Redis.from_url(settings.redis_url, decode_responses=True) as redis:
        assert await redis.get(f"hotline:desk:{AGENT}") is None
        async with page.live() as live:
            await live.wait_for("snapshot")
            await until(lambda: redis.get(f"hotline:desk:{AGENT}"), "presence is set")
            assert 0 < await redis.ttl(f"hotline:desk:{AGENT}") <= settings.presence_s


async def test_fan_out_needs_one_subscription_however_many_pages(
    page: Page, other_page: Page, settings: Settings
) -> None:
    await page.login(AGENT)
    await other_page.login(OTHER_AGENT)
    async with page.live() as one, other_page.live() as two, Redis.from_url(settings.redis_url) as redis:
        await asyncio.gather(one.wait_for("snapshot"), two.wait_for("snapshot"))
        assert await redis.pubsub_numsub("hotline:events") == [(b"hotline:events", 1)]


async def test_pop_is_recorded_once_however_often_it_is_refreshed(
    page: Page, story: Story, database: Database
) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await story.reaches_agent()
        while (await live.wait_for("pop"))["call"]["phase"] != "talking":
            pass
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT count(*) FROM access_records")) == 1


async def test_every_message_is_in_the_published_description(page: Page, story: Story) -> None:
    from pydantic import TypeAdapter

    from agent_desktop.schemas.live import ServerMessage

    adapter: TypeAdapter[object] = TypeAdapter(ServerMessage)
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await story.reaches_agent()
        await live.send("ping")
        while (message := await live.next())["op"] != "pong":
            adapter.validate_json(json.dumps(message))
