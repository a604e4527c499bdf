"""``python -m benchmarks.headers FILE.jsonl``: how well the headers of files are matched to columns.

A line of the file is a header row with the true header of each column::

    {"importer": "products", "lang": "de", "headers": ["Artikelnummer", "VK"],
     "truth": {"part_number": "Artikelnummer", "price": "VK", "stock": null}, "ambiguous": {"price": [null]}}

``truth`` has a header or ``null`` for each column; ``ambiguous``, for some, other answers that a careful person could
give. Without a file, the rows of `OWN` are measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import HEADERS, PAGE, Figure, Group, Run, load, render, save
from sluice.catalog.registry import importer_named
from sluice.reading.matching import assign
from sluice.reading.suggesting import suggest

#: Header rows that we made, in the manner of shops, accounts and address books of several countries.
OWN: Final = Path(__file__).with_name("headers.jsonl")
#: Suggestions that a person sees at once.
FIRST: Final = 3


@dataclass(frozen=True)
class Answer:
    """What is found for a column of a header row, beside what is true.

    Parameters
    ----------
    right
        The true header, and others that a careful person could choose; ``None`` if the column need not be there.
    is_there
        Whether the row has a header for the column.
    own
        Header that means the column by itself; such a column is matched without a question.
    likely
        That header, or the one that is preselected.
    first
        The first suggestions, that header included.
    """

    right: frozenset[str | None]
    is_there: bool
    own: str | None
    likely: str | None
    first: tuple[str, ...]


def answers(row: Mapping[str, Any]) -> Iterator[Answer]:
    """Match a header row to the columns of its importer."""
    columns = importer_named(row["importer"]).columns
    titles = [_plain(title) or "" for title in row["headers"]]
    fields = assign(titles, columns, {})
    matched = {field: titles[at] for at, field in fields.items() if list(fields.values()).count(field) == 1}
    suggested = suggest(
        [column for column in columns if column.field not in matched],
        [title for at, title in enumerate(titles) if fields.get(at) not in matched],
    )
    for column in columns:
        own = matched.get(column.field)
        found = None if own else suggested[column.field]
        truth = row["truth"].get(column.field)
        yield Answer(
            right=frozenset(map(_plain, [truth, *row.get("ambiguous", {}).get(column.field, [])])),
            is_there=truth is not None,
            own=own,
            likely=own or (found.likely if found else None),
            first=found.headers[:FIRST] if found else (str(own),),
        )


def measure(rows: Sequence[Mapping[str, Any]]) -> Group:
    """Measure all rows, those of each importer, and those of each language."""
    run = Run.here(len(rows))
    importers = sorted({row["importer"] for row in rows})
    languages = sorted({row["lang"] for row in rows})
    parts = [("all", rows)]
    parts += [(name, [row for row in rows if row["importer"] == name]) for name in importers]
    parts += [(name, [row for row in rows if row["lang"] == name]) for name in languages]
    return Group(run.ended({}, {}), tuple(_figure(name, part) for name, part in parts))


def _figure(name: str, rows: Sequence[Mapping[str, Any]]) -> Figure:
    started, cpu = time.perf_counter(), time.process_time()
    found = [answer for row in rows for answer in answers(row)]
    seconds, processor = time.perf_counter() - started, time.process_time() - cpu
    there = [each for each in found if each.is_there]
    shares = {
        "there": len(there),
        "own found": _share(each.own is not None and each.own in each.right for each in there),
        "own right": _share(each.own in each.right for each in found if each.own),
        "likely found": _share(each.likely is not None and each.likely in each.right for each in there),
        "likely right": _share(each.likely in each.right for each in found if each.likely),
        "first": _share(not each.right.isdisjoint(each.first) for each in there),
    }
    return Figure(f"{HEADERS}:{name}", name, len(rows), seconds, {"own": processor}, shares=shares)


def _share(hits: Iterable[bool]) -> float:
    """Return the share of hits; 1 of none, because nothing is wrong then."""
    counted = list(hits)
    return sum(counted) / len(counted) if counted else 1.0


def _plain(title: str | None) -> str | None:
    """Reduce white space, as reading does."""
    return None if title is None else " ".join(title.split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; write the page with ``--write``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.headers", description="Measure how headers are matched."
    )
    parser.add_argument("file", nargs="?", type=Path, default=OWN, help="header rows as JSON lines")
    parser.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="PATH", help="write the page of figures")
    options = parser.parse_args(arguments)
    rows = [json.loads(line) for line in options.file.read_text().splitlines() if line.strip()]
    measured = measure(rows)
    if options.write is not None:
        save({**load(options.write), HEADERS: measured}, options.write)
        print(f"Wrote {options.write}", file=sys.stderr)
    print(render({HEADERS: measured}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
