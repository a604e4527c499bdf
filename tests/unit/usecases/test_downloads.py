"""Files to download from a job: which are offered, what they contain, and how they are made."""

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
from tests.support.factories import csv_file, products
from tests.support.harness import Harness


@pytest.fixture
def job(harness: Harness) -> Job:
    """Return a job that has loaded 22 rows and rejected three: two for their price, one for its key."""
    rows = [list(row) for row in products(24)]
    rows[2][2], rows[12][2] = "-1", "free"
    rows.append(["P-000005", "=cmd", "3", "1"])
    return harness.run(harness.upload(csv_file(rows), filename="Preise März.csv"))


def lines(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def test_rejected_rows_are_in_the_workbook_as_they_came(harness: Harness, job: Job) -> None:
    """They are in the order of the file, whichever phase rejected them."""
    book = load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx")))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == ["Original row", "Original job", "Part Number", "Description", "Price", "Stock", "What is wrong"]
    assert [row[:6] for row in rows[1:]] == [
        [4, job.ref.id, "P-000003", "Part 3", "-1", "3"],
        [14, job.ref.id, "P-000013", "Part 13", "free", "13"],
        [26, job.ref.id, "P-000005", "=cmd", "3", "1"],
    ]
    assert rows[1][6] == "Price: must be 0 or more"
    assert rows[3][6] == "Part Number: repeats the Part Number of row 6"


def test_rejected_rows_are_the_same_in_the_text_file(harness: Harness, job: Job) -> None:
    found = lines(harness.make_file(job.ref, "errors.csv"))
    assert [line[:3] for line in found] == [
        ["Original row", "Original job", "Part Number"],
        ["4", f"'{job.ref.id}", "P-000003"],
        ["14", f"'{job.ref.id}", "P-000013"],
        ["26", f"'{job.ref.id}", "P-000005"],
    ]
    assert found[3][3] == "'=cmd"
    assert found[3][-1].endswith("repeats the Part Number of row 6")


def test_loaded_rows_are_those_that_were_not_rejected(harness: Harness, job: Job) -> None:
    found = lines(harness.make_file(job.ref, "loaded.csv"))
    keys = [line[2] for line in found[1:]]
    assert found[0][:3] == ["Row", "Original job", "Part Number"]
    assert keys == [f"P-{number:06d}" for number in range(1, 25) if number not in {3, 13}]
    assert found[1][0] == "2"


def test_in_a_failed_job_only_rows_of_closed_chunks_count_as_loaded(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.give_up(harness.queue.messages.pop(1))
    harness.deliver()
    assert harness.finish(ref).status is Status.FAILED
    keys = [line[2] for line in lines(harness.make_file(ref, "loaded.csv"))[1:]]
    assert keys == [f"P-{number:06d}" for number in [*range(1, 11), *range(21, 26)]]


def test_a_file_with_an_unknown_name_is_not_made(harness: Harness, job: Job) -> None:
    with pytest.raises(NotFound):
        harness.make_file(job.ref, "passwords.txt")
    assert harness.files.names(result_key(job.ref, 1, "")) == []


def test_a_file_of_an_earlier_run_is_not_made(harness: Harness, job: Job) -> None:
    """The next run makes its own."""
    harness.roll_back(job.ref)
    made = make_file(job.ref, 1, "errors.csv", harness)
    assert made == 0
    assert harness.files.names(result_key(job.ref, 1, "")) == []


def test_a_job_offers_its_files(harness: Harness, job: Job) -> None:
    """Files that are already made have their size."""
    harness.make_file(job.ref, "errors.csv")
    size = harness.files.size(result_key(job.ref, 1, "errors.csv"))
    assert offers(job, harness.files) == [
        JobFileOffer("errors.xlsx", "Rejected rows, to correct and import again", 3, None),
        JobFileOffer("errors.csv", "Rejected rows", 3, size),
        JobFileOffer("loaded.csv", "Loaded rows", 22, None),
    ]


def test_a_job_without_rejected_rows_offers_no_errors(harness: Harness) -> None:
    job = harness.run(harness.upload(csv_file(products(3))))
    assert [offer.name for offer in offers(job, harness.files)] == ["loaded.csv"]


def test_a_job_in_review_offers_its_errors(harness: Harness) -> None:
    """Rows can be corrected before any are loaded."""
    rows = [*products(3), ("P-4", "Bad", "-1", 1)]
    job = harness.run(harness.upload(csv_file(rows), review=True))
    assert [offer.name for offer in offers(job, harness.files)] == ["errors.xlsx", "errors.csv"]


@pytest.mark.parametrize("status", [status for status in Status if status not in INACTIVE])
def test_a_job_under_way_offers_nothing(harness: Harness, job: Job, status: Status) -> None:
    """A moment later the file would have other content; a link from before says when it can be fetched."""
    moving = replace(job, status=status)
    harness.jobs.items[job.ref] = moving
    assert offers(moving, harness.files) == []
    with pytest.raises(TryLater) as caught:
        wanted(harness, job.ref)
    assert caught.value.problem.params["case"] == "job-under-way"
    with pytest.raises(NotFound):
        wanted(harness, job.ref, "errors.pdf")


def wanted(harness: Harness, ref: JobRef, name: str = "errors.xlsx", seconds: float = 0) -> str:
    return download(ref, name, seconds=seconds, services=harness)


def test_a_file_that_is_made_is_linked_under_a_name_that_identifies_its_job(harness: Harness, job: Job) -> None:
    """The name has only ASCII letters, because it is sent in a header."""
    harness.make_file(job.ref, "errors.xlsx")
    link = wanted(harness, job.ref)
    assert link == f"memory:{result_key(job.ref, 1, 'errors.xlsx')}?as=Preise M-rz-errors.xlsx"
    assert harness.machine.files == []


def test_a_file_that_is_not_made_is_requested_once(harness: Harness, job: Job) -> None:
    """Repeated calls do not request it again."""
    for _ in range(3):
        with pytest.raises(TryLater):
            wanted(harness, job.ref)
    assert harness.machine.files == [(job.ref, 1, "errors.xlsx")]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[float]]:
    """Let something happen at the third sleep; a sleep advances a clock of its own."""

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


def test_a_waiting_caller_gets_the_file_as_soon_as_it_is_made(
    harness: Harness, job: Job, naps: Callable[[Callable[[], object]], list[float]]
) -> None:
    slept = naps(lambda: harness.make_file(job.ref, "errors.xlsx"))
    assert "errors.xlsx" in wanted(harness, job.ref, seconds=20)
    assert len(slept) == 3


def test_a_caller_who_waited_long_enough_gets_a_retry_after(
    harness: Harness, job: Job, naps: Callable[[Callable[[], object]], list[float]]
) -> None:
    slept = naps(lambda: None)
    with pytest.raises(TryLater) as later:
        wanted(harness, job.ref, seconds=20)
    assert later.value.seconds == 5
    assert 20 < sum(slept) < 21


def test_a_file_that_could_not_be_made_is_an_error(harness: Harness, job: Job) -> None:
    """The caller does not poll for ever."""
    tries = ["errors.xlsx", *(f"errors.xlsx-{number}" for number in range(2, 6))]
    harness.machine.failed |= {(job.ref, 1, name) for name in tries}
    with pytest.raises(Conflict) as rejected:
        wanted(harness, job.ref, seconds=20)
    assert rejected.value.problem.type == "file-not-made"


@pytest.mark.parametrize("name", ["result.xlsx", "../errors.xlsx", ""])
def test_a_file_that_is_not_offered_is_not_found(harness: Harness, job: Job, name: str) -> None:
    with pytest.raises(NotFound):
        wanted(harness, job.ref, name)
    assert harness.machine.files == []


def test_files_are_made_anew_for_each_run(harness: Harness) -> None:
    """A new run may reject or load other rows."""
    ref = harness.upload(csv_file([*products(20), ("P-21", "Bad", "-1", 1)]))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.phase(ref, PhaseName.LOAD)
    harness.finish(ref)
    first = lines(harness.make_file(ref, "loaded.csv"))
    harness.retry(ref)
    harness.run(ref)
    with pytest.raises(TryLater):
        wanted(harness, ref, "loaded.csv")
    assert harness.machine.files == [(ref, 2, "loaded.csv")]
    assert (len(first), len(lines(harness.make_file(ref, "loaded.csv")))) == (11, 21)
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.DONE}
