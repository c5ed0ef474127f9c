"""Shapes that every story uses: a choice with its label, an error."""

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A response; built from values or from frozen dataclasses of the services."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Command(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Choice(Shape):
    """A code and the words for it on the screen."""

    code: str
    label: str


class FieldProblem(Shape):
    field: str  # name as sent, e.g. `fields.contact_phone`
    message: str


class ErrorShape(Shape):
    """Every refusal: `error_id` for the program, `message` in Chinese for the person."""

    error_id: str
    message: str
    fields: list[FieldProblem] = Field(default_factory=list)


class Done(Shape):
    """The request was carried out; what changed follows over the WebSocket."""

    ok: bool = True
