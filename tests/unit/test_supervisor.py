"""supervisord's configuration as supervisord itself reads it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops.processes import Process
from ops.supervisor import Supervisor, SupervisorError, settings_environment
from services.settings import PROJECT_ROOT, Settings


def asked_by_child(environment: dict[str, str]) -> dict[str, object]:
    """The settings that a child process with this environment sees."""
    code = "from services.settings import Settings; print(Settings(_env_file=None).model_dump_json())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_children_get_the_settings_of_their_parent(tmp_path: Path) -> None:
    settings = Settings(instance="x", var_dir=tmp_path, port_offset=7, HOTLINE_DATABASE_URL="postgresql://h%s/d")
    seen = asked_by_child(settings_environment(settings))
    assert seen["instance"] == "x"
    assert seen["port_offset"] == 7
    assert seen["var_dir"] == str(tmp_path)
    assert seen["database_url_override"] == "postgresql://h%s/d"


def test_values_with_signs_of_the_file_format_arrive_whole(tmp_path: Path) -> None:
    """supervisord expands `%` and splits at commas; a secret may hold both, and quotes."""
    settings = Settings(instance="q", var_dir=tmp_path, session_secret='a,b"c%d\\e f=g', port_offset=8800)
    out = tmp_path / "seen"
    code = f"import os; open({str(out)!r}, 'w').write(os.environ['HOTLINE_SESSION_SECRET'])"
    supervisor = Supervisor(settings)
    try:
        supervisor.ensure([Process(name="child", command=(sys.executable, "-c", code), ready=out.exists)])
        supervisor.start("child")
        while not out.exists() or not out.read_text():
            assert supervisor.state("child") != "FATAL"
        assert out.read_text() == 'a,b"c%d\\e f=g'
    finally:
        supervisor.shut_down()
    assert not supervisor.running()
    assert supervisor.orphans() == set()


def test_a_value_that_the_file_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(instance="q", var_dir=tmp_path, session_secret="both ' and \""))
    with pytest.raises(SupervisorError, match="quotes"):
        supervisor.ensure([Process(name="child", command=("true",), ready=lambda: True)])


def test_a_path_too_long_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match="too long"):
        Supervisor(Settings(instance="i" * 100, var_dir=tmp_path))
