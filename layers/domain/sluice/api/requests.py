"""What callers send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, Json

from sluice.model.job import DateOrder

#: A header; bounded, for a job keeps its mapping: 200 pairs of 100 letters, 3 bytes each, of the 400 KB of an item.
Header = Annotated[str, Field(min_length=1, max_length=100)]
#: In an address, where there are no objects.
Parameters = Json[dict[Header, Header]]
Priority = Literal["standard", "urgent"]
#: The end of EventBridge Scheduler's own time is not documented; what is farther away than this is a slip of the pen.
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
        description="Headers of the file, each with the field or column title it stands for.",
    )
    review: bool | None = Field(
        default=None, description="Whether the job stops before it loads, to be looked at; else as the importer says."
    )
    priority: Priority = "standard"
    multipart: bool = Field(
        default=False, description="Whether the file is sent in parts, each of which can be sent again."
    )
    parameters: dict[Header, Header] | None = Field(
        default=None,
        max_length=20,
        description="What the importer must know beside the file, where its name does not tell it.",
        examples=[{"ward": "79800001"}],
    )
    force: bool = Field(default=False, description="Import the file even if the same one was imported before.")
    corrects: str | None = Field(
        default=None,
        max_length=64,
        description="Id of the job whose rejected rows come again, corrected in its errors.xlsx.",
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9A-Fa-f]{64}$",
        description="Of the file; with it, a file that was imported before is rejected before it is sent.",
    )


class CommitBody(BaseModel):
    """Body of ``POST /v1/jobs/{id}/commit``."""

    model_config = ConfigDict(extra="forbid")

    dates: dict[Header, DateOrder] = Field(
        default_factory=dict,
        max_length=500,
        description="DateOrder of day and month by date column, for those that the job asks about.",
        examples=[{"Updated": "dmy"}],
    )


class ScheduleBody(BaseModel):
    """Body of ``PUT /v1/syncs/{source}/schedule``."""

    model_config = ConfigDict(extra="forbid")

    every_minutes: int = Field(
        ge=15, le=44_640, description="From one sync to the next; 31 days at most.", examples=[360]
    )
    starting_at: Instant | None = Field(
        default=None,
        description="When the first sync begins; null: in one period. One that is past only says at which hours.",
        examples=["2026-03-01T06:00:00Z"],
    )
