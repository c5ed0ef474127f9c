"""An agent's desk in a headless Chromium: presses the page's own buttons as a person would.

Used by the demo, `bench/pop` and the end-to-end tests. Needs Chromium (Debian's package, or `HOTLINE_CHROMIUM`).
The microphone is a file, so what an agent says can be recognised at the caller's end.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from services.settings import Settings

# As measured (telephony.md section 5): nothing asks a person, nothing calls home, names resolve nowhere else.
FLAGS: Final = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--ignore-certificate-errors",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-default-apps",
    "--no-pings",
    "--disable-domain-reliability",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
LOAD_MS: Final = 15_000
# Keeps the last audio that a peer connection brought, so that it can be measured.
_KEEP_TRACKS: Final = """(() => {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener("track", ({ streams }) => { window.heardStream = streams[0]; });
    }
  };
})()"""
_LOUD_TONES: Final = """async () => {
  if (!window.heardStream) return [];
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  context.createMediaStreamSource(window.heardStream).connect(analyser);
  await new Promise((done) => setTimeout(done, 500));
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const width = context.sampleRate / analyser.fftSize;
  const at = (hz) => Math.max(...[-1, 0, 1].map((step) => levels[Math.round(hz / width) + step]));
  await context.close();
  const standsOut = (hz) => at(hz) > -60 && at(hz) > Math.max(at(hz - 50), at(hz + 50)) + 15;
  return [300, 400, 500, 600, 700, 800].filter(standsOut);
}"""


class ChromiumMissingError(Exception):
    """There is no browser; the message says how to get one."""


def chromium_path() -> str:
    found = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise ChromiumMissingError("Chromium is missing: apt-get install chromium (or set HOTLINE_CHROMIUM)")
    return found


@asynccontextmanager
async def browser(voice: Path | None = None) -> AsyncIterator[Browser]:
    """A Chromium whose microphone plays `voice` (WAV) for ever, or beeps without one."""
    flags = [*FLAGS, *([f"--use-file-for-fake-audio-capture={voice}"] if voice else [])]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        try:
            yield chromium
        finally:
            await chromium.close()


class Desk:
    """The page of one logged-in person. Every method waits until the page shows what it says."""

    def __init__(self, page: Page, settings: Settings, staff_no: str) -> None:
        self.page = page
        self.staff_no = staff_no
        self._address = f"http://{settings.host}:{settings.desktop_port}"
        self._password = settings.demo_password

    @classmethod
    async def open(cls, chromium: Browser, settings: Settings, staff_no: str) -> "Desk":
        """Log in; an agent's phone is registered when this returns."""
        context = await chromium.new_context(viewport={"width": 1366, "height": 768}, permissions=["microphone"])
        # The caller's voice is recognised by its waveform, so the browser must not improve it.
        await context.add_init_script(
            "localStorage.setItem('hotline.audio', JSON.stringify({echoCancellation: false, noiseSuppression: false,"
            " autoGainControl: false}))"
        )
        await context.add_init_script(_KEEP_TRACKS)
        page = await context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        desk = cls(page, settings, staff_no)
        await page.goto(desk._address, timeout=LOAD_MS)
        await page.get_by_test_id("staff-no").fill(staff_no)
        await page.get_by_test_id("password").fill(desk._password)
        await page.get_by_test_id("login").click()
        return desk

    async def listen_to(self, staff_no: str) -> None:
        """On the supervisor's board: choose an agent and listen; her phone answers by itself."""
        await self.part(f"agent-{staff_no}").click()
        await self.part("listen").click()
        await expect(self.part("listening")).to_be_visible(timeout=10_000)

    async def hears_tones(self) -> set[int]:
        """Frequencies (multiples of 100 Hz) that stand out in what the browser's speaker gets now."""
        found: list[int] = await self.page.evaluate(_LOUD_TONES)
        return set(found)

    async def close(self) -> None:
        await self.page.context.close()

    # ---- state

    def part(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    async def phone_registered(self, timeout_s: float = 10) -> None:
        await expect(self.part("phone-dot")).to_have_attribute("data-line", "registered", timeout=timeout_s * 1000)

    async def shows(self, status: str, timeout_s: float = 10) -> None:
        """Wait for a state of the agent: ready, ringing, talking, hold, wrap_up, paused."""
        await expect(self.part("state")).to_have_attribute("data-status", status, timeout=timeout_s * 1000)

    # ---- what an agent does

    async def ready(self) -> None:
        """Ready, or ringing at once when somebody waits."""
        await self.phone_registered()
        if await self.part("state").get_attribute("data-status") != "ready":  # kept from before a crash
            await self.part("ready").click()
        await expect(self.part("state")).to_have_attribute("data-status", re.compile("ready|ringing"), timeout=10_000)

    async def rings(self, timeout_s: float = 20) -> None:
        await expect(self.part("answer")).to_be_enabled(timeout=timeout_s * 1000)

    async def answer(self) -> None:
        await self.part("answer").click()
        await self.shows("talking")

    async def reject(self) -> None:
        await self.part("reject").click()

    async def hold(self) -> None:
        await self.part("hold").click()
        await self.shows("hold")

    async def resume(self) -> None:
        await self.part("hold").click()
        await self.shows("talking")

    async def leave_to_survey(self) -> None:
        """Leave the call first: the caller is asked how it was."""
        await self.part("survey").click()
        await self.shows("wrap_up")

    async def fill(self, field: str, value: str) -> None:
        await self.part(f"field-{field}").fill(value)

    async def saved(self) -> None:
        await expect(self.part("save-mark")).to_have_attribute("data-state", "saved", timeout=5000)

    async def ticket_no(self) -> str:
        return await self.part("ticket-form").get_attribute("data-ticket-no") or ""

    async def close_ticket(self) -> None:
        """End the ticket at first contact with the first disposition that closes."""
        await self.part("close-ticket").click()
        await self.page.locator(".ant-dropdown:visible .ant-dropdown-menu-item").first.click()
        await expect(self.part("ticket-done")).to_be_visible(timeout=10_000)

    async def dispatch_ticket(self) -> None:
        await self.part("submit").click()
        await expect(self.part("ticket-done")).to_be_visible(timeout=10_000)

    async def finish_wrap_up(self) -> None:
        await self.part("finish-wrap-up").click()

    async def log_out(self) -> None:
        await self.page.locator("button.person").click()
        await self.page.get_by_text("退出登录").click()
        await expect(self.part("staff-no")).to_be_visible(timeout=5000)

    async def pop(self) -> dict[str, str]:
        """What stands on the screen as soon as the caller does: caller, greeting, path, as text."""
        await expect(self.part("pop-caller")).to_have_text(re.compile("[0-9]"), timeout=5000)
        parts = {"caller": "pop-caller", "greeting": "greeting", "path": "call-path"}
        return {name: _one_line(await self.part(test_id).inner_text()) for name, test_id in parts.items()}


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
