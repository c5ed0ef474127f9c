from fastapi import APIRouter

from agent_desktop.schemas.common import Done, ErrorShape
from agent_desktop.schemas.session import Login, Me
from services.errors import UnavailableError

router = APIRouter(tags=["session"])


@router.post("/login", response_model=Me, responses={401: {"model": ErrorShape}, 429: {"model": ErrorShape}})
async def login(body: Login) -> Me:
    raise UnavailableError()


@router.post("/logout", response_model=Done)
async def logout() -> Done:
    raise UnavailableError()


@router.get("/me", response_model=Me)
async def me() -> Me:
    raise UnavailableError()
