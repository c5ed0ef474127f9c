"""The reviewable list of everything the line says: reads and checks `texts.yaml`.

Used by the catalogue, by `render.py` and by `speak.py`'s tests.
"""

import re
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from ivr.prompts.voice import fingerprint

HERE: Final = Path(__file__).resolve().parent
TEXTS: Final = HERE / "texts.yaml"
AUDIO: Final = HERE / "audio"
MANIFEST: Final = HERE / "manifest.json"

_ID: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_PUNCTUATION: Final = re.compile(r"[，。？、！]")


class Texts(BaseModel):
    """`sentences` are spoken whole, `pieces` are cut out of a spoken list; ids are unique over both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    readings: dict[str, str]
    sentences: dict[str, str]
    pieces: dict[str, str]

    @field_validator("sentences", "pieces")
    @classmethod
    def _ids_are_file_names(cls, texts: dict[str, str]) -> dict[str, str]:
        if wrong := [prompt_id for prompt_id in texts if not _ID.fullmatch(prompt_id)]:
            raise ValueError(f"prompt ids are lower-case words joined by dots, not {wrong}")
        return texts

    @property
    def all(self) -> dict[str, str]:
        return self.sentences | self.pieces

    def fingerprint(self, prompt_id: str) -> str:
        return fingerprint(self.all[prompt_id], self.readings, piece=prompt_id in self.pieces)


def load_texts(path: Path = TEXTS) -> Texts:
    """Raises `pydantic.ValidationError` or `yaml.YAMLError` with what is wrong and where."""
    return Texts.model_validate(yaml.load(path.read_text(encoding="utf-8"), _NoDuplicates))


def without_punctuation(text: str) -> str:
    return _PUNCTUATION.sub("", text)


class _NoDuplicates(yaml.SafeLoader):
    """YAML lets a later key replace an earlier one in silence; a prompt must not vanish that way."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"written twice: {sorted(twice)}", node.start_mark)
        return dict(super().construct_mapping(node, deep))
