"""The screen pop: what is on it, when it comes, what stays hidden, who looked."""

import json

import pytest
from sqlalchemy import text

from services.bus import Bus
from services.calls import facts
from services.db import Database
from tests.desk.city import AGENT, LEADER, LI_ACCOUNT, LI_PHONE, OTHER_AGENT, STRANGER_PHONE, WANG_ACCOUNT, WANG_PHONE
from tests.desk.page import Page
from tests.desk.story import Story


@pytest.fixture
def story(database: Database, bus: Bus) -> Story:
    return Story(database, bus)


async def looks(database: Database) -> list[tuple[str, str, str]]:
    async with database.transaction() as session:
        rows = await session.execute(text("SELECT staff_no, action, subject FROM access_records ORDER BY id"))
        return [(staff_no, action, subject) for staff_no, action, subject in rows]


async def test_pop_comes_with_the_ringing(page: Page, story: Story, database: Database) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await story.dials()
        await story.is_known()
        await story.reports_a_fault()
        await story.waits()
        await story.rings()
        ringing = await live.wait_for("call_ringing")
        pop = await live.wait_for("pop")
    assert ringing == {"call_id": story.call_id, "staff_no": AGENT, "queue": "repair"}
    assert pop["customer"]["name"] == "王建国"
    assert [flag["code"] for flag in pop["customer"]["flags"]] == ["life_support", "important_second"]
    assert pop["outage"]["cause"] == "低压故障" and pop["outage"]["affected_households"] == 86
    assert pop["accounts"][0]["account_no"] == WANG_ACCOUNT and pop["accounts"][0]["selected"]
    assert pop["accounts"][0]["arrival_limit_min"] == 45
    assert pop["accounts"][0]["meter_label"] == "在线 失电上报"
    assert [step["text"] for step in pop["path"]] == [
        "客户来电", "来电号码识别到客户", "按键 1 停电报修、抢修催办", "诉求：一户停电",
        "已登记：仅本户", "已登记：推不上去", "转人工 故障抢修", "进入故障抢修队列 第 1 位", f"{AGENT} 号振铃",
    ]
    assert pop["ticket"]["fields"]["form"] == {"scope": "one", "indoor_breaker": "tripped"}
    assert {"form.scope", "type", "contact_addr"} <= set(pop["ticket"]["filled_by_machine"])
    assert f"工号{AGENT}" in pop["greeting"]["text"] and "王先生/女士您好" in pop["greeting"]["text"]
    assert "幸福里 3 号楼 401" in pop["greeting"]["text"]
    assert "生命支持" in pop["greeting"]["ask"][0]
    assert await looks(database) == [(AGENT, "pop", f"call {story.call_id}")]


async def test_no_number_in_clear_reaches_the_page(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    desk = json.dumps(await page.get("desk"), ensure_ascii=False)
    assert WANG_PHONE not in desk and "138****2048" in desk
    async with page.live() as live:
        snapshot = json.dumps(await live.next(), ensure_ascii=False)
    assert WANG_PHONE not in snapshot


async def test_number_is_shown_on_request_and_the_look_is_recorded(
    page: Page, story: Story, database: Database
) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    assert await page.get(f"calls/{story.call_id}/phone") == {"number": WANG_PHONE}
    assert await page.get("customers/1/phone") == {"number": WANG_PHONE}
    assert await looks(database) == [
        (AGENT, "reveal_phone", f"call {story.call_id}"), (AGENT, "reveal_phone", "customer 1")
    ]


async def test_call_of_another_agent_is_out_of_reach(page: Page, story: Story, database: Database) -> None:
    await page.login(OTHER_AGENT)
    await story.reaches_agent()
    for path in (f"calls/{story.call_id}/pop", f"calls/{story.call_id}/phone", "calls/no-such-call/pop"):
        assert (await page.get(path, expect=404))["error_id"] == "not-your-call"
    assert await looks(database) == []


async def test_shift_leader_may_look_at_any_call(page: Page, story: Story) -> None:
    await page.login(LEADER)
    await story.reaches_agent()
    assert (await page.get(f"calls/{story.call_id}/pop"))["call"]["call_id"] == story.call_id


async def test_stranger_is_greeted_without_a_name(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.dials(STRANGER_PHONE)
    await story.waits()
    await story.rings()
    pop = await page.get(f"calls/{story.call_id}/pop")
    assert pop["customer"] is None and pop["accounts"] == [] and pop["outage"] is None
    assert pop["call"]["caller"] == "0573****221"
    assert "您好，请问是您家停电吗" in pop["greeting"]["text"] and "先生" not in pop["greeting"]["text"]


async def test_caller_whom_the_ivr_could_not_look_up_is_found_by_number(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.dials(LI_PHONE)
    await story.waits()
    await story.rings()
    pop = await page.get(f"calls/{story.call_id}/pop")
    assert pop["customer"]["name"] == "李娜" and pop["outage"] is None


async def test_apology_only_after_twelve_seconds(page: Page, database: Database, bus: Bus) -> None:
    await page.login(AGENT)
    quick = Story(database, bus, "quick-1", ago_s=600)
    await quick.reaches_agent()
    assert not (await page.get("calls/quick-1/pop"))["greeting"]["apologise"]
    late = Story(database, bus, "late-1", ago_s=600)
    await late.dials()
    await late.waits()
    late.tick(13)
    await late.rings()
    await late.talks()
    greeting = (await page.get("calls/late-1/pop"))["greeting"]
    assert greeting["apologise"] and greeting["text"].startswith("让您久等了，实在不好意思")


async def test_agent_names_the_customer_and_verifies(page: Page, story: Story) -> None:
    await page.login(AGENT)
    await story.dials(STRANGER_PHONE)
    await story.waits()
    await story.rings()
    await story.talks()
    pop = await page.post(f"calls/{story.call_id}/customer", {"account_no": LI_ACCOUNT})
    assert pop["customer"]["name"] == "李娜" and pop["accounts"][0]["selected"]
    assert pop["ticket"]["fields"]["account_no"] == LI_ACCOUNT
    pop = await page.post(f"calls/{story.call_id}/verify", {"level": 1, "by": "phone_last4"})
    assert pop["call"]["verified_level"] == 1
    assert [step["text"] for step in pop["path"]][-2:] == ["座席确认了客户", "身份核验通过（手机尾号）"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"account_no": "9999999999"}, 404), ({"customer_id": 99}, 404), ({}, 404),
     ({"customer_id": 1, "account_no": LI_ACCOUNT}, 422), ({"account_no": "12"}, 422)],
)
async def test_wrong_customer_is_refused(page: Page, story: Story, body: dict[str, object], status: int) -> None:
    await page.login(AGENT)
    await story.reaches_agent()
    await page.post(f"calls/{story.call_id}/customer", body, expect=status)
    assert (await page.get(f"calls/{story.call_id}/pop"))["customer"]["name"] == "王建国"


async def test_repeated_caller_is_announced(page: Page, database: Database, bus: Bus) -> None:
    await page.login(AGENT)
    for number in range(3):
        earlier = Story(database, bus, f"earlier-{number}", ago_s=300 - number)
        await earlier.dials()
        await earlier.tell(facts.call_ended(earlier.call_id, earlier.tick(), "acd", by="caller"))
    story = Story(database, bus)
    await story.reaches_agent()
    pop = await page.get(f"calls/{story.call_id}/pop")
    assert pop["customer"]["contacts_this_month"] == 4
    assert [contact["channel"] for contact in pop["recent"]] == ["语音自助"] * 3
    assert any("多次来电" in ask for ask in pop["greeting"]["ask"])


async def test_customer_search_by_account_phone_name_and_address(page: Page, database: Database) -> None:
    await page.login(AGENT)
    for wanted in (LI_ACCOUNT, LI_PHONE, "李", "桥南路"):
        found = await page.http.get("customers", params={"q": wanted})
        if len(wanted) < 2:
            assert found.status_code == 422
            continue
        assert [row["name"] for row in found.json()["items"]] == ["李娜"], wanted
        assert LI_PHONE not in found.text
    assert {action for _, action, _ in await looks(database)} == {"search_customer"}
    assert LI_PHONE not in str(await looks(database))


@pytest.mark.parametrize("wanted", ["%%", "__", "'; DROP TABLE calls; --"])
async def test_search_takes_wildcards_literally(page: Page, wanted: str) -> None:
    await page.login(AGENT)
    assert (await page.http.get("customers", params={"q": wanted})).json() == {"items": []}
