"""How an agent may end the form of a call: code, words, and the move it makes (domain.md 4.4)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.tickets.forms import FORMS
from services.tickets.model import Ticket, TicketType
from services.tickets.states import Action


class Result(StrEnum):
    DISPATCH = "dispatch"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """`types` empty: for every type; `needs` names fields without which it is refused."""

    code: str
    label: str
    action: Action
    types: frozenset[TicketType] = frozenset()
    needs: tuple[str, ...] = ()

    @property
    def result(self) -> Result:
        return Result.DISPATCH if self.action is Action.SUBMIT else Result.CLOSE

    def suits(self, type: TicketType) -> bool:
        return not self.types or type in self.types


T = TicketType
ANSWERED: Final = frozenset({T.CONSULT, T.QUERY, T.PRAISE})
EXPLAINED: Final = frozenset({T.OPINION, T.SUGGEST, T.SERVICE_REQ})
FAULTS: Final = frozenset({T.FAULT})

DISPOSITIONS: Final = (
    Disposition(
        code="repair", label="派单抢修", action=Action.SUBMIT, types=FAULTS, needs=("contact_phone", "contact_addr")
    ),
    Disposition(
        code="dispatched",
        label="派单处理",
        action=Action.SUBMIT,
        types=frozenset(TicketType) - FAULTS,
        needs=("contact_phone", "accept_content"),
    ),
    Disposition(code="answered", label="一次办结", action=Action.ANSWER, types=ANSWERED),
    Disposition(
        code="known_outage",
        label="告知停电并关联",
        action=Action.CLOSE,
        types=FAULTS,
        needs=("outage_id", "handle_opinion"),
    ),
    Disposition(
        code="self_restored", label="指导后恢复供电", action=Action.CLOSE, types=FAULTS, needs=("handle_opinion",)
    ),
    Disposition(
        code="internal", label="客户内部故障已告知", action=Action.CLOSE, types=FAULTS, needs=("handle_opinion",)
    ),
    Disposition(
        code="explained", label="解释后客户认可", action=Action.CLOSE, types=EXPLAINED, needs=("handle_opinion",)
    ),
    Disposition(code="informed", label="已告知进度", action=Action.CLOSE, types=frozenset({T.URGE})),
    Disposition(code="withdrawn", label="客户撤销", action=Action.WITHDRAW, needs=("handle_opinion",)),
    Disposition(code="nuisance", label="骚扰电话", action=Action.CLOSE),
    Disposition(code="silent", label="无声电话", action=Action.CLOSE),
    Disposition(code="wrong_number", label="打错电话", action=Action.CLOSE),
    Disposition(code="dropped", label="通话中断", action=Action.CLOSE),
)


def for_type(type: TicketType) -> list[Disposition]:
    return [disposition for disposition in DISPOSITIONS if disposition.suits(type)]


def find(type: TicketType, code: str) -> Disposition | None:
    return next((disposition for disposition in for_type(type) if disposition.code == code), None)


def missing(ticket: Ticket, disposition: Disposition) -> list[str]:
    """Names of fields that this disposition needs and the ticket lacks; those of the type's form as `form.NAME`."""
    lacks = [name for name in disposition.needs if not getattr(ticket, name)]
    if disposition.result is Result.DISPATCH:
        lacks += [
            f"form.{field.name}"
            for field in FORMS[ticket.type].fields
            if field.required and ticket.form.get(field.name) in (None, "")
        ]
    return lacks
