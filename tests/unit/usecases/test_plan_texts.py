"""Jobs whose text leaves its encoding or its delimiter open: asked, answered, remembered, or failed with the answer."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.errors import InvalidDecision
from sluice.model.job import Job
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from sluice.wording import word_detail
from tests.support.factories import csv_file
from tests.support.harness import Harness, small_chunks

CZECH = "Part Number;Description;Price\n" + "".join(f"P-{at};Žárovka světlomet {at};1\n" for at in range(25))
OPEN = b"Part Number;Stock,Part Number\nA;1,B\nC;2,D\n"
UPDATE = LoadOptions("update")


def descriptions(harness: Harness) -> dict[str, Any]:
    """Return the descriptions in the dataset by key."""
    records = harness.records.page("acme", "products", limit=100, cursor=None).items
    return {record["values"]["part_number"]: record["values"]["description"] for record in records}


def asked(harness: Harness, body: bytes, **more: Any) -> Job:
    """Import a file that leaves something open."""
    job = harness.run(harness.upload(body, force=True, **more))
    assert (job.status, job.planned) == (Status.IN_REVIEW, False)
    return job


def test_an_encoding_is_asked_answered_and_remembered(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next file with the same titles is read so without a question; one that proves UTF-8 is read as that."""
    small_chunks(monkeypatch)
    job = asked(harness, CZECH.encode("cp1250"))
    (question,) = job.questions
    assert (question.key, question.kind, question.choices[0].value) == ("encoding", "encoding", "windows-1250")
    assert not descriptions(harness)
    harness.answer(job.ref, {"encoding": "cp1250"})
    job = harness.run(job.ref)
    assert (job.status, job.file.encoding, job.counts.inserted) == (Status.COMPLETED, "windows-1250", 25)
    assert descriptions(harness)["P-24"] == "Žárovka světlomet 24"
    decision = job.recipe.decisions["encoding"]
    assert (decision.value, decision.how) == ("windows-1250", "answered")

    again = harness.run(harness.upload(CZECH.replace("světlomet", "řízení").encode("cp1250")))
    assert (again.status, again.recipe.decisions["encoding"].how) == (Status.COMPLETED, "remembered")
    assert descriptions(harness)["P-24"] == "Žárovka řízení 24"

    proven = harness.run(harness.upload(CZECH.replace("světlomet", "lampa").encode()))
    assert (proven.recipe.value("encoding"), proven.recipe.decisions["encoding"].how) == ("utf-8", "proven")
    assert descriptions(harness)["P-24"] == "Žárovka lampa 24"


def test_titles_beyond_ascii_are_recognised_in_the_remembered_encoding(harness: Harness) -> None:
    """They are others in each candidate, so each is tried."""
    body = "Part Number;Description;Price;Řada\nA;x;1;žlutá\n".encode("cp1250")
    job = asked(harness, body)
    harness.answer(job.ref, {"encoding": "windows-1250"})
    harness.run(job.ref)
    again = harness.run(harness.upload(body, force=True))
    assert (again.status, again.recipe.value("encoding")) == (Status.COMPLETED, "windows-1250")


def test_an_encoding_can_be_given(harness: Harness) -> None:
    job = harness.run(harness.upload(CZECH.encode("cp1250"), recipe={"encoding": "windows-1250"}))
    assert (job.status, job.recipe.decisions["encoding"].how) == (Status.COMPLETED, "given")
    assert descriptions(harness)["P-0"] == "Žárovka světlomet 0"


def test_an_answer_to_a_planned_job_splits_its_file_anew(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is counted once, and no text of the first split is left."""
    small_chunks(monkeypatch)
    body = "Part Number;Description;Price\n" + "".join(f"P-{at};Müller {at};1\n" for at in range(25))
    job = harness.run(harness.upload(body.encode("cp1252"), review=True))
    assert (job.status, job.recipe.value("encoding"), job.counts.checked) == (Status.IN_REVIEW, "windows-1252", 25)
    harness.answer(job.ref, {"encoding": "iso-8859-5"})
    job = harness.run(job.ref)
    assert (job.status, job.file.encoding, job.counts.checked) == (Status.IN_REVIEW, "iso-8859-5", 25)
    harness.commit(job.ref)
    assert harness.run(job.ref).counts.inserted == 25
    assert descriptions(harness)["P-24"] == "Mќller 24"


def test_a_delimiter_is_asked_answered_and_remembered(harness: Harness) -> None:
    harness.run(harness.upload(csv_file([(key, "x", "1", 1) for key in "ABCD"])))
    job = asked(harness, OPEN, options=UPDATE)
    (question,) = job.questions
    assert (question.key, question.kind) == ("delimiter", "delimiter")
    assert {choice.value: choice.params["text"] for choice in question.choices} == {
        ",": "'Part Number;Stock' · 'Part Number'",
        ";": "'Part Number' · 'Stock,Part Number'",
    }
    harness.answer(job.ref, {"delimiter": ";"})
    job = harness.run(job.ref)
    assert (job.status, job.file.delimiter, job.counts.unchanged) == (Status.COMPLETED, ";", 2)
    again = harness.run(harness.upload(OPEN, options=UPDATE, force=True))
    assert (again.status, again.recipe.decisions["delimiter"].how) == (Status.COMPLETED, "remembered")


@pytest.mark.parametrize(
    ("body", "answer", "words"),
    [
        (
            CZECH.encode("cp1250"),
            '{"encoding": "windows-1250"}',
            ["In which encoding is the text", "Row 2 reads P-0;Žárovka"],
        ),
        (OPEN, '{"delimiter": ","}', ["Which character separates the columns?", " with ',' and ", "Check which"]),
    ],
)
def test_a_job_that_does_not_ask_fails_with_an_answer_to_check(
    harness: Harness, body: bytes, answer: str, words: list[str]
) -> None:
    """It shows a row in two readings, since the likelier one may be wrong."""
    job = harness.run(harness.upload(body, questions="fail", options=UPDATE))
    assert job.status is Status.FAILED
    assert job.problem is not None
    detail = word_detail(job.problem)
    assert all(each in detail for each in words), detail
    assert f"for instance {answer}, or let the job ask." in detail


@pytest.mark.parametrize("answer", [{"encoding": "utf-7"}, {"delimiter": "xx"}, {"quoting": "none"}])
def test_an_answer_that_cannot_be_changes_nothing(harness: Harness, answer: dict[str, str]) -> None:
    job = asked(harness, CZECH.encode("cp1250"))
    with pytest.raises(InvalidDecision):
        harness.answer(job.ref, answer)
    assert harness.jobs.get(job.ref).questions == job.questions


def test_an_answer_in_which_the_file_cannot_be_read_rejects_it(harness: Harness) -> None:
    job = asked(harness, CZECH.encode("cp1250"))
    harness.answer(job.ref, {"encoding": "utf-8"})
    job = harness.run(job.ref)
    assert job.problem is not None
    assert word_detail(job.problem).startswith("Row 2 has byte 8E, which the encoding utf-8 lacks")


def test_the_whole_recipe_of_a_job_can_be_given_for_the_next_file(harness: Harness) -> None:
    first = harness.run(harness.upload(b"Part Number^Description^Price\nA^x^1\n"))
    values = {key: first.recipe.value(key) for key in ("encoding", "delimiter", "quoting")}
    assert values == {"encoding": "utf-8", "delimiter": "^", "quoting": "double"}
    again = harness.run(harness.upload(b"Part Number^Description^Price\nB^y^2\n", recipe=values))
    assert (again.status, again.recipe.decisions["delimiter"].how) == (Status.COMPLETED, "given")


def test_a_plan_that_is_called_twice_decides_the_same(harness: Harness) -> None:
    """The first call died after it had decided."""
    ref = harness.upload(CZECH.encode())
    assert [harness.plan(ref), harness.plan(ref)] == ["planned", "planned"]
    assert harness.jobs.get(ref).recipe.version == 2
