"""`python -m ivr.prompts.synthesis.say FILE`: speaks the sentence on stdin into FILE (raw A-law).

Started by `ivr/prompts/runtime.py` with the interpreter of the voice. The file appears whole or not at all.
"""

import os
import sys
from pathlib import Path

from ivr.prompts.synthesis.speaker import Speaker
from ivr.prompts.texts import load_texts


def main() -> None:
    os.nice(10)
    file = Path(sys.argv[1])
    sound = Speaker(load_texts().readings).sentence(sys.stdin.buffer.read().decode())
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(sound)
    unfinished.replace(file)


if __name__ == "__main__":
    main()
