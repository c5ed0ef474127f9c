"""Mandarin text to the phonemes that Kokoro was trained on.

Numbers are written out here, not by the general rules of cn2an: 95598 and every number of five or more digits is
spelled, shorter ones are counted. `readings` of texts.yaml go to jieba (one word) and pypinyin (its syllables).
"""

import logging
import re

import cn2an
import jieba
import pypinyin
from misaki.zh import ZHG2P

SPELLED_FROM_DIGITS = 5
_SPELLED = str.maketrans("0123456789", "零一二三四五六七八九")


def written_out(text: str) -> str:
    """Digits to characters: 按1 → 按一, 24小时 → 二十四小时, 95598 → 九五五九八."""
    return re.sub(r"\d+", _number, text)


def _number(match: re.Match[str]) -> str:
    digits = match.group()
    if len(digits) >= SPELLED_FROM_DIGITS:
        return digits.translate(_SPELLED)
    return str(cn2an.an2cn(digits))


class Phonemes:
    def __init__(self, readings: dict[str, str]) -> None:
        jieba.setLogLevel(logging.WARNING)
        for word, reading in readings.items():
            jieba.add_word(word, freq=10**6)
            toned = [[_with_tone_mark(syllable)] for syllable in reading.split()]
            pypinyin.load_phrases_dict({word: toned})
        self._to_phonemes = ZHG2P()

    def __call__(self, text: str) -> str:
        phonemes, _ = self._to_phonemes(written_out(text))
        return str(phonemes)


def _with_tone_mark(syllable: str) -> str:
    """chong2 → chóng, the spelling that pypinyin's dictionaries use."""
    return str(pypinyin.contrib.tone_convert.to_tone(syllable))
