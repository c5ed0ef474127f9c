"""Asterisk's configuration against the code it has to agree with: variables, queues, prompts, users, ports."""

import configparser
import re
from pathlib import Path

import pytest

from ivr.prompts.texts import load_texts
from ops.asterisk_config import TEMPLATES, render, sound_names
from services.asterisk import variables
from services.queues.model import QueueCode
from services.settings import PROJECT_ROOT, Settings

OURS = re.compile(r"\b(?:HOTLINE_[A-Z_]+|IVR_DONE|QUEUE_PRIO)\b")
PROMPT = re.compile(r"^[^;].*?prompts/([a-z0-9_.]+[a-z0-9])", re.MULTILINE)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    var = tmp_path_factory.mktemp("var")
    return Settings(instance="unit", var_dir=var, port_offset=700, ami_events_secret="s3cret")


@pytest.fixture(scope="module")
def etc(settings: Settings) -> Path:
    return render(settings)


def read(etc: Path, name: str) -> configparser.ConfigParser:
    """An Asterisk file by sections; of a key that stands several times the last counts, templates lose their mark."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, inline_comment_prefixes=(";",), delimiters=("=>", "="), allow_no_value=True
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((etc / name).read_text(encoding="utf-8"))
    return parser


def test_every_file_is_rendered_and_no_template_mark_is_left(etc: Path) -> None:
    rendered = {path.name for path in etc.iterdir()}
    assert rendered == {path.name.removesuffix(".j2") for path in TEMPLATES.glob("*.conf*")}
    for path in etc.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "{{" not in text and "{%" not in text, path.name


def test_rendering_again_changes_nothing(settings: Settings, etc: Path) -> None:
    before = {path.name: path.read_bytes() for path in etc.iterdir()}
    certificate = (settings.asterisk_dir / "tls" / "asterisk.pem").read_bytes()
    render(settings)
    assert {path.name: path.read_bytes() for path in etc.iterdir()} == before
    assert (settings.asterisk_dir / "tls" / "asterisk.pem").read_bytes() == certificate


def test_variables_of_the_dialplan_are_the_shared_ones(etc: Path) -> None:
    used = set(OURS.findall((etc / "extensions.conf").read_text(encoding="utf-8")))
    assert used - set(variables.ALL) == set(), "not in services/asterisk/variables.py"
    read_by_dialplan = {variables.IVR_DONE, variables.NEXT, variables.QUEUE, variables.QUEUE_POSITION}
    set_by_dialplan = {variables.CALL_ID, variables.CALLBACK_ID}
    assert (read_by_dialplan | set_by_dialplan) - used == set(), "named in Python, unknown to the dialplan"


def test_queues_are_exactly_the_queue_codes(etc: Path) -> None:
    sections = set(read(etc, "queues.conf").sections())
    names = {name.partition("]")[0] for name in sections} - {"general", "common"}
    assert names == {code.value for code in QueueCode}


def test_a_wait_can_be_left_by_key_one_and_the_rule_exists(etc: Path) -> None:
    dialplan = (etc / "extensions.conf").read_text(encoding="utf-8")
    queues = (etc / "queues.conf").read_text(encoding="utf-8")
    context = re.search(r"^context = (\S+)$", queues, re.MULTILINE)
    rule = re.search(r"^QUEUE_RULE = (\S+)$", dialplan, re.MULTILINE)
    assert context and f"[{context[1]}]\nexten => 1,1," in dialplan
    assert rule and rule[1] in read(etc, "queuerules.conf").sections()


def test_every_place_that_the_dialplan_goes_to_exists(etc: Path) -> None:
    text = (etc / "extensions.conf").read_text(encoding="utf-8")
    contexts = set(re.findall(r"^\[([\w-]+)\]", text, re.MULTILINE))
    targets = set(re.findall(r"(?:Goto\(|Gosub\(|\?)([a-z-]+),", text)) | set(re.findall(r"U\(([a-z-]+)\)", text))
    assert len(targets) >= 10
    assert targets - contexts == set()


def test_the_ivr_knows_every_script_that_the_dialplan_asks_for(etc: Path) -> None:
    asked = set(re.findall(r"ask-ivr,s,1\(([a-z-]+)\)", (etc / "extensions.conf").read_text(encoding="utf-8")))
    contract = (PROJECT_ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    scripts = next(line for line in contract.splitlines() if line.startswith("- AGI scripts"))
    assert asked == set(re.findall(r"`([a-z-]+)`", scripts))
    flow = (PROJECT_ROOT / "ivr" / "call_flow.py").read_text(encoding="utf-8")
    assert [name for name in asked if f'"{name}":' not in flow] == []


def test_a_silent_ivr_is_left(settings: Settings, etc: Path) -> None:
    """Each AGI call of ours stands under a short limit that only a living IVR lengthens."""
    text = (etc / "extensions.conf").read_text(encoding="utf-8")
    assert text.count("AGI(${AGI_SERVER}") == 1
    visit = text.partition("[ask-ivr]")[2].partition("\n\n")[0]
    assert visit.index(f"TIMEOUT(absolute)={settings.ivr_silence_s})") < visit.index("AGI(${AGI_SERVER}")
    assert "exten => T,1," in visit
    flow = (PROJECT_ROOT / "ivr" / "call_flow.py").read_text(encoding="utf-8")
    assert "variables.CALL_LIMIT" in flow


def test_the_caller_may_not_transfer_himself(etc: Path) -> None:
    text = (etc / "extensions.conf").read_text(encoding="utf-8")
    options = re.findall(r"Queue\([^,]*,(\w*)", text)
    assert len(options) == 3
    assert all("t" in option and "T" not in option for option in options)


def test_every_prompt_that_asterisk_names_has_a_text() -> None:
    named = set(sound_names().values())
    for path in TEMPLATES.rglob("*"):
        if path.is_file() and path.suffix in (".j2", ".conf", ".py"):
            named |= set(PROMPT.findall(path.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert named - set(load_texts().all) == set()


def test_every_prompt_that_asterisk_names_lies_where_it_looks(settings: Settings, etc: Path) -> None:
    """A missing sound is silence in a call, without a line in any log."""
    sounds = settings.asterisk_dir / "data" / "sounds" / "zh"
    named = [*sound_names(), "beep"]
    for path in (*TEMPLATES.glob("*.j2"), *TEMPLATES.rglob("*.py")):
        named += [f"prompts/{prompt}" for prompt in PROMPT.findall(path.read_text(encoding="utf-8"))]
    missing = [name for name in named if not any(found.exists() for found in sounds.glob(f"{name}.*"))]
    assert missing == []


def test_manager_has_one_reader_of_events_and_one_who_hears_nothing(settings: Settings, etc: Path) -> None:
    manager = read(etc, "manager.conf")
    reader, actor = manager[settings.ami_events_user], manager[settings.ami_actions_user]
    assert {"call", "agent"} <= set(reader["read"].split(","))
    assert not {"call", "agent"} & set(actor["read"].split(","))
    assert reader["secret"] == "s3cret"
    assert "command" not in actor["write"], "the console is not for the actions of a desk"
    assert int(manager["general"]["port"]) == settings.ami_port
    assert (etc / "manager.conf").stat().st_mode & 0o007 == 0, "secrets are not for everybody"


def test_ports_move_with_the_instance(settings: Settings, etc: Path) -> None:
    assert read(etc, "rtp.conf")["general"]["rtpstart"] == str(settings.rtp_start)
    assert read(etc, "http.conf")["general"]["bindport"] == str(settings.asterisk_http_port)
    text = (etc / "pjsip.conf").read_text(encoding="utf-8")
    assert f"bind = 127.0.0.1:{settings.sip_port}" in text
    assert f"contact = sip:127.0.0.1:{settings.carrier_port}" in text


def test_the_independent_witness_is_loaded(etc: Path) -> None:
    refused = (etc / "modules.conf").read_text(encoding="utf-8")
    assert "noload = cdr_csv" not in refused
    cdr = read(etc, "cdr.conf")
    assert cdr["general"]["unanswered"] == "yes"
    assert cdr["csv"]["newcdrcolumns"] == "yes"  # the Linkedid


def test_no_database_stands_in_asterisks_path(etc: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in etc.glob("*.conf") if path.name != "modules.conf")
    assert not re.search(r"^\s*\w+\s*=>?\s*(odbc|pgsql|realtime)\b", text, re.MULTILINE)
    assert "noload = res_config_pgsql.so" in (etc / "modules.conf").read_text(encoding="utf-8")
