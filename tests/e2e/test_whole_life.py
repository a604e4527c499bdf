"""An import from its upload to its review, its corrections and its rollback, on both destinations."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from sluice.model.rejection import JOB_TITLE, ROW_TITLE
from sluice.reports.rejected_rows import REASONS_TITLE
from tests.support.people import Person, counted

TITLES = ("Part Number", "Description", "Unit Price", "Stock", "Remarks")
ROWS = 12_000
# One row in twenty is invalid, each with one of several mistakes.
WRONG = range(20, ROWS + 1, 20)
#: The invalid value of each column, and the right one.
MISTAKES = {
    0: ("Unit Price", "Price", "-1", 1.25),
    1: ("Stock", "Stock", "many", 7),
    2: ("Description", "Description", None, "Corrected"),
}
#: Rows that an earlier import has loaded unchanged, and those it has loaded with another price.
SAME, CHANGED = 1_000, 500


def product(number: int) -> list[Any]:
    """Return a valid row, whose description would be a formula unless it is escaped."""
    return [f"P-{number:06d}", f"=Part {number}", number / 4, number, "cf. catalogue"]


def mistake(number: int) -> tuple[str, str, Any, Any]:
    """Return header and column of an invalid row's wrong cell, its value, and the right value."""
    return MISTAKES[number // 20 % len(MISTAKES)]


def workbook(rows: list[list[Any]]) -> bytes:
    """Return a workbook as a customer's program writes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Parts")
        sheet.write_row(0, 0, TITLES)
        for at, row in enumerate(rows, 1):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def with_mistakes() -> bytes:
    """Return the rows of the file; row ``n`` of the data is row ``n + 1`` of the sheet."""
    rows = [product(number) for number in range(1, ROWS + 1)]
    for number in WRONG:
        header, _, wrong, _ = mistake(number)
        rows[number - 1][TITLES.index(header)] = wrong
    return workbook(rows)


def corrected(errors: Path) -> bytes:
    """Return the workbook of errors with the marked cell of each row corrected."""
    book: Any = openpyxl.load_workbook(errors)  # the stubs of openpyxl include cells without a value
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert header == [ROW_TITLE, JOB_TITLE, *TITLES, REASONS_TITLE]
    for row in sheet.iter_rows(min_row=2):
        number = row[0].value - 1
        title, column, _, right = mistake(number)
        assert str(row[-1].value).startswith(f"{column}: ")
        (marked,) = (cell for cell in row[1:-1] if cell.fill.fill_type)
        assert marked.column == header.index(title) + 1
        assert marked.comment is not None
        assert marked.comment.text
        assert all(cell.data_type != "f" for cell in row), "text is no formula"
        marked.value = right
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def expected() -> dict[str, dict[str, Any]]:
    """Return description, price and stock of every row after all corrections."""
    found = {}
    for number in range(1, ROWS + 1):
        key, description, price, stock, _ = product(number)
        found[key] = {"description": description, "price": price, "stock": stock}
        if number in WRONG:
            _, column, _, right = mistake(number)
            found[key][column.lower()] = right
    return found


def loaded(bob: Person) -> dict[str, dict[str, Any]]:
    """Return the same columns of the dataset's records."""
    return {
        key: {"description": values["description"], "price": float(values["price"]), "stock": values["stock"]}
        for key, values in bob.records("products").items()
    }


def test_a_file_with_mistakes_is_reviewed_committed_corrected_and_rolled_back(bob: Person, tmp_path: Path) -> None:
    """Every row is right after the correction; after the rollback the dataset is equal to the byte."""
    seed = [product(number) for number in range(1, SAME + CHANGED + 1) if number not in WRONG]
    for row in seed[SAME:]:
        row[2] = 99
    others = [[f"X-{number}", "Of another import", 1, 1, ""] for number in range(50)]
    assert bob.imported(workbook([*seed, *others]), filename="before.xlsx")["status"] == "completed"
    before = bob.listing("products")
    known = len(seed)

    job = bob.imported(with_mistakes(), filename="parts.xlsx", review=True)
    good = ROWS - len(WRONG)
    assert (job["status"], job["counts"]["rejected"]) == ("in_review", len(WRONG))
    assert bob.listing("products") == before, "nothing is written before the commit"

    preview = bob.client.get(f"/jobs/{job['id']}/preview", limit=5).body
    assert {column["title"]: column["header"] for column in preview["columns"] if column["header"]} == {
        "Part Number": "Part Number",
        "Description": "Description",
        "Price": "Unit Price",
        "Stock": "Stock",
    }
    assert (preview["unmatched_headers"], preview["sheet"], preview["header_row"]) == (["Remarks"], "Parts", 1)
    assert counted(preview) == {
        "total": ROWS,
        "rejected": len(WRONG),
        "insert": good - known,
        "update": known - SAME,
        "unchanged": SAME,
    }
    assert [row["values"]["part_number"] for row in preview["rows"]] == [f"P-{number:06d}" for number in range(1, 6)]

    assert "commit" in job["links"]
    bob.move(job["id"], "commit")
    job = bob.end_of(job["id"])
    assert job["status"] == "completed", job
    assert counted(job) == {
        "total": ROWS,
        "inserted": good - known,
        "updated": known - SAME,
        "unchanged": SAME,
        "rejected": len(WRONG),
    }

    errors = bob.saved(job["id"], "errors.xlsx", tmp_path)
    mended = bob.imported(corrected(errors), filename="parts-errors.xlsx")
    assert mended["corrects"] == job["id"]
    assert (mended["status"], mended["counts"]["inserted"], mended["counts"]["rejected"]) == (
        "completed",
        len(WRONG),
        0,
    )
    assert {key: values for key, values in loaded(bob).items() if not key.startswith("X-")} == expected()

    for each in (mended, job):
        bob.move(each["id"], "rollback")
        undone = bob.end_of(each["id"])
        changed = each["counts"]["inserted"] + each["counts"]["updated"]
        assert (undone["status"], undone["rollback"]) == (
            "rolled_back",
            {"reversed": changed, "conflicts": 0, "failed": 0},
        )
    assert bob.listing("products") == before
    statuses = [entry["status"] for entry in bob.everything(f"/jobs/{job['id']}/log") if entry]
    assert statuses == [
        "waiting_for_file",
        "queued",
        "parsing",
        "in_review",
        "loading",
        "completed",
        "completed",
        "rolling_back",
        "rolled_back",
    ]
