"""What is written into a text file is loaded as it was or rejected, and what Sluice exports changes nothing again."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sluice.model.chunk import PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from tests.support.harness import Harness

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
a_few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
        ("CA\u0303O", "\u200bx\u200b", "x\xady"),
    )
]


def as_csv(lines: Sequence[Line]) -> bytes:
    """Write a text file as programs do. A NUL would make it binary, so there is another control character instead."""
    text = io.StringIO()
    csv.writer(text).writerows([TITLES, *lines])
    return text.getvalue().replace("\0", "\x01").encode()


def imported(harness: Harness, body: bytes, name: str) -> Job:
    return harness.run(harness.upload(body, filename=name, recipe={"decimal": {"price": "."}}))


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


@example(lines=ODD)
@given(lines=lines_of)
@a_few
def test_exports_change_nothing_again(lines: list[Line]) -> None:
    """Neither keys nor texts of ``loaded.csv`` are others, and rows of the errors files stay rejected."""
    harness = Harness()
    job = imported(harness, as_csv(lines), "products.csv")
    if job.status is not Status.COMPLETED or not job.counts.inserted:
        return
    before = harness.destination.values("acme", "products")
    again = imported(harness, harness.make_file(job.ref, "loaded.csv"), "loaded.csv")
    assert (again.counts.unchanged, again.counts.total) == (job.counts.inserted, job.counts.inserted)
    for name in ("errors.csv", "errors.xlsx") if job.counts.rejected else ():
        wrong = imported(harness, harness.make_file(job.ref, name), name)
        assert (wrong.counts.rejected, wrong.counts.total) == (job.counts.rejected, job.counts.rejected), wrong.problem
    assert harness.destination.values("acme", "products") == before
