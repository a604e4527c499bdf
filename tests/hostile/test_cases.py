"""Files that would stop a worker or the planner end as they should, in little memory, and cost no other row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.hostile.cases import CASES
from tests.hostile.child import outcomes

#: Megabytes that a process has used at most, with the fakes that keep every object of the job: a worker has 1,024.
_MEMORY = 900
#: Files that a child imports, one after the other; what ends it is known by its name.
_AT_ONCE = 12
_NAMES = list(CASES)
_KNOWN: dict[str, dict[str, Any]] = {}


@pytest.fixture
def found(name: str) -> dict[str, Any]:
    """Return what became of a file; its neighbours are imported with it."""
    if name not in _KNOWN:
        start = _NAMES.index(name) // _AT_ONCE * _AT_ONCE
        _KNOWN.update(outcomes(_NAMES[start : start + _AT_ONCE]))
    return _KNOWN[name]


@pytest.mark.parametrize("name", _NAMES)
def test_a_hostile_file_ends_as_it_should(name: str, found: dict[str, Any]) -> None:
    """Its good rows are loaded, its odd rows have their reasons, or the file as a whole has its problem."""
    case = CASES[name]
    assert found["end"] == case.end, found
    assert (found["inserted"], found["unprocessed"]) == (case.inserted, 0)
    reasons = {str(row): code for row, code in case.reasons.items()}
    if len(reasons) > 100:
        assert found["reasons"] == {"count": len(reasons), **Counter(reasons.values())}
    else:
        assert found["reasons"] == reasons


@pytest.mark.parametrize("name", _NAMES)
def test_a_hostile_file_takes_little_memory(name: str, found: dict[str, Any]) -> None:
    """So it does not end the function that reads it, and the problem of its job can be stored."""
    assert found["memory"] < _MEMORY
    assert found["bytes"] < 20_000
