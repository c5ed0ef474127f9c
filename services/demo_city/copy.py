"""Bulk loading by COPY: rows of plain values into a table, and the identity sequences behind them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from psycopg import Connection, sql

BLOCK_LINES: Final = 2000


def copy(connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    copy_lines(connection, table, columns, ("\t".join(map(_text, row)) + "\n" for row in rows))


def copy_lines(connection: Connection[Any], table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Lines in COPY's text format, each with its line end."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    left = iter(lines)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        while block := "".join(islice(left, BLOCK_LINES)):
            stream.write(block)


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).replace("\\", r"\\").replace("\t", " ").replace("\n", " ")


def set_sequences(connection: Connection[Any], tables: Iterable[str]) -> None:
    """Let the next id follow the loaded ones."""
    for table in tables:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                sql.Literal(table), sql.Identifier(table)
            )
        )
