"""Bodies of requests, and the options of a load in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, Json, model_validator
from pydantic_core import PydanticCustomError

from sluice.model.options import Blanks, Deletes, GivenOptions, Guards, Mode, OnRejections
from sluice.model.recipe import DateReading, Hidden, How, Mark
from sluice.reading.csv_table import DELIMITERS
from sluice.reading.encoding import ENCODINGS
from sluice.reading.records import QUOTINGS

#: A header; bounded because a job's item holds the recipe: 200 pairs of 100 letters, 3 bytes each, of its 400 KB.
Header = Annotated[str, Field(min_length=1, max_length=100)]
Questions = Literal["ask", "fail"]
Priority = Literal["standard", "urgent"]
#: Name of a recipe that is kept, see `sluice.usecases.recipes.NAME`.
RecipeName = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
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


#: What a caller writes now in place of members and parameters that there were.
RENAMED: Final[Mapping[str, str]] = {
    "mapping": '`mapping` is part of the recipe now: "recipe": {"columns": {"Preis": "price"}}',
    "parameters": '`parameters` are constants of the recipe now: "recipe": {"constants": {"ward": "79800001"}}',
    "dates": "`dates` are answers now: POST /v1/jobs/{id}/answers with "
    '{"version": 1, "answers": {"date_order.updated": "dmy"}}, then commit',
}


def _check_names(given: Any) -> Any:
    """Reject the names that there were with a sentence that says what to write now."""
    if isinstance(given, dict) and (found := RENAMED.keys() & given.keys()):
        raise PydanticCustomError("renamed", "{now}", {"now": RENAMED[min(found)]})
    return given


class ShownBody(BaseModel):
    """A cell as evidence: its row number in the sheet, and the value of the decision that it shows."""

    sheet: str
    row: int
    cell: str
    shows: str = Field(description="What the cell proves, or between what it is open: `either` of both.")


class EvidenceBody(BaseModel):
    """What the cells of a column show of a decision."""

    counts: dict[str, int] = Field(description="Number of cells by what they show.")
    rows: list[ShownBody] = Field(description="The first three cells of each, in the order of the file.")


class DecisionBody(BaseModel):
    """A decision about a file."""

    value: Any = Field(description="As in the recipe.")
    how: How = Field(
        description="`given` by the caller, `answered`, `proven` by cells of the file, `remembered` from an earlier "
        "file, `declared` by the importer or found in the file's name, or Sluice's own `default`."
    )
    evidence: EvidenceBody


_SHOWN_DELIMITERS: Final = DELIMITERS.replace("\t", "")


class RecipeBody(OptionFields):
    """Decisions about how a file is read, and what its rows do to the dataset; what is null is not decided here.

    The recipe of a job can be given as it is shown: the next file is read in the same way. A decision that is given
    holds against what the file shows: a cell that shows another one is rejected.
    """

    model_config = ConfigDict(extra="forbid")

    sheets: Annotated[list[Header], Field(min_length=1, max_length=200)] | Header | None = Field(
        default=None,
        description="Names of the sheets of a workbook that are read; `all` are those shown with the same columns.",
    )
    hidden: Hidden | None = Field(default=None, description="What becomes of the rows that a workbook hides.")
    header: Annotated[int, Field(ge=1, strict=True)] | None = Field(
        default=None,
        description="Row number of the header, as a spreadsheet shows it; of the lower row, if it has two.",
        examples=[3],
    )
    encoding: Header | None = Field(
        default=None,
        description="Encoding of a text file: " + ", ".join(f"`{name}`" for name in ENCODINGS) + ".",
        examples=["windows-1252"],
    )
    delimiter: Header | None = Field(
        default=None,
        description=f"Character that separates the columns of a text file: `tab`, or one of `{_SHOWN_DELIMITERS}`.",
        examples=[";"],
    )
    quoting: Header | None = Field(
        default=None,
        description="Quotes around values of a text file: " + ", ".join(f"`{name}`" for name in QUOTINGS) + "; with "
        "`-backslash`, a backslash stands before a quote in a value.",
        examples=["double"],
    )
    columns: dict[Header, Header] | None = Field(
        default=None,
        max_length=200,
        description="Fields or column titles by the headers of the file that stand for them.",
        examples=[{"Preis": "price"}],
    )
    constants: dict[Header, Header] | None = Field(
        default=None,
        max_length=20,
        description="The importer's parameters, by name. Without them, the file's name is searched.",
        examples=[{"ward": "79800001"}],
    )
    null_markers: list[Header] | None = Field(
        default=None,
        max_length=20,
        description="Texts that stand for an empty cell, exactly as they are written; they replace the importer's.",
        examples=[["NULL", "n/a"]],
    )
    clear_markers: list[Header] | None = Field(
        default=None,
        max_length=20,
        description="Texts that clear a value, also where blank cells keep it; they replace the importer's.",
        examples=[["-", "[clear]"]],
    )
    decimal: dict[Header, Mark] | None = Field(
        default=None,
        max_length=500,
        description="Decimal mark of a column of numbers, by field or title; the other one groups thousands.",
        examples=[{"price": ","}],
    )
    date_order: dict[Header, DateReading] | None = Field(
        default=None,
        max_length=500,
        description="Order of a column of dates, by field or title; `ymd` is about years of two digits. `dmy-swapped` "
        "and `mdy-swapped` swap day and month in the typed dates of a column that a spreadsheet has half swapped.",
        examples=[{"updated": "dmy"}],
    )
    name: RecipeName | None = Field(
        default=None,
        description="Name of a recipe that is kept: it holds where neither request, file name nor cells say otherwise.",
        examples=["nordparts"],
    )
    version: int | None = Field(
        default=None, description="Version of a job's recipe, which rises with every decision; ignored in a request."
    )
    decisions: dict[str, DecisionBody] | None = Field(
        default=None, description="How each decision was made, by its key; ignored in a request, null in lists."
    )

    @model_validator(mode="before")
    @classmethod
    def _only_present_names(cls, given: Any) -> Any:
        return _check_names(given)


class RequestFields(OptionFields):
    """What a request to import a file can give beside its importer and name."""

    model_config = ConfigDict(extra="forbid")

    recipe: RecipeBody | None = Field(
        default=None, description="Decisions about how the file is read; the recipe of another job can be given whole."
    )
    questions: Questions | None = Field(
        default=None,
        description="What the job does where the file leaves a decision open: `ask` waits for an answer, `fail` fails "
        "and names the answer that would have helped. Null: as the importer says.",
    )
    review: bool | None = Field(
        default=None, description="Whether the job stops for review before it loads; null uses the importer's default."
    )
    priority: Priority = "standard"
    force: bool = Field(default=False, description="Import the file even if the same one was imported before.")
    corrects: str | None = Field(
        default=None,
        max_length=64,
        description="Id of the job whose rejected rows the file corrects; it is that job's errors.xlsx.",
    )

    @model_validator(mode="before")
    @classmethod
    def _only_present_names(cls, given: Any) -> Any:
        return _check_names(given)

    @model_validator(mode="after")
    def _agrees_with_its_recipe(self) -> RequestFields:
        here, there = _options(self), _options(self.recipe)
        if differ := [name for name in here.keys() & there.keys() if here[name] != there[name]]:
            raise PydanticCustomError(
                "given-twice", "`{name}` is also in the recipe, with another value. Give it once", {"name": min(differ)}
            )
        return self

    @property
    def recipe_name(self) -> str | None:
        """Name of the recipe that is kept, and used."""
        return self.recipe.name if self.recipe else None

    def decisions(self) -> dict[str, Any]:
        """Return the decisions of the recipe, nested as they were given."""
        return decisions_of(self.recipe) if self.recipe else {}

    def options(self) -> GivenOptions:
        """Return the options that the request gives, in its recipe or beside it."""
        return given_options(_options(self.recipe) | _options(self))


def decisions_of(recipe: RecipeBody) -> dict[str, Any]:
    """Return the decisions of a recipe, nested as they were given."""
    beside = {*OptionFields.model_fields, "name", "version", "decisions"}
    return recipe.model_dump(exclude=beside, exclude_none=True)


def options_in(recipe: RecipeBody) -> GivenOptions:
    """Return the options that a recipe gives."""
    return given_options(_options(recipe))


def given_options(options: Mapping[str, Any]) -> GivenOptions:
    """Build what was given of options by name, of each guard by its own: ``guards.max_deleted``."""
    guards = {name.partition(".")[2]: value for name, value in options.items() if name.startswith("guards.")}
    return GivenOptions(**{name: value for name, value in options.items() if "." not in name}, guards=guards)


def _options(given: OptionFields | None) -> dict[str, Any]:
    """Return the options that were given, by name; each guard by its own: ``guards.max_deleted``."""
    if given is None:
        return {}
    found = given.model_dump(include=set(OptionFields.model_fields), exclude_none=True)
    guards = {f"guards.{name}": limit for name, limit in found.pop("guards", {}).items() if limit != {}}
    return found | guards


class ImportBody(RequestFields):
    """Body of ``POST /v1/imports``."""

    importer: str = Field(description="Name of the importer.", examples=["products"])
    filename: str = Field(min_length=1, max_length=1024, examples=["products.xlsx"])
    bytes: int = Field(ge=0, description="Size of the file.", examples=[41542753])
    multipart: bool = Field(
        default=False, description="Whether the file is sent as a multipart upload, whose parts can be repeated."
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9A-Fa-f]{64}$",
        description="SHA-256 of the file; with it, a file that was imported before is rejected before its upload.",
    )


#: Guards and a recipe in a query string, written as JSON.
GuardsAsText = Json[GuardsBody]
RecipeAsText = Json[RecipeBody]
GUARDS_AS_TEXT: Final = 'As JSON, such as {"max_rejected": 0.05}.'
RECIPE_AS_TEXT: Final = 'As JSON, such as {"constants": {"ward": "79800001"}}.'


class UploadFields(RequestFields):
    """Query parameters of ``POST /v1/imports/upload``, or fields of its form."""

    importer: str = Field(description="Name of the importer.")
    filename: str | None = Field(
        default=None, min_length=1, max_length=1024, description="Name of the file; without it, the one in the form."
    )
    recipe: RecipeAsText | None = Field(default=None, description=RECIPE_AS_TEXT)
    guards: GuardsAsText | None = Field(default=None, description=GUARDS_AS_TEXT)


class FileForm(UploadFields):
    """Form of ``POST /v1/imports/upload``; a parameter is a field, or in the query."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]


class CommitBody(BaseModel):
    """Body of ``POST /v1/jobs/{id}/commit``, which has no members."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_present_names(cls, given: Any) -> Any:
        return _check_names(given)


class AnswersBody(BaseModel):
    """Body of ``POST /v1/jobs/{id}/answers``."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="Version of the job's recipe that the answers are about.", examples=[1])
    answers: dict[Annotated[str, Field(min_length=1, max_length=200)], Any] = Field(
        min_length=1,
        max_length=200,
        description="Values by the keys of the questions, or nested as in a recipe; any other decision of the recipe "
        "can be answered too.",
        examples=[{"decimal.price": ",", "date_order.updated": "dmy"}],
    )


class DropFolderBody(BaseModel):
    """Body of ``PUT /v1/importers/{importer}/drop-folder``."""

    model_config = ConfigDict(extra="forbid")

    recipe: RecipeName | None = Field(default=None, description="Name of the recipe by which its files are read.")
    questions: Questions | None = Field(
        default=None,
        description="What its jobs do where a file leaves a decision open. Null: as the importer says, or `fail`.",
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
