"""The story of one call, from the first ring to the dialplan's next step. Each function is one AGI script.

`inbound`: who is calling (800 ms) → greeting → what we know already (outage, open ticket) → menu → story or agent →
anything else? → thanks. The others are the short visits of a call that was here before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from ivr import handover
from ivr.agi.server import Handler
from ivr.agi.session import AgiSession, CallerHungUp
from ivr.conversation import AGENT_KEY, AgentWanted, Centre, Conversation, MessageWanted, NothingHeard, WayUp
from ivr.directory import NoDataError
from ivr.menus import runner
from ivr.menus.schema import ToMessage, ToQueue, ToStory
from ivr.stories import STORIES
from ivr.stories.callback_offer import callback_connect, callback_offer
from ivr.stories.identify import look_up_caller
from ivr.stories.known_matters import known_matters
from ivr.stories.silent_call import silent_call
from ivr.stories.survey import survey
from ivr.stories.unattended import unattended
from services.asterisk import variables
from services.calls import facts
from services.tickets.model import Urgency

log = structlog.get_logger()

Script = Callable[[Conversation], Awaitable[None]]


def routes(centre: Centre) -> dict[str, Handler]:
    """AGI script name → handler (contracts, section 1)."""
    scripts: dict[str, Script] = {
        "inbound": inbound,
        "survey": _then_hang_up(survey),
        "unattended": _then_hang_up(unattended),
        "callback-connect": _then_hang_up(callback_connect),
        "callback-offer": _callback,
    }
    return {name: partial(_visit, centre, script) for name, script in scripts.items()}


async def _visit(centre: Centre, script: Script, session: AgiSession) -> None:
    """One AGI session as a conversation; how it ended is a fact. A fault leaves IVR_DONE unset (see handover.py)."""
    await session.set_variable(variables.CALL_LIMIT, str(centre.settings.call_limit_s))
    call_id = await session.get_variable(variables.CALL_ID) or session.headers.get("agi_uniqueid", "")
    menus = centre.overload_menus if await centre.overloaded() else centre.menus
    root = menus.menus[menus.root]
    c = Conversation(session=session, centre=centre, call_id=call_id, menus=menus, subject=root.agent)
    with structlog.contextvars.bound_contextvars(call_id=call_id):
        try:
            await script(c)
        except Exception as end:
            c.record(facts.ivr_left, reason="hangup" if isinstance(end, CallerHungUp) else "error", at_step=c.step)
            raise


async def inbound(c: Conversation) -> None:
    c.record(
        facts.call_started, "ivr", caller_number=c.caller_number,
        called_number=c.session.headers.get("agi_dnid", ""), channel=c.session.headers.get("agi_channel", ""),
    )
    await asyncio.gather(c.session.answer(), look_up_caller(c, c.centre.settings.lookup_budget_ms / 1000))
    try:
        known = not c.overloaded and await known_matters(c)
        wants_more = await _anything_else(c) if known else True
        while wants_more:
            wants_more = await _menu_once(c)
        await handover.hang_up(c)
    except AgentWanted as wanted:
        subject = wanted.subject or c.subject
        if c.overloaded and subject.urgency is not Urgency.URGENT:
            await handover.to_message(c)
        else:
            await handover.to_queue(c, subject)
    except MessageWanted:
        await handover.to_message(c)


async def _menu_once(c: Conversation) -> bool:
    """One matter of the caller. True: he wants another."""
    try:
        leaf = await runner.choose(c, c.menus)
        if isinstance(leaf, ToQueue):
            raise AgentWanted("menu")
        if isinstance(leaf, ToMessage):
            raise MessageWanted
        if isinstance(leaf, ToStory):
            await _story(c, leaf.story)
        else:
            c.solved("info", c.label)
    except WayUp:
        return True
    except NothingHeard:
        return await silent_call(c)
    return await _anything_else(c)


async def _story(c: Conversation, name: str) -> None:
    try:
        await STORIES[name](c)
    except NoDataError as missing:
        await c.say("global.no_data")
        raise AgentWanted("no_data") from missing


async def _anything_else(c: Conversation) -> bool:
    c.step = "anything_else"
    await c.say("global.anything_else")
    pressed = await c.key()
    if pressed == AGENT_KEY:
        raise AgentWanted("key_0", c.menus.menus[c.menus.root].agent)
    if pressed is not None and pressed in "1*":
        return True
    await c.say("global.goodbye", interruptible=False)
    return False


async def _callback(c: Conversation) -> None:
    if await callback_offer(c):
        await handover.hang_up(c)
    else:
        await handover.back_to_queue(c)


def _then_hang_up(script: Script) -> Script:
    async def visit(c: Conversation) -> None:
        await script(c)
        await handover.hang_up(c)

    return visit
