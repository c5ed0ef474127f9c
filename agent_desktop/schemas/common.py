"""Shapes that every story uses: a choice with its label, an error."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Shape(BaseModel):
    """A response; built from values or from frozen dataclasses of the services."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Command(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, data: Any) -> Any:
        """No text of ours holds NUL, and PostgreSQL does not take it."""
        if isinstance(data, dict) and any(_holds_nul(part) for part in (*data.keys(), *data.values())):
            raise PydanticCustomError("string_unicode", "NUL in text")
        return data


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for part in (*value.keys(), *value.values()))
    return isinstance(value, list) and any(_holds_nul(part) for part in value)


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
