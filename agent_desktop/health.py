"""`/healthz` says per dependency whether it answers, `/metrics` is for Prometheus. Neither needs a login."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text

from agent_desktop.resources import Resources, With
from agent_desktop.schemas.common import Shape

router = APIRouter(tags=["health"])

CHECK_LIMIT_S = 2.0


class Part(Shape):
    ok: bool
    ms: int
    error: str = ""  # kind of failure, for the operator


class Health(Shape):
    ok: bool
    parts: dict[str, Part]


@router.get("/healthz", response_model=Health, responses={503: {"model": Health}})
async def healthz(resources: With) -> JSONResponse:
    settings = resources.settings
    names = ("postgres", "redis", "ami", "asterisk", "ivr")
    parts = await asyncio.gather(
        _check(_postgres(resources)),
        _check(_redis(resources)),
        _check(resources.ami.action("Ping")),
        _check(_port(settings.asterisk_host, settings.asterisk_http_port)),
        _check(_port(settings.ivr_host, settings.agi_port)),
    )
    health = Health(ok=all(part.ok for part in parts), parts=dict(zip(names, parts, strict=True)))
    return JSONResponse(health.model_dump(), status_code=200 if health.ok else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics(resources: With) -> Response:
    return Response(resources.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _check(probe: Awaitable[object]) -> Part:
    started = asyncio.get_running_loop().time()
    error = ""
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            await probe
    except Exception as failure:  # whatever a dependency throws is a finding here, not a fault of ours
        error = type(failure).__name__
    return Part(ok=not error, ms=round((asyncio.get_running_loop().time() - started) * 1000), error=error)


async def _postgres(resources: Resources) -> None:
    async with resources.database.transaction() as session:
        await session.execute(text("SELECT 1"))


async def _redis(resources: Resources) -> None:
    await resources.redis.ping()


async def _port(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()
