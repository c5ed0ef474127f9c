"""Events of the bus in the shapes of the page (docs/contracts.md section 6); also which desk actions a state allows."""

from collections.abc import Mapping
from typing import Any, Final

from agent_desktop.pop import flags_of
from agent_desktop.schemas.live import AgentChanged, CallChanged
from services.agents.model import AgentStatus

_IN_CALL: Final = ["pause", "end_call"]
ACTIONS: Final[dict[AgentStatus, list[str]]] = {
    AgentStatus.OFFLINE: ["ready"],
    AgentStatus.PAUSED: ["ready", "pause"],
    AgentStatus.READY: ["pause"],
    AgentStatus.RINGING: ["pause"],
    AgentStatus.TALKING: _IN_CALL,
    AgentStatus.HOLD: _IN_CALL,
    AgentStatus.WRAP_UP: ["extend_wrap_up", "finish_wrap_up", "pause"],
}


def actions_of(status: AgentStatus, phone_registered: bool) -> list[str]:
    """What the server would accept now; nobody becomes ready without a phone."""
    return [action for action in ACTIONS[status] if action != "ready" or phone_registered]


def call_changed(data: Mapping[str, Any]) -> CallChanged:
    codes = [flag if isinstance(flag, str) else flag["code"] for flag in data.get("flags", [])]
    label = data.get("intent_label") or ""
    return CallChanged.model_validate({**data, "flags": flags_of(codes), "intent_label": label})


def agent_changed(data: Mapping[str, Any]) -> AgentChanged:
    changed = AgentChanged.model_validate(data)
    return changed.model_copy(update={"actions": actions_of(changed.status, changed.phone_registered)})
