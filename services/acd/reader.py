"""The one reader of Asterisk's events: applies each to the state and carries the outbox away.

An event whose handler fails is logged and counted; the link and the next event do not suffer. After a gap
(`FullyBooted`) the state is read anew before any later event is applied.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.acd import handlers, metrics, queueing, store, wrap_up
from services.acd.orders import PauseOrders
from services.acd.reporter import AgentReporter
from services.acd.resync import resync
from services.acd.state import Centre
from services.acd.store import Memory
from services.agents.commands import DeskCommand
from services.agents.model import AgentStatus
from services.asterisk import channels, events, queue
from services.asterisk.ami import Ami, AmiError
from services.bus import COMMANDS, Bus
from services.calls.facts import Fact
from services.db import Database

log = structlog.get_logger(__name__)

TICK_S: Final = 0.25
LOAD_LIMIT_S: Final = 3.0
SNAPSHOT_RETRY_S: Final = 0.5


class Reader:
    """Holds the parts together; each `run_*` is one task of the process."""

    def __init__(
        self, centre: Centre, listening: Ami, acting: Ami, database: Database, reporter: AgentReporter,
        told: Callable[[Fact], None],
    ) -> None:
        self.centre = centre
        self.orders = PauseOrders(acting, self._order_failed)
        self._listening = listening
        self._acting = acting
        self._database = database
        self._reporter = reporter
        self._told = told
        self.synced = asyncio.Event()

    async def run_events(self) -> None:
        async for raw in self._listening.events():
            now = datetime.now(UTC)
            event = events.parse(raw, now)
            if event is None:
                continue
            try:
                if isinstance(event, events.FullyBooted):
                    await self._resync()
                else:
                    handlers.apply(self.centre, event)
            except (LookupError, ValueError, TypeError, AttributeError) as error:
                metrics.EVENT_ERRORS.labels(raw.name).inc()
                log.error("event_not_applied", ami_event=raw.name, error=type(error).__name__, exc_info=True)
            self._carry_away(event.at)
            metrics.EVENTS.labels(raw.name).inc()
            metrics.EVENT_LAG.observe(max(0.0, (datetime.now(UTC) - event.at).total_seconds()))

    async def run_clock(self) -> None:
        """Ends wrap-ups in time and settles who left a queue to where."""
        while True:
            await asyncio.sleep(TICK_S)
            now = datetime.now(UTC)
            wrap_up.finish_due(self.centre, now)
            queueing.settle_old_exits(self.centre, now)
            self._carry_away(now)
            metrics.EVENTS_WAITING.set(self._listening.events_waiting)
            metrics.CALLS.set(len(self.centre.calls))
            metrics.STATES_UNWRITTEN.set(self._reporter.unwritten)
            tally = Tally(self.centre.view(agent).status for agent in self.centre.agents.values())
            for status in AgentStatus:
                metrics.AGENTS.labels(status).set(tally[status])

    async def run_commands(self, bus: Bus) -> None:
        async for message in bus.subscribe(COMMANDS):
            try:
                kind, staff_no = DeskCommand(message.op), str(message.data["staff_no"])
            except (ValueError, KeyError):
                continue
            now = datetime.now(UTC)
            wrap_up.command(self.centre, kind, staff_no, now)
            self._carry_away(now)

    async def _resync(self) -> None:
        memory = await self._load()
        self._reporter.remember(memory)
        self.centre.rules.wrap_up_s_of_queue.update(memory.wrap_up_s_of_queue)
        live, queues = await self._snapshot()
        now = datetime.now(UTC)
        resync(self.centre, live, queues, memory.calls, memory.wrap_ups, now)
        for staff_no in self._reporter.stale():
            self.centre.agent(staff_no)
        metrics.RESYNCS.inc()
        log.info("acd_resynced", calls=len(self.centre.calls), agents=len(self.centre.agents), channels=len(live))
        self._carry_away(now)
        self.synced.set()

    async def _load(self) -> Memory:
        try:
            async with asyncio.timeout(LOAD_LIMIT_S), self._database.transaction() as session:
                return await store.load(session)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("acd_starts_without_database", error=type(error).__name__)
            return Memory()

    async def _snapshot(self) -> tuple[list[channels.Channel], queue.QueueSnapshot]:
        while True:
            try:
                await self._acting.connected.wait()
                return await channels.snapshot(self._acting), await queue.snapshot(self._acting)
            except AmiError as error:
                log.warning("snapshot_failed", error=str(error))
                await asyncio.sleep(SNAPSHOT_RETRY_S)

    def _order_failed(self, staff_no: str) -> None:
        wrap_up.failed(self.centre, staff_no, datetime.now(UTC), retry_s=SNAPSHOT_RETRY_S)
        self._carry_away(datetime.now(UTC))

    def _carry_away(self, at: datetime) -> None:
        """Empty the outbox: facts to the journal, pauses to Asterisk, changed agents to the reporter."""
        centre = self.centre
        facts, pauses, touched = list(centre.facts), list(centre.pauses), list(centre.touched)
        centre.facts.clear()
        centre.pauses.clear()
        centre.touched.clear()
        for order in pauses:
            self.orders.put(order)
        for fact in facts:
            self._told(fact)
        self._reporter.report((centre.view(centre.agents[staff_no]) for staff_no in touched), at)
