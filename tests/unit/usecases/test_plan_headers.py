"""Jobs whose file leaves open which row is its header, or which header stands for a column; in every format."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sluice.model.job import Job
from sluice.model.status import Status
from sluice.wording import word_detail
from tests.support.factories_files import packed, written_by_xlsxwriter, written_by_xlwt
from tests.support.harness import Harness

Rows = Sequence[Sequence[Any]]


def as_csv(rows: Rows) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode()


def as_ods(rows: Rows) -> bytes:
    """Write rows of text as an .ods file."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
            if cell != ""
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {namespaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Data">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "csv": as_csv,
    "xlsx": written_by_xlsxwriter,
    "xls": written_by_xlwt,
    "ods": as_ods,
}
# two tables, one below the other, with other columns and in another order
TWO_TABLES: Rows = [
    ["Part Number", "Description", "Price"],
    ["P-1", "Old belt", "1.5"],
    ["", "", ""],
    ["Price", "Part Number", "Description"],
    ["2.5", "P-2", "New belt"],
    ["3.5", "P-3", "Hose"],
]


def run(harness: Harness, body: bytes, filename: str, **more: Any) -> Job:
    """Import a file and return its job as it ends or waits."""
    return harness.run(harness.upload(body, filename=filename, **more))


def prices(harness: Harness) -> dict[str, str]:
    """Return the prices that are loaded, by key."""
    return {key: str(values["price"]) for key, values in harness.destination.values("acme", "products").items()}


@pytest.mark.parametrize("ending", FORMATS)
def test_two_different_headers_are_asked_about_and_the_answer_says_where_the_data_begins(
    harness: Harness, ending: str
) -> None:
    job = run(harness, FORMATS[ending](TWO_TABLES), f"a.{ending}")
    assert job.status is Status.IN_REVIEW
    [question] = job.questions
    assert [choice.value for choice in question.choices] == [1, 4]
    assert prices(harness) == {}
    harness.answer(job.ref, {"header": 4})
    job = harness.run(job.ref)
    assert (job.status, job.counts.total) == (Status.COMPLETED, 2)
    assert prices(harness) == {"P-2": "2.5", "P-3": "3.5"}
    assert (job.recipe.decisions["header"].value, job.recipe.decisions["header"].how) == (4, "answered")


@pytest.mark.parametrize("ending", FORMATS)
def test_a_caller_names_the_row_of_the_header(harness: Harness, ending: str) -> None:
    """The rows above it are not data, whatever they look like."""
    job = run(harness, FORMATS[ending](TWO_TABLES), f"a.{ending}", recipe={"header": 4})
    assert (job.status, job.counts.total, job.questions) == (Status.COMPLETED, 2, ())
    assert prices(harness) == {"P-2": "2.5", "P-3": "3.5"}


def test_the_next_file_of_the_same_shape_is_read_by_the_header_that_was_answered(harness: Harness) -> None:
    """Even where it is in another row by then."""
    job = run(harness, as_csv(TWO_TABLES), "a.csv")
    harness.answer(job.ref, {"header": 4})
    assert harness.run(job.ref).status is Status.COMPLETED
    rows = [*TWO_TABLES[:2], ["P-9", "Another", "1"], *TWO_TABLES[2:4], ["4.5", "P-2", "New belt"]]
    again = run(harness, as_csv(rows), "b.csv")
    assert (again.status, again.questions) == (Status.COMPLETED, ())
    assert (again.recipe.decisions["header"].value, again.recipe.decisions["header"].how) == (5, "remembered")
    assert prices(harness) == {"P-2": "4.5", "P-3": "3.5"}


def test_a_remembered_header_that_two_rows_have_in_other_orders_is_asked_about_again(harness: Harness) -> None:
    """Which one it is was answered about other rows."""
    job = run(harness, as_csv(TWO_TABLES), "a.csv")
    harness.answer(job.ref, {"header": 4})
    assert harness.run(job.ref).status is Status.COMPLETED
    rows = [*TWO_TABLES[:3], ["Description", "Price", "Part Number"], ["Belt", "2", "P-2"]]
    again = run(harness, as_csv(rows), "b.csv")
    assert (again.status, [question.key for question in again.questions]) == (Status.IN_REVIEW, ["header"])


def test_a_job_that_does_not_wait_fails_and_names_the_row_that_would_help(harness: Harness) -> None:
    job = run(harness, as_csv(TWO_TABLES), "a.csv", questions="fail")
    assert (job.status, prices(harness)) == (Status.FAILED, {})
    assert job.problem is not None
    assert """for instance {"header": 1}""" in word_detail(job.problem)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_in_another_language_is_read_by_synonyms(harness: Harness, ending: str) -> None:
    rows = [["Artikelnummer", "Bezeichnung", "Preis", "Bestand"], ["P-1", "Ölfilter", "12.5", "4"]]
    job = run(harness, FORMATS[ending](rows), f"a.{ending}")
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 1)
    assert harness.destination.values("acme", "products")["P-1"]["stock"] == 4


def test_a_shops_export_with_name_and_description_is_read_by_the_own_title(harness: Harness) -> None:
    rows = [["SKU", "Name", "Description", "Price"], ["P-1", "Filter", "Oil filter for cars", "1"]]
    job = run(harness, as_csv(rows), "a.csv")
    assert job.status is Status.COMPLETED
    assert harness.destination.values("acme", "products")["P-1"]["description"] == "Oil filter for cars"


def test_a_price_in_another_currency_is_asked_about_and_never_taken_for_one_in_the_importers(harness: Harness) -> None:
    rows = [["SKU", "Name", "Price (USD)"], ["P-1", "Filter", "1"]]
    job = run(harness, as_csv(rows), "a.csv")
    [question] = job.questions
    assert (question.kind, question.params["likely"]) == ("mapping", {"Price (USD)": "price"})
    assert prices(harness) == {}
    harness.answer(job.ref, {"columns": {"Price (USD)": "price"}})
    assert harness.run(job.ref).status is Status.COMPLETED
    assert prices(harness) == {"P-1": "1"}


def test_one_of_two_headers_with_the_same_text_is_named_by_its_letter_and_remembered(harness: Harness) -> None:
    rows = [["SKU", "Name", "Price", "Price"], ["P-1", "Filter", "1", "2"]]
    job = run(harness, as_csv(rows), "a.csv")
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "duplicate-header")
    assert """{"columns": {"Price [C]": "price"}}""" in word_detail(job.problem)
    job = run(harness, as_csv(rows), "b.csv", recipe={"columns": {"Price [D]": "price"}}, force=True)
    assert (job.status, prices(harness)) == (Status.COMPLETED, {"P-1": "2"})
    again = run(harness, as_csv([*rows, ["P-2", "Belt", "3", "4"]]), "c.csv")
    assert (again.status, prices(harness)) == (Status.COMPLETED, {"P-1": "2", "P-2": "4"})


@pytest.mark.parametrize(
    ("ending", "place"), [("csv", "(split at each semicolon)"), ("xlsx", "of the sheet 'Data'"), ("ods", "'Data'")]
)
def test_a_rejection_quotes_the_row_with_its_delimiter_or_sheet(harness: Harness, ending: str, place: str) -> None:
    job = run(harness, FORMATS[ending]([["Colour", "Size"], ["red", "L"]]), f"a.{ending}")
    assert job.problem is not None
    detail = word_detail(job.problem)
    assert job.problem.type == "no-header"
    assert "reads 'Colour', 'Size'." in detail
    assert place in detail


def test_the_rows_of_a_lookup_are_not_quoted(harness: Harness) -> None:
    """They are persons."""
    rows = [["8001015009087", "Thandiwe", "0821234567"], ["8001015009088", "Sipho", "0821234568"]]
    job = run(harness, written_by_xlsxwriter(rows), "Ward 79800001.xlsx", importer="voters")
    assert job.problem is not None
    assert job.problem.type == "no-header"
    assert "8001015009087" not in str(job.problem)
