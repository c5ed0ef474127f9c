"""The supervisor's board and what is done from it."""

from typing import Annotated

from fastapi import APIRouter

from agent_desktop.access import may
from agent_desktop.board_state import board_of
from agent_desktop.resources import With
from agent_desktop.schemas.board import Board, Listen
from agent_desktop.schemas.common import Done
from services.asterisk import channels
from services.auth.access import Access, record_access
from services.auth.permissions import Permission
from services.auth.sessions import SignedIn
from services.errors import ConflictError

router = APIRouter(tags=["board"])


class OwnCallError(ConflictError):
    error_id = "own-call"
    message = "不能监听自己的通话。"


@router.get("/board")
async def board(person: Annotated[SignedIn, may(Permission.BOARD_VIEW)], resources: With) -> Board:
    async with resources.database.transaction() as session:
        return await board_of(session, resources.settings)


@router.post("/board/listen")
async def listen(body: Listen, person: Annotated[SignedIn, may(Permission.BOARD_LISTEN)], resources: With) -> Done:
    """The supervisor's own phone rings and then hears the agent's call. Recorded before it rings."""
    if body.staff_no == person.staff_no:
        raise OwnCallError(body.staff_no)
    async with resources.database.transaction() as session:
        record_access(session, person.staff_no, Access.LISTEN, f"agent {body.staff_no} {body.mode}")
    await channels.listen(resources.ami, person.staff_no, body.staff_no, channels.ListenMode(body.mode))
    return Done()
