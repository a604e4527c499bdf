"""Files to download from a job: what is offered, what is in them, and how they come to be made."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, TryLater
from sluice.model.job import Job
from sluice.model.status import INACTIVE, Status
from sluice.usecases.artifacts import result_key
from sluice.usecases.downloads import JobFileOffer, download, make_file, offers
from tests.factories import csv_file, products
from tests.fakes.course import Course


@pytest.fixture
def job(course: Course) -> Job:
    """A job that has loaded 22 rows and rejected three: two for their price, one for its key."""
    rows = [list(row) for row in products(24)]
    rows[2][2], rows[12][2] = "-1", "free"
    rows.append(["P-000005", "=cmd", "3", "1"])
    return course.run(course.upload(csv_file(rows), filename="Preise März.csv"))


def lines(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def test_rejected_rows_are_in_the_workbook_as_they_came(course: Course, job: Job) -> None:
    """In the order of the file, whichever phase rejected them."""
    book = load_workbook(io.BytesIO(course.make_file(job.ref, "errors.xlsx")))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == ["Original row", "Part Number", "Description", "Price", "Stock", "What is wrong"]
    assert [row[:5] for row in rows[1:]] == [
        [4, "P-000003", "Part 3", "-1", "3"],
        [14, "P-000013", "Part 13", "free", "13"],
        [26, "P-000005", "'=cmd", "3", "1"],
    ]
    assert rows[1][5] == "Price: must be 0 or more"
    assert rows[3][5] == "Part Number: repeats the Part Number of row 6"


def test_rejected_rows_as_text_are_the_same(course: Course, job: Job) -> None:
    found = lines(course.make_file(job.ref, "errors.csv"))
    assert [line[:2] for line in found] == [
        ["Original row", "Part Number"],
        ["4", "P-000003"],
        ["14", "P-000013"],
        ["26", "P-000005"],
    ]
    assert found[3][2] == "'=cmd"
    assert found[3][-1].endswith("repeats the Part Number of row 6")


def test_loaded_rows_are_those_that_were_not_rejected(course: Course, job: Job) -> None:
    found = lines(course.make_file(job.ref, "loaded.csv"))
    keys = [line[1] for line in found[1:]]
    assert found[0][:2] == ["Row", "Part Number"]
    assert keys == [f"P-{number:06d}" for number in range(1, 25) if number not in {3, 13}]
    assert found[1][0] == "2"


def test_of_a_job_that_failed_only_what_is_done_counts_as_loaded(course: Course) -> None:
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    course.give_up(course.queue.messages.pop(1))
    course.deliver()
    assert course.finish(ref).status is Status.FAILED
    keys = [line[1] for line in lines(course.make_file(ref, "loaded.csv"))[1:]]
    assert keys == [f"P-{number:06d}" for number in [*range(1, 11), *range(21, 26)]]


def test_a_file_that_nobody_knows_is_not_made(course: Course, job: Job) -> None:
    with pytest.raises(NotFound):
        course.make_file(job.ref, "passwords.txt")
    assert course.files.names(result_key(job.ref, 1, "")) == []


def test_a_file_of_a_run_that_was_left_behind_is_not_made(course: Course, job: Job) -> None:
    """The next run makes its own."""
    course.roll_back(job.ref)
    made = make_file(job.ref, 1, "errors.csv", course)
    assert made == 0
    assert course.files.names(result_key(job.ref, 1, "")) == []


def test_a_job_offers_what_it_has(course: Course, job: Job) -> None:
    """With the size of what is made already."""
    course.make_file(job.ref, "errors.csv")
    size = course.files.size(result_key(job.ref, 1, "errors.csv"))
    assert offers(job, course.files) == [
        JobFileOffer("errors.xlsx", "Rejected rows, to correct and import again", 3, None),
        JobFileOffer("errors.csv", "Rejected rows", 3, size),
        JobFileOffer("loaded.csv", "Loaded rows", 22, None),
    ]


def test_a_job_without_rejected_rows_offers_no_errors(course: Course) -> None:
    job = course.run(course.upload(csv_file(products(3))))
    assert [offer.name for offer in offers(job, course.files)] == ["loaded.csv"]


def test_a_job_in_review_offers_its_errors(course: Course) -> None:
    """They can be corrected before anything is loaded."""
    rows = [*products(3), ("P-4", "Bad", "-1", 1)]
    job = course.run(course.upload(csv_file(rows), review=True))
    assert [offer.name for offer in offers(job, course.files)] == ["errors.xlsx", "errors.csv"]


@pytest.mark.parametrize("status", [status for status in Status if status not in INACTIVE])
def test_a_job_under_way_offers_nothing(course: Course, job: Job, status: Status) -> None:
    """It would be another file a moment later."""
    moving = replace(job, status=status)
    course.jobs.items[job.ref] = moving
    assert offers(moving, course.files) == []
    with pytest.raises(NotFound):
        wanted(course, job.ref)


def wanted(course: Course, ref: JobRef, name: str = "errors.xlsx", seconds: float = 0) -> str:
    return download(ref, name, seconds=seconds, services=course)


def test_a_file_that_is_made_is_linked_under_a_name_that_tells_whose_it_is(course: Course, job: Job) -> None:
    """Of plain letters: it goes into a header."""
    course.make_file(job.ref, "errors.xlsx")
    link = wanted(course, job.ref)
    assert link == f"memory:{result_key(job.ref, 1, 'errors.xlsx')}?as=Preise M-rz-errors.xlsx"
    assert course.machine.files == []


def test_a_file_that_is_not_made_is_asked_for_once(course: Course, job: Job) -> None:
    """However often somebody calls until it is there."""
    for _ in range(3):
        with pytest.raises(TryLater):
            wanted(course, job.ref)
    assert course.machine.files == [(job.ref, 1, "errors.xlsx")]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[float]]:
    """Let something happen at the third nap; a nap takes its time by a clock of its own."""

    def happening(what: Callable[[], object]) -> list[float]:
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                what()

        monkeypatch.setattr("sluice.usecases.downloads.time.sleep", sleep)
        monkeypatch.setattr("sluice.usecases.downloads.time.monotonic", lambda: sum(slept))
        return slept

    return happening


def test_who_waits_gets_the_file_as_soon_as_it_is_made(
    course: Course, job: Job, naps: Callable[[Callable[[], object]], list[float]]
) -> None:
    slept = naps(lambda: course.make_file(job.ref, "errors.xlsx"))
    assert "errors.xlsx" in wanted(course, job.ref, seconds=20)
    assert len(slept) == 3


def test_who_waited_long_enough_is_told_to_come_back(
    course: Course, job: Job, naps: Callable[[Callable[[], object]], list[float]]
) -> None:
    slept = naps(lambda: None)
    with pytest.raises(TryLater) as later:
        wanted(course, job.ref, seconds=20)
    assert later.value.seconds == 5
    assert 20 < sum(slept) < 21


def test_a_file_that_could_not_be_made_is_told_as_such(course: Course, job: Job) -> None:
    """Instead of letting the caller come back for ever."""
    tries = ["errors.xlsx", *(f"errors.xlsx-{number}" for number in range(2, 6))]
    course.machine.failed |= {(job.ref, 1, name) for name in tries}
    with pytest.raises(Conflict) as rejected:
        wanted(course, job.ref, seconds=20)
    assert rejected.value.problem.type == "file-not-made"


@pytest.mark.parametrize("name", ["result.xlsx", "../errors.xlsx", ""])
def test_a_file_that_is_not_offered_is_not_found(course: Course, job: Job, name: str) -> None:
    with pytest.raises(NotFound):
        wanted(course, job.ref, name)
    assert course.machine.files == []


def test_files_are_made_anew_for_each_run(course: Course) -> None:
    """What was rejected or loaded may have changed."""
    ref = course.upload(csv_file([*products(20), ("P-21", "Bad", "-1", 1)]))
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.give_up(course.queue.messages.pop(0))
    course.deliver()
    course.phase(ref, PhaseName.LOAD)
    course.finish(ref)
    first = lines(course.make_file(ref, "loaded.csv"))
    course.retry(ref)
    course.run(ref)
    with pytest.raises(TryLater):
        wanted(course, ref, "loaded.csv")
    assert course.machine.files == [(ref, 2, "loaded.csv")]
    assert (len(first), len(lines(course.make_file(ref, "loaded.csv")))) == (11, 21)
    assert {chunk.state for chunk in course.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.DONE}
