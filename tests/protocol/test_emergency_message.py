"""The emergency AGI script against a scripted Asterisk: what is spoken is kept, whatever goes wrong meanwhile."""

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

from services.settings import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / "asterisk_conf" / "agi-bin" / "emergency_message.py"
CALL_ID = "1795290317.12"
NUMBER = "13800001234"
Answer = Callable[[str], str | None]


def write_wav(path: str, seconds: float) -> None:
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\1\2" * int(8000 * seconds))


class Asterisk:
    """Plays Asterisk's side: answers each command by `answer`; None closes the pipe."""

    def __init__(self, folder: Path, answer: Answer, *, caller: bytes = NUMBER.encode()) -> None:
        self.commands: list[str] = []
        with subprocess.Popen(
            [sys.executable, str(SCRIPT), CALL_ID, str(folder), "60"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin and process.stdout and process.stderr
            self.pid = process.pid
            process.stdin.write(b"agi_network: no\nagi_callerid: " + caller + b"\n\n")
            process.stdin.flush()
            for line in process.stdout:
                command = line.decode().strip()
                self.commands.append(command)
                reply = answer(command)
                if reply is None:
                    process.stdin.close()
                    break
                process.stdin.write(reply.encode() + b"\n")
                process.stdin.flush()
            process.stdout.read()
            self.errors = process.stderr.read().decode()
            self.code = process.wait(10)


def recorded_name(command: str) -> str:
    return command.split('"')[1] + ".wav"


def description(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / f"{CALL_ID}.json").read_text())
    return loaded


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


WHOLE = {f"{CALL_ID}.wav", f"{CALL_ID}.json"}


def test_a_message_is_kept_and_the_caller_is_thanked(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 4.0)
            return "200 result=35 (dtmf) endpos=32000"
        return "200 result=0 endpos=100"

    asterisk = Asterisk(tmp_path, answer)
    assert (asterisk.code, asterisk.errors) == (0, "")
    assert names(tmp_path) == WHOLE
    told = description(tmp_path)
    assert (told["call_id"], told["caller_number"], told["seconds"]) == (CALL_ID, NUMBER, 4.0)
    assert told["recorded_at"] and told["reason"] == "ivr_down"
    assert asterisk.commands[0].startswith("STREAM FILE prompts/fallback.message")
    assert asterisk.commands[-1].startswith("STREAM FILE prompts/fallback.saved")


def test_he_hangs_up_in_the_middle_of_a_sentence(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 2.5)
            return "200 result=-1 (hangup) endpos=20000"
        return "200 result=0"

    asterisk = Asterisk(tmp_path, answer)
    assert asterisk.code == 0
    assert names(tmp_path) == WHOLE
    assert description(tmp_path)["seconds"] == 2.5


def test_the_signal_of_the_hang_up_does_not_stop_it_from_keeping_what_was_said(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 3.0)
            os.kill(asterisk_pid[0], signal.SIGHUP)
            return "200 result=-1 (hangup) endpos=24000"
        asterisk_pid[:] = [child_of(os.getpid())]
        return "200 result=0"

    asterisk_pid: list[int] = []
    assert Asterisk(tmp_path, answer).code == 0
    assert names(tmp_path) == WHOLE


def child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return next(child for child, command in commands.items() if SCRIPT.name.encode() in command)


def test_asterisk_goes_away_while_recording(tmp_path: Path) -> None:
    def answer(command: str) -> str | None:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 2.0)
            return None
        return "200 result=0"

    assert Asterisk(tmp_path, answer).code == 0
    assert names(tmp_path) == WHOLE


def test_asterisk_goes_away_in_the_middle_of_a_usage_text(tmp_path: Path) -> None:
    """pyst2 reads for ever here: its loop waits for a line that begins with 520."""
    child = subprocess.run(
        [sys.executable, str(SCRIPT), CALL_ID, str(tmp_path), "60"],
        input=b"agi_callerid: 1\n\n520-Invalid command syntax.  Proper usage follows:\n",
        capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert child.returncode == 0
    assert names(tmp_path) == set()


def test_nobody_spoke(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 0.2)
        return "200 result=0"

    asterisk = Asterisk(tmp_path, answer)
    assert names(tmp_path) == set()
    assert asterisk.commands[-1].startswith("STREAM FILE prompts/message.empty")


def test_a_prompt_that_cannot_be_played_does_not_cost_the_message(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 4.0)
            return "200 result=0"
        return "200 result=-1 endpos=0"

    Asterisk(tmp_path, answer)
    assert names(tmp_path) == WHOLE


def test_a_number_in_broken_utf8_is_no_obstacle(tmp_path: Path) -> None:
    def answer(command: str) -> str:
        if command.startswith("RECORD FILE"):
            write_wav(recorded_name(command), 4.0)
        return "200 result=0"

    assert Asterisk(tmp_path, answer, caller=b"\xe7\x8e").code == 0
    assert names(tmp_path) == WHOLE


def test_the_number_is_in_no_log(tmp_path: Path) -> None:
    """What a script prints on stderr ends in Asterisk's log."""
    asterisk = Asterisk(tmp_path, lambda command: "200 result=-1 (hangup)")
    assert NUMBER not in asterisk.errors


def test_a_recording_that_a_crash_left_behind_is_completed(tmp_path: Path) -> None:
    left = tmp_path / "1700000000.1.part.json"
    left.write_text(json.dumps({"call_id": "1700000000.1", "caller_number": NUMBER, "reason": "ivr_down"}))
    write_wav(str(tmp_path / "1700000000.1.part.wav"), 5.0)
    os.utime(left, (1, 1))
    Asterisk(tmp_path, lambda command: "200 result=-1 (hangup)")
    assert names(tmp_path) == {"1700000000.1.wav", "1700000000.1.json"}
