"""The response about a preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic_core import to_jsonable_python

from sluice.api.responses import JobResponse, RejectionResponse, job_response, rejection_response
from sluice.catalog.registry import importer_of
from sluice.model.job import DateOrder
from sluice.model.status import Status
from sluice.schema.cells import Cell, CellError
from sluice.schema.rejections import as_text
from sluice.usecases.views import Preview

_WAITING = Status.IN_REVIEW


class MappedColumn(BaseModel):
    """A column of the importer, the header of the file that it matched, and the order of its dates."""

    field: str
    title: str
    required: bool
    header: str | None = Field(description="The header as found; null when the file lacks the column.")
    place: int | None = Field(description="Number of the file's column, from 1.")
    date_order: DateOrder | None = Field(description="Order of day and month, where the column's dates needed one.")
    default: Any = Field(description="Value that every row gets if the file lacks the column; null empties it.")
    decimals: int | None = Field(description="Decimals that its numbers are shown with at least; null for no numbers.")


class PreviewRow(BaseModel):
    """A row as it will be written; ``row`` is the row number that a spreadsheet shows."""

    row: int
    values: dict[str, Any]


class RejectedRowResponse(BaseModel):
    """A rejected row: its cells as they came, by field, and what is wrong with them."""

    row: int
    values: dict[str, str | None]
    rejections: list[RejectionResponse]


class PreviewCounts(BaseModel):
    """Effects of a commit in rows; insert, update and unchanged are known for jobs that stopped for review."""

    total: int
    unchecked: int = Field(description="Rows that could not be checked; a retry after the commit processes them.")
    rejected: int
    to_reject: int | None = Field(description="Rows that the load will reject: duplicate keys, or dates out of bounds.")
    insert: int | None
    update: int | None
    unchanged: int | None
    ignored: int = Field(description="Rows that are no records, such as totals; in no other count.")


class PreviewResponse(BaseModel):
    """The layout of a file, its matched columns, and its first rows as they will be written."""

    job: JobResponse
    sheet: str
    header_row: int
    encoding: str | None
    delimiter: str | None
    columns: list[MappedColumn]
    unmatched_headers: list[str] = Field(description="Headers of the file that match no column.")
    ambiguous_dates: list[str] = Field(description="Date columns whose order a commit must answer.")
    counts: PreviewCounts
    rows: list[PreviewRow]
    rejected_rows: list[RejectedRowResponse] = Field(description="The first rejected rows, up to the last of `rows`.")


def preview_response(found: Preview, base_url: str) -> PreviewResponse:
    """Build the response about a preview."""
    job, header, layout = found.job, found.plan.header, found.plan.layout
    places = {field: place for place, field in header.fields.items()}
    columns = importer_of(job).columns
    return PreviewResponse(
        job=job_response(job, base_url),
        sheet=layout.sheet,
        header_row=header.row,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        columns=[
            MappedColumn(
                field=column.field,
                title=column.title,
                required=column.required,
                header=header.matched.get(column.field),
                place=places[column.field] + 1 if column.field in places else None,
                date_order=job.date_orders.get(column.field),
                default=to_jsonable_python(column.default),
                decimals=column.decimals,
            )
            for column in columns
        ],
        unmatched_headers=header.ignored,
        ambiguous_dates=[column.title for column in columns if column.field in job.unanswered],
        counts=_counts(found),
        rows=[PreviewRow(row=row.row, values=row.values) for row in found.rows],
        rejected_rows=[
            RejectedRowResponse(
                row=row.number,
                values={field: _shown(row.cells, place) for place, field in header.fields.items()},
                rejections=[rejection_response(each) for each in row.rejections],
            )
            for row in found.rejected
        ],
    )


def _shown(cells: Sequence[Cell], place: int) -> str | None:
    """Return a cell as it came, as text; ``None`` if it is empty or the row ends before it."""
    match cells[place] if place < len(cells) else None:
        case None:
            return None
        case CellError() as error:
            return error.text
        case cell:
            return as_text(cell)


def _counts(found: Preview) -> PreviewCounts:
    counts, known = found.job.counts, found.compared
    return PreviewCounts(
        total=counts.total,
        unchecked=counts.total - counts.checked,
        rejected=counts.rejected,
        to_reject=counts.checked - counts.rejected - counts.compared
        if found.job.status is _WAITING and known
        else None,
        insert=counts.to_insert if known else None,
        update=counts.to_update if known else None,
        unchanged=counts.to_leave if known else None,
        ignored=counts.ignored,
    )
