"""The planted faults fit the code: a refactoring that moves it takes its faults along."""

from __future__ import annotations

import subprocess

import pytest

from local.paths import ROOT
from tests.planted.__main__ import main
from tests.planted.copies import faulty
from tests.planted.fault import Fault
from tests.planted.faults import FAULTS
from tests.support.javascript import NODE


def _name(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_a_fault_can_be_planted(fault: Fault) -> None:
    """Its old text occurs exactly once in its file, and what results is code that differs."""
    text = (ROOT / fault.file).read_text()
    changed = faulty(fault, text)
    assert changed != text
    if fault.file.endswith(".py"):
        compile(changed, fault.file, "exec", dont_inherit=True)
    elif fault.file.endswith(".js"):
        check = [NODE, "--input-type=module", "--check", "-"]
        subprocess.run(check, input=changed, text=True, check=True)


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_the_tests_that_have_to_find_a_fault_exist(fault: Fault) -> None:
    """Each is a file, and there is at least one."""
    assert fault.tests
    assert [file for file in fault.tests if not (ROOT / file).is_file()] == []


def test_a_fault_has_a_name_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The list shows each once."""
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [fault.name for fault in FAULTS]
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
