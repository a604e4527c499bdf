"""The rules about a text take no more than linear time: four times the text takes at most six times as long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from sluice.catalog.registry import IMPORTERS
from sluice.reading.matching import assign, title_rows
from sluice.reading.records import Dialect
from sluice.reading.suggesting import suggest
from sluice.reading.survey import TextSurvey
from sluice.reading.xlsx.shared_strings import texts_of
from sluice.schema.importer import Column, Importer, key_of
from sluice.schema.validation import check_rows

_SMALL, _TIMES, _MOST = 8_000, 4, 6.0
# Seconds below which the ratio says nothing: a square of 32,000 characters takes longer.
_LEAST = 0.002
#: What is repeated, and what may stand before and behind it.
RUNS = (" ", "\t", "\xa0", "\u3000", "\u200b", "1", "-", "1.", "1,", "é", "'", '"', '""', "(", "/", "1 ", "a ", ";")
_AROUND = (("5", "x"), ("=T(", '" EUR'))


def _seconds(work: Callable[[str], object], text: str, times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.process_time()
        work(text)
        spent.append(time.process_time() - start)
    return min(spent)


def _check_linear(work: Callable[[str], object], texts: Iterator[Callable[[int], str]]) -> None:
    """Measure once, and three times what seems to be too slow: something else may have come between."""
    for make in texts:
        assert _is_linear(work, make, 1) or _is_linear(work, make, 3), repr(make(9))


def _is_linear(work: Callable[[str], object], make: Callable[[int], str], times: int) -> bool:
    few, many = (_seconds(work, make(size), times) for size in (_SMALL, _TIMES * _SMALL))
    return many <= _MOST * max(few, _LEAST)


def _texts() -> Iterator[Callable[[int], str]]:
    for run in RUNS:
        for before, behind in _AROUND:
            yield lambda size, run=run, before=before, behind=behind: before + run * (size // len(run)) + behind  # type: ignore[misc]


def _columns() -> Iterator[tuple[Importer, Column]]:
    seen: set[str] = set()
    for importer in IMPORTERS:
        for column in importer.columns:
            known = importer.row.model_fields[column.field]
            kind = f"{known.annotation} {known.metadata} {importer.conventions}"
            if kind not in seen:
                seen.add(kind)
                yield importer, column


@pytest.mark.parametrize(
    ("importer", "column"), [*_columns()], ids=lambda each: getattr(each, "name", "") or each.field
)
def test_a_column_reads_a_text_in_linear_time(importer: Importer, column: Column) -> None:
    """Each kind of column of each importer, its own rules included."""
    key = key_of(importer.row).field
    fields = {0: key} | ({} if column.field == key else {1: column.field})

    def read(text: str) -> None:
        check_rows(importer, fields, "", [(1, [text] if column.field == key else ["K-1", text])])

    _check_linear(read, _texts())


def test_titles_are_matched_in_linear_time() -> None:
    """A cell of a text file can have a megabyte."""

    def match(text: str) -> None:
        titles = title_rows([(1, [text, "Price"])])[0][0][1]
        assign(titles, IMPORTERS[0].columns, {})
        suggest(IMPORTERS[0].columns, titles)

    _check_linear(match, _texts())


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_encoding_is_found_in_linear_time(encoding: str) -> None:
    """Words are looked at letter by letter."""
    _check_linear(lambda text: TextSurvey.of([text.encode(encoding, "replace")]), _texts())


@pytest.mark.parametrize("quoting", ["double", "single", "double-backslash"])
def test_records_are_split_in_linear_time(quoting: str) -> None:
    """Lines too, of which each may have a quote that is not closed."""
    dialect = Dialect(",", quoting)

    def lines() -> Iterator[Callable[[int], str]]:
        yield from _texts()
        for line in ('"a"b\n', ' "a\t"b,\n', '""a,"\n', '"\n', 'a,"b\n', '"""\n'):
            yield lambda size, line=line: line * (size // len(line))  # type: ignore[misc]

    _check_linear(lambda text: (dialect.ends(text.encode()), list(dialect.rows(text))), lines())


def test_shared_strings_are_read_in_linear_time() -> None:
    """Rich text has runs of blanks between its elements."""

    def read(text: str) -> None:
        escaped = text.replace("<", "").encode()
        texts_of(
            [b"<si><r><t>x</t></r>" + escaped.replace(b'"', b"") + b"<r><t>y</t></r>", b"<si><t>" + escaped + b"</t>"]
        )

    _check_linear(read, _texts())
