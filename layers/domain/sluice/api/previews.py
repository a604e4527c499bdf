"""The response about a preview.

A response of Lambda has at most 6 MB, and a cell of a spreadsheet 32,767 characters. So long values are shortened, and
each list of rows ends before it has `_MOST_BYTES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic_core import to_jsonable_python

from sluice.api.importers import response_from
from sluice.api.responses import JobResponse, RejectionResponse, job_response, rejection_response
from sluice.catalog.registry import importer_of
from sluice.model.rejection import Rejection
from sluice.reading.suggesting import suggest
from sluice.reports.rejected_rows import RejectedRow
from sluice.schema.cells import Cell, CellError
from sluice.schema.importer import Column
from sluice.schema.rejections import as_text
from sluice.schema.staging import Change, Compared, fitting, shorten
from sluice.usecases.views import Preview, ShownRow

# Of each of the five lists of rows; the rest of the response is below 200 kB.
_MOST_BYTES: Final = 1_000_000
_SHORTENED: Final = "Fields of which only a part of a long value is shown."


class MappedColumn(BaseModel):
    """A column of the importer, and the header of the file that it matched."""

    field: str
    title: str
    required: bool
    header: str | None = Field(description="The header as found; null when the file lacks the column.")
    likely: str | None = Field(
        description="A header that likely means the column, which has none. It is not read unless a mapping names it."
    )
    place: int | None = Field(description="Number of the file's column, from 1.")
    default: Any = Field(description="Value that a new record gets if the file lacks the column; null leaves it empty.")
    decimals: int | None = Field(description="Decimals that its numbers are shown with at least; null for no numbers.")


class PreviewRow(BaseModel):
    """A row as it will be written; ``row`` is the row number that a spreadsheet shows.

    A field that is not among the values keeps its value in an existing record.
    """

    sheet: str
    row: int
    values: dict[str, Any]
    shortened: list[str] = Field(description=_SHORTENED)


class RejectedRowResponse(BaseModel):
    """A rejected row: its cells as they came, by field, and what is wrong with them."""

    sheet: str
    row: int
    values: dict[str, str | None]
    shortened: list[str] = Field(description=_SHORTENED)
    rejections: list[RejectionResponse]


class PreviewCounts(BaseModel):
    """Effects of a commit in rows; those of the comparison are null unless all rows were compared."""

    total: int
    unchecked: int = Field(description="Rows that could not be checked; a retry after the commit processes them.")
    rejected: int
    skipped: int = Field(description="Hidden rows that the recipe leaves out.")
    to_reject: int | None = Field(
        description="Rows that the load will reject: duplicate keys, dates out of bounds, keys that the mode does not "
        "allow, records that break a rule. Null once rows are loaded."
    )
    insert: int | None
    update: int | None
    unchanged: int | None
    delete: int | None
    in_scope: int | None = Field(description="Records of the dataset; counted in mode `mirror`, which deletes some.")
    kept_blank: int | None = Field(description="Blank cells whose record keeps a value; cells, not rows.")
    ignored: int = Field(description="Rows that are no records, such as totals; in no other count.")


class ChangedColumn(BaseModel):
    """A column, and the number of existing records in which its value changes."""

    field: str
    title: str
    records: int


class ChangedRow(BaseModel):
    """A row that changes an existing record, with the values that differ."""

    sheet: str
    row: int
    key: str
    before: dict[str, Any]
    after: dict[str, Any]
    shortened: list[str] = Field(description=_SHORTENED)


class DeletedRow(BaseModel):
    """A record that is deleted, with its values."""

    sheet: str
    row: int | None = Field(description="Row of the file that deletes it; null if it is deleted since no row has it.")
    key: str
    values: dict[str, Any]
    shortened: list[str] = Field(description=_SHORTENED)


class ComparisonResponse(BaseModel):
    """What loading changes in the dataset, as it was when the rows were compared with it."""

    columns: list[ChangedColumn] = Field(description="Columns that change in some record, in their order.")
    changes: list[ChangedRow] = Field(description="The first 100 rows that change a record.")
    deletions: list[DeletedRow] = Field(description="The first 100 records that are deleted.")
    rejections: list[RejectionResponse] = Field(description="Why the first 100 rows of `to_reject` are rejected.")


class UntouchedColumn(BaseModel):
    """A column that the file lacks: existing records keep their values, new ones get the default."""

    field: str
    title: str
    default: Any = Field(description="Null leaves the column empty in new records.")


class PreviewResponse(BaseModel):
    """The layout of a file, its matched columns, its first rows as they will be written, and what they change."""

    job: JobResponse
    sheet: str
    header_row: int
    encoding: str | None
    delimiter: str | None
    columns: list[MappedColumn]
    unmatched_headers: list[str] = Field(description="Headers of the file that match no column.")
    counts: PreviewCounts
    rows: list[PreviewRow]
    rejected_rows: list[RejectedRowResponse] = Field(description="The first rejected rows, up to the last of `rows`.")
    comparison: ComparisonResponse | None = Field(description="Null unless all rows were compared with the dataset.")
    untouched: list[UntouchedColumn]


def preview_response(found: Preview, base_url: str) -> PreviewResponse:
    """Build the response about a preview."""
    job, header, layout = found.job, found.plan.first.header, found.plan.first.layout
    places = {field: place for place, field in header.fields.items()}
    columns = importer_of(job).columns
    fields = {each.name: each.header.fields for each in found.plan.sheets}
    likely = suggest([column for column in columns if column.field not in header.matched], header.ignored)
    return PreviewResponse(
        job=job_response(job, base_url),
        sheet=layout.sheet,
        header_row=header.row,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        columns=[
            response_from(
                MappedColumn,
                column,
                header=header.matched.get(column.field),
                likely=likely[column.field].likely if column.field in likely else None,
                place=places[column.field] + 1 if column.field in places else None,
                default=to_jsonable_python(column.default),
            )
            for column in columns
        ],
        unmatched_headers=header.ignored,
        counts=_counts(found),
        rows=fitting(map(_row, found.rows), _MOST_BYTES),
        rejected_rows=fitting((_rejected(row, fields[row.sheet]) for row in found.rejected), _MOST_BYTES),
        comparison=_comparison(found.compared, columns) if found.compared else None,
        untouched=[
            response_from(UntouchedColumn, column, default=to_jsonable_python(column.default))
            for column in found.untouched
        ],
    )


def _row(row: ShownRow) -> PreviewRow:
    values, shortened = _shorten(row.values)
    return response_from(PreviewRow, row, values=values, shortened=shortened)


def _rejected(row: RejectedRow, fields: Mapping[int, str]) -> RejectedRowResponse:
    values, shortened = _shorten({field: _shown(row.cells, place) for place, field in fields.items()})
    rejections = [_rejection(each) for each in row.rejections]
    return response_from(
        RejectedRowResponse, row, row=row.number, values=values, shortened=shortened, rejections=rejections
    )


def _rejection(rejection: Rejection) -> RejectionResponse:
    return rejection_response(replace(rejection, value=shorten(rejection.value)))


def _comparison(found: Compared, columns: Sequence[Column]) -> ComparisonResponse:
    return ComparisonResponse(
        columns=[
            response_from(ChangedColumn, column, records=found.changed[column.field])
            for column in columns
            if found.changed.get(column.field)
        ],
        changes=fitting((_change(each) for each in found.changes if each.after), _MOST_BYTES),
        deletions=fitting((_deletion(each) for each in found.changes if not each.after), _MOST_BYTES),
        rejections=fitting(map(_rejection, found.rejections), _MOST_BYTES),
    )


def _change(change: Change) -> ChangedRow:
    return response_from(ChangedRow, change)


def _deletion(change: Change) -> DeletedRow:
    return response_from(DeletedRow, change, row=change.row or None, values=change.before)


def _shorten(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return values without long texts, and the fields whose text was cut."""
    shown = {field: shorten(value) for field, value in values.items()}
    return shown, [field for field, value in values.items() if shown[field] != value]


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
    counts, compared = found.job.counts, found.compared
    return PreviewCounts(
        total=counts.total,
        unchecked=counts.total - counts.checked - counts.skipped,
        rejected=counts.rejected,
        skipped=counts.skipped,
        to_reject=counts.to_reject if compared and found.is_ahead else None,
        insert=compared.inserted if compared else None,
        update=compared.updated if compared else None,
        unchanged=compared.unchanged if compared else None,
        delete=compared.deleted if compared else None,
        in_scope=counts.in_scope if compared and found.job.mirrors else None,
        kept_blank=compared.kept_blank if compared else None,
        ignored=counts.ignored,
    )
