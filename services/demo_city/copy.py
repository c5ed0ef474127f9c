"""Bulk loading by COPY: rows of plain values into a table, and the identity sequences behind them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg import Connection, sql

BLOCK_ROWS: Final = 5000


def copy(connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Returns the number of rows."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        block: list[str] = []
        for row in rows:
            block.append("\t".join(map(_text, row)))
            count += 1
            if len(block) == BLOCK_ROWS:
                stream.write("\n".join(block) + "\n")
                block.clear()
        if block:
            stream.write("\n".join(block) + "\n")
    return count


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
