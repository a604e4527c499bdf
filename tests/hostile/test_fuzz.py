"""Mutants of files of every format: each ends in rows, in a question or in a rejection of the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.mutants import mutant
from tests.hostile.seeds import FORMATS, seeds
from tests.support.sizes import size

ROOT = Path(__file__).parents[2]


@pytest.mark.storm
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("form", FORMATS)
def test_every_mutant_ends_as_a_file_may(form: str) -> None:
    """No panic, no hang, no end for want of memory, and no error that would be retried."""
    command = [sys.executable, "-m", "tests.hostile.fuzz", form, "--count", str(size(200, 2_000))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_mutants_come_from_many_files_and_can_be_made_anew(form: str) -> None:
    assert len(set(seeds(form))) >= 20
    assert mutant(form, 7) == mutant(form, 7)
    assert len({mutant(form, number) for number in range(40)}) > 35
