"""A row that calamine cannot read is rejected alone, and wide records end behind what is read."""

from __future__ import annotations

import pytest

from sluice.reading import FileLayout, Header
from sluice.reading.cells import shortened
from sluice.reading.sheets import SheetPlan
from sluice.reading.xlsx.parser import _parsed
from sluice.schema.cells import TOO_LONG, BrokenRow, Cell, CellError

_STYLES = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3">'
    b'<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)


def _row(at: int, value: str, style: int) -> bytes:
    cells = f'<c r="A{at}" t="str"><v>x&amp;y</v></c><c r="C{at}" s="{style}"><v>{value}</v></c>'
    return f'<row r="{at}">{cells}</row>'.encode()


@pytest.mark.parametrize(("value", "style"), [("-1e13", 1), ("1e10", 2), ("-1e13", 2)])
@pytest.mark.parametrize("odd", [{1}, {7, 8}, {20}, set(range(1, 21))])
def test_a_row_at_which_calamine_panics_costs_no_other(value: str, style: int, odd: set[int]) -> None:
    """Both a panic, which is no exception of Python, and an overflow."""
    rows = b"".join(_row(at, value if at in odd else "1", style if at in odd else 0) for at in range(1, 21))
    found = dict(_parsed(rows, _STYLES, False))
    assert {at for at, cells in found.items() if type(cells) is BrokenRow} == odd
    assert [found[at] for at in sorted(odd)] == [["x&y", None, value]] * len(odd)
    assert [cells for at, cells in found.items() if at not in odd] == [["x&y", "", 1.0]] * (20 - len(odd))


def _plan(titles: int) -> SheetPlan:
    header = Header(1, {0: "part_number", 2: "price"}, ["t"] * titles, {}, [])
    return SheetPlan(0, FileLayout("xlsx", "A"), header)


def test_a_record_ends_behind_the_columns_that_are_read_and_reported() -> None:
    """One cell in the last column makes a list of 16,384."""
    wide = [*range(16_384)]
    assert [len(cells) for _, cells in _plan(5).narrowed([(2, list(wide)), (3, [1, 2])])] == [105, 2]
    assert [len(cells) for _, cells in _plan(16_384).narrowed([(2, list(wide))])] == [1_100]
    ((_, broken),) = _plan(5).narrowed([(2, BrokenRow("quotes", wide))])
    assert (type(broken), len(broken)) == (BrokenRow, 105)


def test_a_record_with_a_value_far_away_alone_is_not_blank() -> None:
    """It is rejected for its key, and counted."""
    far: list[Cell] = [*[None] * 9_000, "x", "y"]
    ((_, cells),) = _plan(5).narrowed([(2, far)])
    assert cells == [None] * 105 + ["x"]


def test_a_report_has_no_part_of_a_text_that_no_cell_holds() -> None:
    """Corrected and sent again, a part would pass as the whole."""
    ((_, cells),) = shortened([(2, ["x" * 32_767, "x" * 32_768, 5])])
    assert cells == ["x" * 32_767, CellError(TOO_LONG), 5]
