"""A phone that nobody here wrote: baresip calls over the same trunk, keys its way, and records what it hears."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.calls.model import CallOutcome
from services.phone.library import PromptLibrary
from services.phone.listening import write_wav
from services.phone.tone import tone
from services.settings import Settings
from services.tickets.model import TicketType
from tests.e2e.records import Records
from tests.e2e.stack import Stack
from tests.until import until

NUMBER = "13512345678"
MODULES = Path("/usr/lib/baresip/modules")


@asynccontextmanager
async def baresip(folder: Path, settings: Settings, control_port: int) -> AsyncIterator["Control"]:
    """A running baresip with A-law, audio from a file, and its control port."""
    write_wav(folder / "voice.wav", tone(400, 120))  # baresip hangs up when its file is at its end
    (folder / "config").write_text(
        f"""module_path {MODULES}
module stdio.so
module g711.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
sip_listen 127.0.0.1:0
audio_source aufile,{folder}/voice.wav
audio_player aufile,{folder}/player.wav
audio_alert aufile,{folder}/alert.wav
snd_path {folder}
rtp_ports 29000-29100
"""
    )
    address = f"sip:{NUMBER}@{settings.asterisk_host}:{settings.sip_port}"
    (folder / "accounts").write_text(f"<{address};transport=udp>;regint=0;audio_codecs=PCMA/8000/1\n")
    (folder / "contacts").write_text("")
    process = await asyncio.create_subprocess_exec(
        "baresip", "-f", str(folder), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        control = await until(lambda: Control.connect(control_port), "baresip's control port", 10)
        yield control
        await control.command("hangup")
        await control.close()
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 10)


class Control:
    """baresip's ctrl_tcp: JSON in netstrings."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Control | None":
        try:
            return cls(*await asyncio.open_connection("127.0.0.1", port))
        except OSError:
            return None

    async def command(self, name: str, params: str = "") -> None:
        text = json.dumps({"command": name, "params": params, "token": "test"}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def test_baresip_hears_the_menu_and_its_keys_count(
    stack: Stack, settings: Settings, library: PromptLibrary, records: Records, tmp_path: Path
) -> None:
    def heard() -> list[str]:
        """What the phone itself recorded of the other side."""
        files = [*tmp_path.glob("dump-*-dec.wav")]
        if not files:
            return []
        pcm = files[0].read_bytes()[44:]  # the header's length is written at the end of the call
        return [prompt.prompt for prompt in library.listener.recognise(pcm)]

    async with baresip(tmp_path, settings, 29_200) as phone:
        await phone.command("dial", f"sip:95598@{settings.asterisk_host}:{settings.sip_port}")
        await until(lambda: "menu.main" in heard(), "baresip hears the menu", 20, interval_s=0.3)
        await phone.command("sndcode", "2")
        await until(lambda: "menu.billing" in heard(), "the key was understood", 15, interval_s=0.3)
        await phone.command("sndcode", "6")
        await until(lambda: "global.anything_else" in heard(), "the second key, too", 30, interval_s=0.3)
    _, ticket = await records.ended(NUMBER, CallOutcome.SELF_SERVICE)
    assert (ticket.type, ticket.sub_type) == (TicketType.CONSULT, "invoice")
    assert ticket.closed_at is not None


@pytest.fixture(autouse=True)
def _installed() -> None:
    assert MODULES.is_dir(), "baresip is missing: apt-get install baresip-core"
