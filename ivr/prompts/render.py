"""`python -m ivr.prompts.render`: speaks every text that has no recording yet or another one, and nothing else.

Runs in the voice's own environment (`make prompts`), at the lowest priority. Each recording and its line of
manifest.json are written at once, so that a stopped run goes on where it was. Recordings of texts that are gone
are removed.
"""

import hashlib
import os
import time
from typing import Final

from ivr.prompts.catalogue import SAMPLE_RATE_HZ, SUFFIX, Recording, read_manifest, write_manifest
from ivr.prompts.synthesis.sound import silence
from ivr.prompts.synthesis.speaker import Speaker
from ivr.prompts.texts import AUDIO, Texts, load_texts

PAUSE_MS: Final = 160


def main() -> None:
    os.nice(19)
    texts = load_texts()
    AUDIO.mkdir(exist_ok=True)
    recordings = _still_right(texts, read_manifest())
    wanted = [prompt_id for prompt_id in texts.all if prompt_id not in recordings]
    print(f"{len(wanted)} of {len(texts.all)} prompts to speak", flush=True)
    started = time.monotonic()
    speaker = Speaker(texts.readings)
    for done, prompt_id in enumerate(wanted, start=1):
        sound = _sound(speaker, texts, prompt_id)
        (AUDIO / (prompt_id + SUFFIX)).write_bytes(sound)
        recordings[prompt_id] = Recording(
            fingerprint=texts.fingerprint(prompt_id),
            sha256=hashlib.sha256(sound).hexdigest(),
            ms=len(sound) * 1000 // SAMPLE_RATE_HZ,
        )
        write_manifest(recordings)
        print(f"{done}/{len(wanted)} {time.monotonic() - started:.0f} s {prompt_id}", flush=True)
    write_manifest(recordings)
    _remove_leftovers(texts)
    seconds = sum(recording.ms for recording in recordings.values()) / 1000
    print(f"{len(recordings)} prompts, {seconds:.0f} s, {seconds * SAMPLE_RATE_HZ / 1e6:.1f} MB", flush=True)


def _sound(speaker: Speaker, texts: Texts, prompt_id: str) -> bytes:
    text = texts.all[prompt_id]
    if not text:
        return silence(PAUSE_MS)
    return speaker.piece(text) if prompt_id in texts.pieces else speaker.sentence(text)


def _still_right(texts: Texts, recordings: dict[str, Recording]) -> dict[str, Recording]:
    return {
        prompt_id: recording
        for prompt_id, recording in recordings.items()
        if prompt_id in texts.all
        and recording.fingerprint == texts.fingerprint(prompt_id)
        and (AUDIO / (prompt_id + SUFFIX)).exists()
    }


def _remove_leftovers(texts: Texts) -> None:
    for file in AUDIO.glob("*" + SUFFIX):
        if file.name.removesuffix(SUFFIX) not in texts.all:
            file.unlink()


if __name__ == "__main__":
    main()
