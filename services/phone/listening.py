"""Recognises recorded prompts in what a phone heard: which, in which order, when, and how much of each.

Used by `hotline call`, the demo and the end-to-end tests. A prompt is looked for by the correlation of 0.3 s near
its beginning with the recording, then followed frame by frame to see where it was cut. Only the same recording
matches (A-law and lost packets do no harm); speech, music and other voices never do.
"""

import audioop
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from services.phone.rtp import FRAME_SAMPLES, RATE_HZ

Samples = npt.NDArray[np.float32]
ANCHOR_SAMPLES: Final = 2400
_ANCHOR_AFTER_SAMPLES: Final = 2400
_BLOCK: Final = 8_192
_ALIKE: Final = 0.8  # correlation of the same recording; different ones stay below 0.4
_AUDIBLE: Final = 200.0  # amplitude of 16-bit samples
_LOST_FRAMES: Final = 15  # in a row unlike the prompt: it was cut
_SHIFTED_FRAMES: Final = 3  # in a row unlike: perhaps the rest came later or earlier; asked again and again
_SHIFT_SAMPLES: Final = RATE_HZ // 2
_CHUNK_SAMPLES: Final = 2400  # shorter ones are alike in any two words of one voice
_OVERLAP_S: Final = 0.1
_CLOSE_FRAMES: Final = 4  # two prompts that fit equally well, give or take this


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPrompt:
    """`at_s` counts from the start of the recording; `share` of the prompt's sound that was heard, 0 to 1.

    Two prompts may begin with the same words and so with the same sound: `sure` is False as long as another one fits.
    """

    prompt: str
    at_s: float
    seconds: float
    share: float
    sure: bool = True

    @property
    def complete(self) -> bool:
        return self.share > 0.9


@dataclass(frozen=True, slots=True)
class _Template:
    prompt: str
    samples: Samples
    first_audible: int
    anchor_start: int
    last_audible: int


class Listener:
    """Knows a set of prompts. Work is proportional to prompts times seconds: 0.1 s for 300 prompts and 5 s."""

    def __init__(self, prompts: Mapping[str, bytes], same: Mapping[str, str] | None = None) -> None:
        """`same` names prompts that sound like another one: prompt → the one that stands for both."""
        self._same = dict(same or {})
        made = (_template(prompt, pcm) for prompt, pcm in sorted(prompts.items()))
        self._templates = [template for template in made if template is not None]
        self._anchors = np.zeros((len(self._templates), ANCHOR_SAMPLES), np.float32)
        self._lengths = np.zeros(len(self._templates), np.int64)
        for row, template in enumerate(self._templates):
            anchor = template.samples[template.anchor_start :][:ANCHOR_SAMPLES]
            self._lengths[row] = len(anchor)
            self._anchors[row, : len(anchor)] = anchor / np.linalg.norm(anchor)
        self._spectra = np.conj(np.fft.rfft(self._anchors, _BLOCK)).astype(np.complex64)

    @classmethod
    def of_folders(cls, folders: Iterable[Path], same: Mapping[str, str] | None = None) -> Self:
        """Every `.alaw` and `.wav` file there; its name without ending is the prompt's id."""
        files = [file for folder in folders for file in folder.glob("*") if file.suffix in (".alaw", ".wav")]
        return cls({file.stem: read_audio(file) for file in files if file.stem not in (same or {})}, same)

    def name_of(self, prompt: str) -> str:
        """Under which name this prompt is recognised."""
        return self._same.get(prompt, prompt)

    def recognise(self, pcm: bytes) -> list[HeardPrompt]:
        """The prompts in a recording (8 kHz, 16-bit, mono) in the order of their beginning."""
        heard = _samples(pcm)
        found = [self._follow(heard, row, at) for row, at in self._candidates(heard)]
        chosen: list[tuple[int, HeardPrompt]] = []
        for frames, candidate in sorted(found, key=lambda match: -match[0]):
            rival = next((place for place, (_, other) in enumerate(chosen) if _overlap(candidate, other)), None)
            if rival is None:
                chosen.append((frames, candidate))
            elif chosen[rival][1].prompt != candidate.prompt and frames > chosen[rival][0] - _CLOSE_FRAMES:
                chosen[rival] = (chosen[rival][0], replace(chosen[rival][1], sure=False))
        return sorted((prompt for frames, prompt in chosen if frames), key=lambda prompt: prompt.at_s)

    def _candidates(self, heard: Samples) -> list[tuple[int, int]]:
        """(template, sample where its anchor begins) wherever the anchor is alike."""
        if not self._templates:
            return []
        step = _BLOCK - ANCHOR_SAMPLES + 1
        padded = np.concatenate([heard, np.zeros(_BLOCK, np.float32)])
        energy = np.concatenate([[0.0], np.cumsum(padded.astype(np.float64) ** 2)])
        found: list[tuple[int, int]] = []
        for start in range(0, len(heard), step):
            block = padded[start : start + _BLOCK]
            if np.abs(block).max() < _AUDIBLE:
                continue
            products = np.fft.irfft(self._spectra * np.fft.rfft(block).astype(np.complex64), _BLOCK, axis=1)[:, :step]
            places = np.arange(start, start + step)
            for length in np.unique(self._lengths):
                rows = np.flatnonzero(self._lengths == length)
                ends = np.minimum(places + length, len(padded))
                norm = np.sqrt(np.maximum(energy[ends] - energy[places], 1.0))
                alike = products[rows] / norm
                for index in np.flatnonzero(alike.max(axis=1) > _ALIKE):
                    found += ((int(rows[index]), start + place) for place in _peaks(alike[index]))
        return found

    def _follow(self, heard: Samples, row: int, anchor_at: int) -> tuple[int, HeardPrompt]:
        """How far the recording goes on like the prompt, also after a stall that shifted the rest; frames alike."""
        template = self._templates[row]
        begin = anchor_at - template.anchor_start
        audible = like = lost = shift = 0
        last = template.anchor_start
        for place in range(template.first_audible, template.last_audible, FRAME_SAMPLES):
            ours = template.samples[place : place + FRAME_SAMPLES]
            if np.abs(ours).max() < _AUDIBLE:
                continue
            audible += 1
            if lost >= _LOST_FRAMES:
                continue
            if lost and lost % _SHIFTED_FRAMES == 0:
                chunk = template.samples[place : place + _CHUNK_SAMPLES]
                shift = _realigned(chunk, heard, begin + place + shift) - begin - place
            at = begin + place + shift
            theirs = heard[max(0, at) : max(0, at) + len(ours)]
            if at >= 0 and len(theirs) == len(ours) and _alike(ours, theirs) > _ALIKE:
                like, lost, last = like + 1, 0, place + FRAME_SAMPLES
            elif place >= template.anchor_start:
                lost += 1
        return like, HeardPrompt(
            prompt=template.prompt,
            at_s=begin / RATE_HZ,
            seconds=(min(last, template.last_audible) + shift) / RATE_HZ,
            share=like / audible if audible else 0.0,
        )


def read_audio(file: Path) -> bytes:
    """PCM of a headerless A-law file or of a WAV file; both 8 kHz mono.

    Raises:
        ValueError: the WAV file is of another kind.
    """
    if file.suffix == ".alaw":
        return audioop.alaw2lin(file.read_bytes(), 2)
    with wave.open(str(file), "rb") as source:
        kind = (source.getframerate(), source.getsampwidth(), source.getnchannels())
        if kind != (RATE_HZ, 2, 1):
            raise ValueError(f"{file}: 8 kHz, 16-bit, mono is needed, this is {kind}")
        return source.readframes(source.getnframes())


def write_wav(file: Path, pcm: bytes) -> None:
    with wave.open(str(file), "wb") as target:
        target.setframerate(RATE_HZ)
        target.setsampwidth(2)
        target.setnchannels(1)
        target.writeframes(pcm)


def _overlap(one: HeardPrompt, other: HeardPrompt) -> bool:
    return one.at_s + one.seconds > other.at_s + _OVERLAP_S and other.at_s + other.seconds > one.at_s + _OVERLAP_S


def _template(prompt: str, pcm: bytes) -> _Template | None:
    """None for silence, which nobody can recognise."""
    samples = _samples(pcm)
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    if not len(loud):
        return None
    first, last = int(loud[0]), int(loud[-1]) + 1
    # Many sentences begin with the same word, and the first packets of a sound are the ones a line distorts.
    anchor = first + _ANCHOR_AFTER_SAMPLES if last - first > 4 * _ANCHOR_AFTER_SAMPLES else first
    return _Template(prompt, samples, first, anchor, last)


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32)


def _alike(ours: Samples, theirs: Samples) -> float:
    norm = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    return float(ours @ theirs) / norm if norm else 0.0


def _realigned(chunk: Samples, heard: Samples, expected: int) -> int:
    """Where the chunk really is, within half a second around the expected sample; `expected` where it is not."""
    start = max(0, expected - _SHIFT_SAMPLES)
    window = heard[start : expected + _SHIFT_SAMPLES + len(chunk)]
    if len(chunk) < _CHUNK_SAMPLES or len(window) < len(chunk):
        return expected
    products = np.correlate(window, chunk, "valid")
    energy = np.concatenate([[0.0], np.cumsum(window.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(energy[len(chunk) :] - energy[: -len(chunk)], 1.0)) * max(np.linalg.norm(chunk), 1.0)
    alike = products / norms
    best = int(np.argmax(alike))
    return start + best if alike[best] > _ALIKE else expected


def _peaks(row: npt.NDArray[np.floating]) -> list[int]:
    """The highest place of each run above the threshold, runs parted by less than half an anchor as one."""
    above = np.flatnonzero(row > _ALIKE)
    runs = np.split(above, np.flatnonzero(np.diff(above) > ANCHOR_SAMPLES // 2) + 1)
    return [int(run[np.argmax(row[run])]) for run in runs if len(run)]
