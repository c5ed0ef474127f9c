"""`/sip`: forwards a softphone's WebSocket (RFC 7118, subprotocol `sip`) to Asterisk: the page needs one origin.

Only for people with a phone. Whichever side ends, the other is closed; the phone then registers again by itself.
"""

import asyncio
from typing import Final

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from agent_desktop.access import check_origin, signed_in
from agent_desktop.refusals import UNAVAILABLE_ERRORS
from agent_desktop.resources import resources_of
from agent_desktop.schemas.live import CloseCode
from services.auth.errors import ForbiddenError, ForeignOriginError, NotLoggedInError
from services.auth.permissions import Permission

log = structlog.get_logger(__name__)
router = APIRouter()

SIP: Final = Subprotocol("sip")
OPEN_LIMIT_S: Final = 5.0
CLOSE_LIMIT_S: Final = 2.0
MESSAGE_LIMIT_BYTES: Final = 65536


class PhoneLeft(Exception):
    """Either end closed: the way the pair of pumps normally ends."""


@router.websocket("/sip")
async def sip(socket: WebSocket) -> None:
    resources = resources_of(socket)
    if SIP not in socket.scope.get("subprotocols", []):
        await socket.close(1002, "subprotocol sip expected")
        return
    try:
        check_origin(socket)
        person = await signed_in(socket, resources)
        person.require(Permission.PHONE_USE)
    except NotLoggedInError:
        await _refuse(socket, CloseCode.NOT_LOGGED_IN)
        return
    except (ForbiddenError, ForeignOriginError):
        await _refuse(socket, CloseCode.FORBIDDEN)
        return
    except UNAVAILABLE_ERRORS:
        await _refuse(socket, CloseCode.RESTART)
        return
    settings = resources.settings
    url = f"ws://{settings.asterisk_host}:{settings.asterisk_http_port}/ws"
    try:
        asterisk = await connect(
            url, subprotocols=[SIP], open_timeout=OPEN_LIMIT_S, close_timeout=CLOSE_LIMIT_S,
            max_size=MESSAGE_LIMIT_BYTES, compression=None, proxy=None,
        )
    except (OSError, InvalidHandshake, TimeoutError) as error:
        log.warning("sip_upstream_away", staff_no=person.staff_no, error=type(error).__name__)
        await _refuse(socket, CloseCode.RESTART)
        return
    async with asterisk:
        await socket.accept(subprotocol=SIP)
        with resources.hub.watch_session(person, socket), resources.metrics.sip_connections.track_inprogress():
            await _forward(socket, asterisk)


async def _forward(socket: WebSocket, asterisk: ClientConnection) -> None:
    try:
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(_to_asterisk(socket, asterisk), name="sip-to-asterisk")
            pumps.create_task(_to_phone(socket, asterisk), name="sip-to-phone")
    except* PhoneLeft:
        pass
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await socket.close(CloseCode.RESTART)
    except (RuntimeError, WebSocketDisconnect, TimeoutError):
        pass  # the page had closed it


async def _to_asterisk(socket: WebSocket, asterisk: ClientConnection) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise PhoneLeft
        payload = message.get("text")
        try:
            await asterisk.send(payload if payload is not None else message.get("bytes") or b"")
        except ConnectionClosed:
            raise PhoneLeft from None


async def _to_phone(socket: WebSocket, asterisk: ClientConnection) -> None:
    while True:
        try:
            payload = await asterisk.recv()
            if isinstance(payload, str):
                await socket.send_text(payload)
            else:
                await socket.send_bytes(payload)
        except (ConnectionClosed, WebSocketDisconnect, RuntimeError):
            raise PhoneLeft from None


async def _refuse(socket: WebSocket, code: CloseCode) -> None:
    """Accept and close: a browser sees a close code only after the handshake."""
    await socket.accept(subprotocol=SIP)
    await socket.close(code)
