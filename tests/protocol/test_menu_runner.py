"""What a caller can press in the menus: every leaf, silence, wrong keys, the keys that mean the same everywhere."""

import pytest
from redis.asyncio import Redis

from ivr.menus.schema import Choice, Say, ToQueue, final
from ivr.overload import overloaded
from services.calls.facts import FactKind
from tests.protocol.ivr_world import MENUS, World
from tests.protocol.scripted_asterisk import SILENCE, Caller

GREETING = ["welcome", "welcome.recording", "menu.main", "menu.main.more"]


def keys_to(menu: str) -> list[str]:
    """The keys that lead from the root to this menu."""
    if menu == MENUS.root:
        return []
    for name, above in MENUS.menus.items():
        for key, choice in above.choices.items():
            destination = final(choice.to)
            if destination is not None and destination.kind == "menu" and destination.menu == menu:
                return [*keys_to(name), key]
    raise AssertionError(menu)


LEAVES = [pytest.param(name, key, choice, id=f"{name}-{key}") for name, key, choice in MENUS.leaves()]


@pytest.mark.parametrize(("menu", "key", "choice"), LEAVES)
async def test_every_leaf_is_reached_by_its_keys(menu: str, key: str, choice: Choice) -> None:
    told = await World().call(Caller(keys=[*keys_to(menu), key]))
    assert choice.subject is not None
    assert told.of(FactKind.INTENT_CHOSEN)[0]["label"] == choice.label
    assert told.of(FactKind.INTENT_CHOSEN)[0]["ticket_type"] == choice.subject.ticket_type
    assert "".join(fact["digits"] for fact in told.of(FactKind.KEY_PRESSED)) == "".join([*keys_to(menu), key])
    if isinstance(choice.to, Say):
        assert set(choice.to.prompts) <= set(told.caller.heard)
    if isinstance(final(choice.to), ToQueue):
        assert told.queue == choice.subject.queue
        assert told.one(FactKind.HANDED_OVER)["ticket_sub_type"] == choice.subject.sub_type
    if final(choice.to) is None:
        assert told.one(FactKind.SOLVED)["result"] == choice.label


@pytest.mark.parametrize("menu", MENUS.menus)
async def test_key_0_reaches_the_agent_of_every_menu(menu: str) -> None:
    told = await World().call(Caller(keys=[*keys_to(menu), "0"]))
    assert told.queue == MENUS.menus[menu].agent.queue


@pytest.mark.parametrize("menu", [name for name in MENUS.menus if name != MENUS.root])
async def test_silence_twice_reaches_the_agent_of_every_further_menu(menu: str) -> None:
    told = await World().call(Caller(keys=[*keys_to(menu), SILENCE, SILENCE]))
    assert told.queue == MENUS.menus[menu].agent.queue
    assert [fact["count"] for fact in told.of(FactKind.NO_INPUT)] == [1, 2]


@pytest.mark.parametrize("menu", MENUS.menus)
async def test_wrong_keys_twice_reach_the_agent_of_every_menu(menu: str) -> None:
    told = await World().call(Caller(keys=[*keys_to(menu), "#", "#"]))
    assert told.queue == MENUS.menus[menu].agent.queue
    assert [fact["count"] for fact in told.of(FactKind.INVALID_INPUT)] == [1, 2]
    assert "global.too_many_tries" in told.caller.heard


async def test_silence_and_wrong_keys_are_counted_apart_with_their_own_sentences() -> None:
    told = await World().call(Caller(keys=["2", SILENCE, "8", "2"]))
    assert told.queue is None
    assert told.of(FactKind.INTENT_CHOSEN)[0]["intent"] == "PAYMENT_HOWTO"
    menu = ["menu.billing", "menu.billing.more"]
    assert told.caller.heard[4:13] == [*menu, "global.no_input", *menu, "global.invalid", *menu, "info.pay"]


async def test_key_9_repeats_without_counting() -> None:
    told = await World().call(Caller(keys=["9", "9", "9", "9", "1", "9", "2"]))
    assert told.queue == "emergency"
    assert told.caller.heard.count("menu.main") == 5
    assert told.caller.heard.count("welcome") == 1
    assert told.of(FactKind.INVALID_INPUT) == []


async def test_the_star_leads_up_and_the_second_visit_is_short() -> None:
    told = await World().call(Caller(keys=["1", "1", "*", "*", "3", "*", "*", "2"]))
    assert told.caller.heard == [
        *GREETING, "menu.repair", "menu.repair.no_power", "menu.repair", "menu.main.short", "menu.outage",
        "menu.main.short", "menu.main.short", "menu.billing", "menu.billing.more",
    ]


async def test_keys_typed_ahead_skip_the_prompts_of_all_levels() -> None:
    told = await World().call(Caller(keys=["2"], barge_in={"welcome": "4", "menu.business": "1"}))
    assert told.caller.heard == [
        "welcome", "menu.business", "menu.business.connection", "info.connection.business", "queue.enter",
    ]


async def test_a_danger_is_told_to_the_end_and_goes_first() -> None:
    told = await World().call(Caller(keys=["2"], barge_in={"menu.main": "1", "global.emergency": "0"}))
    assert told.caller.heard[-3:] == ["global.emergency", "global.emergency.transfer", "queue.priority"]
    assert told.queue == "emergency"
    assert told.caller.variables["QUEUE_PRIO"] == "10"
    assert told.one(FactKind.TICKET_REQUESTED)["urgency"] == "urgent"


async def test_nobody_at_the_line_is_told_so_and_the_call_ends() -> None:
    told = await World().call(Caller(keys=[SILENCE, SILENCE, SILENCE]))
    assert told.next == "hangup"
    assert told.caller.heard[4:] == [
        "global.silent", "menu.main", "menu.main.more", "global.silent.again", "global.silent.goodbye",
    ]


async def test_a_voice_without_keys_reaches_an_agent() -> None:
    told = await World().call(Caller(keys=[SILENCE, SILENCE], noise=True))
    assert told.queue == "general_service"


async def test_a_key_at_the_last_second_goes_back_to_the_menu() -> None:
    told = await World().call(Caller(keys=[SILENCE, SILENCE, "1", "1", "2"]))
    assert told.queue == "emergency"


async def test_after_help_there_is_more_help_or_a_goodbye() -> None:
    told = await World().call(Caller(keys=["2", "2", "1", "2", "6", SILENCE]))
    assert told.next == "hangup"
    assert [fact["result"] for fact in told.of(FactKind.SOLVED)] == ["怎么交费、代扣", "电子发票和账单"]
    assert told.caller.heard[-2:] == ["global.anything_else", "global.goodbye"]
    assert told.one(FactKind.IVR_LEFT)["reason"] == "done"


async def test_after_help_key_0_reaches_an_agent() -> None:
    told = await World().call(Caller(keys=["2", "2", "0"]))
    assert told.queue == "general_service"


@pytest.mark.parametrize("keys", [[], ["1"], ["1", "1"], ["2", "1"], ["8"], ["4", "1", "*"]])
async def test_hanging_up_anywhere_is_a_fact_with_its_place(keys: list[str]) -> None:
    told = await World().call(Caller(keys=keys))
    left = told.one(FactKind.IVR_LEFT)
    assert left["reason"] == "hangup"
    assert left["at_step"] != ""
    assert told.next is None


async def test_overload_takes_reports_by_key_and_gives_agents_to_danger_only() -> None:
    told = await World(overloaded=True).call(Caller(keys=["3"]))
    assert told.queue == "emergency"
    assert told.caller.heard[1:4] == ["global.overload", "global.overload.bulletin", "global.overload.choices"]
    told = await World(overloaded=True).call(Caller(keys=["1", *"3701204815#", "1", "2", "1", "1"]))
    assert told.one(FactKind.TICKET_REQUESTED)["form"]["scope"] == "area"


@pytest.mark.parametrize("keys", [["0"], ["7", "7"]])
async def test_whoever_wants_an_agent_in_overload_leaves_a_message(keys: list[str]) -> None:
    told = await World(overloaded=True).call(Caller(keys=keys))
    assert told.next == "message"


async def test_a_dead_redis_is_no_overload() -> None:
    redis = Redis.from_url("redis://127.0.0.1:1/0")
    assert await overloaded(redis) is False
    await redis.aclose()
