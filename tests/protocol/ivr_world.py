"""A centre without a database for the IVR's rules: lookups answer from a table, facts stay in a list.

The AGI session, the menus, the prompts and the call flow are the real ones; Asterisk is `scripted_asterisk`.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from ivr.__main__ import MENUS as MENU_FOLDER
from ivr.agi.server import AgiServer
from ivr.call_flow import routes
from ivr.conversation import Centre
from ivr.directory import Directory, NoDataError
from ivr.menus.schema import load_menus
from ivr.prompts.catalogue import Prompts
from ivr.prompts.texts import load_texts
from ivr.settings import IvrSettings
from ivr.stories import STORIES
from services.billing.lookup import BalanceView, BillView
from services.calls.facts import Fact, FactKind
from services.customers.lookup import AccountProfile, CallerProfile, CustomerView
from services.customers.model import ImportantClass
from services.grid.model import AreaClass
from services.outages.lookup import OutageView
from services.outages.model import OutageKind, OutageStatus
from services.settings import Settings
from services.tickets.lookup import TicketView
from services.tickets.model import TicketStatus, TicketType, Urgency
from services.tickets.numbers import NoTicketNumberError
from tests.protocol.scripted_asterisk import Caller, call

PROMPTS = Prompts(load_texts())
MENUS, OVERLOAD_MENUS = (
    load_menus(MENU_FOLDER / name, stories=STORIES.keys(), prompts=PROMPTS.ids)
    for name in ("main.yaml", "overload.yaml")
)
NUMBER = "13800000000"
ACCOUNT_NO = "3701204815"
TICKET_NO = "2026112100000007"


class Lookups(Directory):
    """Answers by the lookup's name; a name without an answer is a database that is away."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    async def read(self, budget_s: float, lookup: Any, *args: Any, **kwargs: Any) -> Any:
        if lookup.__name__ not in self.answers:
            raise NoDataError(lookup.__name__)
        answer = self.answers[lookup.__name__]
        return answer(*args, **kwargs) if callable(answer) else answer


class Numbers:
    def __init__(self, stock: Iterable[str]) -> None:
        self._stock = list(stock)

    async def next(self) -> str:
        if not self._stock:
            raise NoTicketNumberError
        return self._stock.pop(0)


class FactList:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def append(self, fact: Fact) -> None:
        self.facts.append(fact)


@dataclass(slots=True, kw_only=True)
class Told:
    """What a call left behind."""

    caller: Caller
    facts: list[Fact]

    def of(self, kind: FactKind) -> list[dict[str, Any]]:
        return [dict(fact.data) for fact in self.facts if fact.kind is kind]

    def one(self, kind: FactKind) -> dict[str, Any]:
        (data,) = self.of(kind)
        return data

    @property
    def next(self) -> str | None:
        done = self.caller.variables.get("IVR_DONE")
        return self.caller.variables.get("HOTLINE_NEXT") if done == "1" else None

    @property
    def queue(self) -> str | None:
        return self.caller.variables.get("HOTLINE_QUEUE") if self.next == "queue" else None


@dataclass(slots=True, kw_only=True)
class World:
    answers: dict[str, Any] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=lambda: [TICKET_NO])
    var_dir: Path = Path("/nonexistent")
    overloaded: bool = False

    async def _overloaded(self) -> bool:
        return self.overloaded

    async def call(self, caller: Caller, script: str = "inbound") -> Told:
        """One call from beginning to end; the caller hangs up when it has no keys left."""
        told = FactList()
        centre = Centre(
            settings=Settings(var_dir=self.var_dir, instance="unit"), rules=IvrSettings(), prompts=PROMPTS,
            menus=MENUS, overload_menus=OVERLOAD_MENUS, overloaded=self._overloaded,
            directory=Lookups(self.answers),
            journal=cast(Any, told), numbers=cast(Any, Numbers(self.numbers)),
        )
        caller.variables.setdefault("HOTLINE_CALL_ID", "unit-1.1")
        async with AgiServer("127.0.0.1", 0, routes(centre)) as server, asyncio.timeout(10):
            await call(server.port, caller, script)
        return Told(caller=caller, facts=told.facts)


NOW = datetime.now(UTC)


def account(account_no: str = ACCOUNT_NO, **changes: Any) -> AccountProfile:
    values: dict[str, Any] = {
        "account_no": account_no, "customer_id": 7, "customer_name": "王小明", "address": "海宁市城区文苑路1号",
        "street": "文苑路", "landmark": "", "area_class": AreaClass.URBAN,
        "station_id": 1, "station_name": "城东供电所",
        "transformer_id": 11, "transformer_name": "文苑1号变", "feeder_id": 3, "feeder_name": "文苑线",
        "tariff_class": "residential", "meter_no": "1", "meter_online": True, "meter_powered": True,
        "meter_seen_at": None, "cut_off_for_arrears": False, "balance_fen": 12345, "opened_on": date(2020, 1, 1),
    }
    return AccountProfile(**(values | changes))


def profile(*accounts: AccountProfile, **changes: Any) -> CallerProfile:
    customer: dict[str, Any] = {
        "id": 7, "name": "王小明", "kind": "resident", "important_class": ImportantClass.NONE, "life_support": False,
        "sensitive": False, "nuisance": False, "remark": "",
    }
    known = {name: changes.pop(name) for name in tuple(changes) if name in customer}
    return CallerProfile(
        number=NUMBER, customer=CustomerView(**(customer | known)), accounts=accounts or (account(),),
        tickets=changes.pop("tickets", ()), outages=changes.pop("outages", ()),
    )


def outage(**changes: Any) -> OutageView:
    values: dict[str, Any] = {
        "id": 5, "kind": OutageKind.FAULT, "status": OutageStatus.IN_FORCE, "area": "文苑路", "cause": "电缆故障",
        "start_at": NOW, "expected_end_at": None, "crew_status": "on_site", "affected_households": 120,
        "announcement": None,
    }
    return OutageView(**(values | changes))


def ticket(**changes: Any) -> TicketView:
    values: dict[str, Any] = {
        "ticket_no": "2026112000001234", "type": TicketType.FAULT, "sub_type": "lv", "status": TicketStatus.DISPATCHED,
        "urgency": Urgency.NORMAL, "account_no": ACCOUNT_NO, "contact_addr": "", "transformer_id": 11,
        "outage_id": None, "current_owner": None, "accept_staff": None, "accepted_at": NOW, "arrived_at": None,
        "closed_at": None, "urge_count": 0, "urged_at": None, "origin_call_id": None,
    }
    return TicketView(**(values | changes))


def bill(**changes: Any) -> BalanceView:
    values: dict[str, Any] = {
        "account_no": ACCOUNT_NO, "balance_fen": 12345, "arrears_fen": 0, "cut_off_for_arrears": False,
        "bill": BillView(
            month=date(2026, 10, 1), energy_kwh=210, tier1_kwh=210, tier2_kwh=0, tier3_kwh=0, amount_fen=11485,
            due_on=date(2026, 11, 25), paid_on=None,
        ),
        "year_kwh": 2000, "tier": 1,
    }
    return BalanceView(**(values | changes))
