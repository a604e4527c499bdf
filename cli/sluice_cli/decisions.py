"""Decisions about a file as people write and read them: ``KEY=VALUE``, recipes, and the questions of a job."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from sluice_cli.words import command

_EXAMPLES: Final = "columns.Preis=price, decimal.price=, encoding=windows-1250 or header=3"
#: Members of a job's recipe that say how its decisions were made; requests ignore them.
_ABOUT: Final = frozenset({"version", "decisions"})
_TAB: Final = "\t"
_SHOWN: Final = {
    "either": "can be read in two ways",
    "swappable": "may have day and month swapped",
    "dmy-or-ymd": "can be day first or year first",
    "any-order": "can be read in three orders",
    "dmy-rarely-ymd": "is day first or, rarely, year first",
    "either-rarely-ymd": "is day or month first or, rarely, year first",
    "dotted": "has points, and is day first unless a cell says otherwise",
    "dotted-rarely-ymd": "has points, and is day first or, rarely, month or year first",
    "rarely-ymd": "is, rarely, year first",
    "year-first": "has its whole year first",
    "six-digits": "is a number of six digits, which may be a date",
    "point-groups": "is a whole number if its point groups thousands",
    "comma-groups": "is a whole number if its comma groups thousands",
    "other-groups": "groups thousands with spaces or apostrophes",
}

Decisions = dict[str, Any]
"""As the API takes them, nested by kind: ``{"decimal": {"price": ","}, "header": 3}``."""


def decision(text: str) -> Decisions:
    """Read one decision, written ``KEY=VALUE``.

    A header may have an equals sign, and a constant's value, too. A value is text, but for the number of the header's
    row, and JSON objects and lists.

    Raises
    ------
    typer.BadParameter
        For a text of another form.
    """
    found = re.fullmatch(r"([a-z_]+)([.=])(.+)", text, re.DOTALL)
    if found is None:
        raise typer.BadParameter(f"{text!r} has to be KEY=VALUE, such as {_EXAMPLES}")
    kind, sign, rest = found.groups()
    if sign == "=":
        return {kind: _value(kind, rest)}
    name, _, value = rest.partition("=") if kind == "constants" else rest.rpartition("=")
    if not name or not value:
        raise typer.BadParameter(f"{text!r} has to be {kind}.NAME=VALUE, such as {_EXAMPLES}")
    return {kind: {name: value}}


def recipe(text: str) -> Decisions:
    """Read one ``--recipe``: a JSON object, the name of a file of one, or a single decision, written ``KEY=VALUE``.

    Raises
    ------
    typer.BadParameter
        For a text that is none of them.
    """
    if text.lstrip().startswith("{"):
        return _object(text, "")
    file = Path(text)
    if file.is_file():
        return _object(file.read_text("utf-8-sig"), f"{text}: ")
    if "=" not in text:
        raise typer.BadParameter(f"{text} is no file that can be read, no JSON object, and not KEY=VALUE")
    return decision(text)


def merged(given: Iterable[Decisions]) -> Decisions:
    """Join decisions that were given one by one.

    Raises
    ------
    typer.BadParameter
        If two of them decide the same differently.
    """
    joined: Decisions = {}
    for kind, value in ((kind, value) for each in given for kind, value in each.items()):
        if not isinstance(value, dict) or not isinstance(joined.get(kind, {}), dict):
            _add(joined, kind, value, kind)
            continue
        for name, inner in value.items():
            _add(joined.setdefault(kind, {}), name, inner, f"{kind}.{name}")
    return joined


def for_another_file(shown: Mapping[str, Any]) -> Decisions:
    """Return what of a job's recipe can be given for another file: all that it has decided, and nothing else."""
    kept = {name: _decided(value) for name, value in shown.items() if name not in _ABOUT}
    return {name: value for name, value in kept.items() if value not in (None, {})}


def questions(job: Mapping[str, Any]) -> list[str]:
    """Return the questions of a job in words: what its file shows, and the command that gives each answer."""
    lines: list[str] = []
    for question in job.get("questions") or []:
        lines += [f"{question['text']} [{question['key']}]", *_shown(question["evidence"]), *_sheets(question)]
        for choice in question["choices"]:
            lines.append(f"  {command('answer', job['id'], _argument(question['key'], choice['value']))}")
            lines.append(f"    {choice['effect']}{_as_before(question, choice)}")
    return lines


def _value(kind: str, text: str) -> Any:
    """Read a value that is not about a single column: the number of a row, a JSON object or list, or text."""
    if text.startswith("{"):
        return _object(text, f"{kind}: ")
    if kind == "sheets" and text.startswith("["):
        return _texts(text)
    if kind in {"null_markers", "clear_markers"}:
        return _texts(text)
    if kind == "header":
        if not text.isascii() or not text.isdigit():
            raise typer.BadParameter("header has to be the number of a row, such as header=3")
        return int(text)
    return text


def _texts(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise typer.BadParameter(f'markers have to be a JSON list of texts, such as ["NULL", "n/a"], not {text}')
    return found


def _object(text: str, whose: str) -> Decisions:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{whose}not JSON: {error}") from error
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{whose}has to be a JSON object, as `sluice recipe` prints it")
    return found


def _add(there: Decisions, name: str, value: Any, key: str) -> None:
    if there.setdefault(name, value) != value:
        raise typer.BadParameter(f"{key} is given two values: {there[name]!r} and {value!r}. Give it once.")


def _decided(value: Any) -> Any:
    """Return a value without the members that decide nothing."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner not in (None, {})}


def _argument(key: str, value: Any) -> str:
    """Return a choice as `decision` reads it."""
    if isinstance(value, list):
        [one] = value if len(value) == 1 else [""]
        is_plain = one not in {"", "all"} and one[0] not in "[{"
        return f"{key}={one if is_plain else json.dumps(value, ensure_ascii=False)}"
    if not isinstance(value, dict):
        return f"{key}={'tab' if value == _TAB else value}"
    if len(value) != 1:
        return f"{key}={json.dumps(value, ensure_ascii=False)}"
    ((name, inner),) = value.items()
    return f"{key}.{name}={inner}"


def _shown(evidence: Mapping[str, Any]) -> list[str]:
    """Return what the cells of a column show: how many show what, then the first ones."""
    counts = [f"{count:,} {_in_words(shows)}" for shows, count in evidence["counts"].items() if count]
    lines = [f"  Cells: {', '.join(counts)}"] if counts else []
    several = len({each.get("sheet") for each in evidence["rows"]}) > 1
    for each in evidence["rows"]:
        sheet = f"{each['sheet']}, row" if several else "Row"
        lines.append(f"  {sheet} {each['row']:,}: {each['cell']} ({_in_words(each['shows'])})")
    return lines


def _sheets(question: Mapping[str, Any]) -> list[str]:
    """Return the sheets that could be meant: where their headers are, how many rows they have, and the first one."""
    lines = []
    for each in question["params"].get("sheets", ()):
        first = each["first_rows"][0]["cells"] if each["first_rows"] else []
        hidden = ", hidden" if each["is_hidden"] else ""
        about = f"header in row {each['header_row']:,}, {each['rows']:,} rows{hidden}"
        lines.append(f"  Sheet {each['sheet']} ({about}): {', '.join(filter(None, first))}")
    return lines


def _in_words(shows: str) -> str:
    return _SHOWN.get(shows, f"with {shows}" if shows in {",", "."} else shows)


def _as_before(question: Mapping[str, Any], choice: Mapping[str, Any]) -> str:
    return " (as before)" if choice["value"] == question["params"].get("remembered") else ""
