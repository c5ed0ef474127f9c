from typing import Annotated, Literal

from fastapi import APIRouter, Query

from agent_desktop.schemas.common import Done
from agent_desktop.schemas.tickets import (
    DispositionCommand,
    Draft,
    DraftConflict,
    DraftSave,
    TicketCatalogue,
    TicketList,
    TicketPage,
    UrgeCommand,
)
from services.errors import UnavailableError
from services.tickets.model import TicketType

router = APIRouter(tags=["tickets"])


@router.get("/ticket-catalogue")
async def catalogue() -> TicketCatalogue:
    raise UnavailableError()


@router.get("/tickets")
async def tickets(
    state: Literal["open", "closed", "all"] = "open",
    type: TicketType | None = None,
    mine: bool = False,
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TicketList:
    raise UnavailableError()


@router.get("/tickets/{ticket_no}")
async def ticket_page(ticket_no: str) -> TicketPage:
    raise UnavailableError()


@router.get("/tickets/{ticket_no}/draft")
async def draft(ticket_no: str) -> Draft:
    raise UnavailableError()


@router.put("/tickets/{ticket_no}/draft", responses={409: {"model": DraftConflict}})
async def save_draft(ticket_no: str, body: DraftSave) -> Draft:
    raise UnavailableError()


@router.post("/tickets/{ticket_no}/dispatch", responses={409: {"model": DraftConflict}})
async def dispatch(ticket_no: str, body: DispositionCommand) -> TicketPage:
    raise UnavailableError()


@router.post("/tickets/{ticket_no}/close", responses={409: {"model": DraftConflict}})
async def close(ticket_no: str, body: DispositionCommand) -> TicketPage:
    raise UnavailableError()


@router.post("/tickets/{ticket_no}/urge")
async def urge(ticket_no: str, body: UrgeCommand) -> Done:
    raise UnavailableError()
