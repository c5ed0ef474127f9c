"""The ticket form, lists of tickets and a ticket's page."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from agent_desktop.schemas.common import Choice, Command, ErrorShape, Shape
from services.tickets.model import TicketStatus, TicketType, Urgency


class TicketFields(Shape):
    """What the agent sees and edits. `contact_phone` is masked; `form` holds the fields of the type by name."""

    type: TicketType
    sub_type: str = ""
    urgency: Urgency = Urgency.NORMAL
    contact_name: str = ""
    contact_phone: str = ""
    contact_addr: str = ""
    account_no: str | None = None
    accept_content: str = ""
    handle_opinion: str = ""
    outage_id: int | None = None
    form: dict[str, Any] = Field(default_factory=dict)


class TicketFieldsPatch(Command):
    """The fields that changed; a field left out stays. A masked phone sent back unchanged stays as it is."""

    type: TicketType | None = None
    sub_type: str | None = Field(default=None, max_length=40)
    urgency: Urgency | None = None
    contact_name: str | None = Field(default=None, max_length=40)
    contact_phone: str | None = Field(default=None, max_length=32, pattern=r"^[0-9*+\- ]*$")
    contact_addr: str | None = Field(default=None, max_length=200)
    account_no: str | None = Field(default=None, pattern=r"^([0-9]{10})?$")
    accept_content: str | None = Field(default=None, max_length=4000)
    handle_opinion: str | None = Field(default=None, max_length=4000)
    outage_id: int | None = Field(default=None, ge=1, le=2_147_483_647)
    form: dict[str, str | int | bool | None] | None = Field(default=None, max_length=40)


class DraftSave(Command):
    """Autosave: `version` is the one the form was loaded or last saved with."""

    version: int = Field(ge=0, le=2_147_483_647)
    fields: TicketFieldsPatch


class FormField(Shape):
    """One input of the form of the ticket's type."""

    name: str  # key in `fields.form`
    label: str
    kind: Literal["text", "choice", "flag", "time"]
    options: list[Choice] = Field(default_factory=list)
    required: bool = False


class Deadline(Shape):
    """A limit of domain.md 4.6, computed by the server from the acceptance time."""

    key: str
    label: str
    due_at: datetime
    warn_at: datetime | None = None


class Duplicate(Shape):
    """A ticket that may be about the same matter (R5-06, R5-07)."""

    ticket_no: str
    summary: str
    score: float
    reason: str


class Disposition(Shape):
    """One way to end the form; `missing` names the fields without which it is refused."""

    code: str
    label: str
    result: Literal["dispatch", "close"]
    missing: list[str] = Field(default_factory=list)


class Draft(Shape):
    """The ticket of the call while the agent works on it."""

    ticket_no: str
    status: TicketStatus
    version: int
    fields: TicketFields
    filled_by_machine: list[str]  # names of fields; those of the type as `form.NAME`
    form_fields: list[FormField]
    deadlines: list[Deadline]
    duplicates: list[Duplicate]
    dispositions: list[Disposition]
    saved_at: datetime
    editable: bool


class DraftConflict(ErrorShape):
    """409: somebody saved meanwhile; `newer` is what the server has."""

    newer: Draft


class DispositionCommand(Command):
    """Ends the form. `version` guards against ending a form that somebody else changed."""

    disposition: str = Field(min_length=1, max_length=24)
    opinion: str = Field(default="", max_length=4000)
    version: int | None = Field(default=None, ge=0, le=2_147_483_647)


class UrgeCommand(Command):
    remark: str = Field(default="", max_length=1000)


class TicketRow(Shape):
    """A line of a list."""

    ticket_no: str
    type: TicketType
    type_label: str
    sub_type: str
    sub_type_label: str
    status: TicketStatus
    status_label: str
    urgency: Urgency
    owner: str
    address: str
    accepted_at: datetime
    closed_at: datetime | None
    due: Deadline | None  # the next one of an open ticket
    urge_count: int
    accept_staff: str | None


class TicketList(Shape):
    items: list[TicketRow]
    total: int
    page: int
    page_size: int


class TimelineEntry(Shape):
    seq: int
    at: datetime
    actor: str
    kind: str
    text: str


class TicketPage(Shape):
    ticket: TicketRow
    fields: TicketFields
    form_fields: list[FormField]
    deadlines: list[Deadline]
    timeline: list[TimelineEntry]
    call_id: str | None
    parent_ticket_no: str | None
    disposition: str | None
    actions: list[str]  # edit | dispatch | close | urge


class TicketTypeChoice(Choice):
    sub_types: list[Choice]


class TicketCatalogue(Shape):
    """Words of the form: types with sub-types, urgencies, states."""

    types: list[TicketTypeChoice]
    urgencies: list[Choice]
    statuses: list[Choice]
