"""A ticket's page: its fields, its limits, its timeline in words, and what this person may do with it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.drafts import fields_of, form_fields
from agent_desktop.schemas.tickets import TicketPage, TimelineEntry
from agent_desktop.ticket_rows import deadline_shape, row_of
from agent_desktop.words import SATISFACTION
from services.auth.permissions import Permission, TicketScope
from services.auth.sessions import SignedIn
from services.settings import Settings
from services.tickets import deadlines, dispositions
from services.tickets.model import Ticket, TicketEvent, TicketType
from services.tickets.states import EDITABLE

ACTORS: Final = {"ivr": "语音系统", "acd": "话务系统", "worker": "系统"}
WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "opened": lambda d: "登记工单" if not d.get("urges") else f"催办 {d['urges']}",
    "corrected": lambda d: "按来电内容更正",
    "taken_up": lambda d: "座席再次联系到客户",
    "submitted": lambda d: "提交派单",
    "waits_for_dispatcher": lambda d: "地址所属单位不明，等待调度派单",
    "dispatched": lambda d: f"派单至 {d.get('owner', '')}",
    "taken": lambda d: f"{d.get('owner', '')} 接单",
    "returned": lambda d: f"退单：{d.get('reason', '')}",
    "assigned": lambda d: f"派工：{d.get('crew', '')}",
    "arrived": lambda d: "到达现场",
    "finished": lambda d: f"处理完成：{d.get('result', '')}（原因：{d.get('cause', '')}）",
    "approved": lambda d: "审核通过，待回访",
    "called_back": lambda d: f"回访：{SATISFACTION.get(d.get('satisfaction', 0), '未评价')}",
    "urged": lambda d: f"客户催办 第 {d.get('urge_count', 1)} 次",
    "closed": lambda d: f"办结：{d.get('opinion') or d.get('disposition_label') or ''}".rstrip("：") or "办结",
}


async def page_of(
    session: AsyncSession, settings: Settings, ticket: Ticket, person: SignedIn, changeable: bool
) -> TicketPage:
    events = await session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    )
    parent = await session.get(Ticket, ticket.parent_id) if ticket.parent_id else None
    limits = await deadlines.limits_on(session, ticket.accepted_at.astimezone(settings.zone).date())
    fields = fields_of(ticket)
    if person.ticket_scope is TicketScope.OWN_UNIT:  # units and crews see no full identity
        fields = fields.model_copy(update={"contact_name": fields.contact_name[:1] + "**" * bool(fields.contact_name)})
    return TicketPage(
        ticket=row_of(ticket, limits, settings),
        fields=fields,
        form_fields=form_fields(ticket.type),
        deadlines=[deadline_shape(d) for d in deadlines.deadlines(ticket, limits, settings.zone)],
        timeline=[
            TimelineEntry(
                seq=event.seq, at=event.at, actor=ACTORS.get(event.actor, event.actor), kind=event.kind,
                text=_words(ticket, event),
            )
            for event in events
        ],
        call_id=ticket.origin_call_id,
        parent_ticket_no=parent.ticket_no if parent else None,
        disposition=ticket.disposition,
        actions=_actions(ticket, person, changeable),
    )


def _words(ticket: Ticket, event: TicketEvent) -> str:
    words = WORDS.get(event.kind)
    if words is None:
        return event.kind
    chosen = dispositions.find(ticket.type, str(event.data.get("disposition", "")))
    return words({**event.data, "disposition_label": chosen.label if chosen else ""})


def _actions(ticket: Ticket, person: SignedIn, changeable: bool) -> list[str]:
    possible = []
    if changeable and ticket.status in EDITABLE:
        possible = [
            ("edit", Permission.TICKET_EDIT), ("dispatch", Permission.TICKET_DISPATCH),
            ("close", Permission.TICKET_CLOSE),
        ]
    if ticket.closed_at is None and ticket.type is not TicketType.URGE and ticket.status not in EDITABLE:
        possible.append(("urge", Permission.TICKET_URGE))
    return [action for action, permission in possible if permission in person.permissions]
