"""Called back instead of waiting, the place in the queue is kept (I-10). AGI script `callback-offer`.

Key 1 while waiting leads here. The caller confirms the number of this call or keys another one; only a number that
can be dialled is taken.
"""

from datetime import UTC, datetime

from ivr.conversation import AgentWanted, Conversation, NothingHeard, WayUp
from ivr.prompts import speak
from ivr.stories.fault import keyed_phone
from services.asterisk import variables
from services.calls import facts
from services.queues.model import QueueCode


async def callback_offer(c: Conversation) -> bool:
    """True when the callback is agreed; False: the caller goes on waiting."""
    c.step = "callback_offer"
    try:
        number = await _number(c)
    except (AgentWanted, NothingHeard, WayUp):
        number = None
    if number is None:
        await c.say("callback.stay")
        return False
    session = c.session
    queue = await session.get_variable(variables.QUEUE) or QueueCode.EMERGENCY
    position = await session.get_variable(variables.QUEUE_POSITION) or "1"
    queued_at = await session.get_variable(variables.QUEUED_AT)
    priority = await session.get_variable(variables.QUEUE_PRIORITY) or "0"
    c.record(
        facts.callback_requested,
        number=number, queue=queue, priority=int(priority) if priority.isdecimal() else 0,
        position=max(1, int(position)) if position.isdecimal() else 1,
        queued_at=datetime.fromisoformat(queued_at) if queued_at else datetime.now(UTC),
    )
    c.given("callback", "callback.confirmed")
    await c.say("callback.confirmed", interruptible=False)
    return True


async def _number(c: Conversation) -> str | None:
    """None: the caller stays in the queue."""
    if c.caller_number.isdecimal():
        pressed = await c.choose(
            "callback.offer", "callback.number_is", *speak.digits(c.caller_number, groups=_groups(c.caller_number)),
            "callback.choose", keys="123", name="callback_number",
        )
        if pressed != "2":
            return c.caller_number if pressed == "1" else None
    return await keyed_phone(
        c, ask="callback.enter_number", wrong="callback.number_wrong", read_back="callback.number_is"
    )


def _groups(number: str) -> tuple[int, ...]:
    return (3, 4, 4) if len(number) == 11 else ()


async def callback_connect(c: Conversation) -> None:
    """What the customer hears when he picks up. AGI script `callback-connect`."""
    await c.say("callback.connect", interruptible=False)
