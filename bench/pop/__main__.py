"""`python -m bench.pop`: how long after Asterisk says "this agent rings" the pop is painted in his browser.

Real calls through the IVR to an agent in Chromium; each rings until the pop is on the glass, then the caller hangs up.
From: the time that Asterisk wrote into AMI's AgentCalled. To: the frame after the paint (`PopMark.tsx`). Both are of
this machine's clock. Writes bench/results/pop.json. Takes the instance `bench`, about six minutes.
"""

import asyncio
import json
import os
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.async_api import expect

from ops import stack
from ops.demo import find_agent, find_quiet_residents
from ops.desk_browser import Desk, browser
from services.asterisk.ami import Ami
from services.db import Database
from services.phone.phone import SipPhone
from services.settings import PROJECT_ROOT, Settings

RESULTS: Final = PROJECT_ROOT / "bench" / "results" / "pop.json"
RINGS: Final = int(os.environ.get("HOTLINE_BENCH_RINGS", "60"))
WARM_UP: Final = 5  # the first pages and statements are compiled and cached
AIM_P95_MS: Final = 150.0


def main() -> int:
    settings = Settings(instance="bench", port_offset=int(os.environ.get("HOTLINE_BENCH_PORT_OFFSET", "6000")))
    load_before = os.getloadavg()[0]
    try:
        stack.start(settings)
        measured = asyncio.run(_measure(settings))
    finally:
        stack.stop(settings)
    delays = sorted(measured[WARM_UP:])
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": round(load_before, 1)},
        "rings": len(delays),
        "p50_ms": round(statistics.median(delays), 1),
        "p95_ms": round(delays[int(len(delays) * 0.95)], 1),
        "max_ms": round(delays[-1], 1),
        "aim_p95_ms": AIM_P95_MS,
        "delays_ms": [round(delay, 1) for delay in measured],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"AMI event to painted pop, {len(delays)} rings after {WARM_UP} to warm up, load {load_before:.1f}")
    print(f"{'p50':>8} {'p95':>8} {'max':>8}   aim p95 < {AIM_P95_MS:g} ms")
    print(f"{result['p50_ms']:>7} {result['p95_ms']:>8} {result['max_ms']:>8}   ms → {_relative(RESULTS)}")
    return 0


async def _measure(settings: Settings) -> list[float]:
    """Milliseconds of each ring, in order."""
    database = Database(settings, pool_size=1)
    try:
        people, staff_no = await find_quiet_residents(database, WARM_UP + RINGS), await find_agent(database)
    finally:
        await database.close()
    delays: list[float] = []
    async with (
        browser() as chromium,
        SipPhone((settings.asterisk_host, settings.sip_port)) as phone,
        Ami.for_events(settings) as ami,
    ):
        rang: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
        reader = asyncio.create_task(_read_rings(ami, rang), name="bench-ami")
        desk = await Desk.open(chromium, settings, staff_no)
        await desk.ready()
        for number, person in enumerate(people, 1):
            delays.append(await _ring(phone, desk, rang, person.number))
            print(f"\r{number}/{len(people)}  {delays[-1]:6.1f} ms", end="", flush=True)
        print()
        await desk.log_out()
        reader.cancel()
    return delays


async def _read_rings(ami: Ami, rang: asyncio.Queue[tuple[str, float]]) -> None:
    """Linkedid and time of each AgentCalled, in milliseconds since 1970."""
    async for event in ami.events():
        if event.name == "AgentCalled":
            rang.put_nowait((event.headers["Linkedid"], float(event.headers["Timestamp"]) * 1000))


async def _ring(phone: SipPhone, desk: Desk, rang: asyncio.Queue[tuple[str, float]], caller: str) -> float:
    call = await phone.call("95598", caller)
    try:
        while call.heard.packets < 25:  # noqa: ASYNC110 - half a second into the greeting; packets are only counted
            await asyncio.sleep(0.05)
        await call.press("0")
        call_id, rang_at_ms = await asyncio.wait_for(rang.get(), 30)
        mark = desk.part("pop-painted")
        await expect(mark).to_have_attribute("data-call-id", call_id, timeout=10_000)
        return float(await mark.get_attribute("data-at") or "nan") - rang_at_ms
    finally:
        await call.hang_up()
        await desk.shows("ready")


def _relative(file: Path) -> Path:
    return file.relative_to(PROJECT_ROOT)


if __name__ == "__main__":
    sys.exit(main())
