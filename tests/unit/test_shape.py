"""The sizes that keep the code readable."""

from pathlib import Path

import pytest

from local.paths import ROOT

FILE_LINES = 400
HANDLER_LINES = 60
#: Functions, their policies and what they share stay in one template, because an emulator gets no nested stack, and a
#: policy that is written out can be read beside its function: some 60 lines a function. Each has an alarm, of 15 lines.
TEMPLATE_LINES = {"template.yaml": 1560, "console.yaml": FILE_LINES, "alarms.yaml": 450}

SOURCES = sorted(
    path
    for folder in ("layers/domain", "functions", "cli", "local", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
PAGES = sorted(path for ending in ("js", "css", "html") for path in (ROOT / "web").rglob(f"*.{ending}"))
HANDLERS = sorted((ROOT / "functions").glob("*/app.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES + PAGES, ids=_name)
def test_a_source_file_has_at_most_400_lines(path: Path) -> None:
    """A longer one does more than one thing."""
    assert len(path.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_web_page_takes_nothing_from_other_hosts_and_makes_no_markup_of_text(path: Path) -> None:
    """The Content-Security-Policy would reject it; here it is found without a browser."""
    text = path.read_text()
    for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", 'src="http', 'href="http'):
        assert forbidden not in text
    assert " style=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("path", HANDLERS, ids=_name)
def test_a_handler_has_at_most_60_lines(path: Path) -> None:
    """A handler parses the event, calls one use case and maps the answer."""
    assert len(path.read_text().splitlines()) <= HANDLER_LINES


@pytest.mark.parametrize("name", TEMPLATE_LINES)
def test_a_template_stays_short(name: str) -> None:
    """What is repeated or a whole idea of its own belongs into a nested template."""
    assert len((ROOT / name).read_text().splitlines()) <= TEMPLATE_LINES[name]


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_nothing_edits_the_import_path(path: Path) -> None:
    """The editable install alone makes our packages importable; the sandbox hands it on to its child."""
    if path.name == "test_shape.py":
        return
    text = path.read_text()
    assert "sys.path." not in text
    assert "PYTHONPATH" not in text or path.name in {"sandbox.py", "test_sandbox.py"}
