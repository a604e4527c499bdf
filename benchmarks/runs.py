"""A run of each group of figures: which measures there are, what each takes, and in what order they are taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from time import time_ns
from typing import Any, Final, Protocol

from psycopg.sql import SQL, Identifier

from benchmarks import workbook
from benchmarks.end_to_end import Imported, function_environment, import_file, import_for_new_tenants
from benchmarks.figures import BARE, OWN, Figure, Group, Run
from benchmarks.peers import ADDRESS
from benchmarks.processor import DATABASE, StackProcessor
from local import postgres
from local.paths import AWS_BIN, LOCAL, ROOT
from local.stack import Stack

ROWS: Final = 700_000
"""Rows of the files at full size."""
PEER_ROWS: Final = 200_000
"""Rows of the workbook that other libraries load, at most."""
DISPATCH_ROWS: Final = 10_000_000
"""Rows of the job that is dispatched, at most; a smaller run dispatches 15 times its own rows."""

SMALL: Final = 1_000
"""Rows of a small file, and of those that a later delivery of a file changes."""

_WRONG_EVERY: Final = 1_400
_WARM_TIMES: Final = 5
_PEERS_PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"

Say = Callable[[str], None]


class Stacks(Protocol):
    """Opens a local stack, such as `local.lifecycle.running`."""

    def __call__(self, *, database: bool, say: Say) -> AbstractContextManager[Stack]: ...


@dataclass
class Bench:
    """What the runs share: the size, the way to a stack, the files, and the figures taken so far."""

    rows: int
    stacks: Stacks
    say: Say
    figures: list[Figure] = field(default_factory=list)
    files_mb: dict[str, float] = field(default_factory=dict)

    def file(self, ending: str, rows: int, *, wrong: int = 0, changed: int = 0, prices: bool = False) -> Path:
        """Return a file of products; it is written once and kept, until the code that writes it is newer."""
        path = LOCAL / "bench" / f"{'prices' if prices else 'products'}-{rows}-{wrong}-{changed}{ending}"
        if not path.exists() or path.stat().st_mtime < Path(workbook.__file__).stat().st_mtime:
            self.say(f"Writing {path.name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            options = {"--rows": rows, "--wrong": wrong, "--changed": changed}
            unfinished = path.with_name(f"unfinished-{path.name}")
            # in a process of its own, because 700,000 rows take 1 GB
            command = [sys.executable, "-m", "benchmarks.workbook", str(unfinished), *(["--prices"] if prices else [])]
            subprocess.run([*command, *(str(part) for option in options.items() for part in option)], check=True)
            unfinished.replace(path)
        return path

    def main_file(self, ending: str, *, changed: int = 0) -> Path:
        """Return the file of this run's size, in which one row of 1,400 is wrong."""
        path = self.file(ending, self.rows, wrong=self.rows // _WRONG_EVERY, changed=changed)
        if not changed:
            self.files_mb[ending] = path.stat().st_size / 1e6
        return path

    def process(
        self, key: str, title: str, command: Sequence[str], env: Mapping[str, str], file: Path | None
    ) -> dict[str, Any]:
        """Take a measure in a process of its own, add its figure, and return its report."""
        self.say(f"Measuring {title}")
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **env}, cwd=ROOT
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # what the library logs comes before
        size = None if file is None else file.stat().st_size / 1e6
        used = {OWN: found["processor"]}
        self._add(Figure(key, title, found["rows"], found["seconds"], used, found["peak_mb"], size))
        return found

    def add_processor(self, whose: str, seconds: float) -> None:
        """Add processor seconds to the last figure."""
        last = self.figures.pop()
        self.figures.append(replace(last, processor={**last.processor, whose: seconds}))

    def imported(self, key: str, title: str, found: Imported) -> None:
        """Add the figure of an import through a whole stack."""
        self._add(Figure(key, title, found.rows, found.seconds, found.processor))

    def _add(self, figure: Figure) -> None:
        """Add a figure, and print it at once, because a run may be interrupted."""
        self.figures.append(figure)
        used = ", ".join(f"{seconds:.2f} s of {whose}" for whose, seconds in figure.processor.items())
        memory = "" if figure.peak_mb is None else f", {figure.peak_mb:.0f} MB"
        self.say(f"{figure.title}: {figure.rows:,} rows in {figure.seconds:.2f} s, CPU {used or 'unknown'}{memory}")


# -------------------------------------------------------------------------------------------------------------- Sluice

_PROCESSES: Final = {
    BARE: ((".xlsx", "openpyxl, read-only: only reads"),),
    "calamine": ((".xlsx", "calamine, whole: only reads"),),
    "csv": ((".csv", "Python's csv: only reads"),),
    "split": ((".xlsx", "`plan`: splits .xlsx, in memory"), (".csv", "`plan`: splits CSV, in memory")),
    "chunk": ((".xlsx", "`worker`: parses and checks .xlsx"), (".csv", "`worker`: parses and checks CSV")),
    "plan": ((".xlsx", "`plan`: whole, .xlsx, slices to S3"), (".csv", "`plan`: whole, CSV")),
    "worker": (
        (".xlsx", "`worker`: whole, .xlsx into PostgreSQL"),
        (".csv", "`worker`: whole, CSV into PostgreSQL"),
    ),
}
"""Measures that are processes of `benchmarks.measures`: the files that they take, and their titles."""

_NEED_A_STACK: Final = frozenset({"plan", "worker", "dispatch", "postgres"})
SLUICE_MEASURES: Final = (*_PROCESSES, "postgres", "dispatch")


DYNAMODB_MEASURES: Final = ("dynamodb",)


def run_sluice(bench: Bench, chosen: Sequence[str]) -> Group:
    """Take the chosen measures of Sluice, and of bare readers on the same files."""
    run, versions = Run.here(bench.rows), {name: version(name) for name in ("openpyxl", "python-calamine")}
    for name in _PROCESSES:
        if name in chosen and name not in _NEED_A_STACK:
            _take(bench, name, {})
    if not _NEED_A_STACK.isdisjoint(chosen):
        with bench.stacks(database=True, say=bench.say) as stack:
            versions |= {"PostgreSQL": _postgres_version(stack), "MiniStack": _ministack_version()}
            _with_database(bench, chosen, stack)
    return Group(run.ended(bench.files_mb, versions), tuple(bench.figures))


def run_dynamodb(bench: Bench, _: Sequence[str] = DYNAMODB_MEASURES) -> Group:
    """Import into the emulated records table: a run of its own, with a bare reader, because it takes long."""
    run, path = Run.here(bench.rows), bench.main_file(".xlsx")
    bench.process(f"dynamodb:{BARE}", _PROCESSES[BARE][0][1], _measure(BARE, path), {}, path)
    with bench.stacks(database=False, say=bench.say) as stack:
        _whole_stack(bench, stack, "dynamodb", "DynamoDB")
    versions = {"openpyxl": version("openpyxl"), "MiniStack": _ministack_version()}
    return Group(run.ended(bench.files_mb, versions), tuple(bench.figures))


def _take(bench: Bench, name: str, env: Mapping[str, str]) -> None:
    for ending, title in _PROCESSES[name]:
        path = bench.main_file(ending)
        whole = name not in {"chunk", "worker"}  # these take some chunks of it
        key = f"reading:{name}" if len(_PROCESSES[name]) == 1 else f"reading:{name}{ending}"
        bench.process(key, title, _measure(name, path), env, path if whole else None)


def _measure(name: str, subject: Path | int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.measures", name, str(subject)]


def _with_database(bench: Bench, chosen: Sequence[str], stack: Stack) -> None:
    env = function_environment(stack)
    for name in ("plan", "worker"):
        if name in chosen:
            _take(bench, name, env)
    if "postgres" in chosen:
        _whole_stack(bench, stack, "stack", "PostgreSQL")
    if "dispatch" in chosen:  # the last one, because the stack is busy with the events of its many chunks afterwards
        rows = min(DISPATCH_ROWS, 15 * bench.rows)
        bench.process("reading:dispatch", "`dispatch`: finds duplicates, sends", _measure("dispatch", rows), env, None)


def _whole_stack(bench: Bench, stack: Stack, table: str, destination: str) -> None:
    """Import files of every kind into a destination, each of which has to change what it says."""
    rows, wrong = bench.rows, set(workbook.wrong_rows(bench.rows // _WRONG_EVERY, bench.rows))
    changed = len(set(workbook.spread(SMALL, rows)) - wrong)
    good, rejected = rows - len(wrong), {"rejected": len(wrong)}
    book, tenant, small = bench.main_file(".xlsx"), f"bench-{time_ns():x}", bench.file(".xlsx", SMALL)
    import_file(stack, small, f"{tenant}-warm", {"inserted": SMALL}, bench.say)  # starts the functions' processes

    def add(what: str, title: str, path: Path, whose: str, mode: str | None = None, **expected: int) -> None:
        found = import_file(stack, path, whose, expected | rejected, bench.say, mode)
        bench.imported(f"{table}:{what}", f"{destination}: {title}", found)

    add("new", "all rows new, .xlsx", book, tenant, inserted=good)
    if table == "stack":  # the emulator bounds the other table, so that further lines would say little
        add("csv", "all rows new, CSV", bench.main_file(".csv"), f"{tenant}-csv", inserted=good)
        add("again", "the same .xlsx again, all unchanged", book, tenant, unchanged=good)
    later = bench.main_file(".xlsx", changed=SMALL)
    add("changed", f"the same with {SMALL:,} prices changed", later, tenant, updated=changed, unchanged=good - changed)
    # rows that were wrong have no record, so their keys are unknown; prices that changed before are as they were
    prices, title = bench.file(".xlsx", rows, changed=rows, prices=True), "key, price and stock of all records"
    add("prices", title, prices, tenant, mode="update", updated=good - changed, unchanged=changed)
    times = _WARM_TIMES if rows >= ROWS else 1
    found = import_for_new_tenants(stack, small, f"{tenant}-small", {"inserted": SMALL}, bench.say, times)
    bench.imported(f"{table}:small", f"{destination}: {SMALL:,} rows, all new", found)


def _postgres_version(stack: Stack) -> str:
    with postgres.start(Path(stack.folder)).connect() as connection:
        found: tuple[str] = connection.execute("SHOW server_version").fetchone()
    return found[0]


def _ministack_version() -> str:
    command = [str(AWS_BIN / "python"), "-c", "from importlib.metadata import version; print(version('ministack'))"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# --------------------------------------------------------------------------------------------------------------- peers

PEER_MEASURES: Final = ("peers",)

_READERS: Final = frozenset({BARE, "calamine"})
_PEER_TITLES: Final = {
    BARE: "openpyxl, read-only: only reads",
    "calamine": "calamine: only reads",
    "pandas": "pandas (calamine) and COPY: no check",
    "polars": "Polars (calamine) and ADBC: no check",
    "dlt": "dlt (pandas, calamine): merge",
    "django": "django-import-export: bulk, keys cached",
}


def run_peers(bench: Bench, _: Sequence[str] = PEER_MEASURES) -> Group:
    """Load one workbook without a wrong row with every library, then through Sluice, into one PostgreSQL."""
    rows = min(bench.rows, PEER_ROWS)
    run, path = Run.here(rows), bench.file(".xlsx", rows)
    bench.files_mb[".xlsx"] = path.stat().st_size / 1e6
    versions: dict[str, str] = {}
    with bench.stacks(database=True, say=bench.say) as stack:
        for name, title in _PEER_TITLES.items():
            versions |= _load_with(bench, stack, name, title, path, rows)
        tenant = f"bench-{time_ns():x}"
        import_file(stack, bench.file(".xlsx", SMALL), f"{tenant}-warm", {"inserted": SMALL}, bench.say)
        found = import_file(stack, path, tenant, {"inserted": rows, "rejected": 0}, bench.say)
        bench.imported("peers:sluice", "Sluice, the whole stack: checks, upsert", found)
        versions |= {"PostgreSQL": _postgres_version(stack), "MiniStack": _ministack_version()}
    return Group(run.ended(bench.files_mb, versions), tuple(bench.figures))


def _load_with(bench: Bench, stack: Stack, name: str, title: str, path: Path, rows: int) -> dict[str, str]:
    """Let a library load the workbook into a new database, check that every row is there, and return its versions."""
    database, loads = f"peers_{name}", name not in _READERS
    with _new_database(stack, database) as server:
        processor = StackProcessor(stack)
        command = [str(_PEERS_PYTHON), "-m", "benchmarks.peers", name, str(path), str(rows)]
        report = bench.process(f"peers:{name}", title, command, {ADDRESS: server.url(database)}, path)
        if loads:
            bench.add_processor(DATABASE, processor.spent()[DATABASE])
            with server.connect(database) as connection:
                (found,) = connection.execute("SELECT count(*) FROM products").fetchone()
            if found != rows:
                raise SystemExit(f"{title} loaded {found:,} of {rows:,} rows")
    versions: dict[str, str] = report["versions"]
    return versions


@contextmanager
def _new_database(stack: Stack, name: str) -> Iterator[postgres.Postgres]:
    """Yield the stack's PostgreSQL with an empty database of that name, which is removed at the end."""
    server, database = postgres.start(Path(stack.folder)), Identifier(name)
    with server.connect(postgres.SUPERUSER, postgres.SUPERUSER) as admin:
        admin.execute(SQL("CREATE DATABASE {} OWNER {}").format(database, Identifier(postgres.NAME)))
        try:
            yield server
        finally:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(database))
