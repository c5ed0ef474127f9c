"""All recorded prompts, checked once when the IVR starts: a missing or stale one stops the start, not a call.

The recordings are raw A-law (8 kHz, mono, one byte a sample, no header): the trunk's own codec, so Asterisk sends
them on without transcoding, 1,000 s of speech stay below 10 MB, and recordings are joined by joining their bytes.
Asterisk's `format_pcm` plays `NAME.alaw` for the name without extension. Callers: `ivr/__main__.py`, every story.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ivr.prompts.texts import AUDIO, MANIFEST, Texts, load_texts

SUFFIX: Final = ".alaw"
SAMPLE_RATE_HZ: Final = 8000
SILENCE: Final = b"\xd5"  # A-law's zero


class PromptMissingError(Exception):
    """Names every prompt that has no recording or one of an older text; `render.py` mends it."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__(
            f"{len(findings)} prompts cannot be spoken; run `make prompts`: " + "; ".join(sorted(findings))
        )
        self.findings = findings


class Recording(BaseModel):
    """One line of manifest.json: what was spoken (`fingerprint`) and the file that came out (`sha256`)."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    sha256: str
    ms: int


class Prompts:
    """Texts and recordings of one language. `check` has passed for every instance that `load` returns."""

    def __init__(self, texts: Texts, audio: Path = AUDIO, manifest: Path = MANIFEST) -> None:
        self._spoken = texts.all
        self._texts = texts
        self._audio = audio
        self._recordings = read_manifest(manifest)

    @classmethod
    def load(cls) -> Self:
        """Raises `PromptMissingError` unless every text has its recording."""
        prompts = cls(load_texts())
        if findings := prompts.findings():
            raise PromptMissingError(findings)
        return prompts

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._spoken)

    def path(self, prompt_id: str) -> str:
        """Absolute file name without extension, as STREAM FILE and Playback want it.

        Raises:
            PromptMissingError: nobody wrote this prompt.
        """
        if prompt_id not in self._spoken:
            raise PromptMissingError([f"{prompt_id} is not in texts.yaml"])
        return str(self._audio / prompt_id)

    def written(self, name: str, folder: Path) -> str | Path | None:
        """What `runtime.py` named: one of our ids, or a file of `folder` without extension; None: it is gone."""
        if name in self._spoken:
            return name
        found = folder / name
        return found if found.with_name(name + SUFFIX).is_file() else None

    def text(self, prompt_id: str) -> str:
        """The sentence itself; PromptMissingError as `path`."""
        if prompt_id not in self._spoken:
            raise PromptMissingError([f"{prompt_id} is not in texts.yaml"])
        return self._spoken[prompt_id]

    def sound(self, prompt_ids: Iterable[str]) -> bytes:
        """The recordings one after another: A-law, 8 kHz, mono."""
        return b"".join(Path(self.path(prompt_id) + SUFFIX).read_bytes() for prompt_id in prompt_ids)

    def duration_ms(self, prompt_id: str) -> int:
        return self._recordings[prompt_id].ms

    def findings(self) -> list[str]:
        """One sentence for each prompt that cannot be spoken as it is written."""
        return [finding for prompt_id in self._spoken if (finding := self._finding(prompt_id))]

    def _finding(self, prompt_id: str) -> str | None:
        recording = self._recordings.get(prompt_id)
        file = self._audio / (prompt_id + SUFFIX)
        if recording is None or not file.exists():
            return f"{prompt_id} was never recorded"
        if recording.fingerprint != self._texts.fingerprint(prompt_id):
            return f"{prompt_id} was recorded for another text or voice"
        if recording.sha256 != hashlib.sha256(file.read_bytes()).hexdigest():
            return f"{prompt_id} is damaged: the file is not the one that was recorded"
        return None


_MANIFEST: Final = TypeAdapter(dict[str, Recording])


def read_manifest(path: Path = MANIFEST) -> dict[str, Recording]:
    return _MANIFEST.validate_json(path.read_bytes()) if path.exists() else {}


def write_manifest(recordings: dict[str, Recording], path: Path = MANIFEST) -> None:
    """One recording a line, sorted, so that a change shows as one line in a review."""
    lines = (f"  {json.dumps(name)}: {recordings[name].model_dump_json()}" for name in sorted(recordings))
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
