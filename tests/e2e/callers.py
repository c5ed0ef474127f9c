"""Alice, who calls: one of our own phones with an ear for the recorded prompts."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.phone.call import PhoneCall
from services.phone.ear import Ear
from services.phone.library import PromptLibrary
from services.phone.listening import HeardPrompt, write_wav
from services.phone.phone import SipPhone
from services.phone.tone import loudness, purity
from services.settings import Settings
from tests.until import until

AGENT_HZ: Final = 700  # what Bob's microphone says
CALLER_HZ: Final = 400  # what Alice says
AUDIBLE: Final = 100  # amplitude


@dataclass(slots=True)
class Caller:
    """A call in progress: what Alice hears, presses and says."""

    call: PhoneCall
    ear: Ear
    library: PromptLibrary

    async def hears(self, *prompts: str, timeout_s: float = 20) -> HeardPrompt:
        return await self.ear.hears(*prompts, timeout_s=timeout_s)

    async def answers(self, keys: Mapping[str, str], then: str, timeout_s: float = 60) -> HeardPrompt:
        """Press the keys that belong to a prompt whenever it begins, until the prompt `then` begins."""
        async with asyncio.timeout(timeout_s):
            while True:
                prompt = await self.hears(then, *keys, timeout_s=timeout_s)
                if prompt.prompt == self.library.listener.name_of(then):
                    return prompt
                await self.press(keys[prompt.prompt])

    async def press(self, digits: str) -> None:
        await self.call.press(digits)

    async def hang_up(self) -> None:
        await self.call.hang_up()

    def names(self, prompts: Iterable[str]) -> list[str]:
        """These prompts as an ear names them: silence is not heard, the same words have one name."""
        return [self.library.listener.name_of(prompt) for prompt in prompts if self.library.texts.get(prompt)]

    def heard_so_far(self) -> list[HeardPrompt]:
        """Every prompt in the recording of this call, with how much of it was heard."""
        return self.library.listener.recognise(bytes(self.call.heard.pcm))

    async def hears_tone(self, hz: float, message: str, timeout_s: float = 10) -> None:
        await until(lambda: self._voice(hz) > 0.5, message, timeout_s)

    async def hears_no_tone(self, hz: float, message: str, timeout_s: float = 10) -> None:
        await until(lambda: self._voice(hz) < 0.2, message, timeout_s)

    def _voice(self, hz: float) -> float:
        """Share of somebody's tone in what arrives now; the whisper of an empty line counts as nothing."""
        now = self.last_seconds(0.5)
        return purity(now, hz) if loudness(now, hz) > AUDIBLE else 0.0

    def last_seconds(self, seconds: float) -> bytes:
        """What arrived in this time up to now: nothing at all where nothing was sent."""
        now_s = asyncio.get_running_loop().time()
        return self.call.heard.between(now_s - seconds, now_s)


@dataclass(slots=True)
class Alice:
    settings: Settings
    library: PromptLibrary
    recordings: Path

    @asynccontextmanager
    async def calls(self, number: str) -> AsyncIterator[Caller]:
        """A call to 95598 that is over after the block, whatever happens. What was heard is kept as a WAV file."""
        async with SipPhone((self.settings.asterisk_host, self.settings.sip_port)) as phone:
            call = await phone.call("95598", number)
            try:
                async with Ear(call, self.library.listener) as ear:
                    yield Caller(call, ear, self.library)
            finally:
                await call.hang_up()
                self.recordings.mkdir(parents=True, exist_ok=True)
                write_wav(self.recordings / f"{number}-{call.dialog.call_id[:6]}.wav", bytes(call.heard.pcm))
