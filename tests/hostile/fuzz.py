"""Imports mutants in forked processes with limits: ``python -m tests.hostile.fuzz FORM [--count N] [--first N]``.

Every mutant has to end in rows, in a question or in a rejection of the file. One that ends otherwise is named with the
command that makes it anew: ``--write PATH`` writes the mutant ``--first``.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pytest

from sluice.model.job import Job
from sluice.model.status import Status
from sluice.reading import sandbox
from sluice.reading.types import Limits
from sluice.wording.english import files
from tests.hostile.mutants import mutant
from tests.hostile.seeds import FORMATS
from tests.support.harness import Harness

#: Processor seconds and bytes that one mutant may take.
SECONDS: Final = 20
MEMORY: Final = 1_769 * 1024 * 1024
_NAMES: Final = {"gz": "a.csv.gz"}
_BATCH: Final = 100


def main(arguments: list[str]) -> int:
    """Import mutants; 1 if one of them ends as no file may."""
    parser = argparse.ArgumentParser()
    parser.add_argument("form", choices=FORMATS)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args(arguments)
    if options.write:
        options.write.write_bytes(mutant(options.form, options.first))
        return 0
    numbers = range(options.first, options.first + options.count)
    found = Counter[str]()
    failed = 0
    for number, outcome in _outcomes(options.form, numbers):
        found[outcome.partition(":")[0]] += 1
        if outcome.startswith("FAILED"):
            failed += 1
            print(f"{options.form} {number} {outcome}")
            print(f"    .venv/bin/python -m tests.hostile.fuzz {options.form} --first {number} --count 1")
    print(f"{options.form}: {len(numbers)} mutants, {failed} failed; {dict(found.most_common())}")
    return 1 if failed else 0


def _outcomes(form: str, numbers: range) -> Iterator[tuple[int, str]]:
    """Yield the outcome of each mutant; a forked process takes them one after the other, and another one its place."""
    waiting = list(numbers)
    while waiting:
        batch = waiting[:_BATCH]
        answers, ours = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(answers)
            with os.fdopen(ours, "w", buffering=1) as out:
                _import_all(form, batch, out)
            os._exit(0)
        os.close(ours)
        with os.fdopen(answers) as lines:
            done = [line.rstrip("\n") for line in lines]
        _, status = os.waitpid(child, 0)
        yield from zip(batch, done, strict=False)
        if os.WIFSIGNALED(status):
            yield batch[len(done)], f"FAILED: the process died of {signal.Signals(os.WTERMSIG(status)).name}"
            done.append("")
        elif len(done) < len(batch):
            raise RuntimeError(f"the process ended after {len(done)} of {len(batch)} mutants")
        waiting = waiting[len(done) :]


def _import_all(form: str, numbers: list[int], out: IO[str]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number in numbers:
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, resource.RLIM_INFINITY))
        out.write(_outcome(form, mutant(form, number)).replace("\n", " | ") + "\n")


def _outcome(form: str, body: bytes) -> str:
    """Import a file in this process, and say how that ends."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sandbox, "_run_child", read_in_this_process)
            harness = Harness()
            return _named(harness.run(harness.upload(body, filename=_NAMES.get(form, f"a.{form}"))))
    except BaseException as error:  # noqa: BLE001 - a panic of a library is none of the usual errors
        return f"FAILED: {type(error).__name__} {traceback.format_exc()[-1500:]}"


def read_in_this_process(reader: str, upload: IO[bytes], rows: IO[bytes], limits: Limits) -> None:
    """Do what the child of the sandbox does; a start of one takes longer than a mutant."""
    sandbox.write_sheets(reader, upload, rows, limits)  # type: ignore[arg-type]  # a temporary file is a BinaryIO


def _named(job: Job) -> str:
    """Return how a job ended, as FAILED if no file may end it so."""
    if job.problem is None:
        return "question" if job.questions else str(job.status)
    causes = [each["error"] for each in job.problem.params.get("failed", [])]
    types = [cause["type"] for cause in causes if cause] or [job.problem.type]
    if job.status is not Status.FAILED or not set(types) <= files.TITLES.keys():
        return f"FAILED: {job.problem}"
    return job.problem.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
