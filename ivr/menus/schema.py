"""A menu tree is data: YAML checked into these models when the process starts (house style, rule 30 to 32).

Loading fails on an unknown menu, story, prompt or queue, on a menu nobody can reach, on a dead end and on a
sentence that leads to itself. `runner.py` plays it, `call_flow.py` acts on the destination.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.queues.model import QueueCode
from services.tickets.model import TicketType, Urgency

CHOICE_KEYS: Final = "12345678"  # 0 agent, 9 repeat, * up, # end of digits are the same everywhere (I-03)


class MenuError(Exception):
    """A menu file that must not answer a caller. The message names the menu and the key."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Subject(Strict):
    """What the caller wants: decides the ticket and the queue if an agent takes over."""

    intent: str
    ticket_type: TicketType
    sub_type: str = Field(min_length=1)
    queue: QueueCode
    priority: int = Field(default=0, ge=0, le=20)
    urgency: Urgency = Urgency.NORMAL


class ToMenu(Strict):
    kind: Literal["menu"]
    menu: str


class ToStory(Strict):
    kind: Literal["story"]
    story: str


class ToQueue(Strict):
    kind: Literal["queue"]


class ToMessage(Strict):
    """The caller leaves a message instead of talking to somebody."""

    kind: Literal["message"]


class Say(Strict):
    """Sentences first, then the real destination; `end` = the question is answered by them."""

    kind: Literal["say"]
    prompts: tuple[str, ...] = Field(min_length=1)
    then: "Destination | Literal['end']"


Destination = Annotated[ToMenu | ToStory | ToQueue | ToMessage | Say, Field(discriminator="kind")]


class Choice(Strict):
    label: str = Field(min_length=1)
    to: Destination
    subject: Subject | None = None  # every leaf has one


class Menu(Strict):
    """`greeting` is played at the first visit only, `short` instead of `prompts` at later ones."""

    greeting: tuple[str, ...] = ()
    prompts: tuple[str, ...] = Field(min_length=1)
    short: tuple[str, ...] = ()
    choices: dict[str, Choice] = Field(min_length=1)
    agent: Subject  # for key 0, silence and wrong keys


class MenuTree(Strict):
    root: str
    no_input: str  # prompt after silence
    invalid: str  # prompt after a key that means nothing here
    hazard: Subject  # what a story hands over when danger turns up on the way (I-06)
    menus: dict[str, Menu]

    def leaves(self) -> Iterator[tuple[str, str, Choice]]:
        """(menu, key, choice) of everything that is not a further menu."""
        for name, menu in self.menus.items():
            for key, choice in menu.choices.items():
                if final(choice.to).__class__ is not ToMenu:
                    yield name, key, choice


def final(destination: Destination) -> ToMenu | ToStory | ToQueue | ToMessage | None:
    """Where a chain of sentences ends; None when the sentences were the answer."""
    while isinstance(destination, Say):
        if destination.then == "end":
            return None
        destination = destination.then
    return destination


def load_menus(path: Path, *, stories: Collection[str], prompts: Collection[str]) -> MenuTree:
    """Read and check one tree.

    Raises:
        MenuError: with every finding, one a line.
    """
    try:
        tree = MenuTree.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise MenuError(f"{path.name}: {error}") from error
    findings = [*_findings(tree, stories, prompts)]
    if findings:
        raise MenuError("\n".join(f"{path.name}: {finding}" for finding in findings))
    return tree


def _findings(tree: MenuTree, stories: Collection[str], prompts: Collection[str]) -> Iterator[str]:
    if tree.root not in tree.menus:
        yield f"root menu {tree.root!r} does not exist"
    for prompt in (tree.no_input, tree.invalid):
        if prompt not in prompts:
            yield f"prompt {prompt!r} does not exist"
    for name, menu in tree.menus.items():
        for prompt in (*menu.greeting, *menu.prompts, *menu.short):
            if prompt not in prompts:
                yield f"menu {name}: prompt {prompt!r} does not exist"
        for key, choice in menu.choices.items():
            where = f"menu {name}, key {key}"
            if len(key) != 1 or key not in CHOICE_KEYS:
                yield f"{where}: only the keys 1 to 8 can be chosen"
            yield from (f"{where}: {finding}" for finding in _choice_findings(choice, tree, stories, prompts))
    yield from _unreachable(tree)


def _choice_findings(
    choice: Choice, tree: MenuTree, stories: Collection[str], prompts: Collection[str]
) -> Iterator[str]:
    destination: Destination | Literal["end"] = choice.to
    while isinstance(destination, Say):
        yield from (f"prompt {p!r} does not exist" for p in destination.prompts if p not in prompts)
        destination = destination.then
    if isinstance(destination, ToMenu):
        if destination.menu not in tree.menus:
            yield f"menu {destination.menu!r} does not exist"
        return
    if choice.subject is None:
        yield "a leaf needs a subject (intent, ticket type, queue)"
    if isinstance(destination, ToStory) and destination.story not in stories:
        yield f"story {destination.story!r} does not exist"


def _unreachable(tree: MenuTree) -> Iterator[str]:
    """Menus nobody reaches, menus that lead back to a menu above them, and menus from which no leaf is reached."""
    children = {
        name: {t.menu for c in menu.choices.values() if isinstance(t := final(c.to), ToMenu) and t.menu in tree.menus}
        for name, menu in tree.menus.items()
    }
    reached: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield f"menu {path[-1]}: leads back to {name}; the way up is key *"
            return
        reached.add(name)
        for child in sorted(children[name]):
            yield from visit(child, (*path, name))

    if tree.root in tree.menus:
        yield from visit(tree.root, ())
    for name in tree.menus:
        if name not in reached:
            yield f"menu {name}: no key leads to it"
    if len(reached) == len(tree.menus) and _depth(tree.root, children, ()) > 3:
        yield "more than three levels (I-02)"


def _depth(name: str, children: dict[str, set[str]], path: tuple[str, ...]) -> int:
    if name in path:
        return 0
    return 1 + max((_depth(child, children, (*path, name)) for child in children[name]), default=0)
