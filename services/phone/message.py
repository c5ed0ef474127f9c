"""SIP messages as bytes and as objects: parse and write, nothing else.

Called by `endpoint.py`, `dialog.py` and `phone.py`. Source: RFC 3261 sections 7, 19, 20, 25. A datagram from
the network may hold anything; what is not a SIP message becomes `MalformedMessageError`, never another error.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

VERSION: Final = "SIP/2.0"
MAX_DATAGRAM_BYTES: Final = 65_535
_COMPACT: Final = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "s": "subject", "k": "supported", "e": "content-encoding", "r": "refer-to",
}  # fmt: skip
_REQUIRED: Final = ("via", "from", "to", "call-id", "cseq")
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_CSEQ: Final = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)", re.ASCII)


class MalformedMessageError(ValueError):
    """The datagram is not a SIP message that can be answered."""


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers in their order; names are compared in lower case and in their long form."""

    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def first(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.fields if key == name), default)


@dataclass(frozen=True, slots=True, kw_only=True)
class SipRequest:
    method: str
    uri: str
    headers: Headers
    body: bytes = b""

    @property
    def branch(self) -> str:
        return parameter(self.headers.first("via"), "branch")

    def encode(self) -> bytes:
        return _encode(f"{self.method} {self.uri} {VERSION}", self.headers, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class SipResponse:
    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    @property
    def branch(self) -> str:
        return parameter(self.headers.first("via"), "branch")

    def encode(self) -> bytes:
        return _encode(f"{VERSION} {self.status} {self.reason}", self.headers, self.body)


SipMessage = SipRequest | SipResponse


def headers(fields: Iterable[tuple[str, str]]) -> Headers:
    """Headers of our own making.

    Raises:
        ValueError: a value carries a line break, which would forge the next header.
    """
    made = tuple((name.lower(), value) for name, value in fields)
    for name, value in made:
        if not _TOKEN.fullmatch(name) or _breaks_a_line(value):
            raise ValueError(f"not a header: {name!r}")
    return Headers(made)


def cseq_of(message: SipMessage) -> tuple[int, str]:
    """Sequence number and method of the CSeq header."""
    match = _CSEQ.fullmatch(message.headers.first("cseq"))
    if match is None:
        raise MalformedMessageError("CSeq")
    return int(match[1]), match[2]


def parameter(value: str, name: str) -> str:
    """A header parameter such as `branch` or `tag`; empty where there is none."""
    outside = value.rpartition(">")[2]
    match = re.search(rf";\s*{re.escape(name)}\s*=\s*([^;,\s]+)", outside, re.IGNORECASE)
    return match[1] if match else ""


def address_of(value: str) -> str:
    """The URI of a From, To or Contact header."""
    match = re.search(r"<([^<>]*)>", value)
    return match[1] if match else value.partition(";")[0].strip()


def user_of(uri: str) -> str:
    """The part before the `@` of a SIP URI, which is the number."""
    match = re.match(r"sips?:([^@;>]*)@", uri, re.IGNORECASE)
    return match[1] if match else ""


def parse(datagram: bytes) -> SipMessage:
    """Read one datagram.

    Raises:
        MalformedMessageError: no SIP start line, a header without a colon, a missing mandatory header, or
            fewer body bytes than Content-Length says.
    """
    head, separator, body = datagram.partition(b"\r\n\r\n")
    if not separator:
        raise MalformedMessageError("no end of headers")
    lines = _unfold(head.decode("utf-8", "replace").split("\r\n"))
    fields = Headers(tuple(_field(line) for line in lines[1:]))
    for name in _REQUIRED:
        if not fields.first(name):
            raise MalformedMessageError(name)
    length = fields.first("content-length")
    if length:
        if not (length.isascii() and length.isdigit()) or int(length[:10]) > len(body):
            raise MalformedMessageError("content-length")
        body = body[: int(length)]
    message = _start(lines[0], fields, body)
    cseq_of(message)
    return message


def _start(line: str, fields: Headers, body: bytes) -> SipMessage:
    first, _, rest = line.partition(" ")
    second, _, third = rest.partition(" ")
    if first == VERSION:
        if not (len(second) == 3 and second.isascii() and second.isdigit() and "100" <= second <= "699"):
            raise MalformedMessageError("status")
        return SipResponse(status=int(second), reason=third, headers=fields, body=body)
    if third != VERSION or not _TOKEN.fullmatch(first) or not second:
        raise MalformedMessageError("start line")
    return SipRequest(method=first, uri=second, headers=fields, body=body)


def _unfold(lines: list[str]) -> list[str]:
    unfolded: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] += " " + line.strip()
        else:
            unfolded.append(line)
    return unfolded


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or not _TOKEN.fullmatch(name) or _breaks_a_line(value):
        raise MalformedMessageError("header")
    return _COMPACT.get(name, name), value.strip()


def _breaks_a_line(value: str) -> bool:
    return "\r" in value or "\n" in value


def _encode(start: str, fields: Headers, body: bytes) -> bytes:
    names = [(name, value) for name, value in fields.fields if name != "content-length"]
    names.append(("content-length", str(len(body))))
    text = "\r\n".join([start, *(f"{name.title()}: {value}" for name, value in names)])
    return f"{text}\r\n\r\n".encode() + body
