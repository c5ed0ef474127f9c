"""One caller on a FastAGI connection: say, ask for keys, record, set variables.

However a caller leaves (EOF, `HANGUP` line, result -1, dead channel 511) it becomes `CallerHungUp`, caught once by
`server.py`. Keys pressed before or while a prompt plays are kept for the next question (type-ahead).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from ivr.agi.protocol import (
    DEAD_CHANNEL,
    HANGUP_LINE,
    TRYING,
    USAGE,
    ProtocolError,
    Reply,
    encode_command,
    parse_reply,
)

ALL_KEYS: Final = "0123456789*#"
CHANNEL_UP: Final = 6  # CHANNEL STATUS: line is up
STRAY_LINES_LIMIT: Final = 200
REPLY_GRACE_S: Final = 5.0  # added to a command's own duration before it counts as unanswered
LONGEST_PROMPT_S: Final = 60.0

log = structlog.get_logger()


class CallerHungUp(Exception):
    """The caller is gone; nothing more can be said."""


class AgiTimeoutError(Exception):
    """Asterisk did not answer a command in time; the session cannot be used any more."""


class AgiCommandError(Exception):
    """Asterisk refused a command (510, 520, or an application that it does not have)."""


class AgiSession:
    """The commands a call flow needs, each with a deadline in seconds."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: Mapping[str, str],
        *,
        command_timeout_s: float = 10.0,
    ) -> None:
        self.headers = headers
        self.missing_prompts: list[str] = []
        self._reader = reader
        self._writer = writer
        self._command_timeout_s = command_timeout_s
        self._typed: list[str] = []
        self._hung_up = False

    @property
    def script(self) -> str:
        """`agi://host/inbound?x=1` → `inbound`."""
        return self.headers.get("agi_network_script", "").partition("?")[0]

    @property
    def caller_number(self) -> str:
        """As the carrier sent it; empty when it is withheld."""
        number = self.headers.get("agi_callerid", "")
        return "" if number in ("unknown", "anonymous") else number

    @property
    def channel_id(self) -> str:
        return self.headers.get("agi_uniqueid", "")

    @property
    def typed(self) -> str:
        """Keys that wait for the next question."""
        return "".join(self._typed)

    def forget_typed(self) -> None:
        """Before a question whose answer must not be an old key (a confirmation, an emergency)."""
        self._typed.clear()

    # -- commands ------------------------------------------------------------------------------------------------

    async def command(self, name: str, *arguments: str | int, timeout_s: float | None = None) -> Reply:
        """Send one command and return its reply, code 200.

        Raises:
            CallerHungUp: EOF, `HANGUP` or 511.
            AgiCommandError: Asterisk refused the command.
            AgiTimeoutError: no reply within `timeout_s`.
        """
        if self._hung_up:
            raise CallerHungUp
        line = encode_command(name, *arguments)
        try:
            async with asyncio.timeout(timeout_s or self._command_timeout_s):
                self._writer.write(line)
                await self._writer.drain()
                reply = await self._reply()
        except TimeoutError as error:
            self._hung_up = True  # a late reply would answer the next question
            raise AgiTimeoutError(name) from error
        except ConnectionError as error:
            self._hung_up = True
            raise CallerHungUp from error
        if reply.code == DEAD_CHANNEL:
            self._hung_up = True
            raise CallerHungUp
        if reply.code != 200:
            raise AgiCommandError(f"{name}: {reply.code} {reply.text}")
        return reply

    async def _reply(self) -> Reply:
        for _ in range(STRAY_LINES_LIMIT):
            line = await self._line()
            if line.rstrip(b"\r\n") == HANGUP_LINE:
                self._hung_up = True
                raise CallerHungUp
            reply = parse_reply(line)
            if reply is None or reply.code == TRYING:
                continue
            while reply.continues:
                end = parse_reply(await self._line())
                if end is not None and end.code == USAGE and not end.continues:
                    break
            return reply
        self._hung_up = True
        raise ProtocolError("no reply among many lines")

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readline()
        except ValueError as error:  # longer than the stream's limit
            self._hung_up = True
            raise ProtocolError("a line without an end") from error
        if not line.endswith(b"\n"):
            self._hung_up = True
            raise CallerHungUp
        return line

    async def _media(self, name: str, *arguments: str | int, timeout_s: float) -> Reply | None:
        """A command that answers -1 for a hang-up and for a missing file alike; None = the latter."""
        reply = await self.command(name, *arguments, timeout_s=timeout_s)
        if reply.value != -1:
            return reply
        if (await self.command("CHANNEL STATUS")).value != CHANNEL_UP:
            self._hung_up = True
            raise CallerHungUp
        return None

    # -- what a caller hears and presses -------------------------------------------------------------------------

    async def answer(self) -> None:
        if await self._media("ANSWER", timeout_s=self._command_timeout_s) is None:
            raise AgiCommandError("ANSWER failed")

    async def play(self, *prompts: str, interruptible: bool = True) -> None:
        """Play files one after the other; a key cuts them and waits for the next question.

        Keys that already wait cut everything (the caller knows the way). A missing file is left out and reported.
        """
        keys = ALL_KEYS if interruptible else ""
        for prompt in prompts:
            if interruptible and self._typed:
                return
            reply = await self._media("STREAM FILE", prompt, keys, timeout_s=LONGEST_PROMPT_S + REPLY_GRACE_S)
            if reply is None:
                self.missing_prompts.append(prompt)
                log.error("prompt_missing", prompt=prompt, channel_id=self.channel_id)
            elif reply.value > 0:
                self._typed.append(chr(reply.value))

    async def key(self, timeout_s: float) -> str | None:
        """The next key, typed ahead or pressed within `timeout_s`; None after silence."""
        if self._typed:
            return self._typed.pop(0)
        reply = await self._media("WAIT FOR DIGIT", round(timeout_s * 1000), timeout_s=timeout_s + REPLY_GRACE_S)
        return chr(reply.value) if reply is not None and reply.value > 0 else None

    async def digits(
        self,
        prompts: Sequence[str],
        *,
        limit: int,
        first_timeout_s: float = 5.0,
        inter_digit_timeout_s: float = 4.0,
        finish_key: str = "#",
    ) -> str:
        """Ask for up to `limit` keys; `finish_key` ends them. Returns what came, "" for silence.

        A `*` is returned as part of the digits: the caller of this method knows what "up" means there.
        """
        await self.play(*prompts)
        digits = ""
        while len(digits) < limit:
            pressed = await self.key(inter_digit_timeout_s if digits else first_timeout_s)
            if pressed is None or pressed == finish_key:
                break
            digits += pressed
            if pressed == "*":
                break
        return digits

    async def record(self, path: str, *, limit_s: float, silence_s: int = 10, finish_key: str = "#") -> None:
        """Record to `path` without extension as 8 kHz 16-bit WAV, after a tone, until `finish_key` or silence.

        Raises:
            CallerHungUp: the caller hung up; what was said until then is in the file.
        """
        await self._media(
            "RECORD FILE", path, "wav", finish_key, round(limit_s * 1000), "BEEP", f"s={silence_s}",
            timeout_s=limit_s + REPLY_GRACE_S,
        )

    # -- variables and applications ------------------------------------------------------------------------------

    async def get_variable(self, name: str) -> str | None:
        """None when it is not set. Functions such as `CHANNEL(linkedid)` work too."""
        reply = await self.command("GET VARIABLE", name)
        return reply.data if reply.value == 1 else None

    async def set_variable(self, name: str, value: str) -> None:
        await self.command("SET VARIABLE", name, value)

    async def execute(self, application: str, *arguments: str, timeout_s: float) -> int:
        """Run a dialplan application; its result. -1 with the channel up is a failure, not a hang-up."""
        reply = await self._media("EXEC", application, ",".join(arguments), timeout_s=timeout_s)
        if reply is None:
            return -1
        if reply.value == -2:
            raise AgiCommandError(f"no application {application}")
        return reply.value

    async def hang_up(self) -> None:
        await self.command("HANGUP")
