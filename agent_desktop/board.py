from fastapi import APIRouter

from agent_desktop.schemas.board import Board, Listen
from agent_desktop.schemas.common import Done
from services.errors import UnavailableError

router = APIRouter(tags=["board"])


@router.get("/board")
async def board() -> Board:
    raise UnavailableError()


@router.post("/board/listen")
async def listen(body: Listen) -> Done:
    raise UnavailableError()
