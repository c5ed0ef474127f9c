"""One caller on the line, as menus and stories see him: say, ask for a key, enter digits, look up, record.

What is true everywhere stands here once: 0 agent, * up, 9 repeat, # end of digits, silence and wrong keys counted
apart, type-ahead (domain.md I-02 to I-04). Made by `call_flow.py`, one for each call.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from ivr.agi.session import AgiSession
from ivr.directory import Directory
from ivr.menus.schema import MenuTree, Subject
from ivr.prompts.catalogue import Prompts
from ivr.settings import IvrSettings
from services.calls import facts
from services.calls.facts import Fact
from services.calls.journal import Journal
from services.customers.lookup import AccountProfile, CallerProfile
from services.customers.phone_number import normalise
from services.settings import Settings
from services.tickets.numbers import TicketNumbers

P = ParamSpec("P")
T = TypeVar("T")

AGENT_KEY: Final = "0"
UP_KEY: Final = "*"
REPEAT_KEY: Final = "9"
PUNCTUATION: Final = "，。？！"


class AgentWanted(Exception):
    """The caller asked for a person, or needs one. `subject` replaces what the menu said."""

    def __init__(self, reason: str, subject: Subject | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject


class WayUp(Exception):
    """The caller pressed *."""


class MessageWanted(Exception):
    """The menu lets the caller leave a message instead of talking to somebody."""


class NothingHeard(Exception):
    """The caller pressed nothing, as often as a menu asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """What all calls of this process share."""

    settings: Settings
    rules: IvrSettings
    prompts: Prompts
    menus: MenuTree
    overload_menus: MenuTree
    overloaded: Callable[[], Awaitable[bool]]
    directory: Directory
    journal: Journal
    numbers: TicketNumbers


@dataclass(slots=True, kw_only=True)
class Conversation:
    """`subject` and `label` are what the caller chose; `step` names where he is, for `ivr_left`."""

    session: AgiSession
    centre: Centre
    call_id: str
    subject: Subject
    menus: MenuTree
    label: str = ""
    profile: CallerProfile | None = None
    looked_up: bool = False
    account: AccountProfile | None = None
    verified_account_no: str | None = None
    step: str = "greeting"
    pressed_anything: bool = False
    ticket_no: str | None = None
    heard_menus: set[str] = field(default_factory=set)

    @property
    def overloaded(self) -> bool:
        """Overload mode (I-11) was on when this call began."""
        return self.menus is self.centre.overload_menus

    @property
    def rules(self) -> IvrSettings:
        return self.centre.rules

    @property
    def caller_number(self) -> str:
        """As our tables keep it; empty when it is withheld."""
        return normalise(self.session.caller_number)

    # -- facts and lookups ---------------------------------------------------------------------------------------

    def record(
        self, fact: Callable[Concatenate[str, datetime, P], Fact], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """A step of the call by its constructor in `facts.py`, in the journal at once; the database follows."""
        self.centre.journal.append(fact(self.call_id, datetime.now(UTC), *args, **kwargs))

    def given(self, what: str, *prompts: "str | Path", subject_id: int | str | None = None) -> None:
        """What the caller was told, word for word; a comma where a value ends."""
        words = ""
        for text in (self.centre.prompts.text(p) for p in prompts if isinstance(p, str)):
            value_ends = words and words[-1] not in PUNCTUATION and text[-1] in PUNCTUATION
            words += f"，{text}" if value_ends else text
        self.record(facts.statement_given, what=what, subject_id=subject_id, text=words)

    def filled(self, slot: str, value: str, label: str) -> None:
        """Something the ticket form needs is known now."""
        self.record(facts.slot_filled, slot=slot, value=value, label=label)

    def solved(self, story: str, result: str) -> None:
        self.record(facts.solved, story=story, result=result)

    async def read(
        self,
        lookup: Callable[Concatenate[AsyncSession, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """A lookup in the middle of the call. Raises `NoDataError`, see `ivr/directory.py`."""
        return await self.centre.directory.read(self.rules.story_lookup_budget_s, lookup, *args, **kwargs)

    # -- talking -------------------------------------------------------------------------------------------------

    async def say(self, *prompts: "str | Path", interruptible: bool = True) -> None:
        """Prompt ids, or files spoken at run time (without extension)."""
        files = [self.centre.prompts.path(p) if isinstance(p, str) else str(p) for p in prompts]
        await self.session.play(*files, interruptible=interruptible)

    async def key(self, timeout_s: float | None = None) -> str | None:
        pressed = await self.session.key(timeout_s or self.rules.key_timeout_s)
        self.pressed_anything |= pressed is not None
        return pressed

    async def ask(
        self, *prompts: "str | Path", keys: str, name: str,
        again: tuple[str, ...] | None = None, no_input: str | None = None,
    ) -> str:
        """One key of `keys`; `again` replaces `prompts` when they are repeated.

        Raises:
            AgentWanted: key 0, or wrong keys as often as I-04 allows.
            NothingHeard: silence as often as I-04 allows.
            WayUp: key *.
        """
        silent = wrong = 0
        while True:
            await self.say(*prompts)
            prompts = again or prompts
            pressed = await self.key()
            if pressed is None:
                silent += 1
                self.record(facts.no_input, menu=name, count=silent)
                if silent >= self.rules.no_input_limit:
                    raise NothingHeard(name)
                await self.say(no_input or self.menus.no_input)
            elif pressed in keys:
                return pressed
            elif pressed == AGENT_KEY:
                raise AgentWanted("key_0")
            elif pressed == UP_KEY:
                raise WayUp
            elif pressed != REPEAT_KEY:
                wrong += 1
                self.session.forget_typed()
                self.record(facts.invalid_input, menu=name, digits=pressed, count=wrong)
                if wrong >= self.rules.invalid_limit:
                    await self.say("global.too_many_tries", interruptible=False)
                    raise AgentWanted("invalid_input")
                await self.say(self.menus.invalid)

    async def choose(self, *prompts: "str | Path", keys: str, name: str) -> str:
        """`ask` inside a story: there silence, too, leads to an agent."""
        try:
            pressed = await self.ask(*prompts, keys=keys, name=name)
        except NothingHeard as silence:
            raise AgentWanted("no_input") from silence
        self.record(facts.key_pressed, menu=name, digits=pressed)
        return pressed

    async def enter(self, *prompts: "str | Path", limit: int) -> str:
        """Digits up to `limit`, ended by #. "*" for the star key, "" for silence.

        Raises:
            AgentWanted: a single 0.
        """
        files = [self.centre.prompts.path(p) if isinstance(p, str) else str(p) for p in prompts]
        digits = await self.session.digits(
            files, limit=limit,
            first_timeout_s=self.rules.key_timeout_s, inter_digit_timeout_s=self.rules.inter_digit_timeout_s,
        )
        self.pressed_anything |= digits != ""
        if digits == AGENT_KEY:
            raise AgentWanted("key_0")
        return "*" if digits.endswith("*") else digits
