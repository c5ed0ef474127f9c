"""Whose voice speaks and how: every value here is part of each recording's fingerprint.

Read by the catalogue (is a recording still what the text says?) and by `synthesis/`. The voice is Kokoro's
`zf_xiaobei`: of the Mandarin voices tried, the one that Whisper misheard least after a telephone's bandwidth.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """`speed` is Kokoro's factor; levels are dBFS of 16-bit samples; gaps and limits in ms."""

    name: str = "zf_xiaobei"
    speed: float = 1.08
    rms_dbfs: float = -20.0  # of the spoken part, pauses left out
    peak_dbfs: float = -3.0
    lead_ms: int = 40
    tail_ms: int = 90
    piece_lead_ms: int = 10
    piece_tail_ms: int = 25
    # Counts changes of the code under synthesis/ that change what is heard.
    version: int = 1


VOICE: Final = Voice()


def fingerprint(text: str, readings: dict[str, str], *, piece: bool, voice: Voice = VOICE) -> str:
    """What a recording depends on, in 16 hexadecimal digits: only readings of words in `text` count."""
    used = {word: reading for word, reading in readings.items() if word in text}
    source = json.dumps([text, used, piece, asdict(voice)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(source.encode()).hexdigest()[:16]
