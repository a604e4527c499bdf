"""Workbooks of several sheets: which are read, what is asked, and that a row is (sheet, row) everywhere."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import pytest

from sluice.model.errors import InvalidDecision
from sluice.model.job import Job
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.views import preview
from sluice.wording import word_effect, word_problem, word_question, word_rejection
from tests.support.factories_files import sheets_by_openpyxl
from tests.support.harness import Harness

TITLES = ("Part Number", "Description", "Price", "Stock")
COVER = [("Prices of the quarter",), ("Please read this first",)]


def month(name: str, *, wrong: bool = False) -> list[Sequence[Any]]:
    """Return the rows of a month: the price of the second one is wrong on request."""
    prices = [1, "cheap" if wrong else 2, 3]
    return [TITLES, *((f"{name}-{at}", "Filter", price, at) for at, price in enumerate(prices, 1))]


def run(harness: Harness, sheets: Mapping[str, Any], **more: Any) -> Job:
    """Import a workbook and return its job as it ends or waits."""
    hidden = more.pop("hidden", ())
    return harness.run(harness.upload(sheets_by_openpyxl(sheets, hidden), filename="a.xlsx", **more))


def answered(harness: Harness, job: Job, answers: Mapping[str, Any]) -> Job:
    """Answer the questions of a job and run it on."""
    harness.answer(job.ref, answers)
    return harness.run(job.ref)


def page(harness: Harness) -> list[dict[str, Any]]:
    return list(harness.records.page("acme", "products", limit=100, cursor=None).items)


def keys(harness: Harness) -> list[str]:
    return sorted(record["key"] for record in page(harness))


def rejections(harness: Harness, job: Job) -> list[tuple[str, int, str | None]]:
    found = JobFiles(job, harness.files).rejections_page(limit=100, cursor=None).items
    return [(each.sheet, each.row, each.column) for each in found]


QUARTER = {"Read me": COVER, "Jan": month("J", wrong=True), "Feb": month("F", wrong=True), "Mar": month("M")}


def test_the_sheet_whose_header_matches_is_read_and_the_others_are_named_with_their_rows(harness: Harness) -> None:
    """It is neither the first one, nor is its header in the first row."""
    job = run(harness, {"Read me": COVER, "Data": [("As of today",), (), *month("D")]})
    assert (job.status, job.counts.total, keys(harness)) == (Status.COMPLETED, 3, ["D-1", "D-2", "D-3"])
    assert [(each.name, each.header_row, each.rows) for each in job.file.sheets] == [
        ("Read me", None, 2),
        ("Data", 3, None),
    ]
    decision = job.recipe.decisions["sheets"]
    assert (decision.value, decision.how) == (["Data"], "proven")


def test_a_question_asks_which_of_several_sheets_is_meant_and_shows_their_rows(harness: Harness) -> None:
    job = run(harness, QUARTER)
    assert job.status is Status.IN_REVIEW
    [question] = job.questions
    assert (question.key, question.kind) == ("sheets", "sheet")
    assert [choice.value for choice in question.choices] == ["all", ["Jan"], ["Feb"], ["Mar"]]
    assert word_question(question.kind, question.params).startswith("Which sheet is meant?")
    assert word_effect(question.choices[0].effect, question.choices[0].params) == (
        "the sheets 'Jan', 'Feb', 'Mar' are read, one after the other: 9 rows"
    )
    shown = question.params["sheets"]
    assert [(each["sheet"], each["header_row"], each["rows"]) for each in shown] == [
        ("Jan", 1, 3),
        ("Feb", 1, 3),
        ("Mar", 1, 3),
    ]
    assert shown[1]["first_rows"][0] == {"row": 2, "cells": ["F-1", "Filter", "1", "1"]}


def test_an_answer_reads_one_sheet_and_names_those_that_were_not_read(harness: Harness) -> None:
    job = answered(harness, run(harness, QUARTER), {"sheets": "Mar"})
    assert (job.status, job.counts.total, keys(harness)) == (Status.COMPLETED, 3, ["M-1", "M-2", "M-3"])
    unread = [(each.name, each.rows) for each in job.file.sheets if not each.is_read]
    assert unread == [("Read me", 2), ("Jan", 3), ("Feb", 3)]


def test_stacked_sheets_are_imported_whole_and_their_rows_are_kept_apart(harness: Harness) -> None:
    """The same row is wrong on two sheets, and each says on which."""
    job = answered(harness, run(harness, QUARTER), {"sheets": "all"})
    assert (job.status, job.counts.total, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 9, 7, 2)
    found = rejections(harness, job)
    assert found == [("Jan", 3, "Price"), ("Feb", 3, "Price")]
    shown = preview(job.ref, limit=10, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    assert [(row.sheet, row.row) for row in shown.rows][:4] == [("Jan", 2), ("Jan", 4), ("Feb", 2), ("Feb", 4)]
    assert [(row.sheet, row.number) for row in shown.rejected] == [("Jan", 3), ("Feb", 3)]


def test_the_errors_workbook_names_sheet_and_row_and_corrects_the_rows_of_both_sheets(harness: Harness) -> None:
    job = answered(harness, run(harness, QUARTER), {"sheets": "all"})
    book = openpyxl.load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx")))
    sheet = book.worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:4] == ("Original row", "Original sheet", "Original job", "Part Number")
    assert [row[:2] for row in rows[1:]] == [(3, "Jan"), (3, "Feb")]
    errors = harness.make_file(job.ref, "errors.csv").decode("utf-8-sig").splitlines()
    assert errors[0].startswith("Original row,Original sheet,Original job,Part Number")
    assert [line.split(",")[:2] for line in errors[1:]] == [["3", "Jan"], ["3", "Feb"]]
    loaded = harness.make_file(job.ref, "loaded.csv").decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in loaded[1:4]] == [["2", "Jan"], ["4", "Jan"], ["2", "Feb"]]
    for at, price in ((2, 20), (3, 30)):
        sheet.cell(at, 6, price)
    out = io.BytesIO()
    book.save(out)
    corrected = harness.run(harness.upload(out.getvalue(), filename="errors.xlsx"))
    assert (corrected.status, corrected.corrects, corrected.counts.inserted) == (Status.COMPLETED, job.ref.id, 2)
    assert keys(harness) == [f"{name}-{at}" for name in "FJM" for at in (1, 2, 3)]
    prices = {each["key"]: each["values"]["price"] for each in page(harness)}
    assert (str(prices["J-2"]), str(prices["F-2"])) == ("20", "30")


def test_a_correction_of_stacked_sheets_that_names_no_sheet_or_another_one_is_rejected(harness: Harness) -> None:
    """A row number alone could be that of any sheet."""
    job = answered(harness, run(harness, QUARTER), {"sheets": "all"})
    book = openpyxl.load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx")))
    for at, name in ((2, None), (3, "Mar")):
        book.worksheets[0].cell(at, 2).value = name
        book.worksheets[0].cell(at, 6).value = 20
    out = io.BytesIO()
    book.save(out)
    corrected = harness.run(harness.upload(out.getvalue(), filename="errors.xlsx"))
    assert (corrected.counts.inserted, corrected.counts.rejected) == (0, 2)
    found = JobFiles(corrected, harness.files).rejections_page(limit=9, cursor=None).items
    assert [each.code for each in found] == ["not-a-row-number", "not-a-rejected-row"]


def test_a_key_on_two_sheets_is_rejected_and_the_first_row_is_named_with_its_sheet(harness: Harness) -> None:
    sheets = {"Jan": month("A"), "Feb": [TITLES, ("B-1", "Nut", 1, 1), ("A-2", "Filter", 5, 5)]}
    job = run(harness, sheets, recipe={"sheets": "all"})
    assert (job.status, job.counts.total, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 5, 4, 1)
    [found] = JobFiles(job, harness.files).rejections_page(limit=9, cursor=None).items
    assert (found.sheet, found.row) == ("Feb", 3)
    assert word_rejection(found) == "repeats the Part Number of row 3 of sheet 'Jan'"


def test_the_next_file_asks_nothing_that_was_answered(harness: Harness) -> None:
    answered(harness, run(harness, QUARTER), {"sheets": "all"})
    job = run(harness, {"Read me": COVER, "Apr": month("A"), "May": month("B"), "Jun": month("C")})
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 9)
    assert job.recipe.decisions["sheets"].how == "remembered"


def test_a_remembered_name_that_the_next_file_lacks_is_asked_about_again(harness: Harness) -> None:
    answered(harness, run(harness, {"Jan": month("J"), "Feb": month("F")}), {"sheets": ["Feb"]})
    assert run(harness, {"Jan": month("K"), "Feb": month("G")}).counts.inserted == 3
    job = run(harness, {"Mar": month("M"), "Apr": month("A")})
    assert (job.status, [each.key for each in job.questions]) == (Status.IN_REVIEW, ["sheets"])
    assert "sheets" not in job.recipe.decisions


def test_columns_in_another_order_and_below_other_rows_are_stacked_in_the_order_of_the_first_sheet(
    harness: Harness,
) -> None:
    turned: list[Sequence[Any]] = [("Prices",), (), ("Shelf", "Price", "Stock", "Part Number", "Description")]
    turned += [("A1", "cheap", 7, "F-1", "Nut"), ("A2", 8, 9, "F-2", "Bolt")]
    job = run(harness, {"Jan": month("J"), "Feb": turned}, recipe={"sheets": ["Feb", "Jan"]})
    assert (job.status, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 4, 1)
    rows = openpyxl.load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx"))).worksheets[0]
    (line,) = list(rows.iter_rows(min_row=2, values_only=True))
    assert (line[0], line[1], line[3:7], line[8:]) == (4, "Feb", ("F-1", "Nut", "cheap", 7), ("A1",))


def test_sheets_of_different_columns_are_not_stacked(harness: Harness) -> None:
    """They could be loaded one by one, but are no single table."""
    other = [(*TITLES, "Brand"), ("B-1", "Nut", 1, 1, "Bosch")]
    sheets = {"Jan": month("J"), "Feb": month("F"), "Old": other}
    job = run(harness, sheets, recipe={"sheets": "all"})
    assert job.status is Status.IN_REVIEW
    assert [choice.value for choice in job.questions[0].choices] == [["Jan", "Feb"], ["Jan"], ["Feb"], ["Old"]]
    job = run(harness, sheets, recipe={"sheets": ["Jan", "Old"]})
    assert job.problem
    assert job.problem.type == "different-sheets"
    assert "'Old' has 'Part Number'" in word_problem(job.problem)[1]


def test_a_hidden_sheet_is_read_only_if_a_caller_names_it(harness: Harness) -> None:
    job = run(harness, {"Jan": month("J"), "Old": month("O")}, hidden=["Old"])
    assert (job.status, keys(harness)) == (Status.COMPLETED, ["J-1", "J-2", "J-3"])
    assert [(each.name, each.rows, each.is_hidden) for each in job.file.sheets][1] == ("Old", 3, True)
    job = run(harness, {"Cover": COVER, "Old": month("O")}, hidden=["Old"])
    assert [choice.value for choice in job.questions[0].choices] == [["Old"]]
    assert word_question("sheet", job.questions[0].params) == (
        "Only the hidden sheet 'Old' has the columns of this import. Is it meant?"
    )
    assert answered(harness, job, {"sheets": ["Old"]}).counts.inserted == 3


def test_a_sheet_that_is_not_there_is_rejected(harness: Harness) -> None:
    job = run(harness, {"Jan": month("J")}, recipe={"sheets": ["Feb"]})
    assert job.problem
    assert (job.problem.type, job.problem.params["sheets"]) == ("no-such-sheet", ["Jan"])
    asked = run(harness, QUARTER)
    with pytest.raises(InvalidDecision, match="no-sheet"):
        harness.answer(asked.ref, {"sheets": "Apr"})


def test_a_job_that_does_not_ask_fails_with_the_answer_that_would_have_helped(harness: Harness) -> None:
    job = run(harness, QUARTER, questions="fail")
    assert job.problem
    assert (job.status, job.problem.type, job.problem.params["answer"]) == (
        Status.FAILED,
        "question",
        '{"sheets": "all"}',
    )
    assert run(harness, QUARTER, questions="fail", recipe={"sheets": "all"}).counts.total == 9


def test_a_workbook_without_a_header_names_all_of_its_sheets(harness: Harness) -> None:
    job = run(harness, {"Read me": COVER, "Data": [("a", "b"), (1, 2)]})
    assert job.problem
    assert (job.problem.type, job.problem.params["sheets"]) == ("no-header", ["Read me", "Data"])
    assert "'Read me'" in word_problem(job.problem)[1]
    assert "'Data'" in word_problem(job.problem)[1]


def test_a_column_is_asked_about_on_the_sheet_that_is_most_alike(harness: Harness) -> None:
    """Once it is answered, several sheets fit, which is asked then."""
    titles = ("Part Number", "Description", "Betrag", "Stock")
    sheets = {"Read me": COVER, "Jan": [titles, *month("J")[1:]], "Feb": [titles, *month("F")[1:]]}
    job = run(harness, sheets)
    assert [each.kind for each in job.questions] == ["mapping"]
    job = answered(harness, job, {"columns": {"Betrag": "price"}})
    assert [each.kind for each in job.questions] == ["sheet"]
    job = answered(harness, job, {"sheets": "all"})
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 6)


def test_another_sheet_can_be_answered_as_long_as_the_job_is_in_review(harness: Harness) -> None:
    """The file is split anew, and nothing of the sheet that was read before is left."""
    job = answered(harness, run(harness, QUARTER, review=True), {"sheets": ["Jan"]})
    assert (job.status, job.counts.total, job.counts.rejected) == (Status.IN_REVIEW, 3, 1)
    job = answered(harness, job, {"sheets": ["Mar"]})
    assert (job.status, job.counts.total, job.counts.rejected) == (Status.IN_REVIEW, 3, 0)
    harness.commit(job.ref)
    assert (harness.run(job.ref).status, keys(harness)) == (Status.COMPLETED, ["M-1", "M-2", "M-3"])


def test_a_mirror_asks_before_it_leaves_a_sheet_out_that_fits(harness: Harness) -> None:
    """The records of its rows would be deleted; a sheet of another kind does not matter, nor one that was answered."""
    run(harness, QUARTER, recipe={"sheets": "all"})
    mirror = {"options": LoadOptions("mirror", guards=Guards(max_deleted=1.0))}
    whole = {"Read me": COVER, "Jan": month("J")}
    job = run(harness, {**whole, "Feb": month("F")}, hidden=["Feb"], **mirror)
    assert [choice.value for choice in job.questions[0].choices] == [["Jan", "Feb"], ["Jan"], ["Feb"]]
    job = run(harness, {**whole, "Feb": month("F")}, recipe={"sheets": ["Jan"]}, **mirror)
    assert (job.status, [each.kind for each in job.questions]) == (Status.IN_REVIEW, ["sheet"])
    job = answered(harness, job, {"sheets": ["Jan"]})
    assert (job.status, keys(harness)) == (Status.COMPLETED, ["J-1", "J-2", "J-3"])
    assert run(harness, whole, force=True, **mirror).status is Status.COMPLETED
