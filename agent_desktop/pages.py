"""Serves the built page (`web/dist`): hashed assets for ever, the page itself never from a cache.

Any other path of the application (`/desk`, `/board`) is the page too; its router decides what to show.
"""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

DIST: Final = Path(__file__).parent / "web" / "dist"
CONTENT_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; media-src 'self' blob: data:; worker-src 'self' blob:; frame-ancestors 'none'"
)
NOT_BUILT: Final = "座席台网页尚未构建：请在项目目录运行 make web。\nThe page is not built: run `make web`.\n"
RESERVED: Final = ("api/", "ws", "sip", "healthz", "metrics", "openapi.json")


def page_router(dist: Path = DIST) -> APIRouter:
    router = APIRouter()
    files = StaticFiles(directory=dist, check_dir=False)

    @router.get("/{path:path}", include_in_schema=False)
    async def page(path: str, request: Request) -> Response:
        if path.startswith(RESERVED):
            raise HTTPException(404)
        if not (dist / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        try:
            response = await files.get_response(path or "index.html", request.scope)
        except HTTPException as missing:
            if missing.status_code != 404 or path.startswith("assets/") or "." in path.rsplit("/", 1)[-1]:
                raise
            response = await files.get_response("index.html", request.scope)
        fixed = path.startswith("assets/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fixed else "no-cache"
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        return response

    return router
