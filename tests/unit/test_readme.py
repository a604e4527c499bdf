"""The README keeps what it says: its importer runs, its figures and pictures are those of the repository."""

from __future__ import annotations

import re

import pytest

from local.paths import ROOT
from sluice.model.status import Status
from sluice.schema.importer import Importer
from sluice.usecases.artifacts import JobFiles
from tests.support.factories import csv_file
from tests.support.harness import Harness
from tests.support.pages import blocks, declare_importer

README = (ROOT / "README.md").read_text()
PICTURES = ROOT / "docs" / "pictures"
#: Bytes of a picture at most, so that the page is light on a phone.
PICTURE_BYTES = 100_000


@pytest.fixture
def importer(monkeypatch: pytest.MonkeyPatch) -> Importer:
    """The importer of the README."""
    (code,) = blocks(README, "python")
    return declare_importer(code, "tyres", monkeypatch)


def test_the_importer_has_at_most_fifteen_lines() -> None:
    """Imports and blank lines included."""
    (code,) = blocks(README, "python")
    assert len(code.splitlines()) <= 15


def test_the_importer_loads_good_rows_and_rejects_wrong_ones(importer: Importer) -> None:
    """It is registered as it stands; headers are found by their aliases."""
    rows = [
        ["T-1", "Alpin 6", "winter", "99.50", "yes"],
        ["T-2", "Primacy", "spring", "80", "yes"],
        ["T-3", "Eco", "", "-1", ""],
    ]
    harness = Harness()
    content = csv_file(rows, ("SKU", "Description", "Season", "List Price", "In Stock"))
    job = harness.run(harness.upload(content, importer=importer.name, filename="tyres.csv"))
    assert job.status is Status.COMPLETED, job.problem
    assert (job.counts.inserted, job.counts.rejected) == (1, 2)
    rejections = JobFiles(job, harness.files).rejections_page(limit=10, cursor=None).items
    assert {each.column for each in rejections} == {"Season", "Price"}


def test_the_figures_are_those_of_the_page_of_figures() -> None:
    """Each line has a title of that page, and its seconds and rows a second; `make bench` writes the page."""
    measured = {cells[0]: set(cells[1:]) for cells in _rows((ROOT / "docs" / "figures.md").read_text())}
    section = README.split("\n## How fast\n")[1].split("\n## ")[0]
    shown = [cells for cells in _rows(section) if cells[0]]
    assert shown
    for title, *numbers in shown:
        assert title in measured, f"docs/figures.md has no line {title!r}; it has {sorted(measured)}"
        assert set(numbers) <= measured[title], f"docs/figures.md has {measured[title]} for {title!r}"


def _rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of all tables, their heads included."""
    lines = re.findall(r"^\| ?(.*?) ?\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines if not line.startswith("---")]


def test_the_supported_versions_are_those_of_the_template_and_of_the_tests() -> None:
    """Python of the functions, and the PostgreSQL of local stacks."""
    (runtimes,) = re.findall(r"AllowedValues: \[(python3[^\]]*)\]", (ROOT / "template.yaml").read_text())
    assert f"| Python of the functions | {runtimes.replace('python', '')} |" in README
    (postgres,) = re.findall(r'"pginstall(\d+)"', (ROOT / "local" / "postgres.py").read_text())
    assert f"| PostgreSQL | tested with {postgres} |" in README


def test_every_picture_is_used_once_and_small_and_has_a_text() -> None:
    """`make pictures` takes them; a picture that the browser tests no longer take goes."""
    used = re.findall(r"!\[([^\]]+)\]\(docs/pictures/([\w-]+)\.webp\)", README)
    names = [name for _, name in used]
    assert sorted(names) == sorted(file.stem for file in PICTURES.iterdir()), "run make pictures"
    taken = re.findall(r'take\(\w+, "([\w-]+)"\)', (ROOT / "tests/browser/test_pictures.py").read_text())
    assert sorted(names) == sorted(taken)
    assert all(len(text.split()) > 3 for text, _ in used)
    assert all(0 < file.stat().st_size <= PICTURE_BYTES for file in PICTURES.iterdir())
