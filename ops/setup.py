"""`make setup`: brings a bare machine to where everything runs; what is there already is left alone.

Runs with the system's Python before any package of ours is installed, so it imports the standard library only.
Each step says what it does and how long it took; a failing one says what is missing and how to mend it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
WEB = ROOT / "agent_desktop" / "web"
ASTERISK_ROOT = VAR / "asterisk-root"
LOG = VAR / "setup.log"

ASTERISK_MAJOR = 22
ASTERISK_SUITE = "forky"
ASTERISK_PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")

# What has to be there → the Debian package that brings it.
NEEDED = {
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "redis-server": "redis-server",
    "openssl": "openssl",
    "chromium": "chromium",  # the demo's and the tests' agent
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc": "fonts-noto-cjk",
    "sipp": "sip-tester",  # benchmarks
    "baresip": "baresip",  # a phone that nobody here wrote
    "tail": "coreutils",
}


class SetupError(Exception):
    """A step cannot be done; the message says how to mend it."""


def main() -> int:
    VAR.mkdir(exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    steps: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Python and Node", languages),
        ("Debian packages", packages),
        ("Python environment", python_environment),
        ("Asterisk", asterisk),
        ("web pages", web),
    )
    for number, (title, step) in enumerate(steps, start=1):
        began = time.monotonic()
        print(f"[{number}/{len(steps)}] {title}: ", end="", flush=True)
        try:
            result = step()
        except SetupError as error:
            print(f"FAILED\n\n{error}\n\nEverything that was printed: {LOG}", file=sys.stderr)
            return 1
        print(f"{result} ({time.monotonic() - began:.1f} s)", flush=True)
    return 0


def languages() -> str:
    if sys.version_info < (3, 11):  # noqa: UP036 - says so instead of a syntax error later
        raise SetupError(f"Python 3.11 is needed, this is {sys.version.split()[0]}: make setup BASE_PYTHON=python3.11")
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise SetupError("Node.js 20 with npm is needed to build the agent's pages: install it, then run again.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        raise SetupError(f"Node.js 20 or newer is needed, this is {version}.")
    return f"Python {sys.version.split()[0]}, Node {version}"


def packages() -> str:
    missing = [package for what, package in NEEDED.items() if not _present(what)]
    if not _has_ensurepip():
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if missing:
        _apt_install(missing)
        still = [package for what, package in NEEDED.items() if package in missing and not _present(what)]
        if still:
            raise SetupError(f"apt-get ended well, yet what these packages bring is not there: {' '.join(still)}")
        return f"installed {' '.join(missing)}"
    return "all there"


def python_environment() -> str:
    """A virtual environment with exactly the hashed requirements."""
    requirements = [ROOT / "requirements" / "product.txt", ROOT / "requirements" / "dev.txt"]
    wanted = _digest(requirements, sys.version)
    stamp = VENV / "requirements.sha256"
    if not (stamp.exists() and stamp.read_text() == wanted):
        if not (VENV / "bin" / "python").exists():
            _run([sys.executable, "-m", "venv", str(VENV)], "Is python3-venv installed?")
        _run(
            # Every version is pinned and hashed, so there is nothing to resolve; modules are compiled when first used.
            [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps",
             "--no-compile", *(word for file in requirements for word in ("-r", str(file)))],
            "Does pip reach a package index (pip config list)?",
        )  # fmt: skip
        stamp.write_text(wanted)
        result = "installed"
    else:
        result = "unchanged"
    command = VENV / "bin" / "hotline"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{VENV}/bin/python" -m services.cli "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return result


def asterisk() -> str:
    """The system's own if it is the right version, else Debian's newer suite unpacked under `var/`."""
    on_path = shutil.which("asterisk")
    if on_path:
        version = subprocess.run([on_path, "-V"], capture_output=True, text=True, check=False).stdout
        if version.startswith(f"Asterisk {ASTERISK_MAJOR}."):
            return f"the system's, {version.strip()}"
    if (ASTERISK_ROOT / "usr" / "sbin" / "asterisk").exists():
        return f"unpacked in {ASTERISK_ROOT.relative_to(ROOT)}"
    if _apt_offers_asterisk():
        _apt_install(ASTERISK_PACKAGES)
        return "installed from the system's packages"
    return _unpack_asterisk()


def web() -> str:
    """The agent's pages, built when a source changed."""
    locked = _digest([WEB / "package-lock.json"])
    modules = WEB / "node_modules" / ".lock.sha256"
    if not (modules.exists() and modules.read_text() == locked):
        _run(["npm", "ci", "--no-audit", "--no-fund"], "Does npm reach a registry?", cwd=WEB)
        modules.write_text(locked)
    sources = [path for path in WEB.rglob("*") if path.is_file() and _is_source(path)]
    wanted = _digest(sources)
    built = WEB / "dist" / ".sources.sha256"
    if built.exists() and built.read_text() == wanted:
        return "unchanged"
    _run(["npm", "run", "--silent", "build"], "The pages do not build; the message above names the file.", cwd=WEB)
    built.write_text(wanted)
    return "built"


def debian_mirror(apt: Path = Path("/etc/apt")) -> str:
    """The Debian archive that this machine's own apt uses. Raises SetupError when there is none."""
    for text in _apt_sources(apt):
        for line in text.splitlines():
            words = re.sub(r"\[[^]]*\]", "", line).split()
            if words[:1] == ["deb"] and len(words) > 2 and _is_archive(words[1]):
                return words[1].rstrip("/")
            if words[:1] == ["URIs:"]:
                archives = [uri for uri in words[1:] if _is_archive(uri)]
                if archives:
                    return archives[0].rstrip("/")
    raise SetupError(
        f"Asterisk {ASTERISK_MAJOR} is not installed, apt does not offer it, and {apt} names no Debian archive to "
        f"take it from. Install Asterisk {ASTERISK_MAJOR} yourself, or use docker-compose.yml."
    )


def _unpack_asterisk() -> str:
    mirror = debian_mirror()
    if os.geteuid() != 0:
        raise SetupError(f"Asterisk {ASTERISK_MAJOR} has to be unpacked by debootstrap, which needs root: run as root.")
    if shutil.which("debootstrap") is None:
        _apt_install(["debootstrap"])
    fresh = ASTERISK_ROOT.with_name("asterisk-root.new")
    shutil.rmtree(fresh, ignore_errors=True)
    print("unpacking Debian's package, about a minute ... ", end="", flush=True)
    _run(
        ["debootstrap", "--variant=minbase", f"--include={','.join(ASTERISK_PACKAGES)}",
         ASTERISK_SUITE, str(fresh), mirror, "/usr/share/debootstrap/scripts/sid"],
        f"Does {mirror} carry the suite {ASTERISK_SUITE}? The details are in {fresh}/debootstrap/debootstrap.log.",
    )  # fmt: skip
    shutil.rmtree(ASTERISK_ROOT, ignore_errors=True)
    fresh.rename(ASTERISK_ROOT)
    return f"unpacked in {ASTERISK_ROOT.relative_to(ROOT)}"


def _apt_offers_asterisk() -> bool:
    answer = subprocess.run(["apt-cache", "policy", "asterisk"], capture_output=True, text=True, check=False).stdout
    return re.search(rf"Candidate: (\d+:)?{ASTERISK_MAJOR}\.", answer) is not None


def _apt_install(names: Iterable[str]) -> None:
    wanted = sorted(set(names))
    command = f"apt-get install --yes --no-install-recommends {' '.join(wanted)}"
    if os.geteuid() != 0:
        raise SetupError(f"These packages are missing and only root can install them. Run:\n\n  sudo {command}")
    print(f"installing {' '.join(wanted)} ... ", end="", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "--quiet"], "Does apt reach its mirrors?", environment=environment)
    _run(command.split(), "apt-get says why above; mend it, then run again.", environment=environment)


def _apt_sources(apt: Path) -> Iterable[str]:
    single = apt / "sources.list"
    for file in (*([single] if single.exists() else []), *sorted((apt / "sources.list.d").glob("*"))):
        if file.suffix in (".list", ".sources"):
            yield file.read_text(encoding="utf-8", errors="replace")


def _is_archive(uri: str) -> bool:
    """An archive of Debian itself: its path ends in `debian`; `debian-security` and others carry no new suites."""
    return uri.rstrip("/").rpartition("/")[2] == "debian"


def _present(what: str) -> bool:
    if not what.startswith("/"):
        return shutil.which(what) is not None
    return any(Path("/").glob(what.lstrip("/")))


def _has_ensurepip() -> bool:
    asked = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _is_source(path: Path) -> bool:
    outside = ("node_modules", "dist")
    return not any(part in outside for part in path.relative_to(WEB).parts)


def _digest(files: Iterable[Path], *more: str) -> str:
    total = hashlib.sha256("\0".join(more).encode())
    for file in sorted(files):
        total.update(str(file.relative_to(ROOT)).encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _run(
    command: list[str], mend: str, *, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> None:
    """Run a command, everything it prints goes to the log. Raises SetupError with the end of it and `mend`."""
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        began = log.tell()
        try:
            done = subprocess.run(command, cwd=cwd, env=environment, stdout=log, stderr=log, check=False)
        except FileNotFoundError:
            raise SetupError(f"{command[0]} is not installed. {mend}") from None
    if done.returncode != 0:
        printed = LOG.read_bytes()[began:].decode(errors="replace")
        raise SetupError(f"`{' '.join(command)}` failed:\n{printed[-2000:]}\n{mend}")


if __name__ == "__main__":
    sys.exit(main())
