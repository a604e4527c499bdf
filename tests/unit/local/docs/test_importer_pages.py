"""The page of each importer follows from its row model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.docs.importer_pages import PAGES, main, page_of
from local.paths import ROOT
from sluice.catalog.registry import IMPORTERS, importer_named
from sluice.schema.importer import Importer


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_page_of_an_importer_is_up_to_date(importer: Importer) -> None:
    """Run `python -m local.docs.importer_pages` if it is not."""
    assert (PAGES / f"{importer.name}.md").read_text() == page_of(importer)


def test_each_importer_has_a_page_that_the_guide_links() -> None:
    names = {importer.name for importer in IMPORTERS}
    assert {page.stem for page in PAGES.iterdir()} == names
    guide = (ROOT / "docs" / "adding-an-importer.md").read_text()
    assert [name for name in names if f"(importers/{name}.md)" not in guide] == []


def test_a_page_lists_the_options_of_its_importer() -> None:
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


def test_a_page_has_a_row_for_each_column_with_type_limits_headers_and_example() -> None:
    rows = page_of(importer_named("dealers")).splitlines()
    meaning, values = "What the dealer is granted.", "one of gold, silver, bronze"
    assert f"| Tier | {meaning} | one of a few words | no | Level | {values} | `gold` |" in rows
    assert len([row for row in rows if row.startswith("| ")]) == 1 + len(importer_named("dealers").columns)


def test_pages_are_written_again_and_those_of_removed_importers_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.docs.importer_pages.PAGES", tmp_path)
    (tmp_path / "removed.md").write_text("x")
    main()
    assert {page.stem for page in tmp_path.iterdir()} == {importer.name for importer in IMPORTERS}
