"""Files that harm their reader, through the deployed stack: each job ends in seconds, and no other one notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tests.reading.made import ods_document, ods_table
from tests.support.factories import csv_file, products
from tests.support.people import Person, counted

#: Seconds within which the jobs end.
PATIENCE: Final = 60
TITLES: Final = ("Part Number", "Description", "Price", "Stock")


class Hostile(NamedTuple):
    """A file, and how its job ends.

    Parameters
    ----------
    name, body, importer
        The file, and what imports it.
    problem
        Type of the problem; none if the file is imported.
    detail
        Words of its sentence.
    counts
        What became of its rows, if the file is imported.
    """

    name: str
    body: bytes
    problem: str | None
    detail: str = ""
    counts: Mapping[str, int] | None = None
    importer: str = "products"


def _text(value: str, more: str = "") -> str:
    return f"<table:table-cell{more}><text:p>{value}</text:p></table:table-cell>"


def _opendocument(row: str, more: str = "") -> bytes:
    head = ods_table(["".join(map(_text, TITLES))])
    return ods_document(head.replace("</table:table>", f"<table:table-row{more}>{row}</table:table-row></table:table>"))


_GOOD: Final = _text("P-1") + _text("Filter") + _text("1") * 2
FILES: Final = (
    Hostile("spaces.ods", _opendocument(_text('<text:s text:c="2147483647"/>' * 60_000)), "too-large", "MB of memory"),
    Hostile("repeated.ods", _opendocument(_GOOD, ' table:number-rows-repeated="4294967295"'), "too-many-rows"),
    Hostile(
        "wide.ods",
        _opendocument(_text("x" * 9_000, ' table:number-columns-repeated="16384"')),
        "too-large",
        "more space",
    ),
)


def test_files_that_harm_their_reader_end_their_own_jobs_only(ann: Person) -> None:
    """All at once; one that harms no reader completes beside them."""
    other = ann.start(csv_file(products(2_000)), filename="other.csv")
    started = [ann.start(file.body, filename=file.name, importer=file.importer) for file in FILES]
    for file, job_id in zip(FILES, started, strict=True):
        job = ann.end_of(job_id, PATIENCE)
        problem = job["problem"]
        assert (problem and problem["type"]) == (file.problem and f"/problems/{file.problem}"), (file.name, problem)
        assert problem is None or file.detail in problem["detail"], problem["detail"]
        assert file.counts is None or counted(job) == file.counts, (file.name, job)
    assert counted(ann.end_of(other)) == {"total": 2_000, "inserted": 2_000}
