"""What a fact asks for besides being written down: a callback kept, a message to the customer.

Each happens once: the rows are keyed by the fact.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.callbacks.model import Callback, CallbackStatus
from services.calls.facts import Fact, FactKind
from services.calls.model import Call
from services.customers.phone_number import normalise
from services.notices.service import request
from services.queues.model import QueueCode
from services.tickets.model import Ticket


async def take_effect(session: AsyncSession, call: Call, ticket: Ticket | None, fresh: Sequence[Fact]) -> None:
    for fact in fresh:
        if fact.kind is FactKind.CALLBACK_REQUESTED:
            await _keep_place(session, call, fact)
        elif fact.kind is FactKind.NOTICE_REQUESTED:
            await request(
                session, key=str(fact.data["key"]), number=normalise(str(fact.data["number"])),
                text=str(fact.data["text"]), ticket_id=ticket.id if ticket else None,
                outage_id=fact.data.get("outage_id"),
            )


async def _keep_place(session: AsyncSession, call: Call, fact: Fact) -> None:
    """A number that waits for a callback already keeps its first place."""
    await session.execute(
        insert(Callback)
        .values(
            call_id=call.call_id, number=normalise(str(fact.data["number"])), queue=QueueCode(fact.data["queue"]),
            priority=int(fact.data.get("priority", 0)), position=int(fact.data["position"]),
            queued_at=datetime.fromisoformat(fact.data["queued_at"]), status=CallbackStatus.WAITING, attempts=0,
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
    )
