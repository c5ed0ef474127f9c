"""The menu tree: a wrong file is refused with its place, and the real one leads every key to its end."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.__main__ import MENUS
from ivr.menus.schema import MenuError, load_menus
from ivr.prompts.texts import load_texts
from ivr.stories import STORIES

PROMPTS = {"hello", "menu", "more", "again", "wrong"}
SUBJECT = {"intent": "X", "ticket_type": "QUERY", "sub_type": "x", "queue": "repair"}
LEAF = {"label": "leaf", "subject": SUBJECT, "to": {"kind": "queue"}}


def tree(**main: Any) -> dict[str, Any]:
    menu = {"prompts": ["menu"], "agent": SUBJECT, "choices": {"1": LEAF}} | main
    return {"root": "main", "no_input": "again", "invalid": "wrong", "hazard": SUBJECT, "menus": {"main": menu}}


def load(tmp_path: Path, data: Any) -> Any:
    path = tmp_path / "menu.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return load_menus(path, stories={"balance"}, prompts=PROMPTS)


def to(**destination: Any) -> dict[str, Any]:
    return {"1": LEAF | {"to": destination}}


def test_a_right_tree_loads(tmp_path: Path) -> None:
    loaded = load(tmp_path, tree(greeting=["hello"], short=["more"]))
    assert [key for _, key, _ in loaded.leaves()] == ["1"]


def without(name: str) -> dict[str, Any]:
    return {k: v for k, v in tree().items() if k != name}


def with_second(second: dict[str, Any], **main: Any) -> dict[str, Any]:
    data = tree(**main)
    data["menus"]["second"] = {"prompts": ["menu"], "agent": SUBJECT, "choices": {"1": LEAF}} | second
    return data


GO = {"label": "go", "to": {"kind": "menu", "menu": "second"}}
BACK = {"label": "back", "to": {"kind": "menu", "menu": "main"}}


def chain(length: int) -> dict[str, Any]:
    data = tree(choices={"1": {"label": "down", "to": {"kind": "menu", "menu": "m1"}}})
    for level in range(1, length):
        last = level == length - 1
        down = LEAF if last else {"label": "down", "to": {"kind": "menu", "menu": f"m{level + 1}"}}
        data["menus"][f"m{level}"] = {"prompts": ["menu"], "agent": SUBJECT, "choices": {"1": down}}
    return data


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        ("root: [", "while parsing"),
        ("", "Input should be"),
        (without("no_input"), "no_input"),
        (tree() | {"root": "nowhere"}, "root menu 'nowhere' does not exist"),
        (tree() | {"no_input": "lost"}, "prompt 'lost' does not exist"),
        (tree(prompts=["lost"]), "menu main: prompt 'lost' does not exist"),
        (tree(prompts=[]), "at least 1"),
        (tree(greeting=["lost"]), "prompt 'lost' does not exist"),
        (tree(short=["lost"]), "prompt 'lost' does not exist"),
        (tree(choices={}), "at least 1"),
        (tree(surprise=1), "surprise"),
        (tree(choices={"0": LEAF}), "menu main, key 0: only the keys 1 to 8"),
        (tree(choices={"9": LEAF}), "menu main, key 9: only the keys 1 to 8"),
        (tree(choices={"12": LEAF}), "menu main, key 12: only the keys 1 to 8"),
        (tree(choices=to(kind="menu", menu="nowhere")), "key 1: menu 'nowhere' does not exist"),
        (tree(choices=to(kind="story", story="nothing")), "key 1: story 'nothing' does not exist"),
        (tree(choices=to(kind="fly")), "fly"),
        (tree(choices=to(kind="say", prompts=["lost"], then="end")), "key 1: prompt 'lost' does not exist"),
        (tree(choices=to(kind="say", prompts=["hello"])), "then"),
        (tree(choices=to(kind="say", prompts=[], then="end")), "at least 1"),
        (
            tree(choices=to(kind="say", prompts=["hello"], then={"kind": "story", "story": "no"})),
            "story 'no' does not exist",
        ),
        (tree(choices={"1": {"label": "x", "to": {"kind": "queue"}}}), "key 1: a leaf needs a subject"),
        (tree(choices={"1": LEAF | {"subject": SUBJECT | {"queue": "nobody"}}}), "nobody"),
        (tree(choices={"1": LEAF | {"subject": SUBJECT | {"ticket_type": "LETTER"}}}), "LETTER"),
        (tree(choices={"1": LEAF | {"subject": SUBJECT | {"priority": 99}}}), "less than or equal to 20"),
        (tree(agent=SUBJECT | {"queue": "nobody"}), "nobody"),
        (with_second({}), "menu second: no key leads to it"),
        (with_second({"choices": {"1": BACK}}, choices={"1": GO}), "leads back to main"),
        (chain(4), "more than three levels"),
    ],
)
def test_a_wrong_file_is_refused_and_says_where(tmp_path: Path, data: Any, finding: str) -> None:
    with pytest.raises(MenuError) as refused:
        load(tmp_path, data)
    assert finding in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MenuError):
        load_menus(tmp_path / "none.yaml", stories=(), prompts=())


def test_all_findings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(MenuError) as refused:
        load(tmp_path, tree(prompts=["lost", "gone"]))
    assert len(str(refused.value).splitlines()) == 2


def test_the_tree_of_the_centre_is_right_and_has_all_keys() -> None:
    menus = load_menus(MENUS / "main.yaml", stories=STORIES.keys(), prompts=load_texts().all.keys())
    assert set(menus.menus["main"].choices) == set("12345678")
    leaves = {f"{name}/{key}" for name, key, _ in menus.leaves()}
    expected = {
        "repair": 6, "no_power": 3, "billing": 7, "outage": 3, "business": 8, "connection": 3, "complaint": 5,
        "energy": 3, "damage": 3,
    }
    assert {name: len(menus.menus[name].choices) for name in expected} == expected
    assert len(leaves) == sum(expected.values()) - 2 + 1  # two of the keys lead to a third level; key 8 is a leaf
