"""Each importer has a page, and it says what the row model says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.docs.importer_pages import PAGES, main, page_of
from local.paths import ROOT
from sluice.importers.registry import IMPORTERS, importer_named
from sluice.rows.importer import Importer


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_page_of_an_importer_is_up_to_date(importer: Importer) -> None:
    """If it is not: `python -m local.docs.importer_pages`."""
    assert (PAGES / f"{importer.name}.md").read_text() == page_of(importer)


def test_there_is_a_page_for_each_importer_and_no_other() -> None:
    """Each is linked from the page on importers."""
    names = {importer.name for importer in IMPORTERS}
    assert {page.stem for page in PAGES.iterdir()} == names
    guide = (ROOT / "docs" / "adding-an-importer.md").read_text()
    assert [name for name in names if f"(importers/{name}.md)" not in guide] == []


def test_a_page_says_what_the_importer_does_with_its_files() -> None:
    """Only what is so."""
    page = page_of(importer_named("sos"))
    assert "`sos`, `digital_product`, `analysis`" in page
    assert "decimal comma" in page
    assert "Superseded" not in page
    page = page_of(replace(importer_named("products"), review=True))
    assert "decimal point" in page
    assert "the job stops in review and asks" in page
    assert "Superseded rows are kept" in page
    assert "Jobs stop in review" in page
    page = page_of(importer_named("dealers"))
    assert "waits for the result" in page
    assert "Dates:" not in page
    assert not any(word in page for word in ("looked up", "Ward", "one at a time", ".xls"))
    page = page_of(importer_named("voters"))
    assert "Dataset:" not in page
    assert "Rows are looked up with `commission`" in page
    assert "*Registered in this ward*, *Registered in another ward*" in page
    assert "`.xlsx` or `.xls`, at most" in page
    assert "Ward: given as `ward`, or found in the name of the file, as in `Ward 79800001.xlsx`." in page
    assert "one at a time" in page


def test_a_row_of_the_table_is_a_column() -> None:
    """With its type, its limits, its other headers and an example."""
    rows = page_of(importer_named("dealers")).splitlines()
    meaning, values = "What the dealer is granted.", "one of gold, silver, bronze"
    assert f"| Tier | {meaning} | one of a few words | no | Level | {values} | `gold` |" in rows
    assert len([row for row in rows if row.startswith("| ")]) == 1 + len(importer_named("dealers").columns)


def test_pages_of_importers_that_are_gone_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And all others are written."""
    monkeypatch.setattr("local.docs.importer_pages.PAGES", tmp_path)
    (tmp_path / "gone.md").write_text("x")
    main()
    assert {page.stem for page in tmp_path.iterdir()} == {importer.name for importer in IMPORTERS}
