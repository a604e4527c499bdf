"""What a caller may give for an importer: decisions, in a recipe or as answers, options, and types of files.

A tenant can keep recipes by name, and let its drop folder use one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from sluice.model.errors import FileRejected, InvalidDecision, InvalidOption, NotFound, RequestRejected
from sluice.model.job import Job
from sluice.model.options import DELETING, GivenOptions
from sluice.model.page import Page, invalid_cursor
from sluice.model.recipe import (
    ALL_SHEETS,
    HIDDEN,
    MARKERS,
    OF_TEXTS,
    SHEETS,
    DateReading,
    Decision,
    Hidden,
    Mark,
    Recall,
    Recipe,
)
from sluice.model.saved import DROP_FOLDER, NAMED, Condition, Saved
from sluice.reading.csv_table import DELIMITERS
from sluice.reading.encoding import ENCODINGS, encoding_named
from sluice.reading.matching import names_of, normal
from sluice.reading.records import QUOTINGS
from sluice.reading.types import FileLayout
from sluice.schema.importer import Importer
from sluice.usecases.ports import Recipes

#: Names of recipes.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
#: Decisions about single columns, and the values that each can have.
_BY_COLUMN: Final[Mapping[str, tuple[str, ...]]] = {"decimal": get_args(Mark), "date_order": get_args(DateReading)}
#: Other decisions that can be given; a constant has the parameter's name behind it.
_OTHERS: Final = (SHEETS, "header", HIDDEN, "columns", "constants", *MARKERS, *OF_TEXTS)
# Markers of a recipe, and characters of one.
_MOST_MARKERS, _LONGEST_MARKER = 20, 40


def recipe_of(importer: Importer, given: Mapping[str, Any], file_name: str) -> Recipe:
    """Return the recipe that a job begins with: what its caller gave, then the constants in its file's name.

    Parameters
    ----------
    given
        As `given_decisions` takes it.

    Raises
    ------
    InvalidDecision, RequestRejected
        As `given_decisions`.
    """
    made = {key: Decision(value, "given") for key, value in given_decisions(importer, given).items()}
    for parameter in importer.parameters:
        found = re.search(parameter.from_name, file_name)
        if found:
            made.setdefault(f"constants.{parameter.name}", Decision(found[1], "declared"))
    return Recipe(decisions=made)


def given_decisions(importer: Importer, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the decisions that a caller gives, in a recipe or as answers; return them by key, with fields for titles.

    Parameters
    ----------
    given
        Nested by kind, as in ``{"decimal": {"Price": ","}}``, or flat, as in ``{"decimal.price": ","}``.

    Raises
    ------
    InvalidDecision
        ``invalid-decision``, if the importer has no such column, the column has no such decision, the value is none
        of its values, or a decision comes twice.
    RequestRejected
        ``invalid-parameter``, if a constant is unknown to the importer or has the wrong form.
    """
    found: dict[str, Any] = {}
    for kind, name, value in _flat(given):
        written = f"{kind}.{name}" if name else kind
        match kind:
            case "decimal" | "date_order":
                key, checked = _about_column(importer, kind, name, value)
            case "constants":
                key, checked = f"constants.{_constant(importer, name, value)}", value
            case "columns" if isinstance(value, Mapping) and not name:
                key, checked = kind, _columns(importer, value)
            case "sheets" | "hidden" if not name:
                key, checked = kind, _sheets(value) if kind == SHEETS else _hidden(value)
            case "header" if type(value) is int and value > 0 and not name:
                key, checked = kind, value
            case "encoding" | "delimiter" | "quoting" if not name:
                key, checked = kind, _of_text(kind, value)
            case "null_markers" | "clear_markers" if not name and _are_markers(value):
                key, checked = kind, list(value)
            case _:
                case = {"header": "row-number", **dict.fromkeys(MARKERS, "markers")}.get(written, "unknown")
                raise InvalidDecision(case, key=written, known=[*_OTHERS, *_BY_COLUMN])
        if key in found:
            raise InvalidDecision("twice", key=written)
        found[key] = checked
    return found


def _sheets(value: Any) -> Any:
    """Return names of sheets as they are kept."""
    if value == ALL_SHEETS:
        return value
    names = [value] if isinstance(value, str) else value
    if not (isinstance(names, list) and names and all(isinstance(each, str) and each for each in names)):
        raise InvalidDecision("sheet-names", key=SHEETS)
    return list(dict.fromkeys(names))


def _hidden(value: Any) -> Any:
    known = list(get_args(Hidden))
    if value not in known:
        raise InvalidDecision("value", key=HIDDEN, known=known)
    return value


def _are_markers(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > _MOST_MARKERS:
        return False
    return all(isinstance(each, str) and each.strip() and len(each) <= _LONGEST_MARKER for each in value)


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield kind, name and value of each decision; the name of one that is about no column or constant is empty."""
    for key, value in given.items():
        kind, _, name = key.partition(".")
        if not name and kind in {*_BY_COLUMN, "constants"} and isinstance(value, Mapping):
            yield from ((kind, each, its) for each, its in value.items())
        else:
            yield kind, name, value


def _about_column(importer: Importer, kind: str, name: str, value: Any) -> tuple[str, Any]:
    """Return key and value of a decision about a column."""
    decided = {each.field: each.title for each in importer.columns if each.decided_by == kind}
    field = names_of(importer.columns).get(normal(name), "")
    if field not in decided:
        known = list(decided.values())
        raise InvalidDecision(f"no-{kind}", key=f"{kind}.{name}", importer=importer.title, name=name, known=known)
    if value not in _BY_COLUMN[kind]:
        raise InvalidDecision("value", key=f"{kind}.{name}", known=list(_BY_COLUMN[kind]))
    return f"{kind}.{field}", value


def _columns(importer: Importer, given: Mapping[str, Any]) -> dict[str, str]:
    """Return headers of the file with the fields that they are assigned to."""
    names, found = names_of(importer.columns), dict[str, str]()
    for header, name in given.items():
        field = names.get(normal(str(name)))
        if field is None:
            known = [column.title for column in importer.columns]
            raise InvalidDecision("no-column", key="columns", importer=importer.title, name=name, known=known)
        if field in found.values():
            raise InvalidDecision("column-twice", key="columns", name=name)
        found[header] = field
    return found


def _of_text(kind: str, value: Any) -> str:
    """Return the value of a decision about a text: an encoding in our spelling, a delimiter, or a way of quoting."""
    known: dict[str, tuple[str, ...]] = {"encoding": ENCODINGS, "quoting": (*QUOTINGS,), "delimiter": (*DELIMITERS,)}
    found = encoding_named(value) if kind == "encoding" else "\t" if value == "tab" else value
    if found not in known[kind]:
        names = ["tab" if each == "\t" else each for each in known[kind]]
        raise InvalidDecision("value", key=kind, known=names)
    return str(found)


def _constant(importer: Importer, name: str, value: Any) -> str:
    known = {parameter.name: parameter for parameter in importer.parameters}
    if name not in known:
        raise RequestRejected(
            "invalid-parameter", case="unknown", importer=importer.title, name=name, known=list(known)
        )
    if not isinstance(value, str) or not re.fullmatch(known[name].pattern, value):
        title, example = known[name].title, known[name].example
        raise RequestRejected("invalid-parameter", case="wrong-form", title=title, example=example)
    return name


def options_of(importer: Importer, given: GivenOptions) -> GivenOptions:
    """Check the options that a caller gave for an importer; return them with fields where they named titles.

    Raises
    ------
    InvalidOption
        If the importer has no modes, or an option means nothing in the mode of the job.
    """
    named = list(given.options)
    if named and importer.lookup:
        raise InvalidOption("lookup", option=named[0], importer=importer.title)
    mode = given.mode or importer.mode
    if given.deletes and mode not in DELETING:
        raise InvalidOption("deletes-nothing", option="deletes", mode=mode)
    if "max_deleted" in given.guards and mode != "mirror":
        case = "names-its-keys" if mode in DELETING else "deletes-nothing"
        raise InvalidOption(case, option="max_deleted", mode=mode)
    if "max_change" not in given.guards:
        return given
    return replace(given, guards={**given.guards, "max_change": _changes(importer, given.guards["max_change"])})


def _changes(importer: Importer, given: Mapping[str, float]) -> dict[str, float]:
    names, numeric, found = names_of(importer.columns), importer.numeric_columns, dict[str, float]()
    for name, share in given.items():
        field = names.get(normal(name), "")
        if field not in numeric:
            known = [column.title for column in numeric.values()]
            raise InvalidOption("no-number", option="max_change", importer=importer.title, name=name, known=known)
        if field in found:
            raise InvalidOption("column-twice", option="max_change", name=name)
        found[field] = share
    return found


def check_constants(importer: Importer, job: Job) -> None:
    """Reject the file of a job whose recipe lacks a parameter of its importer.

    Raises
    ------
    FileRejected
        ``missing-parameter``, with a file name that would contain it.
    """
    for parameter in importer.parameters:
        if parameter.name not in job.recipe.constants:
            raise FileRejected(
                "missing-parameter",
                parameter=parameter.name,
                title=parameter.title,
                example=parameter.example,
                file=job.file.name,
            )


def check_file_type(importer: Importer, file_name: str) -> None:
    """Reject a file whose name ends in none of the importer's file types.

    Raises
    ------
    FileRejected
        ``wrong-file-type``, with the importer's file types.
    """
    if importer.file_types and not file_name.lower().endswith(importer.file_types):
        raise _wrong_type(importer)


def check_format(importer: Importer, file_name: str, layout: FileLayout) -> None:
    """Reject a text file that has the name of a workbook, if the importer restricts file types.

    Raises
    ------
    FileRejected
        ``wrong-file-type``.
    """
    if importer.file_types and layout.format == "csv" and file_name.lower().endswith(_WORKBOOKS):
        raise _wrong_type(importer)


def _wrong_type(importer: Importer) -> FileRejected:
    return FileRejected("wrong-file-type", importer=importer.title, types=list(importer.file_types))


# ---------------------------------------------------------------------- what is kept by name


@dataclass(frozen=True)
class Named:
    """A recipe that is kept by name, as it was when a job was created: what happens to it later changes no job."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    options: GivenOptions = field(default_factory=GivenOptions)
    recall: Recall | None = None

    def under(self, recipe: Recipe) -> Recipe:
        """Return the recipe of a job with these decisions where its caller and the name of its file make none."""
        return replace(recipe, decisions={**self.decisions, **recipe.decisions})


def put_recipe(
    tenant: str, importer: Importer, saved: Saved, given: GivenOptions, condition: Condition, recipes: Recipes
) -> tuple[Saved, bool]:
    """Keep a recipe by name.

    Parameters
    ----------
    saved
        Its name as callers know it, and as its value the decisions as `given_decisions` takes them.
    given
        Options of the load.
    condition
        Which present version may be replaced.

    Returns
    -------
    tuple
        The recipe as it is kept, and whether there was none of that name.

    Raises
    ------
    InvalidDecision, RequestRejected, InvalidOption
        If the importer has no such decision or option.
    PreconditionFailed
        If another version is there.
    """
    decisions = given_decisions(importer, saved.value)
    value = {"decisions": decisions, "options": options_of(importer, given).as_dict()}
    return _save(tenant, importer, replace(saved, name=NAMED + saved.name, value=value), condition, recipes)


def get_recipe(tenant: str, importer: Importer, name: str, recipes: Recipes) -> Saved:
    """Read a recipe that is kept by name; raises `NotFound`."""
    saved = recipes.get(tenant, importer.name, NAMED + name)
    if saved is None:
        raise NotFound("recipe", name)
    return saved


def list_recipes(tenant: str, importer: Importer, *, limit: int, after: str | None, recipes: Recipes) -> Page[Saved]:
    """List the recipes that are kept by name, in the order of their names, behind the name ``after``."""
    if after is not None and not NAME.fullmatch(after):
        raise invalid_cursor()
    page = recipes.page(tenant, importer.name, NAMED, limit=limit, cursor=after and NAMED + after)
    return Page(page.items, page.next and page.next.removeprefix(NAMED))


def remove_recipe(tenant: str, importer: Importer, name: str, condition: Condition, recipes: Recipes) -> None:
    """Remove a recipe that is kept by name, if there is one; jobs that were created with it keep what it said.

    Raises
    ------
    PreconditionFailed
        If another version is there than the condition allows.
    """
    while True:
        seen = recipes.get(tenant, importer.name, NAMED + name)
        condition.check(name, seen)
        if seen is None or recipes.remove(tenant, importer.name, seen):
            return


def named_recipe(tenant: str, importer: Importer, name: str | None, recipes: Recipes) -> Named:
    """Return a recipe that is kept by name, for a new job; an empty one for no name.

    Raises
    ------
    NotFound
        If there is none.
    InvalidDecision, RequestRejected, InvalidOption
        If the importer has changed since, and does not allow it any more.
    """
    if name is None:
        return Named()
    saved = get_recipe(tenant, importer, name, recipes)
    made = given_decisions(importer, saved.value["decisions"])
    options = options_of(importer, GivenOptions(**saved.value["options"]))
    decisions = {key: Decision(value, "remembered") for key, value in made.items()}
    return Named(decisions, options, Recall(name, "", saved.by, saved.at))


def drop_folder(tenant: str, importer: Importer, recipes: Recipes) -> Saved | None:
    """Read the settings of a drop folder, ``{recipe, questions}``, each of which may be null; ``None`` without any."""
    return recipes.get(tenant, importer.name, DROP_FOLDER)


def put_drop_folder(
    tenant: str, importer: Importer, saved: Saved, condition: Condition, recipes: Recipes
) -> tuple[Saved, bool]:
    """Set the settings of a drop folder, as `put_recipe` does; raises `NotFound` if there is no such recipe."""
    named_recipe(tenant, importer, saved.value["recipe"], recipes)
    return _save(tenant, importer, replace(saved, name=DROP_FOLDER), condition, recipes)


def _save(tenant: str, importer: Importer, saved: Saved, condition: Condition, recipes: Recipes) -> tuple[Saved, bool]:
    while True:
        seen = recipes.get(tenant, importer.name, saved.name)
        if seen is not None and (seen.value, seen.by) == (saved.value, saved.by):
            return seen, False  # the same call came before
        condition.check(saved.label, seen)
        if written := recipes.put(tenant, importer.name, saved, seen=seen):
            return written, seen is None
