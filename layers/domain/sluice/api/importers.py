"""Responses about importers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

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
    columns: list[ColumnResponse]
    row_schema: dict[str, Any] = Field(description="JSON Schema of a row.")


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
