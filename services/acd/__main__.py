"""The ACD process: `python -m services.acd`. A second one stands by (see `lock.py`)."""

import asyncio
import signal

import structlog
from prometheus_client import start_http_server
from redis.asyncio import Redis

from services.acd.callbacks import Callbacks
from services.acd.lock import HolderLock, SteppedDownError
from services.acd.reader import Reader
from services.acd.reporter import AgentReporter
from services.acd.state import Centre, Rules
from services.asterisk.ami import Ami
from services.bus import Bus
from services.calls.facts import Fact
from services.calls.journal import Journal
from services.db import Database
from services.settings import Settings, get_settings

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Stand by, then be the holder until the process is told to stop or another one serves."""
    database, bus = Database(settings), Bus(settings)
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1)
    centre = Centre(
        Rules(
            wrap_up_s=settings.wrap_up_s, wrap_up_extension_s=settings.wrap_up_extension_s,
            wrap_up_limit_s=settings.wrap_up_limit_s, missed_rings_limit=settings.missed_rings_limit,
            phone_restore_s=settings.phone_restore_s,
        )
    )
    reporter = AgentReporter(database, bus)
    try:
        async with HolderLock(settings, redis) as lock:
            await lock.acquire()
            start_http_server(settings.metrics_base_port + settings.port_offset + 1, settings.host)
            async with (
                Journal(settings.spool_dir / "acd.journal", database, bus, "acd") as journal,
                Ami.for_actions(settings) as acting,
                Ami.for_events(settings) as listening,
                asyncio.TaskGroup() as tasks,
            ):

                def told(fact: Fact) -> None:
                    journal.append(fact)
                    callbacks.observe(fact)

                reader = Reader(centre, listening, acting, database, reporter, told)
                callbacks = Callbacks(settings, centre, acting, database, reader.synced)
                tasks.create_task(lock.keep(), name="lock")
                tasks.create_task(reporter.run(), name="agent-states")
                tasks.create_task(reader.orders.run(), name="pauses")
                tasks.create_task(reader.run_events(), name="events")
                tasks.create_task(reader.run_clock(), name="clock")
                tasks.create_task(reader.run_commands(bus), name="commands")
                tasks.create_task(callbacks.run(), name="callbacks")
    except* SteppedDownError:
        log.warning("acd_stepped_down")
    finally:
        await redis.aclose()
        await bus.close()
        await database.close()


async def main(settings: Settings) -> None:
    settings.spool_dir.mkdir(parents=True, exist_ok=True)
    serving = asyncio.create_task(serve(settings), name="acd")
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        log.info("acd_stopped")


if __name__ == "__main__":
    asyncio.run(main(get_settings()))
