"""What becomes of formulas in text files, and of text that looks like one."""

from __future__ import annotations

from tests.reading.made import as_text, as_xml
from tests.reading.outcomes import outcome_of
from tests.support.harness import Harness


def test_a_formula_of_a_text_file_is_rejected_and_its_report_does_not_make_a_text_of_it() -> None:
    header = ["Part Number", "Description", "Price", "Brand"]
    link = '=HYPERLINK("http://x","K1")'
    harness = Harness()
    body = as_text([header, [link, "Filter", "1", "x"], ["K2", "=A", "1", "@home"], ["K3", "b", "1", "=B2&C2"]])
    first = outcome_of(body, "file.csv", on=harness)
    assert first.table("part_number", "description", "brand") == {3: ("K2", "=A", "@home")}
    found = [(each.row, each.column, each.code, each.value) for each in first.rejections]
    assert found == [
        (2, "Part Number", "uncomputed-formula", link),
        (4, "Brand", "uncomputed-formula", "=B2&C2"),
    ]
    for name in ("errors.csv", "errors.xlsx"):
        again = outcome_of(harness.make_file(first.job.ref, name), name, on=harness)
        assert [(each.column, each.code) for each in again.rejections] == [each[1:3] for each in found]
        assert not again.records


def test_a_text_cell_that_looks_like_a_formula_comes_back_from_its_export() -> None:
    harness = Harness()
    header = ["Part Number", "Description", "Price", "Brand"]
    body = as_xml([header, ["K1", "=SUM(1)", "1", "@SUM(A1)"], ["K2", "+1", "1", "'0401"]])
    first = outcome_of(body, "file.xlsx", on=harness)
    assert first.table("description", "brand") == {2: ("=SUM(1)", "@SUM(A1)"), 3: ("+1", "'0401")}
    again = outcome_of(harness.make_file(first.job.ref, "loaded.csv"), "loaded.csv", on=harness)
    assert (again.job.counts.unchanged, again.job.counts.total) == (2, 2)
