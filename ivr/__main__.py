"""`python -m ivr`: one IVR process, built by hand. It does not start with a prompt missing or a menu that is wrong.

SIGTERM drains: new calls are refused (the dialplan helps itself), callers in the IVR finish.
"""

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import structlog
import uvloop
from prometheus_client import start_http_server

from ivr.agi.server import AgiLimits, AgiServer
from ivr.call_flow import routes
from ivr.conversation import Centre
from ivr.directory import Directory
from ivr.menus.schema import MenuError, load_menus
from ivr.overload import overloaded
from ivr.prompts.catalogue import PromptMissingError, Prompts
from ivr.settings import IvrSettings
from ivr.speech.stream import SpeechServer
from ivr.stories import STORIES
from services.bus import Bus
from services.calls.journal import Journal
from services.db import Database
from services.log import configure as configure_log
from services.settings import Settings, get_settings
from services.tickets.numbers import TicketNumbers

MENUS = Path(__file__).parent / "menus"

log = structlog.get_logger()


async def run(settings: Settings, rules: IvrSettings, prompts: Prompts) -> None:
    trees = [
        load_menus(MENUS / name, stories=STORIES.keys(), prompts=prompts.ids) for name in ("main.yaml", "overload.yaml")
    ]
    database = Database(settings)
    directory = Directory(database)
    numbers = TicketNumbers(database, settings.zone)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        Bus(settings) as bus,
        Journal(settings.spool_dir / "ivr.jsonl", database, bus, "ivr") as journal,
    ):
        centre = Centre(
            settings=settings, rules=rules, prompts=prompts, menus=trees[0], overload_menus=trees[1],
            overloaded=partial(overloaded, bus.redis), directory=directory, journal=journal, numbers=numbers,
        )
        await asyncio.gather(numbers.prepare(), directory.warm_up())
        limits = AgiLimits(command_s=settings.agi_command_timeout_s, drain_s=rules.drain_s)
        agi = AgiServer(settings.ivr_host, settings.agi_port, routes(centre), limits)
        async with SpeechServer(settings.ivr_host, settings.audiosocket_port), agi:
            start_http_server(settings.metrics_base_port + settings.port_offset, settings.host)
            log.info("ivr_ready", agi_port=settings.agi_port, audiosocket_port=settings.audiosocket_port)
            await stopping.wait()
            log.info("ivr_draining")
    await directory.close()
    await database.close()


def main() -> int:
    configure_log()
    try:
        uvloop.run(run(get_settings(), IvrSettings(), Prompts.load()))
    except (PromptMissingError, MenuError) as error:
        log.critical("ivr_not_started", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
