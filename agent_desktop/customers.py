"""Finding a customer by hand, and seeing a number in full; both are written down (SEC-20)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import select

from agent_desktop.access import may
from agent_desktop.resources import With
from agent_desktop.schemas.desk import CustomerList, CustomerRow, Phone
from services.auth.access import Access, record_access
from services.auth.permissions import Permission
from services.auth.sessions import SignedIn
from services.customers.masking import mask_phone
from services.customers.model import Account, Customer, CustomerPhone, Premise
from services.customers.phone_number import normalise
from services.errors import NotFoundError

router = APIRouter(tags=["customers"])

FOUND_AT_MOST = 20
Id = Annotated[int, Path(ge=1, le=2_147_483_647)]


@router.get("/customers")
async def search(
    q: Annotated[str, Query(min_length=2, max_length=60)],
    person: Annotated[SignedIn, may(Permission.CUSTOMER_SEARCH)],
    resources: With,
) -> CustomerList:
    """By account number, phone number, or the beginning of a name or part of an address."""
    wanted = q.strip()
    number = (
        select(CustomerPhone.number)
        .where(CustomerPhone.customer_id == Customer.id)
        .order_by(CustomerPhone.primary.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    found = (
        select(Customer, Account.account_no, Premise.address, number)
        .outerjoin(Account, Account.customer_id == Customer.id)
        .outerjoin(Premise, Premise.id == Account.premise_id)
        .order_by(Customer.name, Account.account_no)
        .limit(FOUND_AT_MOST)
    )
    if wanted.isascii() and wanted.isdigit():
        phones = select(CustomerPhone.customer_id).where(CustomerPhone.number == normalise(wanted))
        found = found.where((Account.account_no == wanted) | Customer.id.in_(phones))
    else:
        found = found.where(
            Customer.name.startswith(wanted, autoescape=True) | Premise.address.contains(wanted, autoescape=True)
        )
    async with resources.database.transaction() as session:
        rows = (await session.execute(found)).all()
        record_access(session, person.staff_no, Access.SEARCH_CUSTOMER, f"{len(rows)} customers")
    return CustomerList(
        items=[
            CustomerRow(
                customer_id=customer.id, name=customer.name, masked_phone=mask_phone(phone or ""), kind=customer.kind,
                account_no=account_no, address=address or "",
            )
            for customer, account_no, address, phone in rows
        ]
    )


@router.get("/customers/{customer_id}/phone")
async def reveal_phone(
    customer_id: Id, person: Annotated[SignedIn, may(Permission.CUSTOMER_REVEAL_PHONE)], resources: With
) -> Phone:
    async with resources.database.transaction() as session:
        number = await session.scalar(
            select(CustomerPhone.number)
            .where(CustomerPhone.customer_id == customer_id)
            .order_by(CustomerPhone.primary.desc(), CustomerPhone.number)
            .limit(1)
        )
        if number is None:
            raise NotFoundError("no phone", message="该客户没有预留电话。")
        record_access(session, person.staff_no, Access.REVEAL_PHONE, f"customer {customer_id}")
    return Phone(number=number)
