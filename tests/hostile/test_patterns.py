"""No pattern, and no rule about a text, takes more than linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.catalog.registry import IMPORTERS
from sluice.reading import detect, western
from sluice.reading.records import QUOTINGS, Dialect
from sluice.reading.xlsx import parser
from sluice.reading.xlsx.spelling import _NARROW, _WIDE, Formats, _grammar
from sluice.reading.xlsx.splitter import Start
from tests.hostile.patterns import Use, fault_of
from tests.hostile.sources import (
    ROOT,
    Pattern,
    assigned_names,
    call_sites,
    evaluated,
    use_of,
    uses_of_names,
    web_patterns,
)

#: Names in functions whose patterns are built there, with values of the names that they are built of.
_LOCAL: dict[str, list[dict[str, Any]]] = {
    "detect.py/_BEGINNINGS": [{"pattern": pattern} for pattern in detect._KINDS.values()],
    "splitter.py/tag": [{"root": b"worksheet", "start": Start(b"x:", b"", iter(()))}],
    "splitter.py/known": [{"prefix": b"x:"}],
    "splitter.py/prolog": [{"root": b"sst"}],
    "cells.py/_marked": [{"markers": ("NULL", "\\N", "-")}],
    "parser.py/_formatted_cells": [
        {"wanted": rf'(?:1|2)"(?: t="n")?+>{parser._FORMULA}<v>{parser._usual_number(kind)}'} for kind in (205, 1_202)
    ],
    "csv_files.py/suspect": [{"importer": IMPORTERS[0]}],
    "records.py/_mark": [{"dialect": Dialect(mark, "double"), "is_spaced": mark == ";"} for mark in ",;"],
}
#: Patterns whose objects are asked below, since they are attributes or results of functions.
_OBJECTS = {
    "records.py/_quoted",
    "records.py/_unclosed",
    "records.py/_bare",
    "records.py/_blanks",
    "spelling.py/_grammar",
    "western.py/out_of_place",
}
#: Patterns of an importer's declaration, asked below.
_DECLARED = {"recipes.py/found", "recipes.py/_constant"}
#: Ways in which a pattern is used that its name does not show.
_USES: dict[str, Use] = {
    "dates.py/_MONTH_FIRST": "fullmatch",
    "dates.py/_DAY_FIRST": "fullmatch",
    "dates.py/_YEAR_FIRST": "fullmatch",
    "detect.py/_BEGINNINGS": "match",
    "western.py/_EAST_ASIAN": "fullmatch",
}
#: Patterns that are asked of no file, with the reason.
_OWN = {"workbook.py/_ROWS": "the empty rows of a workbook that xlsxwriter has made"}


def _patterns() -> Iterator[Pattern]:
    uses = uses_of_names()
    for path, call in call_sites():
        name = assigned_names(path).get(call.lineno, "")
        place, method = f"{path.name}/{name}", call.func.attr  # type: ignore[attr-defined]
        if place in _OBJECTS | _DECLARED | _OWN.keys():
            continue
        use = _USES.get(place) or use_of(uses[str(path) if name.startswith("_") else "", name])
        if method != "compile":
            use = use_of({method})
        for local in _LOCAL.get(place, [{}]):
            text, flags = evaluated(path, call, local)
            yield Pattern(f"{path.relative_to(ROOT)}:{call.lineno} {name}", text, flags, use)


def _objects() -> Iterator[Pattern]:
    for delimiter in ",;\t|^":
        for quoting in QUOTINGS:
            made, place = Dialect(delimiter, quoting), f"records.py {quoting} {delimiter!r}"
            for each in (made._quoted, made._unclosed, made._bare):
                yield Pattern(place, each.pattern, each.flags, "match")
            yield Pattern(place, made._blanks.pattern, made._blanks.flags, "search")
    for name, language in western._LANGUAGES.items():
        yield Pattern(f"western.py {name}", language.misplaced.pattern, language.misplaced.flags, "search")
    for importer in IMPORTERS:
        for parameter in importer.parameters:
            yield Pattern(f"{importer.name} {parameter.name}", parameter.pattern, 0, "fullmatch")
            if parameter.from_name:
                yield Pattern(f"{importer.name} {parameter.name}", parameter.from_name, 0, "search")


@pytest.mark.parametrize("pattern", [*_patterns(), *_objects()], ids=lambda each: each.place)
def test_a_pattern_takes_linear_time(pattern: Pattern) -> None:
    """No repeat follows another that reads the same, none is in another, and no search begins with one."""
    assert fault_of(pattern.text, pattern.flags, pattern.use) is None


def test_the_patterns_of_the_pages_take_linear_time() -> None:
    """But for those that are tried on the address that a page itself has."""
    found = {each.place for each in web_patterns() if fault_of(each.text, each.flags, each.use)}
    assert len([*web_patterns()]) > 10
    assert found == {rf"web/shared/{name}.js \/+$" for name in ("api", "events")}


@pytest.mark.parametrize("recalculates", [True, False])
@pytest.mark.parametrize("column", [_NARROW, _WIDE])
def test_the_grammar_of_sheets_takes_linear_time(column: str, recalculates: bool) -> None:
    """It reads every byte of every sheet."""
    pattern = _grammar(Formats(frozenset({1, 2}), frozenset({3}), False, recalculates), column)
    assert fault_of(pattern.pattern, pattern.flags, "match") is None


@pytest.mark.parametrize(
    ("pattern", "use"),
    [
        (r"\s*(?:EUR|USD)$", "search"),
        (r"(?:a+)+b", "match"),
        (r"(?:ab|a|b)*c", "match"),
        (r"a*a*b", "match"),
        (r"(\d+)(\d*)x", "fullmatch"),
        (r"\s*<si>", "search"),
        (r'"(?:[^"\\]|\\.)*"', "search"),
        (r"<row([^>]*)>", "search"),
        (r"(?:x*)*y", "match"),
        (r"^a|b*c", "search"),
    ],
)
def test_the_check_finds_what_takes_longer(pattern: str, use: Use) -> None:
    """These are the shapes that once stopped a worker."""
    assert fault_of(pattern, 0, use) is not None


@pytest.mark.parametrize(
    ("pattern", "use"),
    [
        (r"\s*+x", "match"),
        (r"[a-z]+", "search"),
        (r"\([^()]*\)", "search"),
        (r"<row([^<>]*)>", "search"),
        (r"\d+(?:\.\d+)?", "fullmatch"),
        (r'(?:[^"]|"")*x', "match"),
        (r"^\s*x", "search"),
        (r"(?<=,)'*=", "search"),
        (r"a*+a*b", "match"),
    ],
)
def test_the_check_takes_what_is_linear(pattern: str, use: Use) -> None:
    """Otherwise it would be turned off."""
    re.compile(pattern)
    assert fault_of(pattern, 0, use) is None
