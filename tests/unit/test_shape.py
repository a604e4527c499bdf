"""The sizes that keep the code readable, from DESIGN.md's "How we write"."""

from pathlib import Path

import pytest

from local.places import ROOT

FILE_LINES = 300
HANDLER_LINES = 60

SOURCES = sorted(
    path
    for folder in ("layers/domain", "functions", "local", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
HANDLERS = sorted((ROOT / "functions").glob("*/app.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_source_file_has_at_most_300_lines(path: Path) -> None:
    """A longer one does more than one thing."""
    assert len(path.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", HANDLERS, ids=_name)
def test_a_handler_is_under_60_lines(path: Path) -> None:
    """A handler parses the event, calls one use case and maps the answer."""
    assert len(path.read_text().splitlines()) < HANDLER_LINES


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_nothing_edits_the_import_path(path: Path) -> None:
    """The editable install is the only thing that makes our packages importable."""
    if path.name == "test_shape.py":
        return
    text = path.read_text()
    assert "sys.path." not in text
    assert "PYTHONPATH" not in text
