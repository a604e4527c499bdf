"""Bodies of requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, Json

from sluice.model.job import DateOrder

#: A header; bounded because a job's item holds the mapping: 200 pairs of 100 letters, 3 bytes each, of its 400 KB.
Header = Annotated[str, Field(min_length=1, max_length=100)]
#: Parameters in a query string, written as JSON.
Parameters = Json[dict[Header, Header]]
Priority = Literal["standard", "urgent"]
#: EventBridge Scheduler documents no latest time; a time outside of these bounds is a typing error.
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class ImportBody(BaseModel):
    """Body of ``POST /v1/imports``."""

    model_config = ConfigDict(extra="forbid")

    importer: str = Field(description="Name of the importer.", examples=["products"])
    filename: str = Field(min_length=1, max_length=1024, examples=["products.xlsx"])
    bytes: int = Field(ge=0, description="Size of the file.", examples=[41542753])
    mapping: dict[Header, Header] | None = Field(
        default=None,
        max_length=200,
        description="Fields or column titles by the headers of the file.",
    )
    review: bool | None = Field(
        default=None, description="Whether the job stops for review before it loads; null uses the importer's default."
    )
    priority: Priority = "standard"
    multipart: bool = Field(
        default=False, description="Whether the file is sent as a multipart upload, whose parts can be repeated."
    )
    parameters: dict[Header, Header] | None = Field(
        default=None,
        max_length=20,
        description="Parameters of the importer that the file's name does not contain.",
        examples=[{"ward": "79800001"}],
    )
    force: bool = Field(default=False, description="Import the file even if the same one was imported before.")
    corrects: str | None = Field(
        default=None,
        max_length=64,
        description="Id of the job whose rejected rows the file corrects; it is that job's errors.xlsx.",
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9A-Fa-f]{64}$",
        description="SHA-256 of the file; with it, a file that was imported before is rejected before its upload.",
    )


class UploadFields(BaseModel):
    """Query parameters of ``POST /v1/imports/upload``, or fields of its form."""

    model_config = ConfigDict(extra="forbid")

    importer: str = Field(description="Name of the importer.")
    filename: str | None = Field(
        default=None, min_length=1, max_length=1024, description="Name of the file; without it, the one in the form."
    )
    priority: Priority = "standard"
    review: bool | None = Field(default=None, description="Whether the job stops before it loads.")
    force: bool = Field(default=False, description="Import the file even if the same one was imported before.")
    corrects: str | None = Field(
        default=None, max_length=64, description="Id of the job whose rejected rows the file corrects."
    )
    parameters: Parameters | None = Field(default=None, description='As JSON, such as {"ward": "79800001"}.')


class FileForm(UploadFields):
    """Form of ``POST /v1/imports/upload``; a parameter is a field, or in the query."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]


class CommitBody(BaseModel):
    """Body of ``POST /v1/jobs/{id}/commit``."""

    model_config = ConfigDict(extra="forbid")

    dates: dict[Header, DateOrder] = Field(
        default_factory=dict,
        max_length=500,
        description="Order of day and month by date column, as far as the job asks about them.",
        examples=[{"Updated": "dmy"}],
    )


class ScheduleBody(BaseModel):
    """Body of ``PUT /v1/syncs/{source}/schedule``."""

    model_config = ConfigDict(extra="forbid")

    every_minutes: int = Field(ge=15, le=44_640, description="Period in minutes; 31 days at most.", examples=[360])
    starting_at: Instant | None = Field(
        default=None,
        description="Time of the first sync; null: one period from now. A past time only sets the phase of the series.",
        examples=["2026-03-01T06:00:00Z"],
    )
