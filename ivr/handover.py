"""How the IVR gives a call back to the dialplan: a queue with its priority, a message, or the end (contracts, 1).

`IVR_DONE` is always the last variable: whatever dies before leaves it unset, and the dialplan helps itself.
"""

from datetime import UTC, datetime

from ivr.conversation import Conversation
from ivr.menus.schema import Subject
from services.asterisk import variables
from services.calls import facts
from services.customers.lookup import CallerProfile
from services.customers.model import ImportantClass
from services.tickets.model import Urgency


def priority_of(c: Conversation, subject: Subject) -> int:
    """QUEUE_PRIO: the subject's own, or the customer's when that is higher (I-10)."""
    return max(subject.priority, _customer_priority(c, c.profile))


def _customer_priority(c: Conversation, profile: CallerProfile | None) -> int:
    if profile is None:
        return 0
    rules = c.rules
    by_class = {
        ImportantClass.SPECIAL: rules.special_priority,
        ImportantClass.FIRST: rules.first_class_priority,
        ImportantClass.SECOND: rules.second_class_priority,
    }
    life = rules.life_support_priority if profile.customer.life_support else 0
    return max(life, by_class.get(profile.customer.important_class, 0))


async def to_queue(c: Conversation, subject: Subject) -> None:
    """Facts first: what the caller has said must stand on the agent's screen when it rings."""
    priority = priority_of(c, subject)
    c.step = "handover"
    if subject.urgency is Urgency.URGENT and c.ticket_no is None:
        c.record(  # stands even if he hangs up now
            facts.ticket_requested, ticket_no=None, type=subject.ticket_type, sub_type=subject.sub_type,
            urgency=subject.urgency, content="客户按键报告险情，请立即处理",
        )
    c.record(
        facts.handed_over,
        queue=subject.queue, priority=priority, ticket_type=subject.ticket_type, ticket_sub_type=subject.sub_type,
    )
    c.record(facts.ivr_left, reason="done", at_step=c.step)
    await c.say("queue.priority" if priority else "queue.enter")
    session = c.session
    await session.set_variable(variables.QUEUE, subject.queue)
    await session.set_variable(variables.QUEUE_PRIORITY, str(priority))
    await session.set_variable(variables.QUEUED_AT, datetime.now(UTC).isoformat(timespec="milliseconds"))
    if c.ticket_no:
        await session.set_variable(variables.TICKET_NO, c.ticket_no)
    await _leave(c, "queue")


async def back_to_queue(c: Conversation) -> None:
    """The waiting goes on: queue and place stand in the channel's variables."""
    await _leave(c, "queue")


async def to_message(c: Conversation) -> None:
    c.record(facts.ivr_left, reason="done", at_step=c.step)
    await _leave(c, "message")


async def hang_up(c: Conversation) -> None:
    c.record(facts.ivr_left, reason="done", at_step=c.step)
    await _leave(c, "hangup")


async def _leave(c: Conversation, next_step: str) -> None:
    await c.session.set_variable(variables.NEXT, next_step)
    await c.session.set_variable(variables.IVR_DONE, "1")
