"""Writes the API's description, from which the page's TypeScript types are generated.

`python -m agent_desktop.openapi > agent_desktop/web/openapi.json`. The messages of the WebSocket, which OpenAPI has no
place for, stand among the schemas as `ServerMessage` and `ClientMessage`. A test compares the committed file.
"""

import json
import sys
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from agent_desktop.app import create_app
from agent_desktop.schemas.common import ErrorShape
from agent_desktop.schemas.live import ClientMessage, ServerMessage
from services.settings import Settings

_REF = "#/components/schemas/{model}"


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app` with the live messages and the shape of errors among its schemas."""
    document: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    extra: list[tuple[str, Any]] = [
        ("ServerMessage", ServerMessage),
        ("ClientMessage", ClientMessage),
        ("ErrorShape", ErrorShape),
    ]
    for name, shape in extra:
        schema = TypeAdapter(shape).json_schema(ref_template=_REF, mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def main() -> None:


    json.dump(description(create_app(Settings())), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
