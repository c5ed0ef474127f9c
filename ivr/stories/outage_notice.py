"""A running outage told to a caller: before the menu, in answer to a question, or instead of a ticket (I-07, R5-01).

Public (SEC-22 level 0). Which sentence was spoken is recorded, so that an agent who takes over says nothing else.
"""

from datetime import UTC, datetime
from pathlib import Path

from ivr.conversation import Conversation
from ivr.prompts import speak
from services.calls import facts
from services.outages.lookup import OutageView

CREW = {"assigned": "outage.crew.assigned", "on_site": "outage.crew.on_site", "searching": "outage.crew.searching"}


def sentences(c: Conversation, outage: OutageView, now: datetime) -> list[str | Path]:
    """Place and cause as spoken when it was published, else the cause by its kind; crew, expected time, apology."""
    place = place_and_cause(c, outage)
    prompts = ["outage.active.intro", *place] if place else [f"outage.active.{outage.kind}"]
    if outage.crew_status in CREW:
        prompts.append(CREW[outage.crew_status])
    if outage.expected_end_at is None:
        prompts.append("outage.restore_unknown")
    elif outage.expected_end_at < now:
        prompts.append("outage.restore_overdue")
    else:
        prompts += ["outage.restore_at", *moment(c, outage.expected_end_at)]
    return [*prompts, "outage.sorry"]


def place_and_cause(c: Conversation, outage: OutageView) -> list[str | Path]:
    """What was spoken when the outage was published; nothing where no voice was there or the recording is gone."""
    if outage.announcement is None:
        return []
    spoken = c.centre.prompts.written(outage.announcement, c.centre.settings.runtime_sounds_dir)
    return [spoken] if spoken else []


def moment(c: Conversation, at: datetime) -> list[str]:
    zone = c.centre.settings.zone
    return speak.moment(at.astimezone(zone), datetime.now(zone))


async def announce(c: Conversation, outage: OutageView) -> str:
    """Tell a running outage and offer what follows: "1" message when it is over, "2" report all the same, "3" other."""
    c.step = "outage_announced"
    prompts = sentences(c, outage, datetime.now(UTC))
    c.given("outage", *prompts, subject_id=outage.id)
    await c.say(*prompts)
    c.solved("outage_here", "已告知停电原因和恢复时间")
    pressed = await c.choose("outage.offer", keys="123", name="outage_offer")
    if pressed == "1":
        _notify_at_end(c, outage)
        await c.say("outage.sms_done")
    return pressed


def _notify_at_end(c: Conversation, outage: OutageView) -> None:
    c.record(
        facts.notice_requested, key=f"outage-{outage.id}-restored-{c.caller_number}", number=c.caller_number,
        text="您家所在的区域已经恢复供电。", outage_id=outage.id,
    )
