"""The same small menu as three FastAGI servers: ours, panoramisk's, pyst2 in threads.

`python -m bench.ivr.servers KIND PORT LONG SHORT` serves until SIGTERM and then prints one JSON line: finished calls,
failed ones, and the round trip of GET/SET VARIABLE in milliseconds. Each answers, reads and sets a variable, plays
LONG until a key, reads a variable, plays SHORT, hangs up. Started by `bench/ivr/__main__.py`.
"""

import asyncio
import io
import json
import signal
import socketserver
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

HOST = "127.0.0.1"
KEY_S = 3.0


class Tally:
    """What a server saw of its calls; `trips` in seconds."""

    def __init__(self) -> None:
        self.trips: list[float] = []
        self.finished = 0
        self.failed = 0

    @contextmanager
    def trip(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.trips.append(time.perf_counter() - began)

    def line(self) -> str:
        cuts = statistics.quantiles(self.trips, n=100) if len(self.trips) > 1 else [0.0] * 99
        return json.dumps({
            "finished": self.finished, "failed": self.failed, "trips": len(self.trips),
            "p50_ms": round(cuts[49] * 1000, 3), "p99_ms": round(cuts[98] * 1000, 3),
        })


async def ours(port: int, long: str, short: str, tally: Tally) -> None:
    from ivr.agi.server import AgiServer
    from ivr.agi.session import AgiSession

    async def menu(session: AgiSession) -> None:
        tally.failed += 1
        await session.answer()
        with tally.trip():
            await session.get_variable("UNIQUEID")
        with tally.trip():
            await session.set_variable("foo", "bar")
        await session.digits([long], limit=1, first_timeout_s=KEY_S)
        with tally.trip():
            await session.get_variable("CHANNEL")
        await session.play(short)
        await session.hang_up()
        tally.failed -= 1
        tally.finished += 1

    async with AgiServer(HOST, port, {"menu": menu}):
        await _terminated()


async def panoramisk(port: int, long: str, short: str, tally: Tally) -> None:
    from panoramisk import fast_agi

    async def menu(request: Any) -> None:
        tally.failed += 1
        await request.send_command("ANSWER")
        with tally.trip():
            await request.send_command("GET VARIABLE UNIQUEID")
        with tally.trip():
            await request.send_command("SET VARIABLE foo bar")
        await request.send_command(f"GET DATA {long} {round(KEY_S * 1000)} 1")
        with tally.trip():
            await request.send_command("GET VARIABLE CHANNEL")
        await request.send_command(f'STREAM FILE {short} ""')
        await request.send_command("HANGUP")
        tally.failed -= 1
        tally.finished += 1

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("menu", menu)
    async with await asyncio.start_server(application.handler, HOST, port, backlog=1024):
        await _terminated()


async def _terminated() -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()


class _NoOutput(io.TextIOBase):
    """pyst2 writes every line to stderr."""

    def write(self, text: str) -> int:
        return len(text)


class _NoSignals:
    """pyst2 sets a signal handler in its constructor, which only the main thread may."""

    SIGHUP = signal.SIGHUP

    @staticmethod
    def signal(number: int, handler: object) -> None:
        return None


def pyst2(port: int, long: str, short: str, tally: Tally) -> None:
    import asterisk.agi

    asterisk.agi.signal = _NoSignals

    class Menu(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            tally.failed += 1
            output = io.TextIOWrapper(self.request.makefile("wb"), write_through=True)
            agi = asterisk.agi.AGI(self.request.makefile("r"), output, _NoOutput())
            agi.answer()
            with tally.trip():
                agi.get_variable("UNIQUEID")
            with tally.trip():
                agi.set_variable("foo", "bar")
            agi.get_data(long, round(KEY_S * 1000), 1)
            with tally.trip():
                agi.get_variable("CHANNEL")
            agi.stream_file(short)
            agi.hangup()
            tally.failed -= 1
            tally.finished += 1

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 1024

    with Server((HOST, port), Menu) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.5)


ASYNC: dict[str, Callable[..., Any]] = {"ours": ours, "panoramisk": panoramisk}


def main(kind: str, port: str, long: str, short: str) -> None:
    tally = Tally()
    if kind == "pyst2":
        pyst2(int(port), long, short, tally)
    elif kind == "ours":
        uvloop.run(ours(int(port), long, short, tally))
    else:
        asyncio.run(ASYNC[kind](int(port), long, short, tally))
    print(tally.line(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
