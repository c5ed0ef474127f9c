"""The ticket form of a call: prefilled, autosaved, never overwritten, ended by a disposition; who may change it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from services.bus import Bus
from services.calls import facts
from services.db import Database
from tests.desk.city import AGENT, CREW, HANDLER, LEADER, LI_PHONE, OTHER_AGENT, WANG_PHONE
from tests.desk.page import Page
from tests.desk.story import Story


@pytest.fixture
def story(database: Database, bus: Bus) -> Story:
    return Story(database, bus)


async def own_draft(page: Page, story: Story) -> dict[str, Any]:
    await page.login(AGENT)
    await story.reaches_agent()
    draft: dict[str, Any] = (await page.get("desk"))["ticket"]
    return draft


async def test_draft_knows_limits_duplicates_and_what_is_missing(
    page: Page, story: Story, database: Database, bus: Bus
) -> None:
    neighbour = Story(database, bus, "neighbour", ago_s=900)
    await neighbour.dials("13700000912")
    await neighbour.is_known()
    await neighbour.tell(
        facts.ticket_requested(neighbour.call_id, neighbour.tick(), ticket_no=None, type="FAULT", sub_type="lv",
                               form={"scope": "one"}),
        facts.call_ended(neighbour.call_id, neighbour.tick(), "acd", by="caller"),
    )
    draft = await own_draft(page, story)
    assert [deadline["label"] for deadline in draft["deadlines"]] == ["派单", "接单", "到达现场", "恢复供电", "回访"]
    assert draft["duplicates"][0]["score"] >= 0.6 and draft["duplicates"][0]["reason"]
    repair = next(d for d in draft["dispositions"] if d["code"] == "repair")
    assert repair["result"] == "dispatch" and repair["missing"] == []
    restored = next(d for d in draft["dispositions"] if d["code"] == "self_restored")
    assert restored["missing"] == ["handle_opinion"]
    assert {field["name"] for field in draft["form_fields"] if field["required"]} == {"scope"}


async def test_autosave_merges_and_takes_the_tint_off(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/draft"
    saved = await page.put(path, {"version": draft["version"], "fields": {"form": {"meter_display": "dark"}}})
    saved = await page.put(path, {"version": saved["version"], "fields": {"form": {"scope": "building"}}})
    assert saved["fields"]["form"] == {"scope": "building", "indoor_breaker": "tripped", "meter_display": "dark"}
    assert "form.scope" not in saved["filled_by_machine"] and "form.indoor_breaker" in saved["filled_by_machine"]
    assert saved["version"] > draft["version"]
    assert (await page.get(path))["fields"] == saved["fields"]


async def test_stale_save_gets_the_newer_draft_and_destroys_nothing(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/draft"
    await page.put(path, {"version": draft["version"], "fields": {"accept_content": "first"}})
    conflict = await page.put(
        path, {"version": draft["version"], "fields": {"accept_content": "second"}}, expect=409
    )
    assert conflict["error_id"] == "ticket-draft-stale" and conflict["newer"]["fields"]["accept_content"] == "first"


async def test_of_many_saves_at_once_one_wins(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/draft"
    answers = await asyncio.gather(*(
        page.http.put(path, json={"version": draft["version"], "fields": {"accept_content": str(number)}})
        for number in range(6)
    ))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_masked_number_sent_back_stays_and_a_new_one_is_taken(
    page: Page, story: Story, database: Database
) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/draft"

    async def stored() -> str:
        async with database.transaction() as session:
            return str(await session.scalar(
                text("SELECT contact_phone FROM tickets WHERE ticket_no = :n"), {"n": draft["ticket_no"]}
            ))

    assert draft["fields"]["contact_phone"] == "138****2048"
    saved = await page.put(path, {"version": draft["version"], "fields": {"contact_phone": "138****2048"}})
    assert await stored() == WANG_PHONE
    await page.put(path, {"version": saved["version"], "fields": {"contact_phone": "139****0000"}}, expect=422)
    saved = await page.put(path, {"version": saved["version"], "fields": {"contact_phone": "+86 139-0000-7781"}})
    assert await stored() == LI_PHONE and saved["fields"]["contact_phone"] == "139****7781"


@pytest.mark.parametrize(
    "fields",
    [{"form": {"no_such_field": "x"}}, {"form": {"scope": "galaxy"}}, {"form": {"symptom": "长" * 501}},
     {"account_no": "9999999999"}, {"outage_id": 77}, {"status": "CLOSED"}, {"type": "GIFT"},
     {"accept_content": "x" * 5000}, {"accept_content": "nul\x00"}, {"contact_phone": "abc"}],
)
async def test_what_no_form_may_hold_is_refused(page: Page, story: Story, fields: dict[str, Any]) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/draft"
    refused = await page.put(path, {"version": draft["version"], "fields": fields}, expect=422)
    assert refused["message"]
    assert (await page.get(path))["version"] == draft["version"]


async def test_dispatch_ends_the_form(page: Page, story: Story, database: Database) -> None:
    draft = await own_draft(page, story)
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        number = draft["ticket_no"]
        ended = await page.post(f"tickets/{number}/dispatch", {"disposition": "repair", "version": draft["version"]})
        assert ended["ticket"]["status"] == "DISPATCHED" and ended["ticket"]["owner"] == "城东供电所"
        assert [entry["text"] for entry in ended["timeline"]][-2:] == ["提交派单", "派单至 城东供电所"]
        assert ended["ticket"]["due"]["label"] in ("接单", "到达现场")
        await live.wait_for("ticket_changed", ticket_no=number, status="DISPATCHED")
    await page.post(f"tickets/{number}/dispatch", {"disposition": "repair"}, expect=409)
    await page.put(f"tickets/{number}/draft", {"version": 99, "fields": {"accept_content": "x"}}, expect=409)


async def test_fault_is_not_closed_without_a_result(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    path = f"tickets/{draft['ticket_no']}/close"
    refused = await page.post(path, {"disposition": "self_restored"}, expect=422)
    assert refused["error_id"] == "ticket-fields-missing"
    assert [problem["field"] for problem in refused["fields"]] == ["handle_opinion"]
    closed = await page.post(path, {"disposition": "self_restored", "opinion": "指导合闸后恢复"})
    assert closed["ticket"]["status"] == "CLOSED" and closed["timeline"][-1]["text"] == "办结：指导合闸后恢复"


@pytest.mark.parametrize("disposition", ["answered", "praise", "dispatched", "repair", ""])
async def test_disposition_of_another_type_is_refused(page: Page, story: Story, disposition: str) -> None:
    draft = await own_draft(page, story)
    await page.post(f"tickets/{draft['ticket_no']}/close", {"disposition": disposition, "opinion": "x"}, expect=422)


async def test_known_outage_is_told_and_linked(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    number = draft["ticket_no"]
    saved = await page.put(
        f"tickets/{number}/draft", {"version": draft["version"], "fields": {"outage_id": 1}}
    )
    assert saved["fields"]["outage_id"] == 1
    closed = await page.post(f"tickets/{number}/close", {"disposition": "known_outage", "opinion": "已告知停电原因"})
    assert closed["ticket"]["status"] == "CLOSED"


async def test_stale_ending_is_refused_with_the_newer_draft(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    number = draft["ticket_no"]
    await page.put(f"tickets/{number}/draft", {"version": draft["version"], "fields": {"accept_content": "new"}})
    body = {"disposition": "repair", "version": draft["version"]}
    conflict = await page.post(f"tickets/{number}/dispatch", body, expect=409)
    assert conflict["newer"]["fields"]["accept_content"] == "new"


async def test_colleague_may_read_but_not_change(page: Page, other_page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    number = draft["ticket_no"]
    await other_page.login(OTHER_AGENT)
    seen = await other_page.get(f"tickets/{number}")
    assert seen["actions"] == [] and seen["fields"]["contact_phone"] == "138****2048"
    body = {"version": draft["version"], "fields": {"accept_content": "mine"}}
    assert (await other_page.put(f"tickets/{number}/draft", body, expect=403))["error_id"] == "not-your-ticket"
    await other_page.post(f"tickets/{number}/close", {"disposition": "nuisance"}, expect=403)


async def test_shift_leader_changes_any_ticket(page: Page, other_page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    await other_page.login(LEADER)
    body = {"version": draft["version"], "fields": {"urgency": "urgent"}}
    assert (await other_page.put(f"tickets/{draft['ticket_no']}/draft", body))["fields"]["urgency"] == "urgent"


async def test_unit_and_crew_see_their_own_station_without_full_identity(
    page: Page, other_page: Page, story: Story, database: Database
) -> None:
    draft = await own_draft(page, story)
    number = draft["ticket_no"]
    for staff_no in (HANDLER, CREW):
        await other_page.login(staff_no)
        seen = await other_page.get(f"tickets/{number}")
        assert seen["fields"]["contact_name"] == "王**" and seen["actions"] == []
        async with database.transaction() as session:
            await session.execute(text("UPDATE tickets SET station_id = 2"))
        await other_page.get(f"tickets/{number}", expect=404)
        assert (await other_page.get("tickets"))["total"] == 0
        async with database.transaction() as session:
            await session.execute(text("UPDATE tickets SET station_id = 1"))


async def test_opening_a_ticket_is_recorded(page: Page, story: Story, database: Database) -> None:
    draft = await own_draft(page, story)
    await page.get(f"tickets/{draft['ticket_no']}")
    async with database.transaction() as session:
        found = (await session.execute(text("SELECT subject FROM access_records WHERE action = 'open_ticket'"))).all()
    assert [row[0] for row in found] == [f"ticket {draft['ticket_no']}"]


async def test_lists_filter_and_never_show_a_number(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    for query in ({}, {"mine": "true"}, {"type": "FAULT"}, {"q": draft["ticket_no"][-4:]}, {"q": WANG_PHONE},
                  {"q": "幸福里"}, {"state": "all"}):
        answer = await page.http.get("tickets", params=query)
        assert [row["ticket_no"] for row in answer.json()["items"]] == [draft["ticket_no"]], query
        assert WANG_PHONE not in answer.text
    for query in ({"type": "PRAISE"}, {"state": "closed"}, {"q": "没有这里"}, {"page": "2"}):
        assert (await page.http.get("tickets", params=query)).json()["items"] == [], query


async def test_urging_makes_a_ticket_for_the_owner(page: Page, story: Story) -> None:
    draft = await own_draft(page, story)
    number = draft["ticket_no"]
    await page.post(f"tickets/{number}/dispatch", {"disposition": "repair"})
    assert (await page.get(f"tickets/{number}"))["actions"] == ["urge"]
    await page.post(f"tickets/{number}/urge", {"remark": "老人在家"})
    urged = await page.get(f"tickets/{number}")
    assert urged["ticket"]["urge_count"] == 1 and urged["timeline"][-1]["text"] == "客户催办 第 1 次"


async def test_unfinished_form_waits_at_the_desk_after_the_call(
    page: Page, story: Story, database: Database, bus: Bus
) -> None:
    draft = await own_draft(page, story)
    await story.customer_hangs_up()
    second = Story(database, bus, "second", ago_s=10)
    await second.reaches_agent()
    desk = await page.get("desk")
    assert desk["ticket"]["ticket_no"] != draft["ticket_no"] and desk["unfinished"] == [draft["ticket_no"]]
    assert (await page.get(f"tickets/{draft['ticket_no']}/draft"))["editable"]
