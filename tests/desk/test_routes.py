"""Every route: who may use it, that rubbish is answered and never breaks the server, and that all is described."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent_desktop.app import create_app
from agent_desktop.openapi import description
from services.auth.permissions import PERMISSIONS, Permission
from services.bus import Bus
from services.db import Database
from services.settings import PROJECT_ROOT, Settings
from tests.desk.city import AGENT, PASSWORD, STAFF, SUPERVISOR
from tests.desk.conftest import RedisServer
from tests.desk.page import Page
from tests.desk.story import Story

P = Permission
TICKET = "2026010100000001"
# Route, a body that is well formed, the permission it names; None = only a login is needed.
ROUTES: list[tuple[str, str, object, Permission | None]] = [
    ("GET", "me", None, None),
    ("GET", "desk", None, P.DESK_VIEW),
    ("POST", "desk/ready", None, P.DESK_READY),
    ("POST", "desk/pause", {"reason": "rest"}, P.DESK_PAUSE),
    ("POST", "desk/wrap-up/extend", None, P.DESK_WRAP_UP),
    ("POST", "desk/wrap-up/finish", None, P.DESK_WRAP_UP),
    ("POST", "desk/end-call", {"reason": "nuisance"}, P.DESK_END_CALL),
    ("GET", "calls/c-1/pop", None, P.CALL_POP),
    ("GET", "calls/c-1/phone", None, P.CALL_REVEAL_PHONE),
    ("POST", "calls/c-1/customer", {"customer_id": 1}, P.CALL_IDENTIFY),
    ("POST", "calls/c-1/verify", {"level": 1, "by": "phone_last4"}, P.CALL_VERIFY),
    ("GET", "customers?q=ab", None, P.CUSTOMER_SEARCH),
    ("GET", "customers/1/phone", None, P.CUSTOMER_REVEAL_PHONE),
    ("GET", "ticket-catalogue", None, P.TICKET_LIST),
    ("GET", "tickets", None, P.TICKET_LIST),
    ("GET", f"tickets/{TICKET}", None, P.TICKET_OPEN),
    ("GET", f"tickets/{TICKET}/draft", None, P.TICKET_EDIT),
    ("PUT", f"tickets/{TICKET}/draft", {"version": 1, "fields": {}}, P.TICKET_EDIT),
    ("POST", f"tickets/{TICKET}/dispatch", {"disposition": "repair"}, P.TICKET_DISPATCH),
    ("POST", f"tickets/{TICKET}/close", {"disposition": "answered"}, P.TICKET_CLOSE),
    ("POST", f"tickets/{TICKET}/urge", {"remark": ""}, P.TICKET_URGE),
    ("GET", "board", None, P.BOARD_VIEW),
    ("POST", "board/listen", {"staff_no": "3022"}, P.BOARD_LISTEN),
    ("POST", "logout", None, None),
]


@pytest.mark.parametrize("staff_no", STAFF)
async def test_each_role_reaches_exactly_what_its_permissions_say(page: Page, staff_no: str) -> None:
    await page.login(staff_no)
    allowed = PERMISSIONS[STAFF[staff_no][1]]
    for method, path, body, permission in ROUTES:
        answer = await page.http.request(method, path, json=body)
        refused = answer.status_code == 403 and answer.json()["error_id"] == "forbidden"
        assert refused == (permission is not None and permission not in allowed), (method, path, answer.text)
        assert answer.status_code < 500, (method, path, answer.text)


async def test_every_route_needs_a_login(page: Page) -> None:
    for method, path, body, _ in ROUTES:
        answer = await page.http.request(method, path, json=body)
        assert answer.status_code == 401 and answer.json()["error_id"] == "not-logged-in", (method, path)


def test_the_list_of_routes_above_is_complete() -> None:
    described = {
        (method.upper(), path) for path, methods in _document()["paths"].items() for method in methods
        if path.startswith("/api/v1/") and path != "/api/v1/login"
    }
    listed = {(method, "/api/v1/" + path.split("?")[0]) for method, path, _, _ in ROUTES}
    for name, value in (("call_id", "c-1"), ("ticket_no", TICKET)):
        described = {(method, path.replace("{" + name + "}", value)) for method, path in described}
    described = {(method, path.replace("{customer_id}", "1")) for method, path in described}
    assert described == listed


def test_committed_description_is_the_code_s_own() -> None:
    committed = json.loads((PROJECT_ROOT / "agent_desktop/web/openapi.json").read_text(encoding="utf-8"))
    assert committed == _document(), "run: python -m agent_desktop.openapi > agent_desktop/web/openapi.json"


def _document() -> dict[str, Any]:
    return description(create_app(Settings()))


# --- rubbish ---------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "staff_no", "password", "reason", "version", "fields", "disposition", "opinion", "remark", "mode", "level", "by",
    "customer_id", "account_no", "form", "type", "contact_phone", "outage_id", "urgency",
]
bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5).map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda version, fields: json.dumps({"version": version, "fields": fields}).encode(),
        st.integers(-1, 3), st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4),
    ),
    st.binary(max_size=60),
)
words = st.text(min_size=1, max_size=24)


@pytest.fixture
async def ticket_no(page: Page, database: Database, bus: Bus) -> AsyncIterator[str]:
    await page.login(AGENT)
    await Story(database, bus, "c-1").reaches_agent()
    yield (await page.get("desk"))["ticket"]["ticket_no"]


async def test_rubbish_never_breaks_a_route(page: Page, ticket_no: str) -> None:
    """Bodies, path values and query strings from Hypothesis; an answer below 500 with our shape of error each time."""
    rubbish: list[tuple[bytes, str, str, bool]] = []

    @hypothesis_settings(
        max_examples=30, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(bodies, words, words, st.booleans())
    def draw(body: bytes, word: str, query: str, real: bool) -> None:
        rubbish.append((body, word, query, real))

    draw()
    for method, path, _, _ in ROUTES:
        if path in ("logout", "desk/ready", "desk/wrap-up/extend"):
            continue  # they take no input
        for body, word, query, real in rubbish:
            answer = await page.http.request(
                method, _spoilt(path, ticket_no, word, query, real), content=b"" if method == "GET" else body,
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code < 500, (method, path, word, query, body, answer.text)
            if answer.status_code >= 400:
                assert {"error_id", "message"} <= answer.json().keys()
    await page.get("me")


def _spoilt(path: str, ticket_no: str, word: str, query: str, real: bool) -> str:
    """The path with real or rubbish values in it, and a rubbish query."""
    target = path.split("?")[0].replace(TICKET, ticket_no)
    if not real:
        for value in (ticket_no, "c-1", "1"):
            target = "/".join(quote(word, safe="") if part == value else part for part in target.split("/"))
    return f"{target}?q={quote(query)}&page={quote(word)}&state={quote(word)}"


async def test_rubbish_login_is_refused(page: Page) -> None:
    for body in (b"", b"{", b"null", b'{"staff_no": 1}', b'{"staff_no": "3021", "password": "\\u0000"}',
                 b'{"staff_no": "\\ud800", "password": "x"}', json.dumps({"staff_no": "3021"}).encode(),
                 json.dumps({"staff_no": "3' OR '1'='1", "password": "x"}).encode(), b"\xff\xfe"):
        answer = await page.http.post("login", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["error_id"] == "invalid-input" and PASSWORD not in answer.text


async def test_readable_problems_without_the_value_that_was_sent(page: Page) -> None:
    answer = await page.post("login", {"staff_no": "3021", "password": "", "extra": "secret"}, expect=422)
    assert {(problem["field"], problem["message"]) for problem in answer["fields"]} == {
        ("password", "至少 1 个字"), ("extra", "不认识的字段")
    }
    assert "secret" not in json.dumps(answer)


# --- what stands beside the API --------------------------------------------------------------------------------------


async def test_health_names_what_is_missing(page: Page, settings: Settings, redis_server: RedisServer) -> None:
    async with httpx.AsyncClient(base_url=page.origin, trust_env=False) as client:
        answer = await client.get("/healthz")
        parts = answer.json()["parts"]
        assert answer.status_code == 503 and not parts["ivr"]["ok"]  # no IVR here
        assert all(parts[name]["ok"] for name in ("postgres", "redis", "ami", "asterisk"))
        redis_server.stop()
        parts = (await client.get("/healthz")).json()["parts"]
        assert not parts["redis"]["ok"] and parts["redis"]["error"] and parts["postgres"]["ok"]


async def test_metrics_count_requests_by_declared_path(page: Page) -> None:
    await page.login(SUPERVISOR)
    await page.get("tickets/2026010100000001", expect=404)
    async with httpx.AsyncClient(base_url=page.origin, trust_env=False) as client:
        text = (await client.get("/metrics")).text
    assert 'desktop_requests_total{method="GET",path="/api/v1/tickets/{ticket_no}",status="404"} 1.0' in text
    assert "2026010100000001" not in text


async def test_answers_are_not_cached(page: Page) -> None:
    await page.login(AGENT)
    assert (await page.http.get("desk")).headers["cache-control"] == "no-store"
    assert (await page.http.get("desk")).headers["x-content-type-options"] == "nosniff"


async def test_pages_of_the_application(settings: Settings, tmp_path: Path) -> None:
    """Assets for ever, the page never cached, any path of the router is the page, nothing outside the folder."""
    app = create_app(settings, dist=tmp_path / "dist")
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://d") as client:
        missing = await client.get("/desk")
        assert missing.status_code == 503 and "make" in missing.text
        (tmp_path / "dist/assets").mkdir(parents=True)
        (tmp_path / "dist/index.html").write_text("<title>95598</title>", encoding="utf-8")
        (tmp_path / "dist/assets/app-1a2b.js").write_text("1", encoding="utf-8")
        (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
        for path in ("/", "/desk", "/board/queues"):
            page = await client.get(path)
            assert page.status_code == 200 and "95598" in page.text and page.headers["cache-control"] == "no-cache"
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        asset = await client.get("/assets/app-1a2b.js")
        assert "immutable" in asset.headers["cache-control"]
        for path in ("/assets/gone.js", "/favicon.png", "/api/v1/nothing", "/..%2fsecret.txt", "/%2e%2e/secret.txt"):
            answer = await client.get(path)
            assert answer.status_code in (404, 200) and "secret" not in answer.text
            assert answer.status_code == 404 or "95598" in answer.text
