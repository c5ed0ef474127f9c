"""An Asterisk that follows a script: it speaks AGI over a real socket, as `res_agi.c` does, and presses keys.

`heard` is what the caller heard: prompt names without folder. A caller that has no keys left hangs up.
"""

import asyncio
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

HANG_UP: Final = "hang up"
SILENCE: Final = None


@dataclass(slots=True, kw_only=True)
class Caller:
    """`keys` are given one at each WAIT FOR DIGIT; `barge_in` cuts a prompt with a key; `missing` are lost files."""

    keys: Iterable[str | None] = ()
    barge_in: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    variables: dict[str, str] = field(default_factory=dict)
    number: str = "13800000000"
    noise: bool = False

    heard: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


HEADERS: Final = {
    "agi_network": "yes",
    "agi_network_script": "inbound",
    "agi_request": "agi://127.0.0.1/inbound",
    "agi_channel": "PJSIP/carrier-00000001",
    "agi_language": "zh",
    "agi_uniqueid": "asterisk-1700000000.1",
    "agi_dnid": "95598",
    "agi_arg_1": "",
}


async def call(port: int, caller: Caller, script: str = "inbound") -> None:
    """Connect as Asterisk would and answer commands until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = HEADERS | {"agi_network_script": script, "agi_callerid": caller.number}
    writer.write("".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n")
    await answer_commands(reader, writer, caller)
    writer.close()


async def answer_commands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller) -> None:
    keys = iter(caller.keys)
    dead = False
    while line := await reader.readline():
        words = shlex.split(line.decode())
        caller.commands.append(line.decode().strip())
        if dead and words[0] in ("SET", "GET"):
            reply = "200 result=1"
        elif dead:
            reply = "511 Command Not Permitted on a dead channel or intercept routine"
        else:
            reply = _reply(words, caller, keys)
        hung_up = reply == HANG_UP
        dead = dead or hung_up
        writer.write(b"200 result=-1\nHANGUP\n" if hung_up else reply.encode() + b"\n")
        try:
            await writer.drain()
        except ConnectionError:
            return


def _reply(words: list[str], caller: Caller, keys: "Iterable[str | None]") -> str:
    match words:
        case ["STREAM", "FILE", file, escape]:
            prompt = PurePath(file).name
            if prompt in caller.missing:
                return "200 result=-1 endpos=0"
            caller.heard.append(prompt)
            key = caller.barge_in.get(prompt)
            if key == HANG_UP:
                return HANG_UP
            return f"200 result={ord(key)} endpos=800" if key and key in escape else "200 result=0 endpos=16000"
        case ["WAIT", "FOR", "DIGIT", _]:
            key = next(iter(keys), HANG_UP)
            return HANG_UP if key == HANG_UP else f"200 result={ord(key) if key else 0}"
        case ["GET", "VARIABLE", name]:
            value = caller.variables.get(name)
            return "200 result=0" if value is None else f"200 result=1 ({value})"
        case ["SET", "VARIABLE", name, value]:
            caller.variables[name] = value
            return "200 result=1"
        case ["CHANNEL", "STATUS"]:
            return "200 result=6"
        case ["EXEC", "WaitForNoise", _]:
            caller.variables["WAITSTATUS"] = "NOISE" if caller.noise else "TIMEOUT"
            return "200 result=0"
        case ["RECORD", "FILE", *_]:
            return "200 result=0 (timeout) endpos=16000"
        case ["ANSWER"] | ["HANGUP"]:
            return "200 result=0"
        case _:
            return "510 Invalid or unknown command"
