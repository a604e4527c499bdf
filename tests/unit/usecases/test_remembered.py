"""Recipes of the last files: taken from completed jobs, used for the same titles, offered for similar ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.api.events import job_message
from sluice.api.responses import job_response
from sluice.catalog.registry import importer_named
from sluice.model.job import Job
from sluice.model.recipe import Decision, Drift, Recall, Recipe
from sluice.reading.matching import fingerprint, likeness
from sluice.schema.cells import Record
from sluice.usecases.remembered import (
    Known,
    Lesson,
    drift_between,
    find_lessons,
    use,
    with_lesson,
)
from tests.support.factories import make_job

PRODUCTS = importer_named("products")
AT = datetime(2026, 11, 1, tzinfo=UTC)
TITLES = ("Art. Nr.", "Description", "Preis", "Stock", "Updated")


def lesson(number: int = 1, titles: Sequence[str] = TITLES, **more: Any) -> Lesson:
    """Return the lesson of a job; later ones have higher numbers."""
    return Lesson(f"job-{number}", "ann", AT + timedelta(days=number), tuple(titles), **more)


def head(*rows: Sequence[object]) -> list[Record]:
    """Return the first rows of a file."""
    return [(number, list(cells)) for number, cells in enumerate(rows, start=1)]  # type: ignore[arg-type]


# ---------------------------------------------------------------------- titles


def test_titles_are_recognised_in_any_order_case_and_punctuation() -> None:
    assert fingerprint(["Part No.", "", "PRICE"]) == fingerprint(["price ", "part-no"]) == ("partno", "price")


@pytest.mark.parametrize(
    ("before", "now", "at_least", "below"),
    [
        (["a", "b"], ["a", "b"], 1.0, 1.1),
        (["a", "b", "c", "d"], ["a", "b", "c", "d", "e"], 0.88, 0.9),
        (["name", "price", "sku", "stock"], ["name", "sku", "stock", "unitprice"], 0.9, 0.95),
        (["name", "price", "sku", "stock"], ["betrag", "name", "sku", "stock"], 0.75, 0.76),
        (["a", "a", "b"], ["a", "b"], 0.8, 0.81),
        (["a"], ["b"], 0.0, 0.01),
        (["a"], [], 0.0, 0.01),
    ],
)
def test_likeness_is_the_share_of_titles_in_common_and_counts_renamed_ones_in_part(
    before: list[str], now: list[str], at_least: float, below: float
) -> None:
    assert at_least <= likeness(before, now) < below
    assert likeness(before, now) == pytest.approx(likeness(now, before))


def test_a_drift_report_names_missing_and_new_titles_and_the_likely_pairs() -> None:
    known = lesson(fields={"Preis": "price", "Description": "description"})
    assert drift_between(known, ["Art.-Nr.", "Descriptions", "Preis netto", "Stock", "Zoll"]) == Drift(
        missing={"Description": "description", "Preis": "price", "Updated": ""},
        new=("Descriptions", "Preis netto", "Zoll"),
        renamed={"Description": "Descriptions", "Preis": "Preis netto"},
    )
    assert drift_between(known, reversed(TITLES)) == Drift()


def test_a_title_is_the_likely_new_name_of_one_other_at_most() -> None:
    drift = drift_between(lesson(titles=["Price", "Price 2"]), ["Price 1"])
    assert len(drift.renamed) == 1


def test_thousands_of_titles_are_compared_in_no_time() -> None:
    """Without a bound, the letters of a million pairs would be compared."""
    wide = [f"Column {number}" for number in range(1_000)]
    other = [f"Spalte {number}" for number in range(1_000)]
    assert drift_between(lesson(titles=wide), other).renamed == {}
    assert likeness(fingerprint(wide), fingerprint(other)) == 0


def test_a_drift_report_is_bounded_and_no_list_or_message_has_it() -> None:
    """A message of the WebSocket has 128 KB at most, in which a letter of some scripts takes twelve bytes."""
    odd = [f"{number:04d}{chr(0x1F600)}" * 50 for number in range(900)]
    known = lesson(titles=[*odd[:450], *(f"a{n}" for n in range(49)), "price"], fields={"price": "price"})
    drift = drift_between(known, [*odd[450:], *(f"a{n}b" for n in range(49)), "prices"])
    assert (len(drift.missing), len(drift.new)) == (200, 50)
    assert next(iter(drift.missing)) == "price"
    recalled = Recall("", "job-1", "ann", AT, 0.9, {"columns": {"Preis": "price"}}, drift)
    job = replace(make_job(), recall=recalled)
    assert len(job_message("job.progress", job, "https://api.example")) < 10_000
    brief, whole = (job_response(job, "https://api.example", brief=each).remembered for each in (True, False))
    assert brief is not None
    assert whole is not None
    assert (brief.job, brief.alike, brief.drift, brief.offered) == ("job-1", 0.9, None, None)
    assert whole.drift is not None
    assert whole.drift.missing["price"] == "price"
    assert len(json.dumps(recalled.as_dict(), ensure_ascii=False).encode()) < 200_000


# ---------------------------------------------------------------------- lessons


def test_the_newest_lessons_are_kept_and_a_few_of_each_header() -> None:
    lessons: list[Lesson] = []
    for number in (3, 1, 5, 2, 4):
        lessons = with_lesson(lessons, lesson(number))
    lessons = with_lesson(lessons, lesson(0, titles=["Other"]))
    assert [each.job for each in lessons] == ["job-5", "job-4", "job-3", "job-0"]
    assert with_lesson(lessons, lesson(4)) == lessons


def test_lessons_fit_into_one_item_of_dynamodb() -> None:
    many = [lesson(number, titles=[f"{number} {'x' * 50} {each}" for each in range(90)]) for number in range(130)]
    lessons = with_lesson(many[:-1], many[-1])
    assert 200_000 < sum(len(json.dumps(each.as_dict())) for each in lessons) < 400_000
    assert lessons[0].job == "job-129"
    large = [replace(each, titles=("a", str(number))) for number, each in enumerate(many)]
    assert len(with_lesson(large[:-1], large[-1])) == 100


def test_a_lesson_is_read_as_it_was_written() -> None:
    known = lesson(fields={"Preis": "price"}, decisions={"decimal.price": ",", "columns": {"Preis": "price"}})
    assert Lesson.read(known.as_dict()) == known


def test_the_most_alike_and_then_the_newest_lesson_comes_first_with_the_row_of_its_titles() -> None:
    lessons = [lesson(1), lesson(2), lesson(3, titles=[*TITLES, "Brand"]), lesson(4, titles=["x", "y"])]
    file = head(["Price list"], TITLES[::-1], ["P-1", "Oil filter", "1,50", 3, None])
    found = find_lessons(lessons, [file])
    assert [(each.lesson.job, each.row) for each in found] == [("job-2", 2), ("job-1", 2), ("job-3", 2)]
    assert [each.alike == 1 for each in found] == [True, True, False]


def test_titles_in_two_rows_are_found_at_the_lower_one() -> None:
    file = head(["Article", None, "Price", None], ["No.", "Name", "net", "gross"])
    [known] = find_lessons([lesson(titles=["No.", "Name", "net", "gross"])], [file])
    assert (known.row, known.alike) == (2, 1)


def test_only_the_row_that_a_caller_has_named_comes_into_question() -> None:
    file = head(TITLES, ["a", "b"])
    assert find_lessons([lesson()], [file], row=2) == []
    assert len(find_lessons([lesson()], [file], row=1)) == 1


# ---------------------------------------------------------------------- use


def known(alike: float = 1.0, **decisions: Any) -> Known:
    """Return a lesson with decisions, found in row 3."""
    return Known(lesson(decisions={key.replace("__", "."): each for key, each in decisions.items()}), alike, 3, TITLES)


def job_with(recipe: Recipe = Recipe(), **more: Any) -> Job:  # noqa: B008 - recipes do not change
    """Return a job with a recipe."""
    return replace(make_job(), recipe=recipe, **more)


def test_the_same_titles_are_read_as_last_time_and_the_header_is_found_where_it_is() -> None:
    decided = use(job_with(), known(header=7, decimal__price=",", columns={"Preis": "price"}), PRODUCTS)
    assert {key: (each.value, each.how) for key, each in decided.recipe.decisions.items()} == {
        "header": (3, "remembered"),
        "decimal.price": (",", "remembered"),
        "columns": ({"Preis": "price"}, "remembered"),
    }
    assert decided.recall == Recall("", "job-1", "ann", AT + timedelta(days=1), 1.0)
    assert decided.options is None


def test_similar_titles_decide_nothing() -> None:
    decided = use(job_with(), known(0.9, header=7, decimal__price=",", mode="update"), PRODUCTS)
    assert (decided.recipe, decided.options) == (Recipe(), None)
    assert decided.recall is not None
    assert decided.recall.offered == {"header": 3, "decimal.price": ",", "mode": "update"}


@pytest.mark.parametrize("how", ["given", "answered", "proven"])
def test_what_a_caller_or_the_file_has_decided_stays(how: Any) -> None:
    recipe = Recipe(2, {"decimal.price": Decision(".", how)})
    assert use(job_with(recipe), known(decimal__price=","), PRODUCTS).recipe == recipe
    offer = use(job_with(recipe), known(0.9, decimal__price=","), PRODUCTS).recall
    assert offer is not None
    assert offer.offered == {}


@pytest.mark.parametrize("how", ["declared", "default"])
def test_it_is_stronger_than_what_the_importer_says(how: Any) -> None:
    recipe = Recipe(2, {"decimal.price": Decision(".", how)})
    assert use(job_with(recipe), known(decimal__price=","), PRODUCTS).recipe.value("decimal.price") == ","


def test_what_the_importer_does_not_have_any_more_is_forgotten() -> None:
    old = known(decimal__weight=",", decimal__price=";", date_order__price="dmy", columns={"Gewicht": "weight"})
    assert use(job_with(), old, PRODUCTS).recipe == Recipe()


def test_what_is_recalled_is_read_as_it_was_written() -> None:
    recalled = Recall("", "job-1", "ann", AT, 0.9, {"decimal.price": ","}, Drift({"a": "b"}, ("c",), {"a": "c"}))
    assert Recall.read(recalled.as_dict()) == recalled
