#!/usr/bin/env python3
"""Records a caller's message while our own servers are down: `emergency_message.py CALL_ID FOLDER LIMIT_S`.

Asterisk starts it from `[emergency-message]` (extensions.conf). It needs Python and pyst2, no database, no Redis, none
of our packages. The result is FOLDER/CALL_ID.wav with CALL_ID.json beside it, written last and whole; the worker
takes both in (docs/contracts.md, section 1). While it records, the pair has the ending `.part`.

pyst2 0.5.1 writes every line, the caller's number too, to stderr, and reads for ever when Asterisk goes away in the
middle of a usage text: it gets a stderr that keeps nothing and a stdin that raises at the end.
"""

import json
import os
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from asterisk.agi import AGI, AGIAppError, AGIException

SHORTEST_S = 1.0  # below it nobody spoke
SILENCE_S = 10  # ends the recording
REASON = "ivr_down"


class LiveInput:
    """Asterisk's side of the conversation; its end is an error instead of an endless row of empty lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def readline(self) -> str:
        line = self._stream.readline()
        if not line:
            raise EOFError("Asterisk closed the AGI")
        return line


class Message:
    """One message on disk: `part` while it is spoken, complete under its own name."""

    def __init__(self, folder: Path, call_id: str) -> None:
        self._wav, self._json = folder / f"{call_id}.wav", folder / f"{call_id}.json"
        self.part_wav, self._part_json = folder / f"{call_id}.part.wav", folder / f"{call_id}.part.json"

    def begin(self, caller_number: str) -> None:
        """Note who is calling before he speaks, so that a crash loses nothing."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        known = {"call_id": self._wav.stem, "caller_number": caller_number, "recorded_at": now, "reason": REASON}
        _write_whole(self._part_json, known)

    def finish(self) -> bool:
        """Give the recording its name, then its description; False (and nothing kept) when nobody spoke."""
        seconds = _seconds(self.part_wav)
        if seconds < SHORTEST_S:
            self.part_wav.unlink(missing_ok=True)
            self._part_json.unlink(missing_ok=True)
            return False
        known = json.loads(self._part_json.read_text(encoding="utf-8"))
        os.replace(self.part_wav, self._wav)
        _write_whole(self._json, known | {"seconds": round(seconds, 1)})
        self._part_json.unlink()
        return True


def main(call_id: str, folder: Path, limit_s: int) -> None:
    if not re.fullmatch(r"[0-9A-Za-z._-]+", call_id):
        raise ValueError("not a call id")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
        agi = AGI(stdin=LiveInput(sys.stdin), stdout=sys.stdout, stderr=nowhere)
        message = Message(folder, call_id)
        try:
            _play(agi, "prompts/fallback.message")
            message.begin(agi.env.get("agi_callerid", ""))
            target = message.part_wav.with_suffix("")
            agi.execute("RECORD FILE", f'"{target}"', "wav", '"#"', limit_s * 1000, "BEEP", f"s={SILENCE_S}")
        except (AGIException, EOFError, BrokenPipeError):
            message.finish()  # he hung up, perhaps after he had said everything
            return
        spoken = message.finish()
        try:
            _play(agi, "prompts/fallback.saved" if spoken else "prompts/message.empty")
        except (AGIException, EOFError, BrokenPipeError):
            return


def adopt(folder: Path, older_than_s: float) -> None:
    """Complete recordings that Asterisk's own crash left behind."""
    for part in folder.glob("*.part.json"):
        if time.time() - part.stat().st_mtime > older_than_s:
            Message(folder, part.name.removesuffix(".part.json")).finish()


def _play(agi: AGI, prompt: str) -> None:
    """A prompt that cannot be played must not cost the message: go on; a hang-up shows itself at the next command."""
    with suppress(AGIAppError):
        agi.stream_file(prompt)


def _seconds(path: Path) -> float:
    """Length of a recording, 8 kHz 16-bit mono, by its size: the header of a broken-off one is not finished."""
    header_bytes, bytes_per_s = 44, 16000
    try:
        return max(0, path.stat().st_size - header_bytes) / bytes_per_s
    except FileNotFoundError:
        return 0.0


def _write_whole(path: Path, content: dict[str, object]) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


if __name__ == "__main__":
    _, call_id, folder_name, limit = sys.argv
    main(call_id, Path(folder_name), int(limit))
    adopt(Path(folder_name), older_than_s=int(limit) + 60)
