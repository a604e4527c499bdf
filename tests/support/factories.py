"""Objects that tests need, with sensible values where a test does not care."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from ulid import ULID

from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.job import Job, JobFile
from sluice.model.status import Status

PRODUCT_TITLES = ("Part Number", "Description", "Price", "Stock")
DEALER_TITLES = ("Dealer Code", "Name", "Tier")
DEALERS_IN_A_CHUNK = 1_000


def make_job(
    tenant: str = "acme",
    *,
    importer: str = "products",
    status: Status = Status.WAITING_FOR_FILE,
    number: int | None = None,
) -> Job:
    """Make a job; ``number`` makes ids that sort."""
    made = datetime(2026, 1, 1, 12, 0, number or 0, tzinfo=UTC)
    ref = JobRef(tenant, str(ULID.from_datetime(made)))
    return Job(
        ref=ref,
        importer=importer,
        file=JobFile("a.csv", f"uploads/{tenant}/{ref.id}/a.csv", 10),
        requested_by="ann",
        batch_id=str(ULID()),
        created_at=made,
        status=status,
    )


def make_chunk(ref: JobRef, index: int = 0, phase: PhaseName = PhaseName.PARSE, rows: int = 10) -> Chunk:
    """Make a queued chunk."""
    return Chunk(ChunkRef(ref, phase, index), first_row=2 + index * rows, rows=rows)


def dealers(count: int) -> list[tuple[str, str, str]]:
    """Make rows of good dealers, whose importer splits a file into chunks of `DEALERS_IN_A_CHUNK` rows."""
    return [(f"D-{number:06d}", f"Dealer {number}", "gold") for number in range(1, count + 1)]


def csv_file(rows: Sequence[Sequence[object]], titles: Sequence[str] = PRODUCT_TITLES) -> bytes:
    """Make a CSV file with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows(rows)
    return text.getvalue().encode()


def products(count: int, *, first: int = 1, price: str = "9.5") -> list[tuple[str, str, str, int]]:
    """Make rows of good products."""
    return [(f"P-{number:06d}", f"Part {number}", price, number) for number in range(first, first + count)]
