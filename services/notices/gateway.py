"""Where messages to customers leave the house: a carrier's HTTP gateway, or a file where none is set."""

import json
import os
from pathlib import Path
from typing import Protocol

import httpx

from services.settings import Settings


class GatewayError(Exception):
    """The gateway did not take the message; trying again may help."""


class NoticeGateway(Protocol):
    async def send(self, key: str, number: str, text: str) -> None:
        """Hand over one message; the same `key` is the same message. Raises GatewayError."""


class FileOutbox:
    """One JSON object a line, for demo and tests; readable by its owner alone, because it holds numbers."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, key: str, number: str, text: str) -> None:
        line = json.dumps({"key": key, "number": number, "text": text}, ensure_ascii=False) + "\n"
        try:
            self._append(line.encode())
        except OSError as error:
            raise GatewayError(error.strerror) from error

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


class HttpGateway:
    """POST of `{key, number, text}`; any 2xx is taken."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    async def send(self, key: str, number: str, text: str) -> None:
        try:
            async with httpx.AsyncClient(timeout=self._timeout_s) as client:
                answer = await client.post(self._url, json={"key": key, "number": number, "text": text})
        except httpx.HTTPError as error:
            raise GatewayError(type(error).__name__) from error
        if not answer.is_success:
            raise GatewayError(f"status {answer.status_code}")


def gateway(settings: Settings) -> NoticeGateway:
    if settings.notice_gateway_url:
        return HttpGateway(settings.notice_gateway_url, settings.notice_timeout_s)
    return FileOutbox(settings.outbox_file)
