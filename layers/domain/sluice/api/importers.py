"""Responses about importers, and about the options of their jobs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from sluice.api.requests import CHOICES
from sluice.model.options import DELETING, Blanks, Deletes, LoadOptions, Mode, OnRejections
from sluice.schema.importer import Importer


class ColumnResponse(BaseModel):
    """A column of an importer."""

    field: str
    title: str
    aliases: list[str]
    required: bool
    key: bool
    decimals: int | None = Field(description="Decimals that its numbers are shown with at least; null for no numbers.")


class ParameterResponse(BaseModel):
    """A parameter that an importer needs beside the file."""

    name: str
    title: str
    pattern: str = Field(description="Regular expression that the whole value must match.")
    example: str
    from_name: str = Field(description="Regular expression whose first group finds the value in a file's name.")


class GuardsResponse(BaseModel):
    """Limits beyond which a job does not load without a person's consent."""

    max_rejected: float | None = Field(description="Share of the rows that may be rejected; null is any.")
    max_deleted: float | int | None = Field(
        description="What `mirror` may delete: a share, or a whole number of records. Null in other modes."
    )
    max_change: dict[str, float] = Field(description="Share of its old value that a number may change by, by field.")


class OptionsResponse(BaseModel):
    """What a job does to its dataset."""

    mode: Mode
    blanks: Blanks
    deletes: Deletes | None = Field(description="Null in a mode that deletes nothing.")
    on_rejections: OnRejections
    guards: GuardsResponse


class ImporterResponse(BaseModel):
    """A kind of import."""

    name: str
    title: str
    dataset: str
    synchronous: bool
    lookup: str | None = Field(description="Lookup that its rows go through, instead of being loaded.")
    one_at_a_time: bool = Field(description="Whether it runs one job at a time.")
    max_rows: int
    max_bytes: int
    parameters: list[ParameterResponse]
    file_types: list[str] = Field(description="Allowed endings of file names; empty means any.")
    options: OptionsResponse | None = Field(description="Options of its jobs unless a caller gives others.")
    choices: dict[str, list[str]] = Field(description="What callers may give by option; empty for a lookup.")
    columns: list[ColumnResponse]
    row_schema: dict[str, Any] = Field(description="JSON Schema of a row.")


def options_response(options: LoadOptions) -> OptionsResponse:
    """Build the part of a response that is about options."""
    guards, mirrors = options.guards, options.mode == "mirror"
    return OptionsResponse(
        mode=options.mode,
        blanks=options.blanks,
        deletes=options.how_to_delete if options.mode in DELETING else None,
        on_rejections=options.on_rejections,
        guards=GuardsResponse(
            max_rejected=guards.max_rejected,
            max_deleted=guards.max_deleted if mirrors else None,
            max_change=dict(guards.max_change),
        ),
    )


def importer_response(importer: Importer) -> ImporterResponse:
    """Build the response about an importer."""
    return ImporterResponse(
        name=importer.name,
        title=importer.title,
        dataset=importer.dataset,
        synchronous=importer.synchronous,
        lookup=importer.lookup,
        one_at_a_time=importer.one_at_a_time,
        max_rows=importer.max_rows,
        max_bytes=importer.max_bytes,
        parameters=[
            ParameterResponse(
                name=parameter.name,
                title=parameter.title,
                pattern=parameter.pattern,
                example=parameter.example,
                from_name=parameter.from_name,
            )
            for parameter in importer.parameters
        ],
        file_types=list(importer.file_types),
        options=None if importer.lookup else options_response(importer.options),
        choices={} if importer.lookup else dict(CHOICES),
        columns=[
            ColumnResponse(
                field=column.field,
                title=column.title,
                aliases=list(column.titles[1:]),
                required=column.required,
                key=column.key,
                decimals=column.decimals,
            )
            for column in importer.columns
        ],
        row_schema=importer.row.model_json_schema(),
    )
