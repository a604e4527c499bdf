"""Bodies of requests, and the options of a load in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, Json

from sluice.model.job import DateOrder
from sluice.model.options import Blanks, Deletes, GivenOptions, Guards, Mode, OnRejections

#: A header; bounded because a job's item holds the mapping: 200 pairs of 100 letters, 3 bytes each, of its 400 KB.
Header = Annotated[str, Field(min_length=1, max_length=100)]
#: Parameters in a query string, written as JSON.
Parameters = Json[dict[Header, Header]]
Priority = Literal["standard", "urgent"]
#: EventBridge Scheduler documents no latest time; a time outside of these bounds is a typing error.
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
#: A number may change by more than all of its old value: 2.0 lets it become three times as large.
Ratio = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
#: JSON tells a number of records from a share by its form: 1 is one record, 1.0 all of them.
Number = Annotated[int, Field(ge=0, strict=True)]

#: What a caller may give for each option.
CHOICES: Final[Mapping[str, list[str]]] = {
    "mode": list(get_args(Mode)),
    "blanks": list(get_args(Blanks)),
    "deletes": list(get_args(Deletes)),
    "on_rejections": list(get_args(OnRejections)),
    "guards": [each.name for each in fields(Guards)],
}


class GuardsBody(BaseModel):
    """Limits beyond which a job does not load without a person's consent; one that is null is the importer's."""

    model_config = ConfigDict(extra="forbid")

    max_rejected: Share | None = Field(default=None, description="Share of the rows that may be rejected.")
    max_deleted: Share | Number | None = Field(
        default=None,
        description="What `mirror` may delete: a share of the records, such as 0.2, or a whole number of records.",
        examples=[0.2, 500],
    )
    max_change: dict[Header, Ratio] | None = Field(
        default=None,
        max_length=200,
        description="Share of its old value that a number may change by, by field or column title.",
        examples=[{"price": 0.5}],
    )


class OptionFields(BaseModel):
    """Options of a load; one that is null is the importer's."""

    mode: Mode | None = Field(
        default=None,
        description="What a row does to the record of its key: `upsert` updates or inserts it, `insert` and `update` "
        "reject the other, `mirror` is an upsert that also deletes what the file lacks, `delete` deletes.",
    )
    blanks: Blanks | None = Field(
        default=None,
        description="What a blank cell says: `keep` leaves the value as it is, `clear` replaces it by the default.",
    )
    deletes: Deletes | None = Field(
        default=None,
        description="How the modes `mirror` and `delete` delete: `mark` leaves the record and marks it, `remove` "
        "removes it.",
    )
    on_rejections: OnRejections | None = Field(
        default=None, description="What a rejected row does to the others: `continue` loads them, `stop` loads nothing."
    )
    guards: GuardsBody | None = Field(
        default=None, description="Limits beyond which the job does not load without a person's consent."
    )


def given_options(body: OptionFields) -> GivenOptions:
    """Return the options that a request gives."""
    return GivenOptions(**body.model_dump(include=set(OptionFields.model_fields), exclude_none=True))


class ImportBody(OptionFields):
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


#: Guards in a query string, written as JSON.
GuardsAsText = Json[GuardsBody]


class UploadFields(OptionFields):
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
    guards: GuardsAsText | None = Field(default=None, description='As JSON, such as {"max_rejected": 0.05}.')


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


class SyncBody(BaseModel):
    """Body of ``POST /v1/syncs/{source}``."""

    model_config = ConfigDict(extra="forbid")

    guards: GuardsBody | None = Field(
        default=None, description="Limits of the new job; a job that the call finds keeps its own."
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
