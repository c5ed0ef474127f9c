"""`hotline call`: a caller with a script of keys. He listens, presses when a sentence begins, and reports.

Afterwards the call's path and its ticket are read from the database.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import typer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.calls.model import Call, CallEvent
from services.cli.database import opened
from services.customers.phone_number import normalise
from services.db import Database
from services.phone.call import CallEndedError, CallRefusedError, PhoneCall
from services.phone.ear import Ear
from services.phone.library import PromptLibrary
from services.phone.listening import read_audio
from services.phone.phone import SipPhone
from services.phone.rtp import DIGITS
from services.phone.transactions import SipTimeoutError
from services.settings import Settings
from services.tickets.model import Ticket

HOTLINE_NUMBER: Final = "95598"
TICKET_WAIT_S: Final = 15.0
Print = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`keys` are pressed one group at a time, each when a new sentence begins."""

    number: str
    keys: tuple[str, ...]
    audio: Path | None
    limit_s: float


def key_groups(digits: str) -> tuple[str, ...]:
    """`1,2,3701204815#` → groups. Raises typer.BadParameter on a key that no telephone has."""
    groups = tuple(group.strip() for group in digits.split(",") if group.strip())
    for group in groups:
        if any(key not in DIGITS for key in group):
            raise typer.BadParameter(f"{group!r} cannot be pressed on a telephone", param_hint="--digits")
    return groups


async def run(settings: Settings, script: Script, tell: Print) -> int:
    """Return 0 when the call ended with a ticket."""
    try:
        speech = read_audio(script.audio) if script.audio else b""
    except (ValueError, OSError) as error:
        tell(f"error: {error}")
        return 2
    library = PromptLibrary.load([settings.runtime_sounds_dir])
    began = datetime.now(UTC)
    async with SipPhone((settings.asterisk_host, settings.sip_port)) as phone:
        try:
            call = await phone.call(HOTLINE_NUMBER, script.number)
        except (CallRefusedError, SipTimeoutError) as error:
            tell(f"error: Asterisk at port {settings.sip_port} does not take the call ({error}). Is it up? make up")
            return 1
        tell(f"{0:7.1f} s  answered")
        try:
            async with asyncio.timeout(script.limit_s):
                await _talk(call, script, speech, library, tell)
        except TimeoutError:
            tell(f"{_now_s(call):7.1f} s  {script.limit_s:g} s are over")
        finally:
            by = "the other side" if call.ended.is_set() else "us"
            await call.hang_up()
        tell(f"{_now_s(call):7.1f} s  hung up by {by}")
    return await _report(settings, script.number, began, tell)


async def _talk(call: PhoneCall, script: Script, speech: bytes, library: PromptLibrary, tell: Print) -> None:
    keys = list(script.keys)
    pressed_s = 0.0
    async with Ear(call, library.listener) as ear:
        async for prompt in ear.prompts():
            tell(f"{prompt.at_s:7.1f} s  heard   {library.text(prompt.prompt)}  ({prompt.prompt})")
            if prompt.at_s < pressed_s:
                continue  # began before the last key could be heard
            try:
                if keys:
                    group = keys.pop(0)
                    tell(f"{_now_s(call):7.1f} s  pressed {group}")
                    await call.press(group)
                    pressed_s = _now_s(call)
                elif speech:
                    tell(f"{_now_s(call):7.1f} s  speak   {script.audio}")
                    await call.play(speech)
                    speech = b""
            except CallEndedError:
                return


def _now_s(call: PhoneCall) -> float:
    return asyncio.get_running_loop().time() - call.heard.started_s


async def _report(settings: Settings, number: str, began: datetime, tell: Print) -> int:
    """The path and the ticket, as soon as the database has them."""
    deadline = asyncio.get_running_loop().time() + TICKET_WAIT_S
    async with opened(settings) as database:
        while True:
            try:
                found = await _find(database, number, began)
            except (SQLAlchemyError, OSError) as error:
                tell(f"error: PostgreSQL at port {settings.postgres_port} does not answer ({type(error).__name__})")
                return 1
            if found is not None and found[1] is not None:
                return _print(found[0], found[1], found[2], tell)
            if asyncio.get_running_loop().time() > deadline:
                tell("error: no ticket yet. Does the worker run? hotline status")
                return 1
            await asyncio.sleep(0.2)


async def _find(database: Database, number: str, began: datetime) -> tuple[Call, Ticket | None, list[CallEvent]] | None:
    async with database.transaction() as session:
        query = (
            select(Call)
            .where(Call.caller_number.in_({number, normalise(number)}), Call.started_at > began - timedelta(seconds=2))
            .order_by(Call.started_at)
            .limit(1)
        )
        call = (await session.scalars(query)).first()
        if call is None:
            return None
        ended = call.ended_at is not None and call.ticket_id is not None
        ticket = await session.get(Ticket, call.ticket_id) if ended else None
        events = select(CallEvent).where(CallEvent.call_id == call.call_id).order_by(CallEvent.at, CallEvent.seq)
        return call, ticket, list(await session.scalars(events))


def _print(call: Call, ticket: Ticket | None, events: list[CallEvent], tell: Print) -> int:
    assert ticket is not None
    tell(f"\ncall {call.call_id}  outcome {call.outcome}  intent {call.intent or '-'}  queue {call.queue or '-'}")
    for event in events:
        data = "  ".join(f"{name}={value}" for name, value in event.data.items() if value not in (None, "", {}))
        tell(f"{(event.at - call.started_at).total_seconds():7.1f} s  {event.source:7} {event.kind:18} {data}")
    tell(f"\nticket {ticket.ticket_no}  {ticket.type} {ticket.sub_type}  {ticket.status}  {ticket.accept_content}")
    return 0
