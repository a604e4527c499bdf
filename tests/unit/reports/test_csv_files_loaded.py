"""``loaded.csv``: loaded rows as text."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.reports.cells import unescape_formula
from sluice.reports.csv_files import write_loaded_csv
from sluice.schema.cells import Cell
from sluice.schema.validation import GoodRow, check_rows
from tests.unit.reports.sample import JOB, orders, records_of

FIELDS = dict(enumerate(orders.row.model_fields))
ROW: list[Cell] = ["O-1", "Rp 1.250,50", "-12,5", 3, "0812345678", "31/01/2026", "ya", "fast, very", "Bali", "a note"]
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("=+-@'\\\"＝:;\t\r\n"),
    max_size=8,
)


def good(*rows: list[Cell]) -> list[GoodRow]:
    """Check these rows, from row 2 on; none is rejected."""
    checked = check_rows(orders, FIELDS, "", enumerate(rows, 2))
    assert checked.rejections == []
    return checked.good


def loaded(rows: Iterable[GoodRow]) -> bytes:
    """Write the file of these rows."""
    out = io.BytesIO()
    write_loaded_csv(out, orders, JOB, (("", row) for row in rows))
    return out.getvalue()


def test_a_row_has_its_number_and_the_values_that_were_stored() -> None:
    """The header has the importer's titles; amounts are exact with a decimal point, dates ISO, flags words."""
    assert records_of(loaded(good(ROW))) == [
        ["Row", "Original job", *(found.title for found in orders.columns)],
        [
            "2",
            f"'{JOB}",
            "O-1",
            "1250.5",
            "-12.5",
            "3",
            "0812345678",
            "2026-01-31",
            "TRUE",
            "fast, very",
            "Bali",
            "a note",
        ],
    ]


def test_a_row_has_no_more_than_it_said() -> None:
    """The file imported again changes nothing, whatever its records hold in the other columns."""
    (_, record) = records_of(loaded(good(["O-1", 5])))
    assert record == ["2", f"'{JOB}", "O-1", "5", *[""] * 8]


def test_loaded_csv_is_utf_8_with_a_byte_order_mark() -> None:
    """Lines end as in RFC 4180, also if the header is the only line."""
    assert loaded([]).startswith(b"\xef\xbb\xbfRow,Original job,Order Number,")
    assert loaded([]).endswith(b"\r\n")


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS.filter(str.strip), TEXTS), min_size=1, max_size=5))
def test_text_is_escaped_and_nothing_else_is_changed(texts: list[tuple[str, str]]) -> None:
    """The search that spares most rows the work finds every row that needs it."""
    cells: list[list[Cell]] = [[key, 1, "-1", 1, None, None, None, None, None, note] for key, note in texts]
    rows = check_rows(orders, FIELDS, "", enumerate(cells, 2)).good  # control characters are rejected
    for record, row in zip(records_of(loaded(rows))[1:], rows, strict=True):
        values = json.loads(row.values)
        assert [unescape_formula(record[2]), unescape_formula(record[11])] == [values["number"], values.get("note", "")]
        for cell in (record[2], record[11]):
            starts = [cell, *re.split(r"[;\t\r\n]", cell)[1:]]
            assert not any(start.startswith(tuple("=+-@＝＋－＠")) for start in starts) or set(cell) <= set(
                "+-0123456789 ().,"
            )
        assert record[4] == "-1"


def test_loaded_rows_are_counted_and_not_kept_in_memory() -> None:
    """Blocks are written while more rows are read."""
    (row,) = good(ROW)

    class Blocks:
        count = 0

        def write(self, data: bytes) -> int:
            self.count += 1
            return len(data)

    out = Blocks()

    def rows() -> Iterable[tuple[str, GoodRow]]:
        for number in range(10_000):
            assert out.count >= number // 2_000
            yield "", row

    assert write_loaded_csv(out, orders, JOB, rows()) == 10_000  # type: ignore[arg-type]
