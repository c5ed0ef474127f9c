"""The instance under test: all its real processes, and the bad days that a test makes for them."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops import stack
from ops.processes import asterisk_cli
from ops.supervisor import Supervisor
from services.asterisk.ami import Ami
from services.settings import Settings
from tests.until import until


def test_settings() -> Settings:
    """A fresh instance beside the demo, with the waiting of people cut short where a rule allows it."""
    return Settings(
        instance=os.environ.get("HOTLINE_TEST_INSTANCE", "test"),
        port_offset=int(os.environ.get("HOTLINE_TEST_PORT_OFFSET", "500")),
        wrap_up_s=20,
        callback_interval_s=5,
        emergency_queue_limit_s=15,
    )


test_settings.__test__ = False  # type: ignore[attr-defined]


@dataclass(slots=True)
class Stack:
    settings: Settings
    ami: Ami

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.settings)

    @property
    def asterisk_log(self) -> Path:
        return self.settings.asterisk_dir / "log" / "messages"

    def mark(self, text: str) -> None:
        """A line of our own in Asterisk's log, so that one sees which test a line belongs to."""
        with self.asterisk_log.open("a", encoding="utf-8") as log:
            log.write(f"======== {text}\n")

    async def asterisk(self, command: str) -> str:
        return await asyncio.to_thread(asterisk_cli, self.settings, command)

    @asynccontextmanager
    async def stopped(self, *parts: str) -> AsyncIterator[None]:
        """These parts are down inside the block and answer again after it."""
        await asyncio.to_thread(stack.stop, self.settings, parts)
        try:
            yield
        finally:
            await self.start(*parts)

    async def start(self, *parts: str) -> None:
        await asyncio.to_thread(stack.start, self.settings, parts)

    async def kill(self, part: str) -> int:
        """kill -9, as a crash or the kernel would; supervisord starts it again. Returns the pid that was killed."""
        pid = await asyncio.to_thread(self.supervisor.pid, part)
        assert pid is not None, f"{part} does not run"
        os.kill(pid, signal.SIGKILL)
        return pid

    async def back(self, part: str, killed: int) -> None:
        """Wait until supervisord has a new process for the part and it answers."""

        def restarted() -> bool:
            pid = self.supervisor.pid(part)
            return pid is not None and pid != killed

        await until(lambda: asyncio.to_thread(restarted), f"{part} runs again", 30)
        await self.start(part)


@asynccontextmanager
async def fresh_stack(settings: Settings) -> AsyncIterator[Stack]:
    """Everything from empty folders; everything stopped afterwards.

    While one works on a story, `HOTLINE_TEST_KEEP=1` takes up what runs and leaves it running.
    """
    keep = bool(os.environ.get("HOTLINE_TEST_KEEP"))
    if not keep:
        await asyncio.to_thread(stack.stop, settings)
        shutil.rmtree(settings.instance_dir, ignore_errors=True)
    try:
        await asyncio.to_thread(stack.start, settings)
        async with Ami.for_actions(settings) as ami:
            await asyncio.wait_for(ami.connected.wait(), 10)
            yield Stack(settings, ami)
    finally:
        if not keep:
            await asyncio.to_thread(stack.stop, settings)
