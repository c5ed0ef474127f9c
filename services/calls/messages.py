"""Takes in messages left while nobody was there: `CALL_ID.wav` beside `CALL_ID.json` (contracts section 1).

Each exactly once: first the facts are committed (a known one is ignored), then the sound moves to the recordings, the
description goes last. Killed at any point, the next run goes on from there.
"""

import asyncio
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from services.bus import Event
from services.calls import facts
from services.calls.timeline import record
from services.db import Database

SOURCE: Final = "worker"
log = structlog.get_logger()


class Description(BaseModel):
    """What IVR and emergency script write; `call_id` names a file, so it holds no path."""

    call_id: str = Field(pattern=r"^[0-9A-Za-z_-][0-9A-Za-z._-]*$", max_length=32)
    caller_number: str = Field(max_length=32)
    recorded_at: AwareDatetime
    seconds: float = Field(ge=0)
    reason: str = Field(max_length=40)


async def take_in(database: Database, messages: Path, recordings: Path) -> list[Event]:
    """All messages that are complete; returns the live events. A broken description goes to `rejected/`."""
    events: list[Event] = []
    for file in await asyncio.to_thread(_complete, messages):
        try:
            described = Description.model_validate_json(await asyncio.to_thread(file.read_bytes))
        except ValidationError as error:
            log.error("message description not understood", file=file.name, problems=error.error_count())
            await asyncio.to_thread(_reject, file)
            continue
        except FileNotFoundError:
            continue  # another worker was faster
        events += await _take(database, file, described, recordings)
    return events


async def _take(database: Database, file: Path, described: Description, recordings: Path) -> list[Event]:
    call_id, begun = described.call_id, described.recorded_at
    sound = f"{call_id}-message.wav"
    ended: datetime = begun + timedelta(seconds=described.seconds)
    async with database.transaction() as session:
        events = await record(
            session,
            # Who called, for a call that no other process saw; its real start is earlier and wins when it is told.
            facts.call_started(call_id, begun, SOURCE, caller_number=described.caller_number, called_number=""),
            facts.message_left(call_id, ended, file=sound, seconds=described.seconds, reason=described.reason),
        )
    await asyncio.to_thread(_put_away, file, recordings / sound)
    log.info("message taken in", call_id=call_id, seconds=described.seconds)
    return events


def _complete(messages: Path) -> list[Path]:
    return sorted(file for file in messages.glob("*.json") if not file.name.endswith(".part.json"))


def _put_away(description: Path, sound: Path) -> None:
    """Safe beside another worker that does the same: each copies under a name of its own, the last one replaces."""
    recorded = description.with_suffix(".wav")
    sound.parent.mkdir(parents=True, exist_ok=True)
    # Copied, not moved: recordings may lie on another file system.
    part = sound.with_suffix(f".{uuid4().hex}.part")
    try:
        shutil.copyfile(recorded, part)
        part.replace(sound)
    except FileNotFoundError:
        if not sound.exists():
            log.error("message without its sound", call_id=description.stem)
    recorded.unlink(missing_ok=True)
    description.unlink(missing_ok=True)


def _reject(description: Path) -> None:
    folder = description.parent / "rejected"
    folder.mkdir(exist_ok=True)
    for file in (description, description.with_suffix(".wav")):
        if file.exists():
            os.replace(file, folder / file.name)
