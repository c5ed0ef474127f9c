"""Renders `asterisk_conf/` into an instance's folder and finds the Asterisk 22 that will read it.

Used by `ops/stack.py` here and, inside the container image, as `python3 -m ops.asterisk_config`. One set of
templates serves the system's package, Debian's tree unpacked under `var/asterisk-root`, and the image.
Needs jinja2, PyYAML and pydantic-settings only, so that the image can take them from Debian.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.settings import PROJECT_ROOT, Settings, get_settings

TEMPLATES = PROJECT_ROOT / "asterisk_conf"
PROMPTS = PROJECT_ROOT / "ivr" / "prompts" / "audio"
UNPACKED = PROJECT_ROOT / "var" / "asterisk-root"
MAJOR_VERSION = 22


class AsteriskMissingError(Exception):
    """No Asterisk of the right version is here."""


class PromptMissingError(Exception):
    """A sound that Asterisk would look for is not recorded. In a call it would be silence without a log line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskInstall:
    """An Asterisk on this machine. `command` starts it; an unpacked tree brings its own loader and libraries."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    sbin: Path


@cache
def find_asterisk() -> AsteriskInstall:
    """The system's Asterisk if it is version 22, else the unpacked tree."""
    on_path = shutil.which("asterisk")
    if on_path and _version(on_path) == MAJOR_VERSION:
        modules = next(iter(sorted(Path("/usr/lib").glob("*/asterisk/modules"))), Path("/usr/lib/asterisk/modules"))
        return AsteriskInstall(
            command=(on_path,), modules=modules, data=Path("/usr/share/asterisk"), sbin=Path(on_path).parent
        )
    loader = next(iter(sorted((UNPACKED / "usr" / "lib").glob("*-linux-gnu/ld-linux-*.so.*"))), None)
    binary = UNPACKED / "usr" / "sbin" / "asterisk"
    if loader is None or not binary.exists():
        raise AsteriskMissingError(
            f"Asterisk {MAJOR_VERSION} is missing: neither the system has it nor {UNPACKED}. `make setup` unpacks it."
        )
    libraries = f"{loader.parent}:{UNPACKED / 'usr' / 'lib'}"
    return AsteriskInstall(
        command=(str(loader), "--library-path", libraries, str(binary)),
        modules=loader.parent / "asterisk" / "modules",
        data=UNPACKED / "usr" / "share" / "asterisk",
        sbin=binary.parent,
    )


def render(settings: Settings) -> Path:
    """Write configuration, sounds and the folders that Asterisk expects; return the folder of the files.

    Safe to repeat: astdb, spool and logs of an earlier run stay.
    """
    install = find_asterisk()
    root = settings.asterisk_dir
    etc = root / "etc"
    for folder in (etc, root / "tls", root / "varlib" / "keys", root / "cache", root / "run", root / "log" / "cdr-csv"):
        folder.mkdir(parents=True, exist_ok=True)
    for spool in ("tmp", "outgoing", "system", "recording", "monitor"):
        (root / "spool" / spool).mkdir(parents=True, exist_ok=True)
    settings.recordings_dir.mkdir(parents=True, exist_ok=True)
    settings.messages_dir.mkdir(parents=True, exist_ok=True)
    certificate = _certificate(root / "tls")
    _link_data(root / "data", install.data)

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    for name in templates.list_templates(filter_func=lambda name: name.endswith((".conf", ".conf.j2"))):
        text = templates.get_template(name).render(
            settings=settings, install=install, root=root, certificate=certificate, agi_bin=TEMPLATES / "agi-bin"
        )
        target = etc / name.removesuffix(".j2")
        target.touch(mode=0o640)  # manager.conf and ari.conf hold secrets
        target.write_text(text, encoding="utf-8")
    return etc


def sound_names() -> dict[str, str]:
    """Asterisk's name of a sound → id of our prompt (`asterisk_conf/sounds.yaml`)."""
    loaded = yaml.safe_load((TEMPLATES / "sounds.yaml").read_text(encoding="utf-8"))
    return {str(name): str(prompt) for name, prompt in loaded.items()}


def _version(binary: str) -> int | None:
    answer = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.match(r"Asterisk (\d+)\.", answer)
    return int(found[1]) if found else None


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for the WebSocket, made once; `.key` lies beside it."""
    certificate, key = folder / "asterisk.pem", folder / "asterisk.key"
    if not (certificate.exists() and key.exists()):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "825", "-subj", "/CN=hotline95598", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        key.chmod(0o600)
    return certificate


def _link_data(target: Path, source: Path) -> None:
    """A data folder of our own: the package's, with Mandarin sounds under Asterisk's names beside the English ones.

    The package's `sounds/en` is an absolute link that leads nowhere outside a chroot, so ours points at the voice.
    """
    sounds, mandarin = target / "sounds", target / "sounds" / "zh"
    shutil.rmtree(mandarin, ignore_errors=True)
    mandarin.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name != "sounds":
            _link(target / entry.name, entry)
    _link(sounds / "en", source / "sounds" / "en_US_f_Allison")
    _link(mandarin / "prompts", PROMPTS)
    _link(mandarin / "beep.wav", source / "sounds" / "en_US_f_Allison" / "beep.wav")
    for name, prompt in sound_names().items():
        audio = next(iter(PROMPTS.glob(f"{prompt}.*")), None)
        if audio is None:
            raise PromptMissingError(f"asterisk_conf/sounds.yaml names the prompt {prompt}; {PROMPTS} has no such file")
        link = mandarin / f"{name}{audio.suffix}"
        link.parent.mkdir(parents=True, exist_ok=True)
        _link(link, audio)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)


if __name__ == "__main__":
    print(render(get_settings()))
