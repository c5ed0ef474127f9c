"""The layers of the tests: a module's folder is its marker, and a module outside the folders stops collection."""

from pathlib import Path

import pytest

LAYERS = ("unit", "protocol", "db", "desk", "e2e")
ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(ROOT):
            continue
        layer = item.path.relative_to(ROOT).parts[0]
        if layer not in LAYERS:
            raise pytest.UsageError(f"{item.path}: a test module lives in one of tests/{{{','.join(LAYERS)}}}")
        item.add_marker(layer)
