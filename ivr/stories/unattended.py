"""Nobody is there: apologise and take a message (R3-21, R3-43, SEC-15). AGI script `unattended`.

The file pair `messages/CALL_ID.wav` and `.json` is what the worker takes in; the JSON is written last and whole, so
that it never sees half a message. A caller who hangs up while recording has left a message too.
"""

import asyncio
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ivr.agi.session import CallerHungUp
from ivr.conversation import Conversation

WAV_HEADER_BYTES = 44
BYTES_PER_SECOND = 16000  # 8 kHz, 16-bit mono
SHORTEST_MESSAGE_S = 1.5  # RECORD FILE leaves one second of the silence that ended it

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`seconds` is 0 when nothing was recorded."""

    call_id: str
    caller_number: str
    recorded_at: datetime
    seconds: float
    reason: str

    def write(self, folder: Path) -> None:
        """One rename makes it visible."""
        part = folder / f"{self.call_id}.json.part"
        part.write_text(
            json.dumps(
                {
                    "call_id": self.call_id,
                    "caller_number": self.caller_number,
                    "recorded_at": self.recorded_at.isoformat(timespec="milliseconds"),
                    "seconds": self.seconds,
                    "reason": self.reason,
                },
                ensure_ascii=False,
            ),
            encoding="utf-8",
        )
        os.replace(part, folder / f"{self.call_id}.json")


def recorded_seconds(wav: Path) -> float:
    """0.0 when there is no file."""
    try:
        return max(0.0, round((wav.stat().st_size - WAV_HEADER_BYTES) / BYTES_PER_SECOND, 1))
    except FileNotFoundError:
        return 0.0


async def unattended(c: Conversation) -> None:
    c.step = "message"
    await c.say("message.nobody", interruptible=False)
    c.session.forget_typed()
    await c.say("message.ask")
    c.session.forget_typed()
    await c.say(await take_message(c, reason="unattended"), interruptible=False)


async def take_message(c: Conversation, reason: str) -> str:
    """Record after the tone until #, silence or the limit. Returns the prompt that tells how it went.

    Raises:
        CallerHungUp: after the message, if there is one, has been handed on.
    """
    folder = c.centre.settings.messages_dir
    wav = folder / f"{c.call_id}.wav"
    recorded_at = datetime.now(UTC)
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await c.session.record(
            str(wav.with_suffix("")), limit_s=c.rules.message_limit_s, silence_s=c.rules.message_silence_s
        )
    except CallerHungUp:
        await _hand_on(c, wav, recorded_at, reason)
        raise
    except OSError as error:
        log.error("message_folder_unusable", call_id=c.call_id, error=error.strerror)
        return "message.failed"
    return await _hand_on(c, wav, recorded_at, reason)


async def _hand_on(c: Conversation, wav: Path, recorded_at: datetime, reason: str) -> str:
    seconds = await asyncio.to_thread(recorded_seconds, wav)
    if seconds < SHORTEST_MESSAGE_S:
        await asyncio.to_thread(wav.unlink, missing_ok=True)
        return "message.empty"
    message = Message(
        call_id=c.call_id, caller_number=c.caller_number, recorded_at=recorded_at, seconds=seconds, reason=reason
    )
    try:
        await asyncio.to_thread(message.write, wav.parent)
    except OSError as error:
        log.error("message_not_written", call_id=c.call_id, error=error.strerror)
        return "message.failed"
    return "message.saved"
