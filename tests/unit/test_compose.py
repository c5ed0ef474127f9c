"""docker-compose.yml against the code: no Docker engine is needed to see that they agree."""

import importlib.util
import re
from typing import Any

import pytest
import yaml

from ops import ready
from services.settings import PROJECT_ROOT, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("ivr", "acd", "worker", "desktop")
VARIABLE = re.compile(r"\$\{(\w+)")


def known_variables() -> set[str]:
    return {field.alias or f"HOTLINE_{name.upper()}" for name, field in Settings.model_fields.items()}


def copied(dockerfile: str) -> list[str]:
    """What a Dockerfile takes from the project's folder."""
    taken: list[str] = []
    for line in (PROJECT_ROOT / dockerfile).read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from"):
            taken += words[1:-1]
    return taken


def test_every_process_of_the_local_run_is_there() -> None:
    assert set(SERVICES) == {"postgres", "redis", "asterisk", "migrate", *OURS}


@pytest.mark.parametrize("name", ["asterisk", "migrate", *OURS])
def test_variables_are_settings(name: str) -> None:
    assert set(SERVICES[name]["environment"]) - known_variables() == set()


def test_settings_take_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES["ivr"]["environment"].items():
        monkeypatch.setenv(variable, str(value))
    settings = Settings()
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.database_url.endswith("@postgres:5432/hotline")
    assert settings.ivr_host in SERVICES and settings.asterisk_host in SERVICES


def test_what_the_environment_must_give_stands_in_the_example() -> None:
    asked = set(VARIABLE.findall((PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_commands_name_modules_that_exist(name: str) -> None:
    modules = re.findall(r"-m ([\w.]+)", " ".join(SERVICES[name]["command"]))
    assert modules
    for module in modules:
        found = importlib.util.find_spec(module)
        assert found is not None, module
        if found.submodule_search_locations:
            assert importlib.util.find_spec(f"{module}.__main__"), f"{module} cannot be run"


@pytest.mark.parametrize("name", OURS)
def test_health_is_asked_of_the_part_itself(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "ops.ready", name]
    assert name in ready.CHECKS


def test_ports_are_the_defaults() -> None:
    settings = Settings(port_offset=0, _env_file=None)  # type: ignore[call-arg]
    assert SERVICES["desktop"]["ports"] == [f"{settings.desktop_port}:{settings.desktop_port}"]
    assert SERVICES["asterisk"]["ports"] == [f"{settings.sip_port}:{settings.sip_port}/udp"]


def test_dependencies_and_volumes_exist() -> None:
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]


@pytest.mark.parametrize("name", ["asterisk", "migrate", *OURS])
def test_images_take_only_what_exists(name: str) -> None:
    build = SERVICES[name]["build"]
    taken = copied(build["dockerfile"])
    assert taken
    assert [path for path in taken if not (PROJECT_ROOT / path).exists()] == []


def test_asterisk_reads_where_the_templates_are_rendered() -> None:
    settings = Settings(instance="compose", _env_file=None)  # type: ignore[call-arg]
    rendered = settings.asterisk_dir.relative_to(PROJECT_ROOT) / "etc" / "asterisk.conf"
    assert f"/srv/hotline/{rendered}" in SERVICES["asterisk"]["healthcheck"]["test"]
    assert "/srv/hotline/var" in SERVICES["asterisk"]["volumes"][0]


def test_no_registry_is_named() -> None:
    for dockerfile in ("ops/Dockerfile", "asterisk_conf/Dockerfile"):
        text = (PROJECT_ROOT / dockerfile).read_text(encoding="utf-8")
        assert not re.search(r"^FROM \S+[./]\S+/", text, re.MULTILINE)
        assert "http" not in text
