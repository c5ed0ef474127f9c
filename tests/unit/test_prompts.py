"""What is committed under ivr/prompts/: every text has its recording, and each recording sounds as it should."""

import audioop
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from ivr.prompts.catalogue import SAMPLE_RATE_HZ, SUFFIX, PromptMissingError, Prompts, Recording, write_manifest
from ivr.prompts.texts import AUDIO, MANIFEST, TEXTS, Texts, load_texts
from ivr.prompts.voice import VOICE
from services.demo_city.outages import PLANS
from services.outages.announcement import sentence

LONGEST_S = 12.0  # I-02
MOST_KEYS = 8  # I-02
FRAME = SAMPLE_RATE_HZ // 100


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return Prompts.load()


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts()


Floats = npt.NDArray[np.float64]


def samples(prompt_id: str) -> Floats:
    """-1 … 1 at 8 kHz."""
    pcm = audioop.alaw2lin((AUDIO / (prompt_id + SUFFIX)).read_bytes(), 2)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768


def frames_dbfs(sound: Floats) -> Floats:
    """Loudness of each 10 ms."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    power: Floats = np.maximum((frames**2).mean(axis=1), 1e-9)
    return np.asarray(10 * np.log10(power))


def test_every_text_has_its_recording(prompts: Prompts) -> None:
    assert prompts.findings() == []


def test_nothing_lies_in_the_audio_folder_that_nobody_wrote(prompts: Prompts) -> None:
    assert {file.name.removesuffix(SUFFIX) for file in AUDIO.iterdir()} == prompts.ids
    assert set(json.loads(MANIFEST.read_text())) == prompts.ids


def test_all_recordings_together_stay_small() -> None:
    assert sum(file.stat().st_size for file in AUDIO.iterdir()) < 10_000_000


def test_no_sentence_is_longer_than_a_caller_listens(prompts: Prompts) -> None:
    too_long = {i: prompts.duration_ms(i) / 1000 for i in prompts.ids if prompts.duration_ms(i) > LONGEST_S * 1000}
    assert too_long == {}


def test_the_level_is_the_same_everywhere_and_nothing_clips(texts: Texts) -> None:
    odd = {}
    for prompt_id in texts.sentences:
        sound = samples(prompt_id)
        loud = frames_dbfs(sound)
        level = 10 * np.log10(np.mean(10 ** (loud[loud > loud.max() - 25] / 10)))
        peak = 20 * np.log10(np.abs(sound).max())
        if abs(level - VOICE.rms_dbfs) > 2 or peak > VOICE.peak_dbfs + 1:
            odd[prompt_id] = (round(float(level), 1), round(float(peak), 1))
    assert odd == {}


def test_speech_begins_and_ends_with_the_recording(texts: Texts) -> None:
    late = {}
    for prompt_id, text in texts.all.items():
        loud = np.flatnonzero(frames_dbfs(samples(prompt_id)) > -48) if text else np.array([0])
        before_ms, after_ms = loud[0] * 10, (len(samples(prompt_id)) // FRAME - 1 - loud[-1]) * 10
        if text and (before_ms >= 150 or after_ms >= 150):
            late[prompt_id] = (int(before_ms), int(after_ms))
    assert late == {}


def test_a_menu_reads_at_most_eight_keys_in_one_breath(texts: Texts) -> None:
    crowded = [i for i, text in texts.sentences.items() if len(re.findall(r"请按[0-9]", text)) > MOST_KEYS]
    assert crowded == []


def test_the_demo_citys_outages_can_be_told_without_a_voice(prompts: Prompts) -> None:
    assert {plan.id: prompts.text(plan.announcement) for plan in PLANS} == {
        plan.id: sentence(plan.area, plan.cause) for plan in PLANS
    }


def test_paths_have_no_extension_and_unknown_prompts_are_refused(prompts: Prompts) -> None:
    assert Path(prompts.path("welcome") + SUFFIX).is_file()
    with pytest.raises(PromptMissingError, match="nobody_wrote_this"):
        prompts.path("nobody_wrote_this")


def test_joined_recordings_are_their_bytes_in_order(prompts: Prompts) -> None:
    one, two = prompts.sound(["digit.3"]), prompts.sound(["digit.7.end"])
    assert prompts.sound(["digit.3", "digit.7.end"]) == one + two


@pytest.fixture
def one_prompt(tmp_path: Path) -> Path:
    """A folder with one recording, made for `您好。`, and its manifest."""
    sound = b"\xd5" * 800
    spoken = Texts(readings={}, sentences={"hello": "您好。"}, pieces={})
    (tmp_path / "hello.alaw").write_bytes(sound)
    recording = Recording(
        fingerprint=spoken.fingerprint("hello"), sha256=hashlib.sha256(sound).hexdigest(), ms=100
    )
    write_manifest({"hello": recording}, tmp_path / "manifest.json")
    return tmp_path


def findings(folder: Path, readings: dict[str, str] | None = None, **sentences: str) -> list[str]:
    return Prompts(
        Texts(readings=readings or {}, sentences=sentences, pieces={}), folder, folder / "manifest.json"
    ).findings()


def test_a_right_recording_has_no_finding(one_prompt: Path) -> None:
    assert findings(one_prompt, hello="您好。") == []


def test_a_changed_text_is_found(one_prompt: Path) -> None:
    assert findings(one_prompt, hello="您好！") == ["hello was recorded for another text or voice"]


def test_a_changed_reading_is_found_only_where_the_word_is(one_prompt: Path) -> None:
    stale = ["hello was recorded for another text or voice"]
    assert findings(one_prompt, {"您好": "nin2 hao3"}, hello="您好。") == stale
    assert findings(one_prompt, {"重听": "chong2 ting1"}, hello="您好。") == []


def test_a_text_without_a_recording_is_found(one_prompt: Path) -> None:
    assert findings(one_prompt, hello="您好。", bye="再见。") == ["bye was never recorded"]


def test_a_missing_file_is_found(one_prompt: Path) -> None:
    (one_prompt / "hello.alaw").unlink()
    assert findings(one_prompt, hello="您好。") == ["hello was never recorded"]


def test_a_damaged_file_is_found(one_prompt: Path) -> None:
    (one_prompt / "hello.alaw").write_bytes(b"version https://git-lfs")
    assert findings(one_prompt, hello="您好。") == ["hello is damaged: the file is not the one that was recorded"]


def test_without_a_manifest_everything_is_missing(tmp_path: Path) -> None:
    assert findings(tmp_path, hello="您好。") == ["hello was never recorded"]


def test_the_error_names_each_prompt_and_what_to_do() -> None:
    message = str(PromptMissingError(["b was never recorded", "a is damaged"]))
    assert "2 prompts" in message
    assert "a is damaged; b was never recorded" in message
    assert "make prompts" in message


@pytest.mark.parametrize(
    "document",
    [
        "readings: {}\nsentences: {hello: 您好, hello: 再见}\npieces: {}",
        "readings: {}\nsentences: {../hello: 您好}\npieces: {}",
        "readings: {}\nsentences: {Hello World: 您好}\npieces: {}",
        "readings: {}\nsentences: {hello: [您好]}\npieces: {}",
        "readings: {}\nsentences: {}",
        "readings: {}\nsentences: {}\npieces: {}\nsentence: {}",
        "- 您好",
        "",
        "a: [",
    ],
)
def test_a_wrong_texts_file_is_refused(tmp_path: Path, document: str) -> None:
    file = tmp_path / "texts.yaml"
    file.write_text(document)
    with pytest.raises((ValueError, yaml.YAMLError)):
        load_texts(file)


def test_the_same_id_is_not_a_sentence_and_a_piece(texts: Texts) -> None:
    assert not texts.sentences.keys() & texts.pieces.keys()
    assert TEXTS.is_file()
