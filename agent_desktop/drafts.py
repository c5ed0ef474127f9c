from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.schemas.tickets import Draft, TicketFields
from services.customers.masking import mask_phone
from services.settings import Settings
from services.tickets.model import Ticket


async def draft_of(session: AsyncSession, settings: Settings, ticket: Ticket, staff_no: str) -> Draft:
    return Draft(
        ticket_no=ticket.ticket_no,
        status=ticket.status,
        version=ticket.version,
        fields=TicketFields(
            type=ticket.type, sub_type=ticket.sub_type, urgency=ticket.urgency, contact_name=ticket.contact_name,
            contact_phone=mask_phone(ticket.contact_phone), contact_addr=ticket.contact_addr,
            account_no=ticket.account_no, accept_content=ticket.accept_content, handle_opinion=ticket.handle_opinion,
            outage_id=ticket.outage_id, form=ticket.form,
        ),
        filled_by_machine=ticket.filled_by_machine, form_fields=[], deadlines=[], duplicates=[], dispositions=[],
        saved_at=ticket.updated_at, editable=True,
    )
