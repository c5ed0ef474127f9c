"""Asterisk's own list of calls, `cdr-csv/Master.csv` (cdr_csv with newcdrcolumns, times in UTC): who called and when.

Asterisk writes it without us, so it knows the calls that all our processes missed. Read by the reconciler.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Final

TAIL_BYTES: Final = 8 * 1024 * 1024  # about 25,000 calls
CARRIER: Final = "PJSIP/carrier-"  # channels of the trunk, see pjsip.conf
COLUMNS: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid",
    "sequence",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    call_id: str
    caller_number: str
    called_number: str
    channel: str
    started_at: datetime
    ended_at: datetime


def inbound_calls(file: Path, since: datetime) -> dict[str, CallRecord]:
    """Calls that came in over the carrier's trunk and ended after `since`, by call id.

    The context of a record is the last one the caller was in, so a call is known by its channel: the carrier's, and
    the first of its conversation. A line that is broken is passed over.
    """
    found: dict[str, CallRecord] = {}
    for row in csv.reader(StringIO(_tail(file))):
        record = _record(row)
        if record is None or record.ended_at < since:
            continue
        before = found.get(record.call_id)
        if before is None:
            found[record.call_id] = record
        elif record.ended_at > before.ended_at or record.started_at < before.started_at:
            found[record.call_id] = CallRecord(
                call_id=record.call_id, caller_number=before.caller_number, called_number=before.called_number,
                channel=before.channel, started_at=min(before.started_at, record.started_at),
                ended_at=max(before.ended_at, record.ended_at),
            )
    return found


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as records:
            size = records.seek(0, 2)
            records.seek(max(0, size - TAIL_BYTES))
            data = records.read(TAIL_BYTES)
    except FileNotFoundError:
        return ""
    if size > TAIL_BYTES:
        data = data[data.find(b"\n") + 1:]
    return data[: data.rfind(b"\n") + 1].decode(errors="replace").replace("\0", "")


def _record(row: list[str]) -> CallRecord | None:
    if len(row) < len(COLUMNS):
        return None
    value = dict(zip(COLUMNS, row, strict=False))
    if not value["channel"].startswith(CARRIER) or value["uniqueid"] != value["linkedid"]:
        return None
    try:
        started_at, ended_at = (
            datetime.strptime(value[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) for name in ("start", "end")
        )
    except ValueError:
        return None
    return CallRecord(
        call_id=value["linkedid"], caller_number=value["src"], called_number=value["dst"], channel=value["channel"],
        started_at=started_at, ended_at=ended_at,
    )
