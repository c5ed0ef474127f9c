"""The recorded prompts of this checkout as a phone needs them: their sound to recognise, their text to print.

Reads `ivr/prompts/audio` and `ivr/prompts/texts.yaml` as data, and the sentences that were rendered at run time
(docs/contracts.md, section 8).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import yaml

from services.phone.listening import Listener
from services.settings import PROJECT_ROOT

PROMPTS: Final = PROJECT_ROOT / "ivr" / "prompts"


@dataclass(frozen=True, slots=True)
class PromptLibrary:
    listener: Listener
    texts: dict[str, str]

    @classmethod
    def load(cls, more: Iterable[Path] = ()) -> Self:
        """`more` are folders of sentences rendered at run time; one that does not exist yet is empty."""
        written = yaml.safe_load((PROMPTS / "texts.yaml").read_text("utf-8"))
        texts = {prompt: text for part in ("sentences", "pieces") for prompt, text in written[part].items()}
        first: dict[str, str] = {}
        for prompt in sorted(texts):
            first.setdefault(texts[prompt], prompt)
        # The same words sound the same: who only listens cannot tell `digit.5` from `number.5`.
        same = {prompt: first[text] for prompt, text in texts.items() if first[text] != prompt}
        return cls(Listener.of_folders([PROMPTS / "audio", *more], same), texts)

    def text(self, prompt: str) -> str:
        """The sentence, or the id itself where nobody wrote one."""
        return self.texts.get(prompt) or prompt
