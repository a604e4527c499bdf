"""The codes that the source uses, found by a search of the source: the catalogue of every language must have them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import sluice
from sluice.destinations.postgres.staging import SQLSTATE_CODES
from sluice.model import errors, job, rejection
from sluice.reading import detect, opendocument
from sluice.schema.cells import MERGED, NO_DAY, UNCOMPUTED, CellError
from sluice.schema.rejections import PYDANTIC_CODES

_LIBRARY = Path(sluice.__file__).parent
_SOURCES = sorted(
    path
    for folder in (_LIBRARY, _LIBRARY.parents[2] / "functions")
    for path in folder.rglob("*.py")
    if _LIBRARY / "wording" not in path.parents and path != _LIBRARY / "model" / "errors.py"
)
#: Constants that stand for a type or a code where it is used.
_CONSTANTS = {
    name: value
    for module in (errors, job, rejection)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
} | {"UNCOMPUTED": UNCOMPUTED}
#: Errors (and `Problem`) that get their type as first argument.
_TYPED = {"Problem", "SluiceError", "FileRejected", "RequestRejected", "Conflict", "TooLarge"}
#: Errors of one type, whose first argument is the case.
_OF_ONE_TYPE = {
    "InvalidDecision": "invalid-decision",
    "InvalidOption": "invalid-option",
    "NotFound": "not-found",
    "PreconditionFailed": "precondition-failed",
    "QuotaReached": "quota",
    "Unauthorized": "unauthorized",
    "UpstreamRejected": "upstream-rejected",
    "TryLater": "try-later",
    "NotYet": "try-later",
}
#: Types that an error of `sluice.model.errors` writes itself, without a case.
_WRITTEN_THERE = {
    "request-in-progress",
    "idempotency-key-reused",
    "forbidden",
    "upstream-down",
    "database-down",
    "newer-format",
    "images-gone",
}
#: Classes with the code of a reason, and the position of that argument.
_WITH_REASON = {"Rejection": 4, "KeptRow": 2, "InvalidValue": 0}
#: Functions in which a type, a case or a code is computed, and what it can be. A new one has to be added here.
_COMPUTED = {
    ("registry.py", "_find"): {"importer", "source", "lookup"},
    ("records.py", "_endless"): {"unclosed-quote", "endless-record"},
    ("csv_table.py", "_unreadable"): {"mixed", "lacks", "none"},
    ("rejections.py", "broken"): {
        *("below-other-header", "other-header", "quotes", "surplus-values", "unreadable-row"),
    },
    ("detect.py", "_reject_other_kinds"): set(detect._KINDS),
    ("detect.py", "_open_compound"): set(detect._COMPOUND_KINDS),
    ("detect.py", "_archive_of_another_kind"): {*detect._ARCHIVE_KINDS, *detect._DOCUMENT_KINDS.values()},
    ("sandbox.py", "_over"): {"memory", "time", "cells"},
    ("control.py", "retry"): {"deleted", "same-again"},
    ("control.py", "roll_back"): {"deleted", "lookup", "nothing-loaded", "undone"},
    ("finish.py", "_system_error"): {"loading", "lookup"},
    ("finish.py", "_unprocessed_rows"): {"loading", "lookup"},
    ("finish.py", "_unfinished_mirror"): {"absent", "uncompared"},
    ("retention.py", "check_kept"): {"retry", "rollback", "correct", "read"},
    ("finish.py", "_rollback_incomplete"): {"error", "chunks", "expired"},
    ("absent.py", "_left"): {"removed-since", "changed-since"},
    ("rejections.py", "errors"): {CellError(text).code for text in ("#N/A", "=A1", NO_DAY, MERGED)},
    ("rejections.py", "invalid"): {code for code, _ in PYDANTIC_CODES.values()}
    | {"wrong-type", "no-value", rejection.CUSTOM},
    ("staging.py", "rejections"): {*SQLSTATE_CODES.values(), "database-trigger", "database-in-use"}
    | {"database-type", "database-empty-column"},
    ("options.py", "_tripped"): {"max_rejected", "max_deleted", "max_change"},
    ("staged_rows.py", "rejections_problem"): {"checked", "undoing", "undone"},
    ("recipes.py", "options_of"): {"names-its-keys", "deletes-nothing"},
    ("recipes.py", "given_decisions"): {"row-number", "markers", "unknown"},
    ("recipes.py", "_about_column"): {"no-decimal", "no-date_order"},
    ("staging.py", "key_rejection"): {"key-exists", "key-unknown"},
    ("stored.py", "_to_problem"): set[str](),  # of a type that was stored
    ("opendocument.py", "_typed"): {*opendocument._UNREADABLE.values(), "not-a-number"},
    ("cells.py", ""): set[str](),  # of a cell that was stored
}


def problem_codes() -> set[str]:
    """Return the codes of all problems, ``type`` or ``type/case``."""
    found = set(_WRITTEN_THERE)
    for place, call in _calls():
        name = _name(call)
        if name in _TYPED and call.args:
            types, cases = _texts(call.args[0], place), _cases(call, place)
            found |= {"/".join(filter(None, parts)) for parts in product(types, cases)}
        elif name in _OF_ONE_TYPE and call.args:
            found |= {f"{_OF_ONE_TYPE[name]}/{case}" for case in _texts(call.args[0], place)}
    return found


def reason_codes() -> set[str]:
    """Return the codes of all reasons: of rejections, of rows that were not rolled back, of findings."""
    found: set[str] = set()
    for place, call in _calls():
        at = _WITH_REASON.get(_name(call))
        if at is not None and len(call.args) > at:
            found |= _texts(call.args[at], place)
        if _name(call) == "Finding":
            found |= {text for each in call.keywords if each.arg == "code" for text in _texts(each.value, place)}
    return found


def _calls() -> Iterator[tuple[tuple[str, str], ast.Call]]:
    """Yield every call with its place: the file, and the innermost function around it."""
    for path in _SOURCES:
        module = ast.parse(path.read_text())
        around: dict[int, str] = {}
        for function in ast.walk(module):  # outer ones come first
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                around |= dict.fromkeys(map(id, ast.walk(function)), function.name)
        yield from (
            ((path.name, around.get(id(call), "")), call) for call in ast.walk(module) if isinstance(call, ast.Call)
        )


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _cases(call: ast.Call, place: tuple[str, str]) -> set[str]:
    """Return the cases that a call can name, also in a dict of parameters; ``""`` if it names none."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
        members = zip(call.args[1].keys, call.args[1].values, strict=True)
        given |= {
            key.value: value for key, value in members if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }
    return _texts(given["case"], place) if "case" in given else {""}


def _texts(node: ast.expr, place: tuple[str, str]) -> set[str]:
    """Return the texts that an expression can be.

    Raises
    ------
    KeyError
        If it is computed in a function that is not among `_COMPUTED`.
    """
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return _texts(body, place) | _texts(orelse, place)
        case ast.Starred():  # code and parameters of what was stored
            return set()
        case ast.Name(id=name) if name in _CONSTANTS:
            return {_CONSTANTS[name]}
        case _:
            return _COMPUTED[place]
