from typing import Annotated

from fastapi import APIRouter, Query

from agent_desktop.schemas.desk import CustomerList, Phone
from services.errors import UnavailableError

router = APIRouter(tags=["customers"])


@router.get("/customers")
async def search(q: Annotated[str, Query(min_length=2, max_length=60)]) -> CustomerList:
    raise UnavailableError()


@router.get("/customers/{customer_id}/phone")
async def reveal_phone(customer_id: int) -> Phone:
    raise UnavailableError()
