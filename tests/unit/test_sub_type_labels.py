"""No screen shows a code: every sub-type that the menus or a story give has words in Chinese."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ivr.__main__ import MENUS
from services.settings import PROJECT_ROOT
from services.tickets.forms import GIVEN_BY_MACHINE, sub_type_label
from services.tickets.model import TicketType

STORY_SOLVED = re.compile(r'\.solved\(\s*"(\w+)"')


def subjects(node: Any) -> Iterator[tuple[str, str]]:
    """Every (ticket type, sub-type) of a menu file, wherever it stands."""
    if isinstance(node, dict):
        if "ticket_type" in node:
            yield node["ticket_type"], node.get("sub_type", "")
        for child in node.values():
            yield from subjects(child)
    elif isinstance(node, list):
        for child in node:
            yield from subjects(child)


def of_the_menus() -> set[tuple[str, str]]:
    texts = [file.read_text(encoding="utf-8") for file in MENUS.glob("*.yaml")]
    return {found for text in texts for found in subjects(yaml.safe_load(text))}


def of_the_stories() -> set[str]:
    return {
        name
        for file in (PROJECT_ROOT / "ivr").rglob("*.py")
        for name in STORY_SOLVED.findall(file.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize(("type", "sub_type"), sorted(of_the_menus()))
def test_a_sub_type_of_the_menus_has_words(type: str, sub_type: str) -> None:
    assert not sub_type_label(TicketType(type), sub_type).isascii() or not sub_type


@pytest.mark.parametrize("story", sorted(of_the_stories()))
def test_what_a_story_solved_has_words(story: str) -> None:
    assert not sub_type_label(TicketType.QUERY, story).isascii()


@pytest.mark.parametrize("sub_type", sorted(GIVEN_BY_MACHINE))
@pytest.mark.parametrize("type", list(TicketType))
def test_what_the_machine_gives_has_words_for_every_type(type: TicketType, sub_type: str) -> None:
    assert not sub_type_label(type, sub_type).isascii()


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert sub_type_label(TicketType.FAULT, "nobody-knows") == "nobody-knows"
