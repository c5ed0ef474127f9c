"""The ticket form of a call: what the server knows of it, what it still asks for, and how it may be ended.

Used by `pop.py` and `tickets.py`. Limits, duplicates and dispositions are rules of `services/tickets`; the page
computes none. The phone number is masked here and, when it comes back masked, left as it was.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop.schemas.common import Choice
from agent_desktop.schemas.tickets import Disposition, Draft, Duplicate, FormField, TicketFields, TicketFieldsPatch
from agent_desktop.ticket_rows import deadline_shape
from agent_desktop.words import TICKET_STATUSES, TICKET_TYPES
from services.customers.masking import mask_phone
from services.customers.phone_number import normalise
from services.errors import InvalidInputError
from services.settings import Settings
from services.tickets import deadlines, dispositions, duplicates
from services.tickets.forms import FORMS, FieldKind, sub_type_label
from services.tickets.lookup import by_no
from services.tickets.model import Ticket, TicketLimit, TicketType
from services.tickets.states import EDITABLE

TEXT_LIMIT: Final = 500
PHONE_DIGITS: Final = range(5, 14)


class PhoneError(InvalidInputError):
    error_id = "bad-phone"
    message = "联系电话格式不正确，请填写完整号码。"


class FormFieldError(InvalidInputError):
    error_id = "bad-form-field"
    message = "表单内容不正确，请刷新页面后重试。"


async def draft_of(
    session: AsyncSession, ticket: Ticket, limits: Sequence[TicketLimit], settings: Settings
) -> Draft:
    """`limits` are those that hold today: the form of a call is open for hours, not for days."""
    now = datetime.now(UTC)
    return Draft(
        ticket_no=ticket.ticket_no,
        status=ticket.status,
        version=ticket.version,
        fields=fields_of(ticket),
        filled_by_machine=ticket.filled_by_machine,
        form_fields=form_fields(ticket.type),
        deadlines=[deadline_shape(deadline) for deadline in deadlines.deadlines(ticket, limits, settings.zone)],
        duplicates=await _duplicates(session, ticket, now),
        dispositions=[
            Disposition(
                code=disposition.code, label=disposition.label, result=disposition.result.value,
                missing=dispositions.missing(ticket, disposition),
            )
            for disposition in dispositions.for_type(ticket.type)
        ],
        saved_at=ticket.updated_at,
        editable=ticket.status in EDITABLE,
    )


def fields_of(ticket: Ticket) -> TicketFields:
    return TicketFields(
        type=ticket.type, sub_type=ticket.sub_type, urgency=ticket.urgency, contact_name=ticket.contact_name,
        contact_phone=mask_phone(ticket.contact_phone), contact_addr=ticket.contact_addr,
        account_no=ticket.account_no, accept_content=ticket.accept_content, handle_opinion=ticket.handle_opinion,
        outage_id=ticket.outage_id, form=ticket.form,
    )


def form_fields(type: TicketType) -> list[FormField]:
    return [
        FormField(
            name=field.name, label=field.label, kind=field.kind.value, required=field.required,
            options=[Choice(code=option.code, label=option.label) for option in field.options],
        )
        for field in FORMS[type].fields
    ]


def changes(ticket: Ticket, patch: TicketFieldsPatch) -> dict[str, Any]:
    """What the page changed, ready for `services/tickets/service.py: save_draft`.

    Raises:
        PhoneError: neither the masked number that was shown nor a whole one.
        FormFieldError: no form of ours has this field, or not with this value.
    """
    given = patch.model_dump(exclude_unset=True)
    changed = {name: value for name, value in given.items() if value is not None or name == "outage_id"}
    if "contact_phone" in changed:
        phone = changed["contact_phone"]
        if phone == mask_phone(ticket.contact_phone):
            del changed["contact_phone"]
        else:
            changed["contact_phone"] = _phone(phone)
    if "form" in changed:
        _check_form(changed["form"])
    return changed


def _phone(typed: str) -> str:
    number = normalise(typed.replace("-", "").replace(" ", ""))
    if number and not (number.isascii() and number.isdigit() and len(number) in PHONE_DIGITS):
        raise PhoneError("masked or malformed")
    return number


def _check_form(form: Mapping[str, Any]) -> None:
    """Fields of any type's form: those of the type before a change of type may still be on their way."""
    for name, value in form.items():
        known = [field for shape in FORMS.values() for field in shape.fields if field.name == name]
        if not known:
            raise FormFieldError(f"no field {name[:40]!r}")
        if value is None or value == "":
            continue
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            raise FormFieldError(f"{name} too long", message=f"“{known[0].label}”最多 {TEXT_LIMIT} 个字。")
        if all(field.kind is FieldKind.CHOICE for field in known) and value not in {
            option.code for field in known for option in field.options
        }:
            raise FormFieldError(f"{name} not among its options", message=f"“{known[0].label}”不在可选范围内。")


async def _duplicates(session: AsyncSession, ticket: Ticket, now: datetime) -> list[Duplicate]:
    """Tickets only: a running outage is shown by the pop itself."""
    found = []
    for candidate in await duplicates.candidates(session, ticket, now):
        other = await by_no(session, candidate.ticket_no) if candidate.ticket_no else None
        if other is not None:
            words = (TICKET_TYPES[other.type], sub_type_label(other.type, other.sub_type), other.contact_addr,
                     TICKET_STATUSES[other.status])
            found.append(Duplicate(
                ticket_no=other.ticket_no, summary=" · ".join(word for word in words if word),
                score=candidate.score, reason=candidate.reason,
            ))
    return found
