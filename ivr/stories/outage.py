"""Menu 3, outages at the caller's address: now (R3-35), the planned ones, and the subscription of messages."""

from datetime import UTC, datetime
from pathlib import Path

from ivr.conversation import Conversation
from ivr.stories.fault import report_no_power
from ivr.stories.identify import account_of
from ivr.stories.outage_notice import announce, moment, place_and_cause
from services.calls import facts
from services.outages.lookup import at_transformer, upcoming
from services.outages.model import OutageStatus


async def outage_here(c: Conversation) -> None:
    """3-1: why there is no power and until when."""
    account = await account_of(c)
    c.step = "outage_here"
    outage = await c.read(at_transformer, account.transformer_id, datetime.now(UTC))
    if outage is not None and outage.status is OutageStatus.IN_FORCE:
        if await announce(c, outage) == "2":
            await c.say("outage.report_anyway")
            await report_no_power(c, account, scope="area")
        return
    c.given("outage", "outage.none")
    await c.say("outage.none")
    c.solved("outage_here", "已告知没有停电信息")
    if await c.choose("outage.none.report", keys="1", name="outage_none") == "1":
        await report_no_power(c, account, scope="one")


async def planned_outages(c: Conversation) -> None:
    """3-2: planned outages of the next days near the address."""
    account = await account_of(c)
    c.step = "planned_outages"
    coming = await c.read(
        upcoming, transformer_id=account.transformer_id, now=datetime.now(UTC), days=c.rules.planned_outage_days
    )
    prompts: list[str | Path] = []
    for outage in coming[: c.rules.planned_outages_spoken]:
        prompts += ["outage.planned.also" if prompts else "outage.planned.intro", *place_and_cause(c, outage)]
        prompts += ["outage.planned.from", *moment(c, outage.start_at)]
        if outage.expected_end_at is not None:
            prompts += ["outage.planned.to", *moment(c, outage.expected_end_at)]
    prompts = [*prompts, "outage.planned.prepare"] if prompts else ["outage.planned.none"]
    c.given("planned_outages", *prompts, subject_id=coming[0].id if coming else None)
    await c.say(*prompts)
    c.solved("planned_outages", "已告知计划停电")


async def subscribe(c: Conversation) -> None:
    """3-3: messages before an outage, to the number of this call."""
    account = await account_of(c)
    c.step = "subscribe"
    pressed = await c.choose("outage.subscribe.mobile", "outage.subscribe.ask", keys="12", name="subscribe")
    wish, label = ("subscribe", "订阅停电短信") if pressed == "1" else ("unsubscribe", "退订停电短信")
    done = f"outage.{wish}.done"
    c.filled("outage_messages", wish, label)
    c.record(
        facts.notice_requested, key=f"{wish}-{c.call_id}", number=c.caller_number,
        text=f"户号尾号{account.account_no[-4:]}，{c.centre.prompts.text(done)}",
    )
    c.given("subscription", done)
    await c.say(done)
    c.solved("subscribe", label)
