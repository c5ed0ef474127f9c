"""Speaks what changes, when it is written and not while a caller waits (design, decision 12).

`python -m ivr.prompts.runtime` takes one sentence on stdin and prints the name of its recording, or nothing where no
voice is installed; the worker runs it as a process for each published outage, because services do not import the IVR.
`Prompts.written(name)` finds the recording in a call. Without one the story composes the answer from recorded pieces.
"""

import asyncio
import contextlib
import hashlib
import sys

from ivr.prompts.catalogue import SUFFIX
from ivr.prompts.texts import load_texts
from ivr.prompts.voice import fingerprint
from services.settings import PROJECT_ROOT, Settings, get_settings

LONGEST_TEXT = 120


class VoiceError(Exception):
    """The installed voice could not speak this sentence; the message is its own."""


async def render(text: str, settings: Settings) -> str | None:
    """The name of the recording of `text`, spoken now unless it is there already. None: no voice is installed.

    Raises:
        ValueError: empty, or longer than a caller would listen to.
        VoiceError: the voice failed or took longer than `voice_timeout_s`.
    """
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError(f"a spoken sentence has 1 to {LONGEST_TEXT} characters, not {len(text)}")
    texts = load_texts()
    if committed := next((prompt_id for prompt_id, known in texts.sentences.items() if known == text), None):
        return committed
    name = hashlib.sha256(fingerprint(text, texts.readings, piece=False).encode()).hexdigest()[:20]
    file = settings.runtime_sounds_dir / (name + SUFFIX)
    if file.exists():
        return name
    if not settings.voice_python.exists():
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        settings.voice_python, "-W", "ignore", "-m", "ivr.prompts.synthesis.say", str(file.resolve()),
        cwd=PROJECT_ROOT, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await asyncio.wait_for(process.communicate(text.encode()), settings.voice_timeout_s)
    except TimeoutError as late:
        raise VoiceError(f"not spoken within {settings.voice_timeout_s:g} s") from late
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0 or not file.exists():
        raise VoiceError(complaint.decode(errors="replace").strip()[-400:] or f"exit status {process.returncode}")
    return name


def main() -> None:
    try:
        name = asyncio.run(render(sys.stdin.buffer.read().decode().strip(), get_settings()))
    except (ValueError, VoiceError) as error:
        sys.exit(str(error))
    if name is None:
        print(f"no voice at {get_settings().voice_python}; `make voice` installs it", file=sys.stderr)
    else:
        print(name)


if __name__ == "__main__":
    main()
