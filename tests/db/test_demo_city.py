"""The demo city holds what it promises, is the same for the same day, and a second load changes no customer."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from services.billing.lookup import balance
from services.billing.tariff import Prices
from services.customers.lookup import find_account, find_caller, verify
from services.db import Database
from services.demo_city import people
from services.demo_city.bills import TARIFFS
from services.demo_city.load import load
from services.outages.lookup import at_transformer, upcoming
from services.outages.model import OutageStatus
from services.settings import Settings
from tests.db.conftest import create
from tests.db.postgres import PostgresServer

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def city(server: PostgresServer) -> Settings:
    settings = Settings(HOTLINE_DATABASE_URL=create(server, "demo_city"), HOTLINE_REDIS_URL="redis://127.0.0.1:1/0")
    assert load(settings, NOW)
    return settings


@pytest.fixture
async def database(city: Settings) -> AsyncIterator[Database]:
    database = Database(city)
    yield database
    await database.close()


def connect(city: Settings) -> Connection[TupleRow]:
    return psycopg.connect(city.database_url.replace("+psycopg", ""))


def one(city: Settings, query: str) -> object:
    with connect(city) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(DISTINCT county) FROM stations", 2), ("SELECT count(*) FROM stations", 12),
        ("SELECT count(*) FROM substations", 6), ("SELECT count(*) FROM feeders", 48),
        ("SELECT count(*) FROM transformers", 600),
        ("SELECT count(*) FROM accounts JOIN customers ON id = customer_id WHERE kind = 'resident'", 20_000),
        ("SELECT count(*) FROM accounts JOIN customers ON id = customer_id WHERE kind = 'business'", 800),
        ("SELECT count(*) FROM customers WHERE life_support OR important_class <> 'none'", 60),
        ("SELECT count(DISTINCT month) FROM bills", 24), ("SELECT count(*) FROM bills", 20_800 * 24),
        ("SELECT count(*) FROM outages", 3), ("SELECT count(DISTINCT queue) FROM agent_skills WHERE penalty = 0", 7),
        ("SELECT count(*) FROM agents WHERE role = 'agent'", 20),
        ("SELECT count(DISTINCT crew_id) FROM crew_shifts", 24),
        # Whoever owes has overdue bills of exactly that sum, and nobody else has any.
        (
            "SELECT count(*) FROM accounts LEFT JOIN (SELECT account_no, sum(amount_fen) AS owed FROM bills"
            " WHERE paid_on IS NULL AND due_on < '2026-11-21' GROUP BY 1) AS b USING (account_no)"
            " WHERE coalesce(owed, 0) <> greatest(0, -balance_fen)",
            0,
        ),
        ("SELECT count(*) FROM accounts WHERE cut_off_for_arrears AND (meter_powered OR balance_fen >= 0)", 0),
        ("SELECT count(*) FROM tickets WHERE NOT EXISTS (SELECT FROM ticket_events WHERE ticket_id = tickets.id)", 0),
    ],
)
def test_the_city_has_what_the_screens_need(city: Settings, query: str, expected: int) -> None:
    assert one(city, query) == expected


def test_there_are_open_tickets_of_every_type_but_urge(city: Settings) -> None:
    types = one(city, "SELECT array_agg(DISTINCT type ORDER BY type) FROM tickets WHERE closed_at IS NULL")
    assert types == ["COMPLAINT", "CONSULT", "FAULT", "OPINION", "PRAISE", "REPORT", "SERVICE_REQ", "SUGGEST"]


async def test_the_named_people_are_as_described(database: Database) -> None:
    async with database.transaction() as session:
        for person in people.PEOPLE:
            caller = await find_caller(session, person.phone)
            assert caller is not None and caller.customer.name == person.name
            assert {account.account_no for account in caller.accounts} == set(person.account_nos)
            assert await verify(session, person.account_no, person.phone[-4:])
            assert not await verify(session, person.account_no, "0000")
        assert await find_caller(session, people.UNKNOWN_NUMBER) is None
        cut_off = await balance(session, people.CUT_OFF_FOR_ARREARS.account_no)
        assert cut_off and cut_off.cut_off_for_arrears and cut_off.arrears_fen == -cut_off.balance_fen > 0
        life_support = await find_caller(session, people.LIFE_SUPPORT.phone)
        assert life_support and life_support.customer.important and "life_support" in life_support.customer.flags
        waiting = await find_caller(session, people.WITH_OPEN_FAULT.phone)
        assert waiting and "FAULT" in [ticket.type for ticket in waiting.tickets]


@pytest.mark.parametrize(
    ("person", "status"),
    [(people.UNDER_FAULT_OUTAGE, OutageStatus.IN_FORCE), (people.UNDER_PLANNED_OUTAGE, OutageStatus.IN_FORCE),
     (people.BEFORE_PLANNED_OUTAGE, OutageStatus.PLANNED), (people.ORDINARY, None)],
    ids=lambda value: getattr(value, "name", str(value)),
)
async def test_outages_hit_whom_they_should(
    database: Database, person: people.Person, status: OutageStatus | None
) -> None:
    async with database.transaction() as session:
        account = await find_account(session, person.account_no)
        assert account is not None
        outage = await at_transformer(session, account.transformer_id, NOW)
        assert (outage.status if outage else None) == status
        coming = await upcoming(session, now=NOW, days=7, transformer_id=account.transformer_id)
        assert bool(coming) == (status is OutageStatus.PLANNED)


def test_bills_follow_the_tiers_of_the_year(city: Settings) -> None:
    _, tier1, tier2, *yuan = TARIFFS["residential"]
    first, second, third = (Decimal(price or 0) / 10_000 for price in yuan)
    prices = Prices(price1=first, price2=second, price3=third, tier1_kwh=tier1, tier2_kwh=tier2)
    with connect(city) as connection:
        rows = connection.execute(
            "SELECT account_no, energy_kwh, tier1_kwh, tier2_kwh, tier3_kwh, amount_fen FROM bills"
            " WHERE account_no LIKE '33010000%' AND month BETWEEN '2025-01-01' AND '2025-12-01'"
            " AND tier1_kwh > 0 ORDER BY account_no, month"
        ).fetchall()
    assert len(rows) > 500
    year: dict[str, int] = {}
    for account_no, energy_kwh, *split, amount_fen in rows:
        expected = prices.split(year.get(account_no, 0), energy_kwh)
        assert (tuple(split), amount_fen) == (expected, prices.amount_fen(expected))
        year[account_no] = year.get(account_no, 0) + energy_kwh


def test_a_second_load_moves_outages_on_and_nothing_else(city: Settings) -> None:
    before = one(city, "SELECT md5(string_agg(c::text, '' ORDER BY account_no)) FROM accounts AS c WHERE meter_powered")
    later = NOW + timedelta(days=3)
    assert not load(city, later)
    query = "SELECT md5(string_agg(c::text, '' ORDER BY account_no)) FROM accounts AS c WHERE meter_powered"
    assert one(city, query) == before
    starts = one(city, "SELECT min(start_at) FROM outages WHERE status = 'in_force'")
    assert starts == later - timedelta(minutes=100)
    load(city, NOW)


def test_the_same_seed_gives_the_same_city(city: Settings, server: PostgresServer) -> None:
    other = Settings(HOTLINE_DATABASE_URL=create(server, "demo_city_again"), HOTLINE_REDIS_URL="redis://127.0.0.1:1/0")
    load(other, NOW)
    for table, order in (("accounts", "account_no"), ("premises", "id"), ("bills", "account_no, month")):
        query = f"SELECT md5(string_agg(md5(c::text), '' ORDER BY {order})) FROM {table} AS c"
        assert one(other, query) == one(city, query)
