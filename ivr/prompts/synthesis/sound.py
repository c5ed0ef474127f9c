"""From the synthesiser's samples to a telephone recording: trimmed, levelled, 8 kHz A-law.

Samples are 24 kHz mono float in; pydub holds them as 16-bit, changes the rate and the level; A-law by G.711 comes out.
"""

import audioop
from typing import Final

import numpy as np
import numpy.typing as npt
from pydub import AudioSegment

from ivr.prompts.synthesis.kokoro import RATE_HZ, Samples
from ivr.prompts.voice import Voice

TELEPHONE_HZ: Final = 8000
_FRAME_MS: Final = 5
_FLOOR_DBFS: Final = -42.0  # below it, relative to the loudest frame, is silence
_VOICED_DBFS: Final = -18.0
_REACH_FRAMES: Final = 16  # 80 ms: the longest silence inside a consonant
_ROLL_OFF_HZ: Final = 3700
_FULL_SCALE: Final = 32767


def recording(samples: Samples, voice: Voice, *, piece: bool) -> bytes:
    """A-law bytes with the voice's level and its silence before and after."""
    lead_ms, tail_ms = (voice.piece_lead_ms, voice.piece_tail_ms) if piece else (voice.lead_ms, voice.tail_ms)
    start, end = _spoken_span(samples)
    speech = _levelled(_segment(samples[start:end]), voice).fade_in(3).fade_out(8)
    quiet = AudioSegment.silent(frame_rate=TELEPHONE_HZ, duration=1000)
    padded = quiet[:lead_ms] + speech + quiet[:tail_ms]
    return audioop.lin2alaw(padded.raw_data, 2)


def silence(ms: int) -> bytes:
    return b"\xd5" * (ms * TELEPHONE_HZ // 1000)


def linear(sound: bytes) -> npt.NDArray[np.float32]:
    """A-law bytes to samples between -1 and 1."""
    pcm = np.frombuffer(audioop.alaw2lin(sound, 2), dtype="<i2")
    return (pcm / (_FULL_SCALE + 1)).astype(np.float32)


def _loudness(samples: npt.NDArray[np.floating], frame: int) -> npt.NDArray[np.float64]:
    """Loudness of each frame in dB below the loudest."""
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    power = np.maximum(np.mean(frames**2, axis=1), 1e-12)
    return np.asarray(10 * np.log10(power / power.max()), dtype=np.float64)


def _spoken_span(samples: Samples) -> tuple[int, int]:
    """First and last sample of the speech; a click far before or after it does not belong to it."""
    frame = RATE_HZ * _FRAME_MS // 1000
    loudness = _loudness(samples, frame)
    voiced = np.flatnonzero(loudness > _VOICED_DBFS)
    audible = np.flatnonzero(loudness > _FLOOR_DBFS)
    first, last = int(voiced[0]), int(voiced[-1])
    for index in audible[audible < first][::-1]:
        if first - index > _REACH_FRAMES:
            break
        first = int(index)
    for index in audible[audible > last]:
        if index - last > _REACH_FRAMES:
            break
        last = int(index)
    return first * frame, (last + 1) * frame


def _segment(samples: Samples) -> AudioSegment:
    """8 kHz, 16-bit; what a telephone cannot carry is taken out before the rate falls."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum *= np.clip((_ROLL_OFF_HZ + 200 - frequencies) / 200, 0, 1)
    narrow = np.fft.irfft(spectrum, len(samples))
    pcm = (np.clip(narrow, -1, 1) * _FULL_SCALE).astype("<i2")
    segment = AudioSegment(pcm.tobytes(), sample_width=2, frame_rate=RATE_HZ, channels=1)
    return segment.set_frame_rate(TELEPHONE_HZ)


def _levelled(segment: AudioSegment, voice: Voice) -> AudioSegment:
    """The spoken frames at the voice's RMS, but no sample above its peak."""
    pcm = np.frombuffer(segment.raw_data, dtype="<i2").astype(np.float32) / (_FULL_SCALE + 1)
    frame = TELEPHONE_HZ * 20 // 1000
    loud = _loudness(pcm, frame) > -25
    frames = pcm[: len(pcm) // frame * frame].reshape(-1, frame)
    rms_dbfs = 10 * np.log10(float(np.mean(frames[loud] ** 2)))
    gain_db = min(voice.rms_dbfs - rms_dbfs, voice.peak_dbfs - segment.max_dBFS)
    return segment.apply_gain(gain_db)
