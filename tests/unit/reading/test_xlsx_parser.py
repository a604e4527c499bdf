"""References of rows and cells that no spreadsheet program writes; number formats; the parts of a workbook."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from sluice.model.errors import FileRejected
from tests.support.factories_files import MAIN, OFFICE, STRICT, packed, sheet_part, strings_part, workbook
from tests.unit.reading.driving import read_all


def cell(reference: str) -> str:
    """Make a cell with this reference."""
    return f'<c r="{reference}"><v>1</v></c>'


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1">{cell("A1")}</row><row r="2">{cell("A2")}</row><row r="2">{cell("A2")}</row>',
        f'<row r="1">{cell("A1")}</row><row r="5">{cell("A5")}</row><row r="3">{cell("A3")}</row>',
    ],
    ids=["twice", "backwards"],
)
def test_rows_that_share_a_number_or_go_backwards_are_rejected(rows: str) -> None:
    """Otherwise they would be read as one row, and the other would be lost."""
    with pytest.raises(FileRejected) as rejected:
        read_all(workbook({"Data": sheet_part(rows)}))
    assert rejected.value.problem.type == "damaged-file"


@pytest.mark.parametrize("column", ["XFE", "ZZZZ", "ZZZZZZ"])
def test_a_column_beyond_the_limit_is_rejected_before_memory_is_allocated(column: str) -> None:
    """A file of a few hundred bytes would ask for gigabytes."""
    rows = f'<row r="1">{cell("A1")}</row><row r="2">{cell("A2")}{cell(column + "2")}</row>'
    with pytest.raises(FileRejected) as rejected:
        read_all(workbook({"Data": sheet_part(rows)}))
    assert rejected.value.problem.type == "damaged-file"


def test_the_last_column_of_a_sheet_is_read() -> None:
    rows = f'<row r="1">{cell("A1")}{cell("XFD1")}</row>'
    (number, cells), *more = read_all(workbook({"Data": sheet_part(rows)}))
    assert (number, len(cells), cells[-1], more) == (1, 16_384, 1.0, [])


ROWS = [(1, ["name"]), (2, ["text"])]
FILE = workbook(
    {"Data": sheet_part('<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>')},
    strings_part("<si><t>name</t></si>", "<si><t>text</t></si>"),
)


def respelled(change: Callable[[str, str], tuple[str, str]]) -> bytes:
    """Change names and contents of the parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(FILE)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    return packed(dict(change(name, part) for name, part in parts.items()))


@pytest.mark.parametrize(
    "change",
    [
        lambda name, part: (name, part.replace('"', "'")),
        lambda name, part: (name.replace("/", "\\"), part),
        lambda name, part: (name.replace("/", "\\"), part.replace('Target="worksheets/', 'Target="worksheets\\')),
        lambda name, part: (name.replace("/", "\\") if "rels" not in name else name, part),
        lambda name, part: (name.upper() if name.startswith("xl/w") else name, part),
        lambda name, part: (name, part.replace('Target="w', 'Target="/xl/w')),
        lambda name, part: (name, part.replace('Target="w', 'Target="./w').replace('Target="s', 'Target="../xl/s')),
        lambda name, part: (name, part.replace('Target="w', 'Target="xl/w').replace('Target="s', 'Target="xl/s')),
        lambda name, part: (name.replace("sheet1", "sheet 1"), part.replace("/sheet1.xml", "/sheet%201.xml")),
        lambda name, part: (name, part.replace(MAIN, STRICT).replace(OFFICE, OFFICE.replace("schemas", "purl"))),
        lambda name, part: (name, part.replace(" Id=", "\n\tId = ").replace("<sheet ", "<sheet\n")),
    ],
    ids=[
        "single-quotes",
        "backslashes",
        "backslashes-in-targets",
        "backslashes-but-relations",
        "capitals",
        "absolute",
        "dots",
        "from-the-top",
        "escaped",
        "strict",
        "white-space",
    ],
)
def test_the_parts_of_a_workbook_are_found_however_they_are_named(
    change: Callable[[str, str], tuple[str, str]],
) -> None:
    """Names with backslashes come of Windows programs, single quotes of others."""
    assert read_all(respelled(change)) == ROWS
