"""A voice that is known again: tones, and how loud one is in a recording (8 kHz, 16-bit, mono)."""

import numpy as np

from services.phone.rtp import RATE_HZ


def tone(hz: float, seconds: float, amplitude: float = 6000) -> bytes:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz * times)).astype("<i2").tobytes()


def loudness(pcm: bytes, hz: float) -> float:
    """Amplitude at one frequency, 0 to 32767; 0 of no sound. 0.5 s tell frequencies 2 Hz apart."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(float)
    if not len(samples):
        return 0.0
    turns = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE_HZ)
    return float(2 * abs(np.mean(samples * turns)))


def purity(pcm: bytes, hz: float) -> float:
    """Share of this frequency in the recording's energy, 0 to 1: near 1 for our tone, small for music or speech."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(float)
    energy = float(np.mean(samples**2)) if len(samples) else 0.0
    return loudness(pcm, hz) ** 2 / 2 / energy if energy else 0.0
