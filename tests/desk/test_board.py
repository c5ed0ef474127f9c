"""The board's numbers are those of the calls: percentages, averages, positions in the menus, alerts, late tickets."""

import pytest
from sqlalchemy import text

from services.agents.model import AgentStatus
from services.bus import Bus
from services.calls import facts
from services.db import Database
from tests.desk.city import AGENT, LEADER, LI_PHONE, SUPERVISOR, WANG_PHONE
from tests.desk.page import Page
from tests.desk.story import Story


@pytest.fixture
def story(database: Database, bus: Bus) -> Story:
    return Story(database, bus)


async def answered(database: Database, bus: Bus, call_id: str, wait_s: float, talk_s: float) -> None:
    story = Story(database, bus, call_id, ago_s=900)
    await story.dials()
    await story.waits()
    story.tick(wait_s - 2)
    await story.rings()
    await story.talks()
    story.tick(talk_s - 1)
    await story.customer_hangs_up()


async def test_sums_of_today(page: Page, database: Database, bus: Bus) -> None:
    await answered(database, bus, "quick", wait_s=4, talk_s=100)
    await answered(database, bus, "slow", wait_s=40, talk_s=50)
    gone = Story(database, bus, "gone", ago_s=600)
    await gone.dials()
    await gone.waits()
    await gone.tell(facts.queue_abandoned("gone", gone.tick(30), queue="repair", position=1, wait_ms=30_000))
    await gone.tell(facts.call_ended("gone", gone.tick(), "acd", by="caller"))
    helped = Story(database, bus, "helped", ago_s=300)
    await helped.dials()
    await helped.tell(facts.solved("helped", helped.tick(), story="balance", result="余额已播报"))
    await helped.tell(facts.call_ended("helped", helped.tick(), "acd", by="caller"))
    await page.login(SUPERVISOR)
    board = await page.get("board")
    repair = next(queue for queue in board["queues"] if queue["queue"] == "repair")
    assert repair["service_level_percent"] == pytest.approx(33.3) and repair["abandoned_percent"] == pytest.approx(33.3)
    assert repair["average_answer_s"] == pytest.approx(22.0) and repair["average_handling_s"] == pytest.approx(75.0)
    assert repair["level"] == "danger"
    assert board["queues"][0]["queue"] == "repair"  # the worst at the top
    assert board["totals"]["calls"] == 4 and board["totals"]["solved_by_machine_percent"] == 25.0
    assert sum(quarter["calls"] for quarter in board["quarters"]) == 4


async def test_callers_in_the_menus_with_masked_number_and_position(page: Page, story: Story) -> None:
    await story.dials(LI_PHONE)
    await story.reports_a_fault()
    await story.tell(facts.invalid_input(story.call_id, story.tick(), menu="account", count=2, digits="7"))
    await page.login(SUPERVISOR)
    answer = await page.http.get("board")
    call = answer.json()["calls"][0]
    assert call["caller"] == "139****7781" and call["position"] == "一户停电 按键无效 第 2 次"
    assert LI_PHONE not in answer.text
    assert answer.json()["totals"]["in_menu"] == 1


async def test_waiting_callers_without_anybody_raise_an_alert(page: Page, story: Story) -> None:
    await story.dials(WANG_PHONE)
    await story.waits()
    await page.login(SUPERVISOR)
    board = await page.get("board")
    repair = next(queue for queue in board["queues"] if queue["queue"] == "repair")
    assert repair["waiting"] == 1 and repair["longest_since"] and repair["logged_in"] == 0
    assert board["alerts"][0]["text"] == "故障抢修 1 人等待，无人签入" and board["alerts"][0]["level"] == "danger"


async def test_agents_with_state_skill_and_queue_of_the_call(page: Page, story: Story) -> None:
    await story.reaches_agent()
    await story.state(LEADER, AgentStatus.READY, call=False)
    await page.login(SUPERVISOR)
    board = await page.get("board")
    agents = {agent["staff_no"]: agent for agent in board["agents"]}
    assert agents[AGENT]["status"] == "talking" and agents[AGENT]["queue_name"] == "故障抢修"
    assert set(agents[AGENT]["skills"]) == {"repair", "general_service"}
    assert board["totals"]["ready"] == 1 and board["totals"]["talking"] == 1 and board["totals"]["logged_in"] == 2
    assert SUPERVISOR not in agents  # takes no calls


async def test_late_ticket_is_on_the_board_without_address(page: Page, story: Story, database: Database) -> None:
    await page.login(SUPERVISOR)
    await story.dials()
    await story.is_known()
    await story.tell(
        facts.ticket_requested(story.call_id, story.tick(), ticket_no=None, type="FAULT", sub_type="lv"),
        facts.call_ended(story.call_id, story.tick(), "acd", by="caller"),
    )
    async with database.transaction() as session:
        await session.execute(text("UPDATE tickets SET accepted_at = now() - interval '3 minutes'"))
    answer = await page.http.get("board")
    late = answer.json()["tickets"]
    assert [ticket["due"]["label"] for ticket in late] == ["派单"]
    assert "幸福里" not in answer.text


async def test_board_is_for_those_who_lead(page: Page) -> None:
    await page.login(AGENT)
    assert (await page.get("board", expect=403))["error_id"] == "forbidden"
