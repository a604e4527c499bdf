"""Ambiguous dates: the file proves the order or a person decides it, and Sluice guesses nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.recipe import Decision, Recipe
from sluice.model.status import Status
from sluice.usecases.corrections import as_correction
from sluice.wording import word_detail
from tests.support.factories import PRODUCT_TITLES, csv_file, products
from tests.support.harness import LEASE, NOW, Harness
from tests.unit.usecases.rejected import rejections

TITLES = (*PRODUCT_TITLES, "Updated")
#: Dates as they are written, read day first, read month first; only the first two are ambiguous.
DATES = [
    ("03/04/2025", "2025-04-03", "2025-03-04"),
    ("1/2/25", "2025-02-01", "2025-01-02"),
    ("05/05/2025", "2025-05-05", "2025-05-05"),
    ("2025-04-03", "2025-04-03", "2025-04-03"),
    ("3 Apr 2025", "2025-04-03", "2025-04-03"),
    ("", None, None),
]
ROWS = 24


def dated(*others: str) -> bytes:
    """Return rows with all kinds of dates over three chunks, and some more with others."""
    written = [DATES[number % len(DATES)][0] for number in range(ROWS)] + list(others)
    return csv_file([(*row, day) for row, day in zip(products(len(written)), written, strict=True)], TITLES)


def days(harness: Harness, count: int = ROWS) -> list[Any]:
    """Return the dates of the first rows, as they are in the dataset."""
    values = harness.destination.values("acme", "products")
    return [values[f"P-{number:06d}"]["updated"] for number in range(1, count + 1)]


def expected(order: str) -> list[Any]:
    """Return the dates of the first rows, read in an order."""
    return [DATES[number % len(DATES)][1 if order == "dmy" else 2] for number in range(ROWS)]


def test_a_job_with_ambiguous_dates_stops_for_review_even_if_the_caller_did_not_ask_for_one(harness: Harness) -> None:
    ref = harness.upload(dated())
    job = harness.run(ref)
    [question] = job.questions
    assert (job.status, job.review, job.waiting_for) == (Status.IN_REVIEW, False, "answers")
    assert (question.key, [choice.value for choice in question.choices]) == ("date_order.updated", ["dmy", "mdy"])
    assert question.evidence.counts == {"either": 8}
    assert job.counts.compared == ROWS
    assert harness.destination.datasets.get(("acme", "products"), {}) == {}


def test_a_commit_that_does_not_answer_the_question_is_rejected(harness: Harness) -> None:
    ref = harness.upload(dated())
    harness.run(ref)
    with pytest.raises(Conflict) as rejected:
        harness.commit(ref)
    assert rejected.value.problem.type == "questions-open"
    assert "date_order.updated" in word_detail(rejected.value.problem)
    assert harness.jobs.get(ref).status is Status.IN_REVIEW


@pytest.mark.parametrize("column", ["Updated", "updated"])
@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_an_answer_changes_exactly_the_ambiguous_dates(harness: Harness, column: str, order: str) -> None:
    """The stored rows equal, byte by byte, those of a file without ambiguous dates."""
    ref = harness.upload(dated())
    harness.run(ref)
    job = harness.answer(ref, {"date_order": {column: order}})
    assert (job.status, job.recipe.value("date_order.updated")) == (Status.PARSING, order)
    done = harness.run(ref)
    assert (done.status, done.counts.inserted) == (Status.COMPLETED, ROWS)
    assert days(harness) == expected(order)
    plain = [(*row, day or "") for row, day in zip(products(ROWS), expected(order), strict=True)]
    again = harness.run(harness.upload(csv_file(plain, TITLES)))
    assert (again.status, again.counts.unchanged) == (Status.COMPLETED, ROWS)


@pytest.mark.parametrize(
    ("proof", "order"), [("31/12/2025", "dmy"), ("12/31/2025", "mdy"), ("31.12.25", "dmy"), ("12-31-25", "mdy")]
)
def test_one_date_with_a_single_reading_decides_the_order_of_its_column(
    harness: Harness, proof: str, order: str
) -> None:
    """The date may be in any chunk."""
    job = harness.run(harness.upload(dated(proof)))
    assert (job.status, job.questions, job.recipe.value("date_order.updated")) == (Status.COMPLETED, (), order)
    assert days(harness) == expected(order)
    assert days(harness, ROWS + 1)[-1] == "2025-12-31"


def test_a_row_that_is_rejected_for_another_reason_decides_too(harness: Harness) -> None:
    """Its date proves the order as well as any other."""
    body = dated() + b"P-000999,Wrong,-1,1,12/31/2025\n"
    job = harness.run(harness.upload(body))
    assert (job.status, job.counts.rejected) == (Status.COMPLETED, 1)
    assert days(harness) == expected("mdy")


def test_dates_that_contradict_each_other_are_a_question_and_an_answer_rejects_the_others(harness: Harness) -> None:
    ref = harness.upload(dated("31/12/2025", "12/31/2025"))
    assert [question.key for question in harness.run(ref).questions] == ["date_order.updated"]
    harness.answer(ref, {"date_order.updated": "mdy"})
    job = harness.run(ref)
    assert (job.status, job.counts.rejected) == (Status.COMPLETED, 1)
    assert days(harness) == expected("mdy")
    assert f"P-{ROWS + 1:06d}" not in harness.destination.values("acme", "products")


def test_dates_with_points_are_loaded_without_a_question_and_asked_about_beside_a_proof(harness: Harness) -> None:
    """The proof stands in another chunk, and an answer reads all by it."""
    written = ["01.11.2025", "1. 2. 2025"] * (ROWS // 2)
    rows = [(*row, day) for row, day in zip(products(ROWS), written, strict=True)]
    job = harness.run(harness.upload(csv_file(rows, TITLES)))
    assert (job.status, job.questions, days(harness)) == (Status.COMPLETED, (), ["2025-11-01", "2025-02-01"] * 12)
    ref = harness.upload(csv_file([*rows, ("P-X", "Filter", "1", "1", "11.30.2025")], TITLES))
    assert [question.key for question in harness.run(ref).questions] == ["date_order.updated"]
    harness.answer(ref, {"date_order.updated": "mdy"})
    assert harness.run(ref).status is Status.COMPLETED
    assert days(harness) == ["2025-01-11", "2025-01-02"] * 12


def test_dates_with_a_single_reading_ask_no_question(harness: Harness) -> None:
    rows = [(*row, day) for row, day in zip(products(3), ("05/05/2025", "2025-04-03", ""), strict=True)]
    job = harness.run(harness.upload(csv_file(rows, TITLES)))
    assert (job.status, job.questions) == (Status.COMPLETED, ())


def test_a_review_that_the_caller_asked_for_asks_about_the_dates_as_well(harness: Harness) -> None:
    """Once they are answered, the rows are read again, and the job comes back to be committed."""
    ref = harness.upload(dated(), review=True)
    harness.run(ref)
    with pytest.raises(Conflict):
        harness.commit(ref)
    harness.answer(ref, {"date_order.updated": "mdy"})
    job = harness.run(ref)
    assert (job.status, job.waiting_for, job.counts.compared) == (Status.IN_REVIEW, "commit", ROWS)
    harness.commit(ref)
    assert harness.run(ref).status is Status.COMPLETED
    assert days(harness) == expected("mdy")


def test_an_order_that_the_file_proves_can_be_answered_otherwise(harness: Harness) -> None:
    """An answer is final, so the cells that show the other order are rejected."""
    ref = harness.upload(dated("31/12/2025"), review=True)
    assert harness.run(ref).questions == ()
    harness.answer(ref, {"date_order.updated": "mdy"})
    assert harness.run(ref).counts.rejected == 1
    harness.commit(ref)
    harness.run(ref)
    assert days(harness) == expected("mdy")


def test_the_order_is_in_the_log(harness: Harness) -> None:
    ref = harness.upload(dated())
    harness.run(ref)
    harness.answer(ref, {"date_order": {"Updated": "mdy"}}, by="eve")
    entry = harness.jobs.entries(ref)[-1]
    assert (entry.by, entry.status, entry.note) == ("eve", Status.PARSING, 'date_order.updated: "mdy"')


@pytest.mark.parametrize("review", [False, True])
def test_a_job_that_does_not_wait_for_answers_fails_and_names_one_that_would_have_helped(
    harness: Harness, review: bool
) -> None:
    job = harness.run(harness.upload(dated(), questions="fail", review=review))
    assert job.status is Status.FAILED
    assert job.problem
    assert (job.problem.type, job.problem.params["key"]) == ("question", "date_order.updated")
    assert json.loads(job.problem.params["answer"]) == {"date_order": {"updated": "dmy"}}
    assert '"date_order"' in word_detail(job.problem)
    assert harness.destination.writes == 0
    given = harness.upload(dated(), questions="fail", recipe=json.loads(job.problem.params["answer"]))
    assert harness.run(given).status is Status.COMPLETED


def test_a_column_that_proves_a_mark_has_the_chunks_of_another_parsed_anew(harness: Harness) -> None:
    rows = [(*row[:2], "7", "1.000") for row in products(ROWS)] + [("P-000099", "Filter", "12,50", "12")]
    job = harness.run(harness.upload(csv_file(rows, PRODUCT_TITLES)))
    assert (job.status, job.questions, job.recipe.value("decimal.stock")) == (Status.COMPLETED, (), ",")
    assert {row["stock"] for row in harness.destination.values("acme", "products").values()} == {1000, 12}


def test_years_that_may_be_first_are_asked_about_and_answered(harness: Harness) -> None:
    rows = [(*row, "24-12-31") for row in products(ROWS)]
    ref = harness.upload(csv_file(rows, TITLES))
    [question] = harness.run(ref).questions
    assert [choice.value for choice in question.choices] == ["dmy", "ymd"]
    harness.answer(ref, {"date_order.updated": "ymd"})
    assert harness.run(ref).status is Status.COMPLETED
    assert days(harness) == ["2024-12-31"] * ROWS


def test_six_digits_in_the_last_chunk_reject_five_in_the_first_and_in_its_correction(
    harness: Harness,
) -> None:
    rows = [(*row, "41225") for row in products(ROWS)] + [("P-000099", "Filter", "1", "1", "310125")]
    ref = harness.upload(csv_file(rows, TITLES))
    job = harness.run(ref)
    assert (job.counts.rejected, job.counts.loaded) == (ROWS + 1, 0)
    assert job.recipe.decisions["five_digits.updated"].how == "proven"
    assert as_correction(replace(job, recipe=Recipe()), job).recipe.decisions["five_digits.updated"] == Decision(
        "reject", "answered"
    )


def test_another_header_in_the_middle_rejects_the_rows_of_all_chunks_below_it(harness: Harness) -> None:
    """Each chunk is read on its own, so those that were read before it was found are read once more."""
    rows = [*products(60), ("Part Number", "Description", "Stock", "Price"), *products(30, first=61)]
    ref = harness.upload(csv_file(rows, PRODUCT_TITLES))
    job = harness.run(ref)
    assert (job.status, job.counts.loaded, job.counts.rejected) == (Status.COMPLETED, 60, 31)
    assert {each.code for each in rejections(harness, job)} == {"other-header", "below-other-header"}
    assert job.recipe.decisions["other_header"].how == "proven"


def test_nothing_is_loaded_while_a_chunk_that_was_not_parsed_could_show_that_five_digits_are_no_days(
    harness: Harness,
) -> None:
    """Whatever order of dates a caller gave."""
    rows = [(*row, "41225") for row in products(10)] + [(*row, "310125") for row in products(10, first=11)]
    ref = harness.upload(csv_file(rows, TITLES), recipe={"date_order": {"updated": "dmy"}})
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    [lost] = [chunk for chunk in harness.queue.messages if chunk.index == 1]
    harness.queue.messages.remove(lost)
    harness.give_up(lost)
    harness.deliver()
    assert harness.phase(ref, PhaseName.LOAD) == "uncompared"
    assert harness.finish(ref).status is Status.FAILED
    assert harness.destination.writes == 0


def late_chunk(harness: Harness, body: bytes, index: int, **more: Any) -> JobRef:
    """Return a job that has loaded all but one chunk, which was given up while it was parsed."""
    ref = harness.upload(body, **more)
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    dead = ChunkRef(ref, PhaseName.PARSE, index)
    harness.queue.messages.remove(dead)
    harness.give_up(dead)
    harness.deliver()
    assert harness.machine.answers[token]["outcome"] == "done"
    if harness.phase(ref, PhaseName.LOAD) == "compare":
        harness.phase(ref, PhaseName.COMPARE)
        harness.finish(ref)
        harness.commit(ref)
        harness.phase(ref, PhaseName.LOAD)
    assert harness.finish(ref).status is Status.FAILED
    return ref


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize("asks", ["ask", "fail"])
def test_ambiguous_dates_that_appear_at_a_retry_are_asked_about(harness: Harness, review: bool, asks: str) -> None:
    """The earlier commit covered the dates known by then. A job that has loaded rows waits for its caller."""
    rows = [(*row, "2025-04-03") for row in products(10)]
    rows += [(*row, "03/04/2025") for row in products(10, first=11)]
    rows += [(*row, "2025-04-03") for row in products(10, first=21)]
    ref = late_chunk(harness, csv_file(rows, TITLES), 1, review=review, questions=asks)
    harness.retry(ref)
    job = harness.run(ref)
    assert (job.status, job.waiting_for, job.counts.loaded) == (Status.IN_REVIEW, "answers", 20)
    harness.answer(ref, {"date_order.updated": "mdy"})
    done = harness.run(ref)
    assert (done.status, done.counts.inserted) == (Status.COMPLETED, 30)
    assert days(harness, 30) == ["2025-04-03"] * 10 + ["2025-03-04"] * 10 + ["2025-04-03"] * 10


def test_nothing_is_loaded_while_a_chunk_that_was_not_parsed_could_prove_another_order(harness: Harness) -> None:
    rows = [(*row, "03/04/2025") for row in products(10)] + [(*row, "12/31/2025") for row in products(20, first=11)]
    ref = harness.upload(csv_file(rows, TITLES))
    for outcome in ("over", "uncompared"):  # the second chunk proves an order, so the first is parsed once more
        harness.plan(ref)
        harness.dispatch(ref, PhaseName.PARSE)
        [lost] = [chunk for chunk in harness.queue.messages if chunk.index == 2]
        harness.queue.messages.remove(lost)
        harness.give_up(lost)
        harness.deliver()
        assert harness.phase(ref, PhaseName.LOAD) == outcome
    assert harness.finish(ref).status is Status.FAILED
    assert harness.destination.writes == 0
    harness.retry(ref)
    assert harness.run(ref).status is Status.COMPLETED
    assert days(harness, 10) == ["2025-03-04"] * 10


def test_an_answer_applies_to_a_chunk_that_is_parsed_after_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first attempt recorded ambiguous dates before it died; no date is changed twice."""
    close = harness.chunks.close

    def dying(ref: ChunkRef, *args: Any, **more: Any) -> bool:
        if ref.index == 0 and args[0] is ChunkState.DONE:
            raise OSError("reset")
        return close(ref, *args, **more)

    def deliver(ref: ChunkRef) -> None:
        with suppress(OSError):
            harness.work(ref)
        if ref.index == 0:
            harness.give_up(ref, now=NOW + LEASE)

    ref = harness.upload(dated())
    harness.plan(ref)
    with monkeypatch.context() as patched:
        patched.setattr(harness.chunks, "close", dying)
        harness.dispatch(ref, PhaseName.PARSE)
        harness.deliver(each=deliver)
    assert harness.phase(ref, PhaseName.LOAD) == "uncompared"
    assert harness.finish(ref).status is Status.FAILED
    harness.retry(ref)
    assert harness.run(ref).status is Status.IN_REVIEW
    harness.answer(ref, {"date_order.updated": "mdy"})
    assert harness.run(ref).status is Status.COMPLETED
    assert days(harness) == expected("mdy")
