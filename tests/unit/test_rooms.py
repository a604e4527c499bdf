"""The rooms of the code: few modules, no circles, no aliases, unit tests beside them, and a short way for a chunk."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.walk.__main__ import GOOD, on_fakes

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "domain" / "sluice"
CODE = {
    "sluice": LIBRARY,
    "functions": ROOT / "functions",
    "sluice_cli": ROOT / "cli" / "sluice_cli",
    "local": ROOT / "local",
}
#: Modules that one parse chunk and one load chunk ran through before the rooms were made, on fakes.
WALKED_BEFORE = 34


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name."""
    found = {}
    for package, folder in CODE.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(part for part in (package, *parts) if part != "__init__")
            found[name] = ast.parse(path.read_text())
    return found


def imports_of(name: str) -> set[str]:
    """The modules that a module imports when it is imported itself: not for types, not within functions."""
    found = set()
    for node in modules()[name].body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in modules() else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & set(modules())) - {name}


def test_no_modules_import_each_other_in_a_circle() -> None:
    remaining = {name: imports_of(name) for name in modules()}
    while free := {name for name, imported in remaining.items() if not imported & set(remaining)}:
        remaining = {name: imported for name, imported in remaining.items() if name not in free}
    assert not remaining, f"in a circle, or behind one: {sorted(remaining)}"


def test_the_library_has_at_most_186_modules_and_its_use_cases_at_most_31() -> None:
    assert len(list(LIBRARY.rglob("*.py"))) <= 186
    assert len(list((LIBRARY / "usecases").glob("*.py"))) <= 31


@pytest.mark.parametrize("name", modules())
def test_no_import_of_our_own_needs_an_alias(name: str) -> None:
    """Where two things want one name, one of them has the wrong name."""
    imports = [node for node in ast.walk(modules()[name]) if isinstance(node, ast.ImportFrom | ast.Import)]
    aliases = [
        f"{alias.name} as {alias.asname}"
        for node in imports
        for alias in node.names
        if alias.asname and (getattr(node, "module", None) or alias.name).split(".")[0] in CODE
    ]
    assert aliases == []


@pytest.mark.parametrize(
    "room", ["api", "aws", "catalog", "destinations", "model", "reading", "reports", "schema", "upstream", "usecases"]
)
def test_a_test_of_a_room_bears_the_name_of_a_module(room: str) -> None:
    """`test_control_pause.py` is about `control.py`."""
    paths = [path.relative_to(LIBRARY / room).with_suffix("") for path in (LIBRARY / room).rglob("*.py")]
    names = {path.name for path in paths} | {"_".join(path.parts) for path in paths} | {"samples"}
    tests = [
        path.stem.removeprefix("test_")
        for kind in ("unit", "integration")
        for path in (ROOT / "tests" / kind / room).rglob("test_*.py")
        if kind == "unit" or room == "aws"
    ]
    assert [test for test in tests if not any(test == name or test.startswith(f"{name}_") for name in names)] == []


def test_a_chunk_runs_through_few_modules() -> None:
    """Who follows one chunk from its message to the dataset opens so many files.

    Updates have brought what rows say, the options of a load, and the decision about a record; recipes the decisions
    about a file, and rounds; workbooks of several sheets the plan of a file;
    counts after a death a module for the delivery of a chunk;
    currencies, what a column of text takes, rows that are headers, names of months, titles that
    name a currency, and what annotations say a module each.
    """
    parse, load = on_fakes(GOOD)
    assert len(parse | load) <= 0.98 * WALKED_BEFORE, sorted(parse | load)
