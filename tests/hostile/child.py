"""Imports the files of `tests.hostile.cases` in a process of its own, whose memory and time are limited.

Run as ``python -m tests.hostile.child NAME...``; writes a line of JSON for each file.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from typing import Any, Final

from sluice.model.chunk import PhaseName
from sluice.usecases.artifacts import JobFiles
from tests.hostile.cases import CASES, Case
from tests.support.harness import Harness

#: Address space and CPU seconds of the process; `plan` has 1,769 MB, which is beside that of threads and libraries.
_MEMORY: Final = 2_500 * 1024**2
_SECONDS: Final = 240


def outcome(case: Case) -> dict[str, Any]:
    """Import a file, and return its end, what it has loaded, its reasons by row, and the size of what is stored."""
    harness = Harness()
    job = harness.run(harness.upload(case.make(), filename=case.name))
    problem = job.problem.code if job.problem else ""
    stored = JobFiles(job, harness.files)
    parsed = [each.ref for each in harness.chunks.of_phase(job.ref, PhaseName.PARSE)]
    reasons = {each.row: each.code for ref in parsed for each in stored.rejections(ref)}
    counts = job.counts
    return {
        "end": problem or str(job.status),
        "inserted": counts.inserted,
        "reasons": reasons,
        "unprocessed": counts.total - counts.inserted - counts.rejected,
        "bytes": len(json.dumps(job.problem.params)) if job.problem else 0,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def outcomes(names: list[str]) -> dict[str, dict[str, Any]]:
    """Import files in a child, and return what became of each; one that ended the child has none."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.run(
        [sys.executable, "-m", __name__, *names], capture_output=True, text=True, env=environment, check=False
    )
    lines = [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]
    found = {each.pop("name"): each for each in lines}
    for name in names:
        found.setdefault(name, {"end": f"the process ended with {child.returncode}", "stderr": child.stderr[-2_000:]})
    return found


def main() -> None:
    """Import the named files."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    for name in sys.argv[1:]:
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            found = outcome(CASES[name])
        except Exception as error:  # noqa: BLE001 - it is what the test shows
            found = {"end": f"{type(error).__name__}: {error}"[:500]}
        after = resource.getrusage(resource.RUSAGE_SELF)
        found["seconds"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)
        if len(found.get("reasons", {})) > 100:
            found["reasons"] = {"count": len(found["reasons"]), **Counter(found["reasons"].values())}
        print(json.dumps({"name": name, **found}), flush=True)


if __name__ == "__main__":
    main()
