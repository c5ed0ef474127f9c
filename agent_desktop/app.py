"""The desktop's application: REST and live routes under one origin with the page they serve.

Built by `__main__.py` and by the tests. Resources live from start to stop; every answer of the API is never cached.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response

from agent_desktop import board, customers, desk, health, live, session, sip_proxy, tickets
from agent_desktop.pages import DIST, page_router
from agent_desktop.refusals import add_refusals, refusal
from agent_desktop.resources import open_resources
from services.settings import Settings

API = "/api/v1"


def create_app(settings: Settings, *, dist: Path = DIST) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings) as resources:
            app.state.resources = resources
            yield

    app = FastAPI(
        title="hotline95598 desktop", version="1", openapi_url="/openapi.json", docs_url=None, redoc_url=None,
        lifespan=lifespan,
    )
    add_refusals(app)
    app.middleware("http")(_measure)
    for story in (session, desk, tickets, customers, board):
        app.include_router(story.router, prefix=API)
    for story in (health, live, sip_proxy):
        app.include_router(story.router)
    app.include_router(page_router(dist))
    return app


async def _measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Count and time; refuse NUL, which no text of ours holds and PostgreSQL does not take."""
    if "\x00" in request.url.path or "%00" in request.url.query.lower():
        return refusal(422, "invalid-input", "请求中含有不允许的字符。")
    started = time.perf_counter()
    response = await call_next(request)
    of_api = request.url.path.startswith(API)
    declared = str(getattr(request.scope.get("route"), "path", "unknown"))
    # The route of an included router is declared without the prefix.
    path = API + declared if of_api and not declared.startswith(API) else declared
    metrics = request.app.state.resources.metrics
    metrics.requests.labels(request.method, path, response.status_code).inc()
    metrics.request_seconds.labels(request.method, path).observe(time.perf_counter() - started)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if of_api or path in ("/healthz", "/metrics"):
        response.headers["Cache-Control"] = "no-store"
    return response
