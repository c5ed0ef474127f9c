"""`python -m services.demo_city`: loads the city into a migrated database; a second run changes no customer."""

import sys
import time

from psycopg import Error

from services.demo_city.load import load
from services.demo_city.people import PEOPLE
from services.settings import get_settings


def main() -> int:
    started = time.monotonic()
    try:
        written = load(get_settings())
    except Error as error:
        print(f"demo city not loaded: {error}".strip(), file=sys.stderr)
        print("Is the database up and migrated (python -m alembic upgrade head)?", file=sys.stderr)
        return 1
    state = "loaded" if written else "already there, outages and shifts moved on"
    print(f"demo city {state} in {time.monotonic() - started:.1f} s; numbers to call from:")
    for person in PEOPLE:
        print(f"  {person.phone:<13} {person.name} {' '.join(person.account_nos)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
