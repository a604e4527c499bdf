"""What is written into a text file is loaded as it was or rejected, and what Sluice exports changes nothing again."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from local.fake_upstreams.voters import WARD, id_numbers, truth
from sluice.model.chunk import PhaseName
from sluice.model.job import Job
from sluice.model.options import Blanks, GivenOptions
from sluice.model.status import Status
from sluice.upstream.lookup import LookupResult
from sluice.usecases.artifacts import JobFiles
from tests.support.factories_files import written_by_xlsxwriter
from tests.support.harness import Harness
from tests.support.sizes import size

pytestmark = pytest.mark.timeout(size(120, 1_200))
TITLES = ("Part Number", "Description", "Brand", "Price", "Stock", "Updated")
Line = tuple[str, str, str, Decimal, int, date]
#: Characters that programs take for something else, and some that cannot be seen.
TRICKY = st.sampled_from("='\"+-@;,\t\n\\#\x07\u200b\u200d\u0303ÅAN0.1Ee٣é😀 \xa0\ufeff\u202c")
texts = st.one_of(st.text(TRICKY, max_size=9), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
lines_of = st.lists(
    st.tuples(
        texts,
        texts,
        texts,
        st.decimals(0, 10**9, places=4, allow_nan=False, allow_infinity=False),
        st.integers(0, 10**9),
        st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    ),
    min_size=1,
    max_size=12,
)
a_few = settings(max_examples=size(20, 500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Keys and texts that begin like formulas, are wrapped, or have an apostrophe of their own.
ODD: list[Line] = [
    (key, text, brand, Decimal("12.5"), 1, date(2025, 1, 31))
    for key, text, brand in (
        ("-AB-1", "=Sum kit", "+Plus"),
        ("00123", "@home", "Bosch"),
        ('="00456"', "''=x", "'s-Hertogenbosch"),
        ("'quoted", "a;=1", "'=x"),
        ("'0042", "line\n=1", "\t=1"),
        ("7.0", "1E5", "NULL"),
        ("NULL", "'NULL", "'\\N"),
        ("\\N", "null", "''NULL"),
        ("CA\u0303O", "\u200bx\u200b", "x\xady"),
        ("mark", "a\n\ufeff\ufeffb", "a\n\ufeff\u0303"),
    )
]


def as_csv(lines: Sequence[Line]) -> bytes:
    """Write a text file as programs do. A NUL would make it binary, so there is another control character instead."""
    text = io.StringIO()
    csv.writer(text).writerows([TITLES, *lines])
    return text.getvalue().replace("\0", "\x01").encode()


def as_xlsx(lines: Sequence[Line]) -> bytes:
    """Write a workbook with text, number and date cells."""
    rows = [[*line[:3], float(line[3]), *line[4:]] for line in lines]
    return written_by_xlsxwriter([TITLES, *rows])


def imported(harness: Harness, body: bytes, name: str, blanks: Blanks = "keep", **recipe: Any) -> Job:
    decided = {"decimal": {"price": "."}, **recipe}
    return harness.run(harness.upload(body, filename=name, recipe=decided, given=GivenOptions(blanks=blanks)))


def shown(text: str) -> str:
    """Return what a person sees of a text: composed, without invisible characters around it."""
    text = unicodedata.normalize("NFC", text)
    ends = {each for each in text if each.isspace() or unicodedata.category(each) == "Cf" or each in "\u034f\u3164"}
    return text.strip("".join(ends))


def staged(harness: Harness, job: Job) -> dict[int, dict[str, Any]]:
    """Return the records that the rows of a job became, by row number."""
    stored, values = JobFiles(job, harness.files), harness.destination.values("acme", "products")
    chunks = harness.chunks.of_phase(job.ref, PhaseName.PARSE)
    rows = [row for chunk in chunks for row in stored.staged(chunk.ref.index)]
    duplicates = {each.row for each in stored.rejections_page(limit=1000, cursor=None).items}
    return {row.number: values[row.key] for row in rows if row.number not in duplicates}


@example(lines=ODD)
@given(lines=lines_of)
@a_few
def test_a_row_is_loaded_as_it_was_written_or_rejected(lines: list[Line]) -> None:
    """No other text is stored in the place of one, and no other number or day."""
    harness = Harness()
    job = imported(harness, as_csv(lines), "products.csv")
    if job.status is not Status.COMPLETED:
        assert job.problem or job.questions, job.status
    if not job.counts.inserted:
        return
    written = dict(enumerate(csv.reader(io.StringIO(as_csv(lines).decode(), newline="")), 1))
    for number, values in staged(harness, job).items():
        _, description, _, price, stock, updated = written[number]
        assert (Decimal(values["price"]), values["stock"], values["updated"]) == (Decimal(price), int(stock), updated)
        if not description.startswith(("=", "'")):
            assert shown(values["description"]) == shown(description)


@pytest.mark.parametrize("blanks", ["keep", "clear"])
@example(lines=ODD, write=as_csv)
@example(lines=ODD, write=as_xlsx)
@given(lines=lines_of, write=st.sampled_from([as_csv, as_xlsx]))
@a_few
def test_exports_change_nothing_again(blanks: Blanks, lines: list[Line], write: Callable[..., bytes]) -> None:
    """Neither keys nor texts of ``loaded.csv`` are others, and rows of the errors files stay rejected.

    In the first file, no text stands for an empty cell; the exports are read like any other file.
    """
    harness, name = Harness(), "first.csv" if write is as_csv else "first.xlsx"
    job = imported(harness, write(lines), name, blanks, null_markers=[])
    if job.status is not Status.COMPLETED or not job.counts.inserted:
        return
    before = harness.destination.values("acme", "products")
    again = imported(harness, harness.make_file(job.ref, "loaded.csv"), "loaded.csv", blanks)
    assert (again.counts.unchanged, again.counts.total) == (job.counts.inserted, job.counts.inserted)
    for name in ("errors.csv", "errors.xlsx") if job.counts.rejected else ():
        wrong = imported(harness, harness.make_file(job.ref, name), name, blanks)
        assert (wrong.counts.rejected, wrong.counts.total) == (job.counts.rejected, job.counts.rejected), wrong.problem
    assert harness.destination.values("acme", "products") == before


#: A name and a telephone number of a voter; some are formulas, escaped, or markers.
voters_of = st.lists(
    st.tuples(texts.filter(lambda text: "\0" not in text), st.one_of(texts, st.integers(0, 10**14), st.floats(0, 1e9))),
    min_size=1,
    max_size=8,
)


def categories(harness: Harness, job: Job) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of ``result.xlsx`` by the sheets of their categories: ID number, name and telephone number."""
    file = harness.make_file(job.ref, "result.xlsx")
    sheets = load_workbook(io.BytesIO(file)).worksheets[1:]
    found: dict[str, list[tuple[Any, ...]]] = {}
    for sheet in sheets:
        header, *rows = sheet.iter_rows(values_only=True)
        places = [header.index(title) for title in VOTER_TITLES]
        found[sheet.title] = [tuple(row[at] for at in places) for row in rows if row[0] != NO_ROWS]
    return {title: rows for title, rows in found.items() if rows}


VOTER_TITLES = ("ID Number", "Surname", "Cell")
NO_ROWS = "There are no rows in this category."


@example(
    voters=[("=1+1", "082"), ("NULL", 27821234567.0), ("@x", "007"), ("-5", "1E5"), (" x ", "#N/A x"), ("''a", "")]
)
@given(voters=voters_of)
@a_few
def test_a_result_that_is_looked_up_again_has_the_same_rows(voters: list[tuple[str, Any]]) -> None:
    """Each is in its category with its cells, or rejected because nothing says whether an apostrophe is its own."""
    harness, recipe = Harness(), dict[str, Any](null_markers=[])
    keys = list(id_numbers(len(voters)))
    harness.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in keys[1:]}
    rows = [VOTER_TITLES, *((key, *cells) for key, cells in zip(["123", *keys[1:]], voters, strict=True))]
    more = dict[str, Any](importer="voters", filename=f"{WARD}.xlsx")
    first = harness.run(harness.upload(written_by_xlsxwriter(rows), recipe=recipe, **more))
    before = categories(harness, first)
    assert sum(map(len, before.values())) == first.counts.inserted
    if not before:
        return
    file = harness.make_file(first.ref, "result.xlsx")
    again = harness.run(harness.upload(file, recipe={**recipe, "sheets": list(before)}, **more))
    after, rejected = categories(harness, again), JobFiles(again, harness.files).rejections_page(limit=99, cursor=None)
    assert {each.code for each in rejected.items} <= {"unclear-apostrophe"}
    assert again.counts.total == first.counts.inserted
    for title, found in before.items():
        clear = [row for row in found if not any(isinstance(cell, str) and ESCAPED.search(cell) for cell in row)]
        assert [row for row in after.get(title, []) if row in clear] == clear


#: What `errors.csv` has in the place of a formula: a workbook without the mark of its rows may have been saved from it.
ESCAPED = re.compile("(?:^|[;\t\r\n])'+[=+@\t\r\n\0\uff1d\uff0b\uff0d\uff20-]")
