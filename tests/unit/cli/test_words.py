"""Words for people: verdicts, times, durations, and what to do next."""

from typing import Any

import pytest

from sluice.model.status import Status
from sluice_cli.words import (
    PROFILE,
    STATUSES,
    command,
    describe,
    duration,
    local_time,
    next_steps,
    options,
    remembered,
    sheets,
    verdict,
)
from tests.unit.cli.fake_api import job


def counts(**given: int) -> dict[str, int]:
    return {"total": sum(given.values()), "inserted": 0, "updated": 0, "unchanged": 0, "rejected": 0} | given


def test_every_state_of_a_job_has_its_words() -> None:
    assert set(STATUSES) == set(Status)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (job("completed", counts=counts(inserted=3)), "Loaded"),
        (job("completed", counts=counts(unchanged=3)), "Loaded"),
        (job("completed", counts=counts(inserted=4960, rejected=40)), "Loaded, 40 rejected"),
        (job("completed", counts=counts(rejected=1412)), "Nothing loaded, 1,412 rejected"),
        (job("completed", counts=counts()), "Completed, no rows"),
        (job("completed", counts=counts(inserted=3, rejected=1), lookup="voters"), "Looked up, 1 rejected"),
        (job("loading", lookup="voters"), "Looking up"),
        (job("paused", suspended="The upstream is down."), "Suspended"),
        (job("paused"), "Paused"),
        (job("in_review", counts=counts(rejected=40)), "In review, 40 rejected"),
        (job("in_review", counts=counts()), "In review"),
        (job("rolled_back"), "Rolled back"),
        (job("a_later_state"), "A later state"),
    ],
)
def test_a_verdict_says_whether_rows_were_loaded(made: dict[str, Any], words: str) -> None:
    assert verdict(made) == words


def test_a_time_is_shown_in_the_zone_of_this_machine_to_the_second() -> None:
    assert local_time("2026-11-28T01:57:55.123456Z") == "2026-11-28 08:57:55+07:00"
    assert local_time(None) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (59.6, "1 min"),
        (85, "1 min 25 s"),
        (3600, "1 h"),
        (7384, "2 h 3 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("type", "more", "advice"),
    [
        ("same-file", {}, "--force"),
        ("missing-parameter", {"parameter": "ward"}, "--recipe constants.ward=VALUE"),
        ("invalid-option", {"option": "deletes"}, "sluice importers"),
        ("missing-header", {}, "--recipe columns.HEADER=COLUMN"),
        ("question", {"key": "decimal.price"}, "let the job ask: --questions ask"),
        ("questions-open", {"keys": ["date_order.sold"]}, "sluice answer 01JOB"),
        ("unprocessed-rows", {}, "sluice retry 01JOB"),
        ("rollback-incomplete", {}, "sluice rollback 01JOB"),
        ("sync-overdue", {}, "sluice sync products --force"),
        ("source-drift", {}, "sluice sync products --force"),
        ("unauthorized", {}, "sluice login"),
        ("forbidden", {"scope": "imports:admin"}, "imports:admin"),
        ("not-found", {"detail": "There is no importer 'produce'."}, "sluice importers"),
        ("not-found", {"detail": "There is no job '01'."}, "sluice jobs"),
        ("not-found", {"detail": "There is no record 'x'."}, "Check the name."),
    ],
)
def test_a_problem_comes_with_the_command_that_helps_and_without_its_type(
    type: str, more: dict[str, Any], advice: str
) -> None:
    text = describe({"type": f"/problems/{type}", "title": "T", "detail": "D.", **more}, job("failed"))
    assert text.startswith(f"T: {more.get('detail', 'D.')}\n")
    assert advice in text
    assert "/problems/" not in text


def test_another_problem_is_its_title_and_detail() -> None:
    assert describe({"type": "/problems/encrypted-workbook", "title": "T", "detail": "D."}) == "T: D."
    assert describe({}) == "Rejected"


def test_a_job_in_review_says_how_to_look_at_it_load_it_and_discard_it() -> None:
    steps = "\n".join(next_steps(job("in_review", links={"commit": "…", "rejections": "…"})))
    for part in (
        "sluice preview 01JOB",
        "sluice commit 01JOB",
        "sluice cancel 01JOB",
        "sluice rejections 01JOB",
    ):
        assert part in steps


def test_a_job_with_questions_is_not_suggested_to_be_loaded() -> None:
    steps = "\n".join(next_steps(job("in_review", questions=[{"key": "decimal.unit price"}], links={"commit": "…"})))
    assert "sluice answer 01JOB 'decimal.unit price=VALUE'" in steps
    assert "sluice cancel 01JOB" in steps
    assert "commit" not in steps


@pytest.mark.parametrize(
    ("kind", "said"), [("rejections", "As a workbook:"), ("unprocessed-rows", "As a workbook to correct:")]
)
def test_the_rejected_rows_of_a_job_that_has_loaded_nothing_are_not_to_be_corrected_alone(kind: str, said: str) -> None:
    failed = job("failed", problem={"type": f"/problems/{kind}"}, links={"rejections": "…", "files": "…"})
    assert f"{said} sluice files 01JOB --save errors.xlsx" in next_steps(failed)


def test_a_paused_job_says_how_to_resume_it_unless_it_resumes_by_itself() -> None:
    assert next_steps(job("paused")) == ["Resume it: sluice resume 01JOB"]
    assert next_steps(job("paused", suspended="The upstream is down.")) == []


def test_a_suggested_command_repeats_the_profile_and_quotes_what_a_shell_would_read() -> None:
    PROFILE.set("prod")
    assert (
        command("answer", "01JOB", "date_order.sold on=dmy")
        == "sluice --profile prod answer 01JOB 'date_order.sold on=dmy'"
    )


def test_options_of_a_job_are_in_the_names_of_the_command_line() -> None:
    """Limits that are not set, and rejected rows that stop nothing, are not worth a word."""
    guards: dict[str, Any] = {"max_rejected": None, "max_deleted": None, "max_change": {}}
    plain = {"mode": "upsert", "blanks": "keep", "deletes": None, "on_rejections": "continue", "guards": guards}
    assert options(plain) == "mode upsert, blanks keep"
    guards = {"max_rejected": 0.05, "max_deleted": 500, "max_change": {"price": 0.5}}
    mirror = {"mode": "mirror", "blanks": "clear", "deletes": "mark", "on_rejections": "stop", "guards": guards}
    assert options(mirror) == (
        "mode mirror, blanks clear, deletes mark, on-rejections stop, max-rejected 0.05, max-deleted 500, "
        "max-change price=0.5"
    )


@pytest.mark.parametrize(
    ("recall", "sentences"),
    [
        ({}, ["Read as job 01OLD was"]),
        ({"name": "nordparts"}, ["Read by the recipe nordparts"]),
        ({"alike": 0.917}, ["Headers are 92% those of job 01OLD; what it decided is offered, and decides nothing"]),
        (
            {"drift": {"missing": {"Preis": "price", "Marke": None}, "new": ["Netto"], "renamed": {"Preis": "Netto"}}},
            [
                "Read as job 01OLD was",
                "Headers that are missing since: Preis (likely Netto now), Marke",
                "New headers: Netto",
            ],
        ),
    ],
)
def test_a_job_says_which_earlier_recipe_it_uses_or_offers_and_what_differs(
    recall: dict[str, Any], sentences: list[str]
) -> None:
    drift: dict[str, Any] = {"missing": {}, "new": [], "renamed": {}}
    assert remembered({"name": None, "job": "01OLD", "alike": 1.0, "drift": drift} | recall) == sentences


def test_a_job_says_which_sheets_are_read_and_what_a_person_may_not_see_of_them() -> None:
    hidden = {"text": "Sheet 'Jan': 3 hidden rows are read like the others", "code": "hidden-rows", "params": {}}
    file = {"sheets": [{"sheet": "Jan"}, {"sheet": "Feb"}], "notes": [hidden]}
    assert sheets({"file": file}) == ["Sheets: Jan, Feb", hidden["text"]]
    assert sheets({"file": {"sheets": [], "notes": []}}) == sheets({"file": None}) == []
