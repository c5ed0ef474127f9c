"""A sentence or a word in, a telephone recording out: the way from text to A-law in one place.

Called by `render.py` for the committed prompts and by `say.py` for what is written at run time.
"""

from ivr.prompts.synthesis.kokoro import Kokoro
from ivr.prompts.synthesis.mandarin import Phonemes
from ivr.prompts.synthesis.sound import recording
from ivr.prompts.voice import VOICE, Voice


class Speaker:
    def __init__(self, readings: dict[str, str], voice: Voice = VOICE) -> None:
        self._voice = voice
        self._kokoro = Kokoro(voice.name)
        self._phonemes = Phonemes(readings)

    def sentence(self, text: str) -> bytes:
        return self._speak(text, piece=False)

    def piece(self, word: str) -> bytes:
        """A word for joining: the tone of the middle of a sentence, unless it ends with a full stop."""
        return self._speak(word if word.endswith("。") else word + "，", piece=True)

    def _speak(self, text: str, *, piece: bool) -> bytes:
        samples = self._kokoro.speak(self._phonemes(text), self._voice.speed)
        return recording(samples, self._voice, piece=piece)
