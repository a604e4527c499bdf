"""Files of .xls and .ods that harm a reader that trusts them: each ends in a rejection that says what is wrong."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from sluice.catalog.registry import importer_named
from sluice.reading import sandbox
from sluice.schema.importer import Importer
from sluice.usecases import plan as plan_module
from tests.reading import biff
from tests.reading.made import as_xls, ods_document, ods_table
from tests.reading.outcomes import outcome_of
from tests.support.factories_files import packed, sheet_part, workbook

HEAD: Final = ("Part Number", "Description", "Price", "Stock", "Brand")
SECTOR: Final = 512
END_OF_CHAIN: Final = 0xFFFFFFFE


# ---- chains of sectors -----------------------------------------------------------------------------------------------


@cache
def book() -> bytes:
    """Return a workbook of a hundred sectors."""
    return as_xls([HEAD, *((f"X-{row}", f"Filter {row}", 1, 2, f"brand {row}") for row in range(1_000))])


def sector_table(body: bytes) -> int:
    """Return where the table of sectors lies, of which a workbook of a hundred sectors has one."""
    return int((struct.unpack_from("<I", body, 0x4C)[0] + 1) * SECTOR)


def directory(body: bytes) -> int:
    """Return the first sector of the directory."""
    return int(struct.unpack_from("<I", body, 0x30)[0])


def stream(body: bytes) -> int:
    """Return the first sector of the workbook; its entry is the second one of the directory."""
    return int(struct.unpack_from("<I", body, (directory(body) + 1) * SECTOR + 128 + 0x74)[0])


def with_next(body: bytes, sector: int, follower: int) -> bytes:
    """Return a workbook in which another sector follows a sector."""
    changed = bytearray(body)
    struct.pack_into("<I", changed, sector_table(body) + 4 * sector, follower)
    return bytes(changed)


CHAINS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "directory in a circle": lambda body: with_next(body, directory(body), directory(body)),
    "directory leaves the file": lambda body: with_next(body, directory(body), 0x00FFFFF0),
    "stream in a circle": lambda body: with_next(body, stream(body) + 40, stream(body) + 3),
    "stream leaves the file": lambda body: with_next(body, stream(body) + 40, 0x00FFFFF0),
    "stream ends too early": lambda body: with_next(body, stream(body) + 40, END_OF_CHAIN),
    "stream goes on at the end of the file": lambda body: with_next(body, stream(body) + 40, len(body) // SECTOR),
    "cut off near its end": lambda body: body[:-1_536],
    "table of sectors is not there": lambda body: body[:0x4C] + struct.pack("<I", 0x00FFFFF0) + body[0x50:],
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_workbook_with_a_broken_chain_of_sectors_is_damaged(name: str) -> None:
    body = CHAINS[name](book())
    assert body != book()
    assert outcome_of(body, "a.xls").problem == "damaged-file/not-a-workbook"


@pytest.mark.parametrize(("at", "lie"), [(0x2C, 1 << 30), (0x1E, 30 | 6 << 16), (0x40, 1 << 30), (0x48, 1 << 30)])
def test_what_a_workbook_says_of_its_sectors_is_not_believed(at: int, lie: int) -> None:
    """A billion tables of sectors, sectors of a gigabyte: the chains lead to every row, or to none."""
    outcome = outcome_of(book()[:at] + struct.pack("<I", lie) + book()[at + 4 :], "a.xls")
    assert len(outcome.rows) == 1_000 or outcome.problem == "damaged-file/not-a-workbook"


def test_a_workbook_with_a_password_says_so() -> None:
    """FILEPASS of the globals; no sector is readable behind it."""
    body = biff.workbook_of(biff.label(0, 0, "Part Number"), more=biff.record(0x2F, struct.pack("<HHH", 0, 1, 1)))
    assert outcome_of(body, "a.xls").problem == "encrypted-workbook/workbook"


@pytest.mark.parametrize("count", [0xFFFF, 0x7FFFFFFF])
def test_a_workbook_that_counts_billions_of_texts_is_damaged_or_read(count: int) -> None:
    """The table of shared strings says how many it has, and ends where it ends."""
    table = biff.record(0xFC, struct.pack("<II", count, count) + struct.pack("<HB", 1, 0) + b"x")
    outcome = outcome_of(biff.workbook_of(biff.label(0, 0, "Part Number"), more=table), "a.xls")
    assert outcome.problem in {"damaged-file/not-a-workbook", "no-header"}


# ---- few bytes that stand for many cells -----------------------------------------------------------------------------


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the importer take a thousand rows."""

    def small(name: str) -> Importer:
        return replace(importer_named(name), max_rows=1_000)

    monkeypatch.setattr(plan_module, "importer_named", small)
    return 1_000


def text(value: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{value}</text:p></table:table-cell>'


def repeated(rows: int, cells: str) -> bytes:
    """Make a sheet with a header and a row that is repeated."""
    head = "".join(text(title) for title in HEAD)
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cells}</table:table-row></table:table>'
    return ods_document(ods_table([head]).replace("</table:table>", row))


GOOD: Final = text("P-1") + text("Filter") + text("1") * 2 + text("Bosch")


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("rows", [1_001, 400_000, 1_048_570, 4_294_967_295])
@pytest.mark.parametrize("more", ["", text("x", ' table:number-columns-repeated="15"')])
def test_a_row_that_is_repeated_beyond_what_the_importer_takes_is_too_many_rows(rows: int, more: str) -> None:
    assert outcome_of(repeated(rows, GOOD + more), "a.ods").problem == "too-many-rows"


@pytest.mark.usefixtures("few_rows")
def test_a_row_that_is_repeated_as_often_as_the_importer_takes_is_read() -> None:
    """All but the first are duplicates of its key."""
    outcome = outcome_of(repeated(1_000, GOOD), "a.ods")
    assert (outcome.job.counts.total, len(outcome.rows)) == (1_000, 1)


@pytest.mark.parametrize("count", ["2147483647", "9" * 5_000, "-1", "x"])
def test_a_text_of_billions_of_spaces_costs_its_row(count: str) -> None:
    """660 bytes of it took gigabytes."""
    spaces = text("P-1") + text(f'a<text:s text:c="{count}"/>b') + text("1") * 3
    outcome = outcome_of(ods_document(ods_table(["".join(map(text, HEAD)), spaces, GOOD])), "a.ods")
    assert outcome.problem == "damaged-file/malformed-part" if len(count) > 4_000 else outcome.problem is None


def test_a_value_in_the_last_column_of_each_row_is_read() -> None:
    """A row has 16,384 columns at most."""
    far = '<table:table-cell table:number-columns-repeated="{}"/>' + text("far")
    head = "".join(map(text, HEAD))
    rows = [head, GOOD + far.format(16_378)]
    assert outcome_of(ods_document(ods_table(rows)), "a.ods").problem is None
    assert outcome_of(ods_document(ods_table([*rows, GOOD + far.format(16_379)])), "a.ods").problem is not None


@pytest.mark.parametrize("encoding", ["true", "base64", "utf-7", "x" * 5_000])
def test_a_part_in_an_encoding_that_is_not_there_is_damaged(encoding: str) -> None:
    """Of .ods and .xlsx alike."""
    cells = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in HEAD)
    for body, name, part in (
        (repeated(1, GOOD), "a.ods", "content.xml"),
        (workbook({"Data": sheet_part(f"<row>{cells}</row>" * 2)}), "a.xlsx", "xl/worksheets/sheet1.xml"),
    ):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
        parts[part] = parts[part].replace(b"UTF-8", encoding.encode(), 1)
        problem = outcome_of(packed(parts), name).problem or ""
        assert problem.startswith("damaged-file/"), problem


# ---- limits of the child, and the size of its parent -----------------------------------------------------------------


def spaces(count: int) -> bytes:
    """Make a sheet with a cell of so many times 32,767 spaces."""
    return ods_document(ods_table(["".join(map(text, HEAD)), text('<text:s text:c="99999999"/>' * count)]))


def test_a_file_that_needs_more_memory_than_its_reader_may_have_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY_BYTES", 200 * 1024**2)
    outcome = outcome_of(spaces(10_000), "a.ods")
    assert outcome.problem == "too-large/memory"
    assert outcome.detail == (
        "To read the file takes more than 1,200 MB of memory. Save its table as .xlsx or CSV, or split it."
    )


def test_a_file_that_needs_more_time_than_its_reader_may_have_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    wide = text("x", ' table:number-columns-repeated="16384"')
    body = ods_document(ods_table(["".join(map(text, HEAD)), *[wide] * 4_000]))
    assert outcome_of(body, "a.ods").problem == "too-large/time"


def test_a_file_whose_cells_need_more_space_than_there_is_is_too_large() -> None:
    """A few kilobytes of it are gigabytes of rows."""
    wide = text("x" * 9_000, ' table:number-columns-repeated="16384"')
    assert outcome_of(ods_document(ods_table(["".join(map(text, HEAD)), wide])), "a.ods").problem == "too-large/cells"


_PARENT: Final = """
import io, sys, resource
from sluice.reading import Limits, open_table
from tests.support.workspace import MemoryWorkspace
with open(sys.argv[1], "rb") as file:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (table,) = open_table(file, "a.ods", Limits(10**9, 10**6), MemoryWorkspace()).tables
    rows = sum(segment.rows for segment in table.split(1, 10_000))
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_planner_stays_small_whatever_the_file_holds(tmp_path: Path) -> None:
    """A file of a kilobyte, whose rows take 60 MB; the child writes them to the disk."""
    path = tmp_path / "a.ods"
    path.write_bytes(repeated(900_000, GOOD))
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _PARENT, str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, preexec_fn=_small)
    rows, kilobytes = map(int, found.stdout.split())
    assert rows == 900_000
    assert kilobytes < 30_000


def _small() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1_500 * 1024**2,) * 2)
