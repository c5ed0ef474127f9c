"""Sentences spoken when they are written, with small programs in the place of the voice's interpreter."""

import asyncio
import os
from pathlib import Path

import pytest

from ivr.prompts.catalogue import Prompts
from ivr.prompts.runtime import LONGEST_TEXT, VoiceError, render
from ivr.prompts.texts import load_texts
from services.settings import Settings
from tests.until import until

SENTENCE = "海昌街道海宁大道一带，原因是线路故障，"


def voice(folder: Path, script: str, **settings: object) -> Settings:
    """An instance whose voice is this shell script; its last argument is the file to write."""
    program = folder / "voice"
    program.write_text(f'#!/bin/sh\nfor file in "$@"; do :; done\n{script}\n')
    program.chmod(0o755)
    return Settings.model_validate({"var_dir": folder, "instance": "unit", "voice_python": program, **settings})


async def test_a_new_sentence_is_spoken_once_and_found_again(tmp_path: Path) -> None:
    settings = voice(tmp_path, 'cat > "$file"; echo spoken >> "$(dirname "$0")/times"')
    name = await render(SENTENCE, settings)
    assert name is not None
    assert (settings.runtime_sounds_dir / f"{name}.alaw").read_text() == SENTENCE
    assert await render(SENTENCE, settings) == name
    assert (tmp_path / "times").read_text() == "spoken\n"
    assert Prompts(load_texts()).written(name, settings.runtime_sounds_dir) == settings.runtime_sounds_dir / name


async def test_two_sentences_have_two_names(tmp_path: Path) -> None:
    settings = voice(tmp_path, 'cat > "$file"')
    assert await render(SENTENCE, settings) != await render("东山路一带，原因是线路检修，", settings)


async def test_what_is_recorded_already_is_not_spoken_again(tmp_path: Path) -> None:
    settings = voice(tmp_path, "exit 1")
    name = await render(load_texts().sentences["announcement.demo_1"], settings)
    assert name == "announcement.demo_1"
    assert Prompts(load_texts()).written(name, settings.runtime_sounds_dir) == name


async def test_without_a_voice_there_is_no_recording_and_no_error(tmp_path: Path) -> None:
    settings = voice(tmp_path, "exit 1", voice_python=tmp_path / "nothing")
    assert await render(SENTENCE, settings) is None


def test_a_recording_that_is_gone_is_not_played(tmp_path: Path) -> None:
    assert Prompts(load_texts()).written("0123456789abcdef0123", tmp_path) is None


async def test_a_failing_voice_says_why(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="no voice zf_xiaobei"):
        await render(SENTENCE, voice(tmp_path, "cat > /dev/null; echo no voice zf_xiaobei >&2; exit 3"))


async def test_a_voice_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="exit status 0"):
        await render(SENTENCE, voice(tmp_path, "cat > /dev/null"))


async def test_a_hanging_voice_is_an_error(tmp_path: Path) -> None:
    settings = voice(tmp_path, "exec sleep 3600", voice_timeout_s=0.2)
    with pytest.raises(VoiceError, match="not spoken within"):
        await render(SENTENCE, settings)
    assert list(settings.runtime_sounds_dir.iterdir()) == []


async def test_who_gives_up_waiting_leaves_no_voice_running(tmp_path: Path) -> None:
    settings = voice(tmp_path, 'echo $$ > "$(dirname "$0")/pid"; exec sleep 3600', voice_timeout_s=3600)
    rendering = asyncio.create_task(render(SENTENCE, settings), name="rendering")
    pid_file = tmp_path / "pid"
    await until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the voice starts")
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


@pytest.mark.parametrize("text", ["", "停" * (LONGEST_TEXT + 1)])
async def test_a_sentence_has_a_sensible_length(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        await render(text, voice(tmp_path, "exit 1"))
