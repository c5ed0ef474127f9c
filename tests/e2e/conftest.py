"""One real stack for all stories; after each story nothing may be left over, and no call may be without a ticket."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from ops.desk_browser import Desk, browser
from services.agents.model import Role
from services.asterisk import channels, queue
from services.db import Database
from services.phone.library import PromptLibrary
from services.phone.listening import write_wav
from services.phone.tone import tone
from services.settings import Settings
from tests.e2e.callers import AGENT_HZ, Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack, fresh_stack, test_settings
from tests.until import until

CHANNEL, LINKEDID = 5, -2  # columns of Master.csv with newcdrcolumns


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return test_settings()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(settings: Settings) -> AsyncIterator[Stack]:
    async with fresh_stack(settings) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(running: Stack) -> AsyncIterator[Database]:
    database = Database(running.settings)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city(database: Database) -> City:
    return City(database)


@pytest.fixture(scope="session")
def library(settings: Settings) -> PromptLibrary:
    return PromptLibrary.load([settings.runtime_sounds_dir])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(settings: Settings, running: Stack) -> AsyncIterator[Browser]:
    """The agents' browser; its microphone says a tone of 700 Hz."""
    voice = settings.instance_dir / "agent-voice.wav"
    write_wav(voice, tone(AGENT_HZ, 2.0))
    async with browser(voice) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def records(database: Database) -> Records:
    return Records(database)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(settings: Settings, library: PromptLibrary, stack: Stack, request: pytest.FixtureRequest) -> Alice:
    return Alice(settings, library, settings.instance_dir / "heard" / str(request.node.name))


@pytest_asyncio.fixture(loop_scope="session")
async def bob(stack: Stack, chromium: Browser, city: City) -> AsyncIterator[Desk]:
    """An agent with every skill: logged in, his phone registered, still paused."""
    desk = await Desk.open(chromium, stack.settings, (await city.staff(Role.AGENT))[0])
    await desk.phone_registered()
    yield desk
    await desk.log_out()
    await desk.close()


@pytest_asyncio.fixture(loop_scope="session")
async def carol(stack: Stack, chromium: Browser, city: City) -> AsyncIterator[Desk]:
    """A supervisor with a phone of her own."""
    desk = await Desk.open(chromium, stack.settings, (await city.staff(Role.SUPERVISOR))[0])
    await desk.phone_registered()
    yield desk
    await desk.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stack(running: Stack, records: Records, request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """The running stack, checked to be empty before the story and after it."""
    name = str(request.node.name)
    running.mark(f"begin {name}")
    witnessed = _witnessed(running)
    yield running
    running.mark(f"end {name}")
    await until(records.answers, "the database answers", 20)
    await until(lambda: _quiet(running), "no channel and no bridge is left", 15)
    snapshot = await queue.snapshot(running.ami)
    assert not snapshot.entries, "somebody still waits in a queue"
    assert not snapshot.members, f"an agent is left in a queue: {snapshot.members}"
    new = _witnessed(running) - witnessed
    await until(lambda: _all_known(records, new), f"every call of Asterisk's own record is known: {new}", 20)
    await until(lambda: _all_have_tickets(records), "every call is over and has a ticket", 20)


async def _quiet(running: Stack) -> bool:
    bridges = await running.asterisk("bridge show all")
    return not await channels.snapshot(running.ami) and len(bridges.strip().splitlines()) <= 1


async def _all_known(records: Records, call_ids: set[str]) -> bool:
    return await records.known(call_ids) == call_ids


async def _all_have_tickets(records: Records) -> bool:
    return not await records.without_ticket()


def _witnessed(running: Stack) -> set[str]:
    """Customers' calls in Asterisk's own record by their linked ids: the witness that nobody of us writes."""
    file = running.settings.asterisk_dir / "log" / "cdr-csv" / "Master.csv"
    if not file.exists():
        return set()
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = [row for row in csv.reader(lines) if len(row) > CHANNEL]
    return {row[LINKEDID] for row in rows if row[CHANNEL].startswith("PJSIP/carrier-")}
