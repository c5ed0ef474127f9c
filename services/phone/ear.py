"""Follows one call while it lasts and tells each prompt as soon as its first words are recognised.

Used where somebody acts on what he hears: `hotline call`, the demo, the end-to-end tests. What was heard in full
is told afterwards by `Listener.recognise`.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from services.phone.call import PhoneCall
from services.phone.listening import HeardPrompt, Listener
from services.phone.rtp import RATE_HZ

_LISTEN_EVERY_S: Final = 0.3
_WINDOW_SAMPLES: Final = int(0.68 * RATE_HZ)  # a beginning fits in wholly however the steps fall
_SAME_S: Final = 0.15
_UNSURE_S: Final = 2.0  # then one of those that fit is told


class PromptNotHeardError(TimeoutError):
    """Another prompt than the awaited one, or none; the message lists what was heard."""


class Ear:
    """`heard` grows while the call lasts; times count from the start of the call's audio. Use it as `async with`."""

    def __init__(self, call: PhoneCall, listener: Listener) -> None:
        self.heard: list[HeardPrompt] = []
        self._call = call
        self._listener = listener
        self._news = asyncio.Condition()
        self._over = False
        self._waited = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen(), name="ear")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def prompts(self) -> AsyncIterator[HeardPrompt]:
        """Each prompt as it begins, until the call is over."""
        told = 0
        while True:
            async with self._news:
                while len(self.heard) == told and not self._over:
                    await self._news.wait()
            for prompt in self.heard[told:]:
                yield prompt
            told = len(self.heard)
            if self._over and told == len(self.heard):
                return

    async def hears(self, *prompts: str, timeout_s: float = 15.0) -> HeardPrompt:
        """Wait until one of these prompts begins, after the one waited for last.

        Raises:
            PromptNotHeardError: not within `timeout_s`, or the call ended.
        """
        wanted = {self._listener.name_of(prompt) for prompt in prompts}
        try:
            async with asyncio.timeout(timeout_s), self._news:
                while True:
                    for place, prompt in enumerate(self.heard[self._waited :], self._waited):
                        if prompt.prompt in wanted:
                            self._waited = place + 1
                            return prompt
                    if self._over:
                        break
                    await self._news.wait()
        except TimeoutError:
            pass
        before = [prompt.prompt for prompt in self.heard]
        raise PromptNotHeardError(f"{' or '.join(prompts)} was not heard; heard before: {before}")

    async def _listen(self) -> None:
        start = 0
        while not self._over:
            ended = self._call.ended.is_set()
            pcm = self._call.heard.pcm
            now_s = len(pcm) / 2 / RATE_HZ
            found = await asyncio.to_thread(self._listener.recognise, bytes(pcm[start * 2 :]))
            news = [replace(prompt, at_s=prompt.at_s + start / RATE_HZ) for prompt in found]
            told = [prompt for prompt in news if prompt.sure or ended or now_s - prompt.at_s > _UNSURE_S]
            async with self._news:
                self.heard += (prompt for prompt in told if not self._known(prompt))
                self._over = ended
                self._news.notify_all()
            open_s = min((prompt.at_s for prompt in news if prompt not in told), default=now_s) - _SAME_S
            start = max(0, min(int(now_s * RATE_HZ) - _WINDOW_SAMPLES, int(open_s * RATE_HZ)))
            if not ended:
                await asyncio.sleep(_LISTEN_EVERY_S)

    def _known(self, prompt: HeardPrompt) -> bool:
        """Told before, perhaps under the name of another one that begins with the same words."""
        return any(abs(known.at_s - prompt.at_s) < _SAME_S for known in self.heard[-20:])
