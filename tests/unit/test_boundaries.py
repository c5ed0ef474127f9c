"""Who may import whom (design, section 3): the backend knows neither door, and the doors do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "services": {"ivr", "agent_desktop", "ops", "tests", "bench"},
    "ivr": {"agent_desktop", "ops", "tests", "bench"},
    "agent_desktop": {"ivr", "ops", "tests", "bench"},
}


def imported(file: Path) -> Iterator[str]:
    """First names of the packages that a module imports anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if node.level == 0 else file.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_stay_within_their_side(package: str) -> None:
    files = [file for file in (ROOT / package).rglob("*.py") if "node_modules" not in file.parts]
    assert files
    trespassers = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imported(file)
        if name in FORBIDDEN[package]
    }
    assert not trespassers
