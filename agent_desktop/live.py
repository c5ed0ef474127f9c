"""`/ws`: one WebSocket a page. Snapshot first, then deltas; see `schemas/live.py` for every message.

`?view=board` starts with the board; without it the desk is shown, and an earlier desk of the same person is closed.
"""

import structlog
from fastapi import APIRouter, WebSocket

from agent_desktop.access import check_origin, signed_in
from agent_desktop.connection import NEEDS, Connection, View
from agent_desktop.refusals import UNAVAILABLE_ERRORS
from agent_desktop.resources import resources_of
from agent_desktop.schemas.live import CloseCode
from services.auth.errors import ForbiddenError, ForeignOriginError, NotLoggedInError
from services.auth.sessions import SignedIn

log = structlog.get_logger(__name__)
router = APIRouter()


@router.websocket("/ws")
async def live(socket: WebSocket) -> None:
    resources = resources_of(socket)
    view = View.BOARD if socket.query_params.get("view") == View.BOARD else View.DESK
    person = await _person(socket, view)
    await socket.accept()
    if isinstance(person, CloseCode):  # a browser sees a close code only after the handshake
        await socket.close(person)
        return
    connection = Connection(
        socket, person, view,
        backlog=resources.settings.live_backlog, message_limit=resources.settings.live_message_limit_bytes,
    )
    code = await resources.hub.serve(connection)
    if code is CloseCode.TOO_SLOW:
        resources.metrics.closed_slow.inc()
    log.info("live_closed", staff_no=person.staff_no, view=connection.view, code=code)
    if code is not None:
        await connection.close(code)


async def _person(socket: WebSocket, view: View) -> SignedIn | CloseCode:
    """Who opens this, or the reason why not."""
    try:
        check_origin(socket)
        person = await signed_in(socket, resources_of(socket))
        person.require(NEEDS[view])
    except NotLoggedInError:
        return CloseCode.NOT_LOGGED_IN
    except (ForbiddenError, ForeignOriginError):
        return CloseCode.FORBIDDEN
    except UNAVAILABLE_ERRORS:
        return CloseCode.RESTART
    return person
