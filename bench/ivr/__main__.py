"""`python -m bench.ivr`: what a call costs in CPU, and how fast AGI answers, in one run on one Asterisk.

The same small menu as (a) pure dialplan, (b) our server, (c) panoramisk's FastAGI, (d) pyst2 in threads, by sipp on
loopback, each kind in turn, in several rounds so that a noisy moment hits all; beside it the real fault report with
database, journal and ticket. Writes bench/results/ivr.json. Takes the instance `bench`, about three minutes.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bench.ivr.sipp import Callers, run
from ops import stack
from ops.processes import asterisk_cli
from ops.supervisor import Supervisor
from services.settings import PROJECT_ROOT, Settings

RESULTS = PROJECT_ROOT / "bench" / "results" / "ivr.json"
PROMPTS = PROJECT_ROOT / "ivr" / "prompts" / "audio"
LONG, SHORT = str(PROMPTS / "menu.main"), str(PROMPTS / "number.5")
KINDS = ("dialplan", "ours", "panoramisk", "pyst2")
ROUNDS = 3
EASY_RATE, EASY_CALLS = 40, 120
HARD_RATE, HARD_CALLS = 160, 480
FLOW_RATE, FLOW_CALLS = 5, 60
WARM_UP_CALLS, WARM_UP_S = 5, 5.0
STRANGER = "19900000000"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    kind: str
    rate: int
    calls: int
    failed: int
    asterisk_ms: float  # CPU milliseconds a call
    server_ms: float
    p50_ms: float | None = None  # AGI round trip
    p99_ms: float | None = None

    @property
    def total_ms(self) -> float:
        return self.asterisk_ms + self.server_ms


def main() -> int:
    settings = Settings(instance="bench", port_offset=int(os.environ.get("HOTLINE_BENCH_PORT_OFFSET", "6000")))
    if shutil.which("sipp") is None:
        print("sipp is missing: apt-get install sip-tester", file=sys.stderr)
        return 1
    os.environ.update(HOTLINE_INSTANCE=settings.instance, HOTLINE_PORT_OFFSET=str(settings.port_offset))
    load_before = os.getloadavg()[0]
    try:
        stack.start(settings, ("asterisk",))
        _dialplan(settings)
        rounds = [_measure(settings, kind, EASY_RATE, EASY_CALLS) for _ in range(ROUNDS) for kind in KINDS]
        hard = [_measure(settings, kind, HARD_RATE, HARD_CALLS) for kind in KINDS]
        stack.start(settings, ("postgres", "redis"))
        stack.prepare_data(settings)
        stack.start(settings, ("ivr", "acd"))
        flow = _flow(settings)
    finally:
        stack.stop(settings)
    easy = [_median(rounds, kind) for kind in KINDS]
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "processor": _processor(), "python": platform.python_version(),
                    "load_before": round(load_before, 1)},
        "easy": [asdict(m) for m in easy], "hard": [asdict(m) for m in hard], "flow": flow,
        "rounds": [asdict(m) for m in rounds],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _print(easy, hard, flow, load_before)
    return 0


def _dialplan(settings: Settings) -> None:
    """Numbers of the benchmark beside the product's dialplan, gone with the next reload."""
    steps = [
        "Answer()", "Set(x=${UNIQUEID})", "Set(foo=bar)", f"Read(key,{LONG},1,,1,3)", "Set(y=${CHANNEL})",
        f"Playback({SHORT})", "Hangup()",
    ]
    for priority, step in enumerate(steps, start=1):
        asterisk_cli(settings, f"dialplan add extension dialplan,{priority},{step} into from-trunk")
    for kind in KINDS[1:]:
        asterisk_cli(settings, f"dialplan add extension {kind},1,AGI(agi://127.0.0.1:{_port(settings, kind)}/menu) "
                               "into from-trunk")


def _port(settings: Settings, kind: str) -> int:
    return settings.metrics_base_port + settings.port_offset + 50 + KINDS.index(kind)


def _measure(settings: Settings, kind: str, rate: int, calls: int) -> Measured:
    asterisk = _pid(settings, "asterisk")
    server = None if kind == "dialplan" else _serve(settings, kind)
    try:
        asterisk_before, server_before = _cpu_s(asterisk), _cpu_s(server.pid) if server else 0.0
        outcome = run(
            Callers(number=kind, keys="1"), server=(settings.host, settings.sip_port), rate=rate, calls=calls,
            numbers=[STRANGER], folder=settings.instance_dir / "sipp",
        )
        time.sleep(1)  # channels end a moment after the BYE
        asterisk_s = _cpu_s(asterisk) - asterisk_before
        server_s = _cpu_s(server.pid) - server_before if server else 0.0
    finally:
        seen = _stop(server) if server else {}
    measured = Measured(
        kind=kind, rate=rate, calls=calls, failed=max(outcome.failed, int(seen.get("failed", 0))),
        asterisk_ms=round(asterisk_s / calls * 1000, 2), server_ms=round(server_s / calls * 1000, 2),
        p50_ms=seen.get("p50_ms"), p99_ms=seen.get("p99_ms"),
    )
    print(f"  {_line(measured)}   at {rate}/s", flush=True)
    return measured


def _serve(settings: Settings, kind: str) -> "subprocess.Popen[str]":
    port = _port(settings, kind)
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.ivr.servers", kind, str(port), LONG, SHORT],
        cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    deadline = time.monotonic() + 20
    while f":{port:04X} " not in Path("/proc/net/tcp").read_text():  # not by connecting: panoramisk would hang
        if time.monotonic() > deadline or server.poll() is not None:
            raise RuntimeError(f"the {kind} server does not listen")
        time.sleep(0.05)
    return server


def _stop(server: "subprocess.Popen[str]") -> dict[str, Any]:
    server.terminate()
    out, _ = server.communicate(timeout=20)
    line = out.strip().splitlines()[-1] if out.strip() else "{}"
    seen: dict[str, Any] = json.loads(line)
    return seen


def _flow(settings: Settings) -> dict[str, Any]:
    """A dark building reported by keys: lookups, journal, ticket number, ticket; each by another customer."""
    flow = Callers(number="95598", keys="112211", pause_ms=700, hangs_up=True)
    served_by, folder = (settings.host, settings.sip_port), settings.instance_dir / "sipp"
    # Processes that have just started still pay for their imports and for preparing their statements.
    run(flow, server=served_by, rate=FLOW_RATE, calls=WARM_UP_CALLS, numbers=[STRANGER], folder=folder)
    time.sleep(WARM_UP_S)
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        numbers = list(connection.scalars(text(CUSTOMERS), {"wanted": FLOW_CALLS}))
        began_at = connection.scalar(text("SELECT now()"))
    parts = {"asterisk": _pid(settings, "asterisk"), "ivr": _pid(settings, "ivr"), "acd": _pid(settings, "acd")}
    began = {name: _cpu_s(pid) for name, pid in parts.items()} | {"postgres": _postgres_cpu_s(settings)}
    outcome = run(flow, server=served_by, rate=FLOW_RATE, calls=FLOW_CALLS, numbers=numbers, folder=folder)
    deadline = time.monotonic() + 20
    tickets = 0
    while tickets < FLOW_CALLS and time.monotonic() < deadline:
        time.sleep(0.2)
        with engine.connect() as connection:
            tickets = connection.scalar(text(TICKETS), {"began_at": began_at}) or 0
    ended = {name: _cpu_s(pid) for name, pid in parts.items()} | {"postgres": _postgres_cpu_s(settings)}
    engine.dispose()
    return {
        "rate": FLOW_RATE, "calls": FLOW_CALLS, "failed": outcome.failed, "tickets": tickets,
        "cpu_ms": {name: round((ended[name] - began[name]) / FLOW_CALLS * 1000, 1) for name in ended},
    }


TICKETS = "SELECT count(*) FROM tickets WHERE accepted_at >= :began_at"
CUSTOMERS = """
SELECT number FROM customer_phones p JOIN accounts a USING (customer_id) JOIN premises e ON e.id = a.premise_id
WHERE NOT a.cut_off_for_arrears AND length(number) = 11 AND number LIKE '1%'
  AND NOT EXISTS (SELECT FROM tickets t WHERE t.closed_at IS NULL AND t.customer_id = a.customer_id)
  AND NOT EXISTS (SELECT FROM tickets t WHERE t.closed_at IS NULL AND t.contact_phone = p.number)
  AND NOT EXISTS (SELECT FROM outage_transformers o WHERE o.transformer_id = e.transformer_id)
GROUP BY number HAVING count(*) = 1 ORDER BY number DESC LIMIT :wanted
"""


def _pid(settings: Settings, part: str) -> int:
    pid = Supervisor(settings).pid(part)
    if pid is None:
        raise RuntimeError(f"{part} does not run")
    return pid


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process and its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS_PER_S


def _postgres_cpu_s(settings: Settings) -> float:
    """The server and its living backends; those that ended are among its children's time."""
    postmaster = _pid(settings, "postgres")
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    total = _cpu_s(postmaster)
    for child in children:
        try:
            total += _cpu_s(int(child))
        except FileNotFoundError:
            continue
    return total


def _median(rounds: list[Measured], kind: str) -> Measured:
    """The round in the middle by its total."""
    mine = sorted((m for m in rounds if m.kind == kind), key=lambda m: m.total_ms)
    middle = mine[len(mine) // 2]
    trips = [m for m in mine if m.p50_ms is not None and m.p99_ms is not None]
    return Measured(
        kind=kind, rate=middle.rate, calls=sum(m.calls for m in mine), failed=sum(m.failed for m in mine),
        asterisk_ms=middle.asterisk_ms, server_ms=middle.server_ms,
        p50_ms=statistics.median(m.p50_ms or 0 for m in trips) if trips else None,
        p99_ms=statistics.median(m.p99_ms or 0 for m in trips) if trips else None,
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _print(easy: list[Measured], hard: list[Measured], flow: dict[str, Any], load: float) -> None:
    if load > (os.cpu_count() or 1):
        print("\nThe machine was busy before the run: these figures compare nothing. Run it again when it is calm.")
    print(f"\nSmall menu, CPU milliseconds a call (median of {ROUNDS} rounds at {EASY_RATE}/s), load before {load:.1f}")
    print(f"{'':12}{'asterisk':>10}{'server':>9}{'total':>8}{'failed':>8}   AGI p50/p99 ms")
    for measured in easy:
        print(_line(measured))
    print(f"\nThe same at {HARD_RATE} calls/s ({HARD_CALLS} calls)")
    for measured in hard:
        print(_line(measured))
    cpu = ", ".join(f"{name} {ms}" for name, ms in flow["cpu_ms"].items())
    print(f"\nFault report with database and ticket at {flow['rate']}/s: {flow['calls']} calls, "
          f"{flow['failed']} failed, {flow['tickets']} tickets; CPU ms a call: {cpu}")
    print(f"Written to {RESULTS.relative_to(PROJECT_ROOT)}")


def _line(m: Measured) -> str:
    trip = f"{m.p50_ms:.2f} / {m.p99_ms:.2f}" if m.p50_ms is not None and m.p99_ms is not None else "-"
    return f"{m.kind:12}{m.asterisk_ms:10.1f}{m.server_ms:9.1f}{m.total_ms:8.1f}{m.failed:8d}   {trip}"


if __name__ == "__main__":
    sys.exit(main())
