"""Runs every test, as ``make test`` does: ``python -m tests.everything``.

Tests of a deployed stack wait for it half of the time, so those without a stack run beside them, in one process; their
output is shown when both have ended, and is in ``.local/fast-tests.log`` meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOG = ROOT / ".local" / "fast-tests.log"
FAST = ("tests/unit", "tests/integration", "tests/faults")
DEPLOYED = ("tests/e2e", "tests/browser")


def main() -> int:
    """Run both halves; 0 if all tests passed."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        fast = subprocess.Popen(_pytest(*FAST), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            print(f"Tests without a stack run meanwhile; their output goes to {LOG.relative_to(ROOT)}", flush=True)
            deployed = subprocess.run(_pytest("--durations=20", *DEPLOYED), cwd=ROOT, check=False).returncode
            code = fast.wait()
        finally:
            fast.terminate()  # of use after an interrupt only
    print(LOG.read_text(errors="replace"), flush=True)
    return deployed or code


def _pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main())
