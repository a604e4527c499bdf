"""The files of a job: every key begins with its tenant, every object with its format, and pages hold each row once."""

from __future__ import annotations

import json

import pytest

from sluice.api.responses import kept_row_response
from sluice.model.chunk import ChunkRef, PhaseName
from sluice.model.errors import NewerFormat, RequestRejected
from sluice.model.rejection import Rejection
from sluice.reading import write_cells
from sluice.upstream.source import PulledChunk
from sluice.usecases.artifacts import JobFiles, job_folder, result_key, upload_key
from tests.support.factories import csv_file, make_chunk, make_job, products
from tests.support.files import MemoryFiles
from tests.support.harness import Harness

JOB = make_job()
REF = JOB.ref


def test_every_key_of_a_job_names_its_tenant_and_its_id(harness: Harness) -> None:
    """Another tenant's job of the same id has other files."""
    job = harness.run(
        harness.upload(csv_file([*products(3), ("P-000001", "Again", "1", 1), ("P-X", "Wrong", "-1", 1)]))
    )
    harness.make_file(job.ref, "errors.csv")
    folders = (job_folder(job.ref), upload_key(job.ref, ""))
    assert all("/acme/" in folder and job.ref.id in folder for folder in (*folders, result_key(job.ref, 1, "x")))
    names = harness.files.names("")
    assert len(names) > 5
    assert [name for name in names if not name.startswith(folders)] == []


def test_an_object_of_a_newer_format_is_an_error_and_not_read(harness: Harness) -> None:
    files = MemoryFiles()
    stored = JobFiles(JOB, files)
    stored.write_pulled(0, PulledChunk(run=1, rows=2, totals=[2], fields=["nip"]))
    (key,) = files.names("")
    files.write(key, files.read(key).replace(b'"format": 1', b'"format": 2', 1))
    with pytest.raises(NewerFormat):
        stored.pulled(0)


def test_what_an_earlier_version_stored_of_a_job_that_has_ended_is_read() -> None:
    """Its objects have no line with a format, and some have other names."""
    files = MemoryFiles()
    row = b'2\t"K-1"\thash\t{"number":"K-1"}\n'
    of_key = {"column": "Part Number", "value": "K-1", "reason": "repeats the Part Number of row 2"}
    rejection = {"sheet": "", "row": 3, **of_key}
    kept = b'{"outcome": "kept", "key": "K-1", "job_id": "01OLD", "reason": "was changed since"}\n'
    for name, body in {
        "staged/000000.rows": row,
        "staged/000000.keys": b"\0" * 20,
        "staged/000000.repeats": b'{"3": 2}',
        "refusals/000000-b-load.jsonl": json.dumps(rejection).encode() + b"\n",
        "refused/000000-load.cells": write_cells([(3, ["K-1"])]),
        "found/000000.jsonl": b'{"row": 2, "category": "unknown", "value": null, "reason": "is too short"}\n',
        "kept/000000.jsonl": kept + kept.replace(b"K-1", b"K-2"),
    }.items():
        files.write(job_folder(REF) + name, body)
    stored = JobFiles(JOB, files)
    assert [good.key for good in stored.staged(0)] == ["K-1"]
    assert stored.keys(0) == b"\0" * 20
    assert stored.duplicates(0) == {3: (2, "")}
    (found,) = stored.rejections_page(limit=9, cursor=None).items
    assert (found.row, found.code) == (3, "duplicate-key")
    (rejected,) = stored.rejected_rows()
    assert (rejected.number, list(rejected.cells), rejected.rejections) == (3, ["K-1"], [found])
    assert [(finding.row, finding.params) for finding in stored.findings(0)] == [(2, {"text": "is too short"})]
    rows = [kept_row_response(item) for item in stored.kept_page(limit=9, cursor=None).items]
    assert [(row.key, row.outcome, row.reason) for row in rows] == [
        ("K-1", "conflict", "was changed since"),
        ("K-2", "conflict", "was changed since"),
    ]


def test_rejections_are_read_page_by_page_each_once() -> None:
    stored = JobFiles(JOB, MemoryFiles())
    for index in range(3):
        found = [Rejection("", 10 * index + row, "Price", "x", "not-a-number") for row in range(4)]
        stored.write_rejections(make_chunk(REF, index), found, [])
    rows: list[int] = []
    cursor = None
    while True:
        page = stored.rejections_page(limit=3, cursor=cursor)
        rows += [rejection.row for rejection in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert rows == [10 * index + row for index in range(3) for row in range(4)]
    assert stored.rejections(ChunkRef(REF, PhaseName.PARSE, 1))[0].row == 10


@pytest.mark.parametrize("cursor", ["x", "", "W10=", "WyJub3QtYS1uYW1lIiwgMF0=", "WyIwMDAwMDAuanNvbmwiLCAtMV0="])
def test_a_cursor_that_was_made_up_is_rejected(cursor: str) -> None:
    with pytest.raises(RequestRejected) as rejected:
        JobFiles(JOB, MemoryFiles()).rejections_page(limit=3, cursor=cursor)
    assert rejected.value.problem.type == "invalid-cursor"
