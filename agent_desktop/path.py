"""The way of a call in words: one line a fact, as the agent reads it (`pop.path`) and as the board names a position."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_desktop.schemas.desk import PathStep
from agent_desktop.words import VERIFIED_BY
from services.calls.facts import FactKind
from services.customers.masking import mask_phone

Data = Mapping[str, Any]
Words = Callable[[Data, Mapping[str, str]], tuple[str, str | None, str] | None]
SECRET_SLOTS: Final = frozenset({"contact_phone", "callback_number"})


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as read from `call_events`."""

    at: datetime
    kind: str
    data: Data


def _slot(data: Data, names: Mapping[str, str]) -> tuple[str, str | None, str]:
    value = str(data.get("label") or data.get("value", ""))
    if data.get("slot") in SECRET_SLOTS:
        value = mask_phone(value)
    return f"已登记：{value}", None, "good"


def _wait(data: Data) -> str:
    seconds = round(int(data.get("wait_ms") or 0) / 1000)
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


WORDS: Final[dict[str, Words]] = {
    FactKind.CALL_STARTED: lambda d, n: ("客户来电" if d.get("direction") != "callback" else "回拨客户", None, "info"),
    FactKind.CALLER_IDENTIFIED: lambda d, n: (
        {"number": "来电号码识别到客户", "account_no": "按户号识别到客户"}.get(str(d.get("by")), "座席确认了客户"),
        str(d["account_no"]) if d.get("account_no") else None, "info",
    ),
    FactKind.VERIFIED: lambda d, n: (
        f"身份核验通过（{VERIFIED_BY.get(str(d.get('by')), '按键核验')}）", f"{d.get('level')} 级", "good",
    ),
    FactKind.STATEMENT_GIVEN: lambda d, n: (f"已播报：{d.get('text', '')}", None, "info"),
    FactKind.KEY_PRESSED: lambda d, n: (
        (f"按键 {d.get('digits', '')} {d.get('choice', '')}".rstrip(), None, "info") if d.get("choice") else None
    ),
    FactKind.NO_INPUT: lambda d, n: (f"未按键 第 {d.get('count', 1)} 次", None, "info"),
    FactKind.INVALID_INPUT: lambda d, n: (f"按键无效 第 {d.get('count', 1)} 次", None, "info"),
    FactKind.INTENT_CHOSEN: lambda d, n: (f"诉求：{d.get('label', '')}", str(d.get("label", "")), "good"),
    FactKind.SLOT_FILLED: _slot,
    FactKind.SOLVED: lambda d, n: (f"自助已答复：{d.get('result', '')}", "自助", "good"),
    FactKind.TICKET_REQUESTED: lambda d, n: (f"语音登记工单 {d.get('ticket_no') or ''}".rstrip(), None, "good"),
    FactKind.TICKET_URGED: lambda d, n: (f"催办工单 {d.get('ticket_no', '')}", "催办", "danger"),
    FactKind.HANDED_OVER: lambda d, n: (
        f"转人工 {n.get(str(d.get('queue')), '')}".rstrip(), "优先" if int(d.get("priority") or 0) > 0 else None, "info"
    ),
    FactKind.QUEUE_JOINED: lambda d, n: (
        f"进入{n.get(str(d.get('queue')), '')}队列"
        + (f" 第 {d['position']} 位" if d.get("position") else ""), None, "info",
    ),
    FactKind.CALLBACK_REQUESTED: lambda d, n: ("客户选择回拨，保留排队位置", "回拨", "info"),
    FactKind.MESSAGE_LEFT: lambda d, n: (f"留言 {round(float(d.get('seconds') or 0))} 秒", "留言", "info"),
    FactKind.AGENT_RANG: lambda d, n: (f"{d.get('staff_no', '')} 号振铃", None, "info"),
    FactKind.AGENT_MISSED: lambda d, n: (f"{d.get('staff_no', '')} 号未接", None, "danger"),
    FactKind.AGENT_CONNECTED: lambda d, n: (f"{d.get('staff_no', '')} 号接听，等候 {_wait(d)}", None, "good"),
    FactKind.TRANSFERRED: lambda d, n: (f"转接到 {d.get('to_staff_no', '')} 号", None, "info"),
    FactKind.AGENT_LEFT: lambda d, n: (
        "客户挂机" if d.get("by") == "caller" else "通话结束", None, "info",
    ),
}


def path_of(facts: Iterable[Told], queue_names: Mapping[str, str]) -> list[PathStep]:
    """Lines for people; facts that say nothing to an agent (legs, holds) leave none.

    That the call came in is told by the IVR and by the ACD: one line.
    """
    steps: list[PathStep] = []
    for fact in facts:
        if fact.kind == FactKind.CALL_STARTED and steps:
            continue
        words = WORDS.get(fact.kind)
        line = words(fact.data, queue_names) if words else None
        if line:
            text, tag, tone = line
            steps.append(PathStep.model_validate(
                {"at": fact.at, "kind": fact.kind, "text": text, "tag": tag, "tone": tone}
            ))
    return steps


def position_of(facts: Iterable[Told]) -> str:
    """Where a caller is in the menus: the last choices and how often he had to be asked again."""
    place, again = "", ""
    for fact in facts:
        data = fact.data
        match fact.kind:
            case FactKind.KEY_PRESSED:
                if data.get("choice"):
                    place, again = str(data["choice"]), ""
            case FactKind.INTENT_CHOSEN:
                place, again = str(data.get("label", "")), ""
            case FactKind.STATEMENT_GIVEN:
                again = "播报中"
            case FactKind.SLOT_FILLED:
                again = "登记中"
            case FactKind.NO_INPUT:
                again = f"未按键 第 {data.get('count', 1)} 次"
            case FactKind.INVALID_INPUT:
                again = f"按键无效 第 {data.get('count', 1)} 次"
    return f"{place or '欢迎语'} {again}".rstrip()
