"""A call as the screens see it while it runs: the row of `call_changed` and of the board (contracts section 6).

No number in clear leaves here.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.bus import Event
from services.calls.facts import Fact, FactKind
from services.calls.model import Call, CallPhase
from services.customers.lookup import customer_view
from services.customers.masking import mask_phone
from services.customers.model import Customer
from services.tickets.model import Ticket


async def active(session: AsyncSession) -> list[dict[str, Any]]:
    """All calls that run, oldest first: the board's snapshot."""
    query = (
        select(Call, Customer, Ticket.ticket_no)
        .outerjoin(Customer, Call.customer_id == Customer.id)
        .outerjoin(Ticket, Call.ticket_id == Ticket.id)
        .where(Call.ended_at.is_(None))
        .order_by(Call.started_at)
    )
    return [row(call, customer, ticket_no) for call, customer, ticket_no in await session.execute(query)]


def row(call: Call, customer: Customer | None, ticket_no: str | None) -> dict[str, Any]:
    view = customer_view(customer) if customer else None
    return {
        "call_id": call.call_id,
        "direction": call.direction,
        "phase": call.phase,
        "caller": mask_phone(call.caller_number),
        "customer_name": view.name if view else "",
        "flags": view.flags if view else [],
        "intent": call.intent,
        "intent_label": call.intent_label,
        "queue": call.queue,
        "priority": call.queue_priority,
        "staff_no": call.staff_no,
        "ticket_no": ticket_no,
        "started_at": call.started_at,
        "queued_at": call.queued_at,
        "connected_at": call.connected_at,
        "phase_since": call.phase_since,
    }


async def events(session: AsyncSession, call: Call, before: CallPhase, loud: Sequence[Fact]) -> list[Event]:
    """What to tell after these facts of one call."""
    if not loud:
        return []
    if call.phase is CallPhase.ENDED:
        data = {"call_id": call.call_id, "outcome": call.outcome, "ended_at": call.ended_at, "ended_by": call.ended_by}
        return [Event(op="call_ended", data=data)] if before is not CallPhase.ENDED else []
    customer = await session.get(Customer, call.customer_id) if call.customer_id else None
    ticket = await session.get(Ticket, call.ticket_id) if call.ticket_id else None
    told = [Event(op="call_changed", data=row(call, customer, ticket.ticket_no if ticket else None))]
    if call.phase is CallPhase.RINGING and any(fact.kind is FactKind.AGENT_RANG for fact in loud):
        told.append(
            Event(op="call_ringing", data={"call_id": call.call_id, "staff_no": call.staff_no, "queue": call.queue})
        )
    return told
