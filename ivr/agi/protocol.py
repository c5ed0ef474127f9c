"""FastAGI as bytes: header lines, replies and quoted commands. No I/O.

Source: Asterisk 22 `res/res_agi.c` (`setup_env`, `parse_args`, `agi_handle_command`). Names of callers arrive in any
encoding or cut in half, so bytes are decoded with `errors="replace"`. Called by `session.py` and `server.py`.
"""

import re
from dataclasses import dataclass
from typing import Final

HANGUP_LINE: Final = b"HANGUP"
COMMAND_LIMIT_BYTES: Final = 2000  # res_agi.c reads a command into AGI_BUF_LEN = 2048 bytes
DEAD_CHANNEL: Final = 511
USAGE: Final = 520
TRYING: Final = 100

_REPLY = re.compile(r"(?P<code>\d{3})(?P<more>-)?(?: (?P<text>.*))?", re.DOTALL)
_RESULT = re.compile(r"result=(?P<result>\S*)(?: \((?P<data>.*)\))?(?: endpos=(?P<endpos>\d+))?", re.DOTALL)
_FORBIDDEN = re.compile(r"[\r\n\0]")


class ProtocolError(Exception):
    """The peer does not speak AGI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply. `result` is the text after `result=`; `data` what stood in parentheses, for example a variable."""

    code: int
    result: str = ""
    data: str | None = None
    text: str = ""
    continues: bool = False  # "520-": usage lines follow until a line that begins with "520 "

    @property
    def value(self) -> int:
        """The result as a number; -1 where there is none, as Asterisk writes a failure."""
        try:
            return int(self.result)
        except ValueError:
            return -1


def parse_header(line: bytes) -> tuple[str, str]:
    """`agi_callerid: 138...` → `("agi_callerid", "138...")`. Raises `ProtocolError` for a line without a name."""
    name, colon, value = line.decode("utf-8", errors="replace").rstrip("\r\n").partition(":")
    if not colon or not name.startswith("agi_"):
        raise ProtocolError("not an AGI header line")
    return name, value.strip()


def parse_reply(line: bytes) -> Reply | None:
    """One line after a command; None for a line that is no reply (the rest of a value with a line break in it)."""
    match = _REPLY.fullmatch(line.decode("utf-8", errors="replace").rstrip("\r\n"))
    if match is None:
        return None
    text = match["text"] or ""
    result = _RESULT.match(text)
    return Reply(
        code=int(match["code"]),
        result=result["result"] if result else "",
        data=result["data"] if result else None,
        text=text,
        continues=match["more"] is not None,
    )


def quote(argument: str) -> str:
    """One argument for Asterisk's `parse_args`: in double quotes, backslash before quotes and backslashes.

    Raises:
        ValueError: for CR, LF or NUL, which would start another command.
    """
    if _FORBIDDEN.search(argument):
        raise ValueError("an AGI argument must not contain a line break or NUL")
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encode_command(name: str, *arguments: str | int) -> bytes:
    """`encode_command("STREAM FILE", "beep", "12")` → one whole line. Numbers stand bare, texts quoted."""
    if _FORBIDDEN.search(name):
        raise ValueError("an AGI command must not contain a line break or NUL")
    words = [name, *(str(a) if isinstance(a, int) else quote(a) for a in arguments)]
    line = " ".join(words).encode()
    if len(line) > COMMAND_LIMIT_BYTES:
        raise ValueError("an AGI command must not exceed 2000 bytes")
    return line + b"\n"
