"""The listener finds recordings in what was heard: after A-law, with lost packets, cut by a key, joined in a row."""

import audioop
from pathlib import Path

import numpy as np
import pytest

from services.phone.listening import Listener, write_wav
from services.phone.rtp import RATE_HZ


def babble(seed: int, seconds: float) -> bytes:
    """Something like speech: noise in syllables, different for each seed."""
    generator = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    noise = np.convolve(generator.normal(size=count), np.ones(4) / 4, "same")
    syllables = np.abs(np.sin(np.arange(count) / RATE_HZ * 2 * np.pi * 2.3 + seed)) ** 0.5
    return (noise * syllables * 4000).clip(-32000, 32000).astype("<i2").tobytes()


def line(*parts: bytes) -> bytes:
    """What a telephone line makes of it."""
    return audioop.alaw2lin(audioop.lin2alaw(b"".join(parts), 2), 2)


SILENCE = bytes(RATE_HZ)  # half a second
PROMPTS = {name: babble(seed, 2.0) for seed, name in enumerate(["welcome", "menu", "goodbye"])}
PROMPTS |= {f"digit.{digit}": babble(100 + digit, 0.35) for digit in range(10)}


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(PROMPTS)


def test_order_and_times(listener: Listener) -> None:
    heard = listener.recognise(line(SILENCE, PROMPTS["welcome"], PROMPTS["menu"], SILENCE, PROMPTS["goodbye"]))
    assert [(prompt.prompt, round(prompt.at_s, 1)) for prompt in heard] == [
        ("welcome", 0.5),
        ("menu", 2.5),
        ("goodbye", 5.0),
    ]
    assert all(prompt.complete for prompt in heard)


def test_joined_digits_repeat_in_their_order(listener: Listener) -> None:
    heard = listener.recognise(line(*(PROMPTS[f"digit.{digit}"] for digit in "3701120488")))
    assert "".join(prompt.prompt[-1] for prompt in heard) == "3701120488"


def test_a_cut_prompt_tells_how_much_was_heard(listener: Listener) -> None:
    heard = listener.recognise(line(PROMPTS["welcome"][: RATE_HZ * 2], SILENCE, PROMPTS["menu"]))
    assert [prompt.prompt for prompt in heard] == ["welcome", "menu"]
    assert heard[0].share == pytest.approx(0.5, abs=0.05)
    assert not heard[0].complete and heard[1].complete


def test_lost_packets_do_not_hide_a_prompt(listener: Listener) -> None:
    damaged = bytearray(line(PROMPTS["welcome"]))
    for lost in (40, 41, 70):
        damaged[lost * 320 : lost * 320 + 320] = bytes(320)
    heard = listener.recognise(bytes(damaged))
    assert [prompt.prompt for prompt in heard] == ["welcome"]
    assert 0.9 < heard[0].share < 1


def test_a_stall_in_the_middle_does_not_cut_a_prompt(listener: Listener) -> None:
    sound = PROMPTS["welcome"]
    (heard,) = listener.recognise(line(sound[: RATE_HZ * 2], bytes(3000), sound[RATE_HZ * 2 :]))
    assert heard.share > 0.9
    assert heard.seconds == pytest.approx(2.19, abs=0.05)
    (heard,) = listener.recognise(line(sound[: RATE_HZ * 2], sound[RATE_HZ * 2 + 2000 :]))
    assert heard.share > 0.8


def test_prompts_that_begin_alike_are_told_apart_as_soon_as_they_differ(listener: Listener) -> None:
    common = babble(50, 1.0)
    twins = Listener({"ask.one": common + babble(51, 1.0), "ask.two": common + babble(52, 1.0)})
    (early,) = twins.recognise(line(common))
    assert not early.sure
    (late,) = twins.recognise(line(common, babble(52, 1.0)[:RATE_HZ]))
    assert (late.prompt, late.sure) == ("ask.two", True)


def test_other_sound_is_no_prompt(listener: Listener) -> None:
    assert listener.recognise(line(babble(777, 6.0), SILENCE)) == []
    assert listener.recognise(b"") == []


def test_files_of_a_folder_are_known_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "digit.1.end.alaw").write_bytes(audioop.lin2alaw(PROMPTS["digit.1"], 2))
    write_wav(tmp_path / "welcome.wav", PROMPTS["welcome"])
    (tmp_path / "manifest.json").write_text("{}")
    heard = Listener.of_folders([tmp_path]).recognise(line(PROMPTS["digit.1"], PROMPTS["welcome"]))
    assert [prompt.prompt for prompt in heard] == ["digit.1.end", "welcome"]
