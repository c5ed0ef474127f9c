"""`python -m bench [PART...]`: every benchmark, each in a process of its own; results in bench/results/PART.json."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = sorted(entry.parent.name for entry in HERE.glob("*/__main__.py"))


def main(chosen: list[str]) -> int:
    if unknown := set(chosen) - set(PARTS):
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    done = [subprocess.run([sys.executable, "-m", f"bench.{part}"], check=False) for part in chosen or PARTS]
    return max(process.returncode for process in done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
