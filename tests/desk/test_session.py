"""Login, sessions, rate limit, the one place of work, and requests of foreign pages."""

import pytest
from sqlalchemy import text

from services.db import Database
from services.settings import Settings
from tests.desk.city import ADMIN, AGENT, PASSWORD, SUPERVISOR
from tests.desk.conftest import RedisServer
from tests.desk.page import Page
from tests.desk.scripted_asterisk import ScriptedAsterisk
from tests.until import until


async def test_login_opens_phone_and_queues(page: Page, asterisk: ScriptedAsterisk) -> None:
    me = await page.login(AGENT)
    assert me["staff"] == {"staff_no": AGENT, "name": "李敏", "role": "agent", "role_label": "客服代表"}
    assert me["phone_problem"] == ""
    assert asterisk.accounts[AGENT] == me["softphone"]["password"]
    assert set(asterisk.members[f"PJSIP/{AGENT}"]) == {"repair", "general_service"}
    assert {choice["code"] for choice in me["pause_reasons"]} == {"rest", "meal", "training", "meeting"}


async def test_cookie_is_out_of_reach_of_scripts(page: Page) -> None:
    answer = await page.http.post("login", json={"staff_no": AGENT, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie


async def test_token_is_stored_only_as_hash(page: Page, database: Database) -> None:
    await page.login(AGENT)
    async with database.transaction() as session:
        stored = (await session.scalars(text("SELECT token_hash FROM login_sessions"))).all()
    token = page.http.cookies["hotline_session"]
    assert len(stored) == 1 and stored[0] != token and len(stored[0]) == 64


async def test_reload_keeps_the_phone_password_and_a_login_changes_it(page: Page, other_page: Page) -> None:
    first = (await page.login(AGENT))["softphone"]["password"]
    assert (await page.get("me"))["softphone"]["password"] == first
    assert (await other_page.login(AGENT))["softphone"]["password"] != first


async def test_supervisor_has_a_phone_but_no_queue(page: Page, asterisk: ScriptedAsterisk) -> None:
    me = await page.login(SUPERVISOR)
    assert me["softphone"] is not None and me["phone_problem"] == ""
    assert SUPERVISOR in asterisk.accounts
    assert not asterisk.members.get(f"PJSIP/{SUPERVISOR}")


async def test_administrator_has_no_phone(page: Page) -> None:
    assert (await page.login(ADMIN))["softphone"] is None


@pytest.mark.parametrize(("staff_no", "password"), [(AGENT, "wrong"), ("7777", PASSWORD)])
async def test_wrong_login_tells_nothing(page: Page, staff_no: str, password: str) -> None:
    answer = await page.post("login", {"staff_no": staff_no, "password": password}, expect=401)
    assert answer["error_id"] == "wrong-password" and answer["message"] == "工号或密码不正确。"


async def test_too_many_failures_are_refused_even_with_the_right_password(page: Page, settings: Settings) -> None:
    for _ in range(settings.login_failures):
        await page.post("login", {"staff_no": AGENT, "password": "wrong"}, expect=401)
    answer = await page.http.post("login", json={"staff_no": AGENT, "password": PASSWORD})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert "分钟后再试" in answer.json()["message"]
    await page.login(SUPERVISOR)  # another number is not hit


async def test_the_limit_holds_while_redis_is_down(
    page: Page, settings: Settings, redis_server: RedisServer
) -> None:
    redis_server.stop()
    for _ in range(settings.login_failures):
        await page.post("login", {"staff_no": AGENT, "password": "wrong"}, expect=401)
    await page.post("login", {"staff_no": AGENT, "password": PASSWORD}, expect=429)
    await page.login(SUPERVISOR)


async def test_without_session_nothing_is_shown(page: Page) -> None:
    for path in ("me", "desk", "board", "tickets"):
        assert (await page.get(path, expect=401))["error_id"] == "not-logged-in"


async def test_forged_cookie_is_no_session(page: Page) -> None:
    page.http.cookies.set("hotline_session", "forged")
    assert (await page.get("me", expect=401))["error_id"] == "not-logged-in"


@pytest.mark.parametrize(
    "age", ["seen_at = now() - interval '2 hours'", "created_at = now() - interval '13 hours'", "ended_at = now()"]
)
async def test_session_ends_by_idleness_age_and_order(page: Page, database: Database, age: str) -> None:
    await page.login(AGENT)
    async with database.transaction() as session:
        await session.execute(text(f"UPDATE login_sessions SET {age}"))
    await page.get("me", expect=401)


async def test_person_who_left_the_company_is_out_at_once(page: Page, database: Database) -> None:
    await page.login(AGENT)
    async with database.transaction() as session:
        await session.execute(text("UPDATE agents SET active = false WHERE staff_no = :s"), {"s": AGENT})
    try:
        await page.get("me", expect=401)
        await page.post("login", {"staff_no": AGENT, "password": PASSWORD}, expect=401)
    finally:
        async with database.transaction() as session:
            await session.execute(text("UPDATE agents SET active = true"))


async def test_second_login_ends_the_first(page: Page, other_page: Page) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await other_page.login(AGENT)
        assert await live.closed() == 4409
    await page.get("me", expect=401)
    await other_page.get("me")


async def test_logout_leaves_queues_and_closes_the_page(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live() as live:
        await live.wait_for("snapshot")
        await page.post("logout")
        assert await live.closed() == 4401
    assert not asterisk.members[f"PJSIP/{AGENT}"] and AGENT not in asterisk.accounts
    await page.get("me", expect=401)


async def test_logout_is_refused_during_a_call(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    asterisk.set_status(AGENT, 2)
    assert (await page.post("logout", expect=409))["error_id"] == "agent-in-call"
    await page.get("me")


async def test_login_works_without_asterisk_and_ready_signs_in_later(page: Page, asterisk: ScriptedAsterisk) -> None:
    await asterisk.stop_manager()
    me = await page.login(AGENT)
    assert me["softphone"] is not None and me["phone_problem"]
    assert (await page.post("desk/ready", expect=503))["message"]
    await asterisk.start_manager()
    await until(lambda: asterisk.did("Login")[1:], "the desktop finds Asterisk again")
    await page.post("desk/ready")
    assert not any(member.paused for member in asterisk.members[f"PJSIP/{AGENT}"].values())


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_foreign_page_cannot_act(page: Page, headers: dict[str, str]) -> None:
    await page.login(AGENT)
    answer = await page.http.post("desk/pause", json={"reason": "rest"}, headers=headers)
    assert answer.status_code == 403 and answer.json()["error_id"] == "foreign-origin"
    answer = await page.http.post("login", json={"staff_no": AGENT, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403


async def test_foreign_page_gets_no_live_connection(page: Page) -> None:
    await page.login(AGENT)
    async with page.live(origin="https://evil.example") as live:
        assert await live.closed() == 4403
