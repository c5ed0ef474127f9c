from fastapi import APIRouter

from agent_desktop.schemas.common import Done
from agent_desktop.schemas.desk import AgentView, Desk, EndCall, Identify, Pause, Phone, Pop, Verify
from services.errors import UnavailableError

router = APIRouter(tags=["desk"])


@router.get("/desk")
async def desk() -> Desk:
    raise UnavailableError()


@router.post("/desk/ready")
async def ready() -> AgentView:
    raise UnavailableError()


@router.post("/desk/pause")
async def pause(body: Pause) -> AgentView:
    raise UnavailableError()


@router.post("/desk/wrap-up/extend")
async def extend_wrap_up() -> AgentView:
    raise UnavailableError()


@router.post("/desk/wrap-up/finish")
async def finish_wrap_up() -> AgentView:
    raise UnavailableError()


@router.post("/desk/end-call")
async def end_call(body: EndCall) -> Done:
    raise UnavailableError()


@router.get("/calls/{call_id}/pop")
async def pop(call_id: str) -> Pop:
    raise UnavailableError()


@router.get("/calls/{call_id}/phone")
async def call_phone(call_id: str) -> Phone:
    raise UnavailableError()


@router.post("/calls/{call_id}/customer")
async def identify(call_id: str, body: Identify) -> Pop:
    raise UnavailableError()


@router.post("/calls/{call_id}/verify")
async def verify(call_id: str, body: Verify) -> Pop:
    raise UnavailableError()
