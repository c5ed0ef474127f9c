"""Everything that has to hold before a change goes in: `make test` and CI run exactly this.

All steps run even when one fails, so that one run tells everything; the exit status is 1 when any failed.
"""

import shutil
import subprocess
import sys
import time

from services.settings import PROJECT_ROOT

WEB = PROJECT_ROOT / "agent_desktop" / "web"


def main(pytest_arguments: list[str]) -> int:
    npm = shutil.which("npm") or "npm"
    steps = (
        ("ruff", [sys.executable, "-m", "ruff", "check", "."], PROJECT_ROOT),
        ("mypy", [sys.executable, "-m", "mypy"], PROJECT_ROOT),
        ("web", [npm, "run", "--silent", "check"], WEB),
        ("pytest", [sys.executable, "-m", "pytest", *pytest_arguments], PROJECT_ROOT),
    )
    results: list[tuple[str, int, float]] = []
    for name, command, folder in steps:
        print(f"\n=== {name}: {' '.join(command[1:] if command[0] == sys.executable else command)}", flush=True)
        began = time.monotonic()
        code = subprocess.run(command, cwd=folder, check=False).returncode
        results.append((name, code, time.monotonic() - began))
    print("\n=== all checks")
    for name, code, seconds in results:
        print(f"{name:7} {'ok' if code == 0 else f'FAILED ({code})':12} {seconds:6.0f} s")
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
