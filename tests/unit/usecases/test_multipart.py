"""Files that are uploaded in parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.create import ImportRequest, expect_file, expect_parts
from sluice.usecases.multipart import Parts, join_parts, list_parts
from tests.support.files import MemoryFiles
from tests.support.harness import Harness

MIB = 1024**2
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Sending:
    """A file that is being uploaded."""

    def __init__(self, size: int) -> None:
        harness = Harness()
        self.jobs, self.files = harness.jobs, harness.files
        request = ImportRequest("acme", "ann", "products", "a.csv", size)
        self.job, self.first = expect_parts(request, now=NOW, services=harness)

    def send(self, number: int, size: int) -> None:
        assert self.job.file.upload_id
        self.files.uploads[self.job.file.key, self.job.file.upload_id][number] = b"x" * size

    def send_all(self) -> None:
        for part in self.left().parts:
            self.send(part.number, part.bytes)

    def left(self) -> Parts:
        return list_parts(self.job, files=self.files)

    def join(self) -> Job:
        return join_parts(self.job.ref, jobs=self.jobs, files=self.files)


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, [0]),
        (1, [1]),
        (8 * MIB, [8 * MIB]),
        (8 * MIB + 1, [8 * MIB, 1]),
        (20 * MIB, [8 * MIB, 8 * MIB, 4 * MIB]),
    ],
)
def test_the_parts_are_the_file(size: int, parts: list[int]) -> None:
    assert [part.bytes for part in Sending(size).first.parts] == parts


def test_a_large_file_has_no_more_parts_than_fit_a_response() -> None:
    job = Sending(1).job
    files = MemoryFiles()
    files.begin_parts(job.file.key)
    parts = list_parts(replace(job, file=replace(job.file, bytes=80 * 1024**3)), files=files)
    assert len(parts.parts) <= 150
    assert sum(part.bytes for part in parts.parts) == 80 * 1024**3


def test_an_interrupted_upload_continues_with_the_missing_parts() -> None:
    sending = Sending(20 * MIB)
    sending.send(1, 8 * MIB)
    sending.send(3, 1 * MIB)
    urls = [part.url for part in sending.left().parts]
    assert urls[0] is None
    assert urls[1]
    assert urls[2], "a part of another size is sent again"
    with pytest.raises(Conflict) as rejected:
        sending.join()
    assert rejected.value.problem.params["missing"] == [2, 3]
    sending.send(2, 8 * MIB)
    sending.send(3, 4 * MIB)
    sending.join()
    assert sending.files.size(sending.job.file.key) == 20 * MIB


def test_an_upload_with_an_unannounced_part_is_not_joined() -> None:
    """Only the announced size was checked when the job was created."""
    sending = Sending(1)
    sending.send_all()
    sending.send(2, 1)
    with pytest.raises(Conflict):
        sending.join()


def test_joining_twice_joins_once() -> None:
    sending = Sending(3)
    sending.send_all()
    assert sending.join() == sending.join()
    sending.jobs.transition(sending.job.ref, Status.QUEUED)
    assert sending.join().status is Status.QUEUED


def test_an_aborted_upload_is_a_problem_that_says_so() -> None:
    sending = Sending(3)
    sending.files.uploads.clear()
    for ask in (sending.left, sending.join):
        with pytest.raises(Conflict) as rejected:
            ask()
        assert rejected.value.problem.type == "upload-over"


def test_no_part_is_accepted_by_a_job_that_has_its_file() -> None:
    sending = Sending(3)
    sending.job = sending.jobs.transition(sending.job.ref, Status.QUEUED)
    with pytest.raises(Conflict):
        sending.left()


def test_a_small_file_is_uploaded_by_form_and_has_no_parts() -> None:
    harness = Harness()
    jobs, files = harness.jobs, harness.files
    job, _ = expect_file(ImportRequest("acme", "ann", "products", "a.csv", 3), now=NOW, services=harness)
    with pytest.raises(Conflict):
        list_parts(job, files=files)
    with pytest.raises(Conflict):
        join_parts(job.ref, jobs=jobs, files=files)
