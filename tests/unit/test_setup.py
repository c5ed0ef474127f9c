"""`make setup` on machines that differ from this one."""

from pathlib import Path

import pytest

from ops import setup

DEB822 = """Types: deb
# http://snapshot.invalid/archive/debian/2025
URIs: http://mirror.invalid/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.invalid/debian-security
Suites: bookworm-security
"""


def apt(folder: Path, **files: str) -> Path:
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        place = folder if name == "sources_list" else folder / "sources.list.d"
        (place / name.replace("_", ".")).write_text(text)
    return folder


def test_the_mirror_is_the_one_of_apt_itself(tmp_path: Path) -> None:
    assert setup.debian_mirror(apt(tmp_path, debian_sources=DEB822)) == "http://mirror.invalid/debian"


def test_the_old_form_of_sources_with_options(tmp_path: Path) -> None:
    line = "# a comment\ndeb [arch=amd64 signed-by=/x] https://near.invalid/debian/ bookworm main\n"
    assert setup.debian_mirror(apt(tmp_path, sources_list=line)) == "https://near.invalid/debian"


def test_other_archives_are_no_mirror(tmp_path: Path) -> None:
    other = "deb http://tools.invalid/apt stable main\ndeb http://s.invalid/debian-security bookworm-security main\n"
    with pytest.raises(setup.SetupError, match="docker-compose"):
        setup.debian_mirror(apt(tmp_path, other_list=other))


def test_missing_packages_without_root_say_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "NEEDED", {"no-such-program-anywhere": "its-package", "/no/such/*/file": "another"})
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(setup.SetupError, match=r"sudo apt-get install .* another its-package"):
        setup.packages()


def test_a_failing_command_shows_its_own_words_and_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "LOG", tmp_path / "setup.log")
    with pytest.raises(setup.SetupError, match=r"(?s)no room left.*Make room"):
        setup._run(["sh", "-c", "echo no room left >&2; exit 3"], "Make room.")


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "LOG", tmp_path / "setup.log")
    with pytest.raises(setup.SetupError, match="no-such-program is not installed"):
        setup._run(["no-such-program"], "Install it.")
