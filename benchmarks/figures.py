"""Figures: what measures gave, kept as JSON beside the page of documentation that is made of them.

`render` makes the whole page, so it holds no number that was not measured. A group of figures is measured in one run,
because ratios are only honest within one run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Final

import psutil

from benchmarks.processor import DATABASE, FUNCTIONS, LOCAL_AWS
from local.paths import ROOT

PAGE: Final = ROOT / "docs" / "figures.md"
FORMAT: Final = 1

BARE: Final = "openpyxl"
"""Measure of each group that the others are compared with."""
OWN: Final = "own"
"""Processor seconds of the measured process itself."""

SLUICE: Final = "sluice"
DYNAMODB: Final = "dynamodb"
PEERS: Final = "peers"
HEADERS: Final = "headers"
GROUPS: Final = (SLUICE, DYNAMODB, PEERS, HEADERS)


@dataclass(frozen=True)
class Figure:
    """What one measure gave.

    Parameters
    ----------
    key
        Table and measure, such as ``reading:split.csv``; see `TABLES`.
    seconds
        Wall seconds.
    processor
        Processor seconds by whose they are.
    peak_mb
        Peak memory of the process in MB, interpreter and libraries included.
    file_mb
        Size of the file that was read, in MB.
    shares
        What is counted beside time, by name: shares from 0 to 1, and numbers.
    """

    key: str
    title: str
    rows: int
    seconds: float
    processor: Mapping[str, float]
    peak_mb: float | None = None
    file_mb: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_row(self) -> float:
        """Seconds a row."""
        return self.seconds / self.rows


@dataclass(frozen=True)
class Run:
    """Where and when a group was measured; ``load`` is the machine's load average of a minute, before and after."""

    at: str
    machine: str
    cores: int
    load: tuple[float, float]
    commit: str
    rows: int
    files_mb: Mapping[str, float]
    versions: Mapping[str, str]

    @classmethod
    def here(cls, rows: int) -> Run:
        """Describe this machine now."""
        cores, memory = os.cpu_count() or 1, psutil.virtual_memory().total / 1024**3
        load = os.getloadavg()[0]
        return cls(
            at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            machine=f"{cores} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}",
            cores=cores,
            load=(load, load),
            commit=_commit(),
            rows=rows,
            files_mb={},
            versions={"Python": platform.python_version()},
        )

    def ended(self, files_mb: Mapping[str, float], versions: Mapping[str, str]) -> Run:
        """Add what is known at the end of the run."""
        load = (self.load[0], os.getloadavg()[0])
        return replace(self, load=load, files_mb=files_mb, versions={**self.versions, **versions})


@dataclass(frozen=True)
class Group:
    """Figures of one run."""

    run: Run
    figures: Sequence[Figure] = field(default_factory=tuple)

    @property
    def bare(self) -> Figure | None:
        """The figure of the bare reader, if it was taken."""
        return next((each for each in self.figures if each.key.endswith(f":{BARE}")), None)


Groups = Mapping[str, Group]


def load(page: Path = PAGE) -> dict[str, Group]:
    """Read the figures of a page, from the JSON that `save` wrote beside it; none if there is none."""
    path = page.with_suffix(".json")
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    if found["format"] != FORMAT:
        raise SystemExit(f"{path} has format {found['format']}, not {FORMAT}. Measure everything anew: make bench")
    return {name: _group(found["groups"][name]) for name in GROUPS if name in found["groups"]}


def save(groups: Groups, page: Path) -> None:
    """Write a page, and beside it the figures that it is made of."""
    content = {"format": FORMAT, "groups": {name: asdict(group) for name, group in groups.items()}}
    page.with_suffix(".json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    page.write_text(render(groups))


def _group(content: Mapping[str, object]) -> Group:
    run, figures = content["run"], content["figures"]
    if not isinstance(run, dict) or not isinstance(figures, list):
        raise SystemExit("The figures beside the page are damaged. Measure everything anew: make bench")
    return Group(Run(**{**run, "load": tuple(run["load"])}), tuple(Figure(**each) for each in figures))


def _commit() -> str:
    git = shutil.which("git")
    command = [git or "git", "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False) if git else None
    return done.stdout.strip() if done and done.returncode == 0 else "unknown"


# ------------------------------------------------------------------------------------------------------------ the page

Cell = Callable[[Figure, Figure | None], str]
"""Makes a cell of a figure and of the bare figure of its group."""


def _micros(*whose: str) -> Cell:
    def cell(figure: Figure, _: Figure | None) -> str:
        found = [figure.processor[each] for each in whose if each in figure.processor]
        return f"{sum(found) / figure.rows * 1e6:.1f}" if found else "–"

    return cell


def _ratio(figure: Figure, bare: Figure | None) -> str:
    return "–" if bare is None else f"{figure.per_row / bare.per_row:.3g}"


def _peak(figure: Figure, _: Figure | None) -> str:
    return "–" if figure.peak_mb is None else f"{figure.peak_mb:,.0f}"


def _speed(figure: Figure, _: Figure | None) -> str:
    return "–" if figure.file_mb is None else f"{figure.file_mb / figure.seconds:,.1f}"


def _counted(name: str, form: str) -> Cell:
    return lambda figure, _: format(figure.shares[name], form)


_FIRST: Final[dict[str, Cell]] = {
    "": lambda figure, _: figure.title,
    "rows": lambda figure, _: f"{figure.rows:,}",
    "seconds": lambda figure, _: f"{figure.seconds:,.2f}",
    "rows/s": lambda figure, _: f"{1 / figure.per_row:,.0f}",
}


_OF_A_STACK: Final[dict[str, Cell]] = {
    **_FIRST,
    "CPU µs/row: functions": _micros(FUNCTIONS),
    "local AWS": _micros(LOCAL_AWS),
    "database": _micros(DATABASE),
    "× openpyxl": _ratio,
}


@dataclass(frozen=True)
class Table:
    """A table of the page: figures whose key begins with its name, and the columns that each has."""

    group: str
    heading: str
    text: str
    columns: Mapping[str, Cell]


TABLES: Final = {
    "reading": Table(
        SLUICE,
        "Reading, checking, splitting",
        "Each line is a process of its own. `plan`, `worker` and `dispatch` are the use cases of the functions of those"
        " names. Those that are whole have the S3, DynamoDB and PostgreSQL of a local stack behind them. A whole worker"
        " is a warm one that takes chunk after chunk: lease, parse, check, stage; then lease, load, close.",
        {
            **_FIRST,
            "file MB/s": _speed,
            "CPU µs/row": _micros(OWN),
            "peak MB": _peak,
            "× openpyxl": _ratio,
        },
    ),
    "stack": Table(
        SLUICE,
        "The whole stack into PostgreSQL",
        "Upload to completed, through the public API of a stack on a local AWS with IAM enforced and two workers a"
        " queue. Functions are warm. The local AWS, its database and the client share the cores with the functions. The"
        " small file is imported several times, each time for a tenant without a row; its line is the median.",
        _OF_A_STACK,
    ),
    "dynamodb": Table(
        DYNAMODB,
        "The whole stack into DynamoDB",
        "The same, into the records table. It is emulated by one process on the same cores, so these lines say more"
        " about the emulator than about DynamoDB.",
        _OF_A_STACK,
    ),
    "peers": Table(
        PEERS,
        "Beside other libraries",
        "One workbook without a wrong row, one PostgreSQL. A library's line is a process that begins with an empty"
        " database; its imports are not clocked. openpyxl and calamine only read. pandas and Polars load into a table"
        " without a check of their own. dlt merges by key; it derives types and checks none. django-import-export looks"
        " all keys up, converts each cell by its field, and writes in bulk. Sluice is the whole stack of the table"
        " above, with upload, checks, upsert by key, counts and ledger. Its own CPU is that of the functions and of the"
        " local AWS.",
        {
            **_FIRST,
            "CPU µs/row: own": _micros(OWN, FUNCTIONS, LOCAL_AWS),
            "database": _micros(DATABASE),
            "peak MB": _peak,
            "× openpyxl": _ratio,
        },
    ),
    HEADERS: Table(
        HEADERS,
        "Headers",
        "Header rows of shops, accounts and address books, each with the column that a person finds for every field of"
        " `products` or `dealers`. *By itself*: the header is a title or a synonym, and is matched without a question."
        " *Preselected*: that, or the likely one among the choices of a question. *Found* is the share of the columns"
        " that are there; *right* is the share of what was chosen. *First*: a right header is among the first"
        " suggestions.",
        {
            "": lambda figure, _: figure.title,
            "header rows": lambda figure, _: f"{figure.rows:,}",
            "columns there": _counted("there", ",.0f"),
            "by itself: found": _counted("own found", ".2f"),
            "right ": _counted("own right", ".3f"),
            "preselected: found": _counted("likely found", ".2f"),
            "right": _counted("likely right", ".3f"),
            "first": _counted("first", ".2f"),
            "ms/row": lambda figure, _: f"{figure.per_row * 1e3:.1f}",
        },
    ),
}
"""The tables of the page, by the first part of their figures' keys."""

_HEAD: Final = """# Figures

<!-- Written by `make bench` from figures.json. Change benchmarks/figures.py instead. -->

Every number here is measured by `make bench`. Seconds differ from machine to machine and with what else runs there, so
compare ratios within one run, and CPU.

```sh
make bench                                     # takes every measure and writes this page
make bench ARGS="--rows 20000"                 # every measure of smaller files; prints, and writes no page
make bench ARGS="chunk plan --rows 20000"      # only these measures; --help lists them
make bench ARGS="--write /tmp/figures.md"      # writes what it measures, of any size, to this page
make bench-peers                               # only the table of other libraries, and writes that
.venv/bin/python -m benchmarks.headers FILE    # how header rows of a file are matched; --write writes that table
.venv/bin/python -m benchmarks.workbook --help # the files that are measured
```

The tables come from runs of their own: Sluice into PostgreSQL, into DynamoDB, other libraries, headers. A run of full
size that takes all of its measures writes this page and figures.json beside it, and keeps the tables of the others. Any
other run writes only with `--write`.
"""

_TAIL: Final = """
## What is counted

- **× openpyxl** is the time a row, divided by that of openpyxl's bare reading in read-only mode in the same run.
- **CPU** is user and system time of all threads. *Own*: the measured process, and its children that have ended.
  *Functions*: the processes of all Lambdas, workers and others, as the kernel counts them, children included. *Local
  AWS*: everything else in the process tree of the emulator, which plays API Gateway, S3, DynamoDB, SQS and Step
  Functions. *Database*: the process tree of PostgreSQL. The client that uploads and polls is in none of them.
- **Peak MB** is the peak of resident memory of the process, with interpreter and libraries.
- **Rows** of a worker's lines are those of the chunks that were clocked; one chunk before them is not.
- PostgreSQL runs with `fsync` and `synchronous_commit` off, for Sluice and for the other libraries alike.
"""


def render(groups: Groups) -> str:
    """Make the page, or as much of it as was measured."""
    parts, described = [_HEAD], set[str]()
    for name, table in TABLES.items():
        group = groups.get(table.group)
        figures = [] if group is None else [each for each in group.figures if each.key.startswith(f"{name}:")]
        if group is None or not figures:
            continue
        measured = "Measured in the same run." if table.group in described else _measured(group.run)
        described.add(table.group)
        parts += [f"## {table.heading}\n", f"{wrapped(table.text)}\n", f"{wrapped(measured)}\n"]
        parts.append(_rows(figures, group.bare, table.columns))
    return "\n".join(parts) + _TAIL


def _measured(run: Run) -> str:
    files = " and ".join(f"{size:,.1f} MB as {kind}" for kind, size in run.files_mb.items())
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    before, after = run.load
    busy = " Other work ran on the machine, so seconds are too long." if before > run.cores / 2 else ""
    what = f"{run.rows:,} rows of 10 columns: {files}. " if files else ""
    return (
        f"Measured {run.at} on {run.machine}, load average {before:.1f} before and {after:.1f} after the run.{busy} "
        f"{what}{versions}. Sluice at {run.commit}."
    )


def _rows(figures: Iterable[Figure], bare: Figure | None, columns: Mapping[str, Cell]) -> str:
    return table(list(columns), ([cell(each, bare) for cell in columns.values()] for each in figures)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of Markdown; its columns but the first hold numbers."""
    lines = ["".join(f" {cell} |" if cell else " |" for cell in cells) for cells in (head, *rows)]
    lines.insert(1, f"---|{'--:|' * (len(head) - 1)}")
    return "\n".join(f"|{line}" for line in lines)


def wrapped(text: str) -> str:
    """Wrap a paragraph between words."""
    return fill(text, 120, break_long_words=False, break_on_hyphens=False)
