"""Writes the demo city in one transaction: the same rows for the same seed and day.

A city that is there stays as it is; only what is told relative to now (outages, shifts) moves on, so that every
start has something to show.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import structlog
from psycopg import Connection

from services.auth.passwords import hash_password
from services.demo_city import bills, grid, outages, residents, staff, tickets
from services.demo_city.copy import copy, copy_lines, set_sequences
from services.demo_city.residents import Household
from services.settings import Settings

SEED: Final = 95598
IDENTITIES: Final = ("stations", "substations", "feeders", "transformers", "crews", "customers", "premises", "outages")

log = structlog.get_logger()


def load(settings: Settings, now: datetime | None = None) -> bool:
    """Returns True when the city was written, False when it was there already."""
    now = now or datetime.now(UTC)
    with Connection.connect(settings.database_url.replace("+psycopg", "", 1)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('demo_city'))")
        there = connection.execute("SELECT EXISTS (SELECT FROM customers)").fetchone() == (True,)
        if not there:
            _write(connection, settings, now)
        outages.move_on(connection, now)
        _roster(connection, settings, now)
        if not there:
            tickets.write(connection, settings, now)
    if not there:
        with Connection.connect(settings.database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
            connection.execute("ANALYZE")
    log.info("demo city ready", written=not there)
    return not there


def _write(connection: Connection[Any], settings: Settings, now: datetime) -> None:
    random = Random(SEED)
    today = now.astimezone(settings.zone).date()
    transformers = grid.transformers()
    copy(connection, "stations", ("id", "name", "county", "area_class", "phone"), grid.stations())
    copy(connection, "substations", ("id", "name"), enumerate(grid.SUBSTATIONS, start=1))
    copy(connection, "feeders", ("id", "name", "substation_id"), grid.feeders())
    copy(connection, "transformers", ("id", "name", "feeder_id", "station_id", "dedicated"), transformers)
    copy(connection, "crews", ("id", "name", "station_id", "phone"), grid.crews())
    _staff(connection, settings, now)
    _tariffs(connection)
    homes = list(residents.households(random, transformers, today))
    billed = list(
        bills.bill_all(
            random, today, ((home.account_no, home.person.tariff_class, home.person.months_unpaid) for home in homes)
        )
    )
    _customers(connection, homes)
    # Overdue bills are a negative balance, else something lies on the account.
    balances = [-owed if owed else random.randint(0, 30_000) for _, owed in billed]
    _accounts(connection, homes, balances, now)
    # Checked in one pass at the end, which is several times faster than row by row.
    connection.execute("ALTER TABLE bills DROP CONSTRAINT fk_bills_account_no_accounts")
    copy_lines(connection, "bills", bills.COLUMNS, (lines for lines, _ in billed))
    connection.execute(
        "ALTER TABLE bills ADD CONSTRAINT fk_bills_account_no_accounts "
        "FOREIGN KEY (account_no) REFERENCES accounts (account_no)"
    )
    outages.write(connection, now)
    set_sequences(connection, IDENTITIES)


def _staff(connection: Connection[Any], settings: Settings, now: datetime) -> None:
    password = hash_password(settings.demo_password)
    people = staff.staff()
    copy(
        connection, "agents", ("staff_no", "name", "role", "station_id", "crew_id", "password_hash", "active"),
        ((*row, password, True) for row in people),
    )
    copy(connection, "agent_skills", ("staff_no", "queue", "penalty"), staff.skills())
    copy(
        connection, "agent_states", ("staff_no", "status", "since", "phone_registered"),
        ((row.staff_no, "offline", now, False) for row in people if row.staff_no.startswith("3")),
    )


def _tariffs(connection: Connection[Any]) -> None:
    def yuan(price: int | None) -> float | None:
        return price / 10_000 if price is not None else None

    copy(
        connection, "tariffs",
        ("tariff_class", "valid_from", "name", "tier1_kwh", "tier2_kwh", "price1", "price2", "price3"),
        ((code, "2020-01-01", name, tier1, tier2, yuan(p1), yuan(p2), yuan(p3))
         for code, (name, tier1, tier2, p1, p2, p3) in bills.TARIFFS.items()),
    )


def _customers(connection: Connection[Any], homes: list[Household]) -> None:
    owners = [home for home in homes if home.first_of_customer]
    copy(
        connection, "customers",
        ("id", "name", "kind", "important_class", "life_support", "sensitive", "nuisance", "remark"),
        ((home.customer_id, home.person.name, "business" if home.person.business else "resident",
          home.person.important, home.person.life_support, home.person.sensitive, False, home.person.remark)
         for home in owners),
    )
    copy(
        connection, "customer_phones", ("customer_id", "number", "primary"),
        ((home.customer_id, home.person.phone, True) for home in owners),
    )


def _accounts(connection: Connection[Any], homes: list[Household], balances: list[int], now: datetime) -> None:
    copy(
        connection, "premises",
        ("id", "address", "street", "landmark", "area_class", "longitude", "latitude", "station_id", "transformer_id"),
        ((number, home.person.address, home.street, home.person.landmark, home.area_class, home.longitude,
          home.latitude, home.station_id, home.transformer_id)
         for number, home in enumerate(homes, start=1)),
    )
    dark = outages.dark_since(now)
    copy(
        connection, "accounts",
        ("account_no", "customer_id", "premise_id", "tariff_class", "meter_no", "meter_online", "meter_powered",
         "meter_seen_at", "cut_off_for_arrears", "balance_fen", "opened_on"),
        _account_rows(homes, balances, dark, now),
    )


def _account_rows(
    homes: list[Household], balances: list[int], dark: dict[int, datetime], now: datetime
) -> Iterable[tuple[Any, ...]]:
    for number, (home, balance) in enumerate(zip(homes, balances, strict=True), start=1):
        cut_off = home.person.months_unpaid >= 3
        since = dark.get(home.transformer_id)
        yield (
            home.account_no, home.customer_id, number, home.person.tariff_class, f"31{number:010d}",
            number % 97 != 0, not cut_off and since is None, since or now, cut_off, balance, home.opened_on,
        )


def _roster(connection: Connection[Any], settings: Settings, now: datetime) -> None:
    connection.execute("DELETE FROM crew_shifts")
    copy(
        connection, "crew_shifts", ("crew_id", "from_at", "to_at", "leader", "members"),
        staff.shifts(now.astimezone(settings.zone)),
    )
