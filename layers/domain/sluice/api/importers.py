"""Responses about importers, and about what is decided for their jobs: files, options, recipes and questions."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, Field

from sluice.api.problems import member_of
from sluice.api.requests import CHOICES, DecisionBody, EvidenceBody, GuardsBody, Questions, RecipeBody
from sluice.model.job import Job
from sluice.model.options import DELETING, Blanks, Deletes, LoadOptions, Mode, OnRejections
from sluice.model.recipe import HIDDEN, MARKERS, OF_TEXTS, SHEETS, Evidence, Question, Recall
from sluice.model.saved import Saved
from sluice.reading.notes import notes_on
from sluice.schema.importer import Importer
from sluice.wording import word_effect, word_note, word_question

Response = TypeVar("Response", bound=BaseModel)

_BY_COLUMN: Final = ("decimal", "date_order")
# Parameters of questions and of their choices that list cells or rows.
_LONG: Final = frozenset({"cells", "examples", "sheets"})


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


class ChoiceResponse(BaseModel):
    """A possible answer to a question, and what it would do."""

    value: Any
    effect: str = Field(description="What it would do, in words.")
    code: str = Field(description="Code of the effect, the same in every language, such as `read-dates`.")
    params: dict[str, Any] = Field(description="Parameters of the effect.")


class QuestionResponse(BaseModel):
    """A decision that the file of a job leaves open."""

    key: str = Field(description="Key of the decision, and of the answer, such as `decimal.price`.")
    kind: str = Field(description="What is asked, the same in every language, such as `decimal`.")
    text: str = Field(description="The question in words.")
    choices: list[ChoiceResponse] = Field(
        description="Values that can be answered, a likely one first; if there are none, any value of the decision can."
    )
    evidence: EvidenceBody
    params: dict[str, Any] = Field(description="More of the question, by its kind, such as the title of its `column`.")


class DriftResponse(BaseModel):
    """How the headers of a file differ from those that a remembered recipe knew."""

    missing: dict[str, str | None] = Field(
        description="Headers that the file lacks, with the field that each was matched to; null for an ignored one. "
        "200 at most, matched ones first."
    )
    new: list[str] = Field(description="Headers that the recipe did not know; 50 at most.")
    renamed: dict[str, str] = Field(
        description="Likely pairs: a missing header, and the new one that is most alike. 50 at most."
    )


class RecallResponse(BaseModel):
    """The remembered recipe that a job uses or offers."""

    name: str | None = Field(description="Of a recipe that is kept; null for that of the last file with such headers.")
    job: str | None = Field(description="Id of the job that it was taken from; null for one that is kept by name.")
    by: str = Field(description="Who requested that job, or wrote the recipe.")
    at: datetime = Field(description="When that job ended, or the recipe was written.")
    alike: float = Field(
        description="How alike the headers are, from 0 to 1. At 1 the recipe is used; below, it only preselects what a "
        "question asks."
    )
    offered: dict[str, Any] | None = Field(
        description="Values that are preselected, by the keys of decisions; null where `drift` is."
    )
    drift: DriftResponse | None = Field(
        description="How the headers differ; null in lists and messages of the WebSocket."
    )


class SavedRecipeResponse(BaseModel):
    """A recipe that is kept by name."""

    name: str
    version: int
    by: str = Field(description="Who wrote this version.")
    at: datetime = Field(description="When it was written.")
    recipe: RecipeBody


class DropFolderResponse(BaseModel):
    """How files in a drop folder are read."""

    recipe: str | None = Field(description="Name of the recipe by which they are read; null for none.")
    questions: Questions | None = Field(
        description="What their jobs do where a file leaves a decision open. Null: as the importer says, or `fail`."
    )
    version: int = Field(description="0 if nothing was set.")
    by: str | None = Field(description="Who set this version.")
    at: datetime | None = Field(description="When it was set.")


class SheetResponse(BaseModel):
    """A sheet of a workbook that is read; a number is null where the format of the file does not tell it."""

    sheet: str
    header_row: int
    is_hidden: bool
    is_filtered: bool | None = Field(description="Whether a filter selects rows, and so hides others.")
    hidden_rows: int | None = Field(
        description="Hidden rows with a value; they are imported unless `hidden` is `skip`."
    )
    hidden_columns: int | None = Field(description="Hidden columns with a header; they are imported.")
    merged_ranges: int | None = Field(
        description="Ranges of merged cells below the header: each row has the value of a cell merged with it."
    )


class UnreadSheetResponse(BaseModel):
    """A sheet of a workbook that has a value and is not read."""

    sheet: str
    rows: int | None = Field(
        description="Rows with a value, below the header if it has one of this importer; null if they cannot be read."
    )
    is_hidden: bool


class NoteResponse(BaseModel):
    """What a reader may not see of a workbook, or see otherwise than it is read."""

    text: str = Field(description="The same as a sentence.")
    code: str
    params: dict[str, Any]


class FileResponse(BaseModel):
    """The file of a job."""

    name: str
    bytes: int | None
    sha256: str | None
    encoding: str | None
    delimiter: str | None
    sheets: list[SheetResponse] = Field(description="Sheets of a workbook that are read, in the order of their tabs.")
    not_read: list[UnreadSheetResponse] = Field(description="Other sheets of the workbook that have a value.")
    notes: list[NoteResponse] = Field(
        description="In sentences: hidden rows and columns, filters, merged ranges, and the sheets that are not read."
    )


class ImporterResponse(BaseModel):
    """A kind of import."""

    name: str
    title: str
    dataset: str
    synchronous: bool
    lookup: str | None = Field(description="Lookup that its rows go through, instead of being loaded.")
    questions: Questions | None = Field(
        description="What its jobs do where a file leaves a decision open. Null: they `ask`, but `fail` in the drop "
        "folder and in calls that wait for their end."
    )
    one_at_a_time: bool = Field(description="Whether it runs one job at a time.")
    max_rows: int
    max_bytes: int
    parameters: list[ParameterResponse]
    file_types: list[str] = Field(description="Allowed endings of file names; empty means any.")
    options: OptionsResponse | None = Field(description="Options of its jobs unless a caller gives others.")
    choices: dict[str, list[str]] = Field(description="What callers may give by option; empty for a lookup.")
    columns: list[ColumnResponse]
    row_schema: dict[str, Any] = Field(description="JSON Schema of a row.")


def response_from(model: type[Response], source: object, **fields: Any) -> Response:
    """Build a response whose fields are the attributes of ``source`` with the same names, except those given."""
    same = {name: getattr(source, name) for name in model.model_fields.keys() - fields.keys()}
    return model(**same, **fields)


def options_response(options: LoadOptions) -> OptionsResponse:
    """Build the part of a response that is about options."""
    guards, mirrors = options.guards, options.mode == "mirror"
    return response_from(
        OptionsResponse,
        options,
        deletes=options.how_to_delete if options.mode in DELETING else None,
        guards=response_from(GuardsResponse, guards, max_deleted=guards.max_deleted if mirrors else None),
    )


def recipe_response(job: Job, *, brief: bool = False) -> RecipeBody:
    """Build the part of a response that is about the recipe of a job; if brief, without how decisions were made."""
    recipe = job.recipe
    shown: dict[str, Any] = {} if job.lookup else dict(options_response(job.options))
    if shown:
        shown["guards"] = GuardsBody.model_construct(**dict(shown["guards"]))
    for kind in _BY_COLUMN:
        shown[kind] = {name: each.value for name, each in recipe.of_kind(kind).items()}
    if not brief:
        shown["decisions"] = {
            key: DecisionBody(value=each.value, how=each.how, evidence=_evidence(each.evidence))
            for key, each in recipe.decisions.items()
        }
    # without validation: a recipe may have what a request cannot give, such as a long header
    return RecipeBody.model_construct(
        version=recipe.version,
        sheets=recipe.value(SHEETS),
        hidden=recipe.value(HIDDEN),
        header=recipe.value("header"),
        **{key: recipe.value(key) for key in (*OF_TEXTS, *MARKERS)},
        columns=recipe.columns,
        constants=recipe.constants,
        **shown,
    )


def recall_response(recall: Recall, *, brief: bool = False) -> RecallResponse:
    """Build the part of a response that is about the remembered recipe of a job; if brief, without headers."""
    drift = recall.drift
    return response_from(
        RecallResponse,
        recall,
        name=recall.name or None,
        job=recall.job or None,
        alike=round(recall.alike, 3) if recall.alike < 1 else 1.0,
        offered=None if brief else dict(recall.offered),
        drift=None
        if brief
        else response_from(
            DriftResponse, drift, missing={title: name or None for title, name in drift.missing.items()}
        ),
    )


def saved_recipe_response(saved: Saved) -> SavedRecipeResponse:
    """Build the response about a recipe that is kept by name."""
    decisions, options = saved.value["decisions"], dict(saved.value["options"])
    if "guards" in options:
        options["guards"] = GuardsBody.model_construct(**options["guards"])
    nested: dict[str, Any] = {}
    for key, value in decisions.items():
        kind, _, name = key.partition(".")
        if name:
            nested.setdefault(kind, {})[name] = value
        else:
            nested[kind] = value
    recipe = RecipeBody.model_construct(**nested, **options)
    return SavedRecipeResponse(name=saved.label, version=saved.version, by=saved.by, at=saved.at, recipe=recipe)


def drop_folder_response(saved: Saved | None) -> DropFolderResponse:
    """Build the response about a drop folder."""
    if saved is None:
        return DropFolderResponse(recipe=None, questions=None, version=0, by=None, at=None)
    return DropFolderResponse(**saved.value, version=saved.version, by=saved.by, at=saved.at)


def question_response(question: Question, *, brief: bool = False) -> QuestionResponse:
    """Build the part of a response that is about a question; if brief, without cells and examples."""
    params = {"column": question.key.partition(".")[2]} | dict(question.params)
    shown = {name: member_of(name, value) for name, value in params.items() if not (brief and name in _LONG)}
    evidence = replace(question.evidence, rows=()) if brief else question.evidence
    return response_from(
        QuestionResponse,
        question,
        text=word_question(question.kind, params),
        choices=[
            response_from(
                ChoiceResponse,
                choice,
                effect=word_effect(choice.effect, choice.params),
                code=choice.effect,
                params={name: value for name, value in choice.params.items() if not (brief and name in _LONG)},
            )
            for choice in question.choices
        ],
        evidence=_evidence(evidence),
        params=shown,
    )


def _evidence(found: Evidence) -> EvidenceBody:
    return EvidenceBody.model_validate(asdict(found))


def file_response(job: Job) -> FileResponse:
    """Build the part of a response that is about the file of a job."""
    file = job.file
    read, unread = ([each for each in file.sheets if each.is_read is wanted] for wanted in (True, False))
    return response_from(
        FileResponse,
        file,
        sheets=[response_from(SheetResponse, each, sheet=each.name) for each in read],
        not_read=[response_from(UnreadSheetResponse, each, sheet=each.name) for each in unread],
        notes=[
            response_from(NoteResponse, each, text=word_note(*each))
            for each in notes_on(
                file.sheets, skips_hidden=job.recipe.value(HIDDEN) == "skip", untitled=job.counts.untitled
            )
        ],
    )


def importer_response(importer: Importer) -> ImporterResponse:
    """Build the response about an importer."""
    return response_from(
        ImporterResponse,
        importer,
        parameters=[response_from(ParameterResponse, parameter) for parameter in importer.parameters],
        options=None if importer.lookup else options_response(importer.options),
        choices={} if importer.lookup else CHOICES,
        columns=[response_from(ColumnResponse, column, aliases=column.titles[1:]) for column in importer.columns],
        row_schema=importer.row.model_json_schema(),
    )
