"""Runs two groups of tests side by side, as ``make test`` does: ``python -m tests.everything FAST -- DEPLOYED``.

Both are arguments of pytest. Tests of a deployed stack wait for it half of the time, so those without a stack run
beside them, in one process; their output is shown when both have ended, and is in ``.local/fast-tests.log`` meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOG = ROOT / ".local" / "fast-tests.log"


def main(arguments: Sequence[str]) -> int:
    """Run both groups; 0 if all tests passed."""
    at = arguments.index("--")
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        fast = subprocess.Popen(_pytest(arguments[:at]), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            print(f"Tests without a stack run meanwhile; their output goes to {LOG.relative_to(ROOT)}", flush=True)
            deployed = subprocess.run(_pytest(arguments[at + 1 :]), cwd=ROOT, check=False).returncode
            code = fast.wait()
        finally:
            fast.terminate()  # of use after an interrupt only
    print(LOG.read_text(errors="replace"), flush=True)
    return deployed or code


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
