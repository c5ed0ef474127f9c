"""`hotline ticket NUMBER`: one ticket and everything that happened to it."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.cli.database import opened
from services.settings import Settings
from services.tickets.model import Ticket, TicketEvent

Print = Callable[[str], None]


async def run(settings: Settings, number: str, tell: Print) -> int:
    """Return 0 when there is such a ticket."""
    try:
        async with opened(settings) as database, database.transaction() as session:
            ticket = (await session.scalars(select(Ticket).where(Ticket.ticket_no == number))).one_or_none()
            if ticket is None:
                tell(f"error: no ticket {number}; its number has 16 digits")
                return 1
            query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
            events = list(await session.scalars(query))
    except (SQLAlchemyError, OSError) as error:
        tell(f"error: PostgreSQL at port {settings.postgres_port} does not answer ({type(error).__name__})")
        return 1
    zone = settings.zone
    tell(f"ticket {ticket.ticket_no}  {ticket.type} {ticket.sub_type}  {ticket.status}  {ticket.urgency}")
    tell(f"account {ticket.account_no or '-'}  call {ticket.origin_call_id or '-'}  {ticket.accept_content}")
    for event in events:
        data = "  ".join(f"{name}={value}" for name, value in event.data.items() if value not in (None, "", {}))
        tell(f"{event.seq:4}  {event.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {event.actor:8} {event.kind:18} {data}")
    return 0
