"""What the agent says first and asks next (domain.md 3.1, 3.2): the greeting of the queue, an apology when late.

Used by `pop.py`. The gender of a caller is not known and not guessed: 王先生/女士; without a name it is 您好.
"""

from collections import defaultdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from agent_desktop.schemas.desk import Greeting
from services.settings import Settings

SCRIPTS: Final = Path(__file__).with_name("scripts.yaml")
COMPOUND_SURNAMES: Final = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 南宫 长孙 宇文 独孤 申屠 闻人 澹台".split()
)


@cache
def _scripts() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(SCRIPTS.read_text(encoding="utf-8"))
    return loaded


def address_as(name: str | None, kind: str) -> str:
    """How to address the customer: `王先生/女士`; empty for a business and an unknown caller, so that 您好 follows."""
    if not name or kind != "resident":
        return ""
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES else name[0]
    return f"{surname}先生/女士"


def late(queued_at: datetime | None, connected_at: datetime | None, now: datetime, settings: Settings) -> bool:
    """R3-02: more than four rings passed before, or by now without, an answer."""
    if queued_at is None:
        return False
    return ((connected_at or now) - queued_at).total_seconds() > settings.late_pick_up_s


def asks(ticket_type: str | None, sub_type: str | None, notes: list[str]) -> list[str]:
    """Recommended questions; `notes` are keys of the script's notes that apply, put first."""
    scripts = _scripts()
    by_type = scripts.get(f"{ticket_type}.{sub_type}") or scripts.get(ticket_type or "") or scripts["default"]
    return [scripts["notes"][note] for note in notes] + list(by_type)


def greeting(
    settings: Settings, *, template: str, staff_no: str, address: str, surname: str, apologise: bool, ask: list[str]
) -> Greeting:
    """`template` is the queue's, with {staff_no} {surname} {address}; empty takes the general one."""
    scripts = _scripts()
    values = defaultdict(
        str, staff_no=staff_no, surname=surname, address=address or scripts["unknown_address"],
        province=settings.province, company=settings.company,
    )
    text = (template or scripts["greeting"]).format_map(values)
    if apologise:
        text = scripts["late_pick_up"] + text.removeprefix("您好，")
    return Greeting(text=text, ask=ask, apologise=apologise)
