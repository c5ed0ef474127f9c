"""The household's self-check by keys (R3-33): neighbours, main switch, meter.

neighbours dark too ─► not the household's own fault
switch tripped ─► reduce the load and reclose ─┬ power is back
                                               ├ will not hold: leakage, an electrician, or our paid visit
not tripped, or still dark ─► meter lit ─► fault behind the meter, our paid visit on wish
                            ─► meter dark or out of sight ─► report it
"""

from collections.abc import Callable
from enum import StrEnum, auto

from ivr.conversation import Conversation

Note = Callable[[Conversation, str, str, str], None]  # conversation, slot, value, label


class Verdict(StrEnum):
    POWER_IS_BACK = auto()
    NEIGHBOURS_TOO = auto()
    INTERNAL = auto()  # the caller wants our visit although it costs
    NO_VISIT = auto()
    SUPPLY = auto()  # probably ours


async def check_household(c: Conversation, note: Note) -> Verdict:
    """Ask at most five questions; every answer goes to `note` for the ticket's form."""
    neighbours = await c.choose("fault.ask_neighbours", keys="123", name="ask_neighbours")
    if neighbours == "2":
        note(c, "neighbours", "dark", "邻居也没电")
        return Verdict.NEIGHBOURS_TOO
    if neighbours == "1":
        note(c, "neighbours", "powered", "邻居有电")
    switch = await c.choose("fault.ask_switch", keys="123", name="ask_switch")
    if switch == "1":
        note(c, "indoor_breaker", "closed", "室内总开关未跳闸")
    elif switch == "2":
        await c.say("fault.switch_advice")
        result = await c.choose("fault.ask_switch_result", keys="123", name="ask_switch_result")
        if result == "1":
            return Verdict.POWER_IS_BACK
        if result == "2":
            note(c, "indoor_breaker", "tripped", "室内总开关推不上，疑似漏电")
            await c.say("fault.switch_leak")
            return await _offer_visit(c, note)
        note(c, "indoor_breaker", "closed", "总开关合上后仍无电")
    meter = await c.choose("fault.ask_meter", keys="123", name="ask_meter")
    if meter == "1":
        note(c, "meter_display", "lit", "电表亮屏")
        await c.say("fault.internal")
        return await _offer_visit(c, note)
    if meter == "2":
        note(c, "meter_display", "dark", "电表黑屏")
    return Verdict.SUPPLY


async def _offer_visit(c: Conversation, note: Note) -> Verdict:
    note(c, "initial_judgement", "internal", "初步判断为客户内部故障")
    wanted = await c.choose("fault.internal.offer", keys="12", name="internal_offer") == "1"
    return Verdict.INTERNAL if wanted else Verdict.NO_VISIT
