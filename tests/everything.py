"""Runs groups of tests side by side, as ``make test`` does: ``python -m tests.everything FIRST -- SECOND -- SHOWN``.

Each group is a list of pytest's arguments and one process. Tests of a deployed stack wait for it half of the time, so
other groups run meanwhile, each with a local AWS of its own if it needs one: end-to-end tests kill workers and make
upstreams fail, which those of the pages must not notice. The last group is shown as it runs; the output of the others
is in ``.local/tests-1.log``, ``.local/tests-2.log`` … meanwhile, and shown when all have ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOGS = ROOT / ".local"


def main(arguments: Sequence[str]) -> int:
    """Run all groups; 0 if all tests passed."""
    *others, shown = [list(group) for ends, group in groupby(arguments, lambda each: each == "--") if not ends]
    LOGS.mkdir(exist_ok=True)
    logs = [LOGS / f"tests-{number}.log" for number in range(1, len(others) + 1)]
    ours = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    with ExitStack() as cleanup:
        running = []
        for group, path in zip(others, logs, strict=True):
            print(f"Meanwhile {' '.join(group)}: output in {path.relative_to(ROOT)}", flush=True)
            log = cleanup.enter_context(path.open("wb"))
            process = subprocess.Popen(_pytest(group), cwd=ROOT, env=ours, stdout=log, stderr=subprocess.STDOUT)
            cleanup.callback(process.terminate)  # of use after an interrupt only
            running.append(process)
        codes = [subprocess.run(_pytest(shown), cwd=ROOT, env=ours, check=False).returncode]
        codes += [process.wait() for process in running]
    for path in logs:
        print(path.read_text(errors="replace"), flush=True)
    return next((code for code in codes if code), 0)


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
