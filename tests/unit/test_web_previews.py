"""What pages show of a preview: rows with the scale of their numbers, what changes, and what stays as it is."""

from __future__ import annotations

from typing import Any

from sluice.model.job import SheetOfFile
from sluice.reading.notes import notes_on
from sluice.wording import CATALOGUES, word_note
from tests.support.javascript import evaluate

COLUMNS: list[dict[str, Any]] = [
    {"field": "key", "title": "Part", "header": "SKU", "default": None, "decimals": None},
    {"field": "price", "title": "Price", "header": "Price", "default": None, "decimals": 2},
    {"field": "stock", "title": "Stock", "header": None, "default": 0, "decimals": 0},
    {"field": "brand", "title": "Brand", "header": None, "default": None, "decimals": None},
    {"field": "group", "title": "Group", "header": None, "default": None, "decimals": None},
    {"field": "active", "title": "Active", "header": None, "default": True, "decimals": None},
]
UNTOUCHED = [{name: column[name] for name in ("field", "title", "default")} for column in COLUMNS[2:]]
PREVIEW: dict[str, Any] = {
    "job": {"kind": "import", "lookup": None},
    "counts": {"insert": None, "kept_blank": None},
    "comparison": None,
    "untouched": UNTOUCHED,
    "columns": COLUMNS,
    "unmatched_headers": ["A", "B"],
    "rows": [
        {"row": 2, "values": {"key": "P-1", "price": "3.3"}, "shortened": []},
        {"row": 4, "values": {"key": "P-3", "price": "12345678.125"}, "shortened": []},
        {"row": 5, "values": {"key": "P-4", "price": "2"}, "shortened": []},
        {"row": 6, "values": {"key": "P-5"}, "shortened": []},
        {"row": 7, "values": {"key": "P-6", "price": None}, "shortened": []},
    ],
    "rejected_rows": [
        {
            "row": 3,
            "values": {"key": "P-2", "price": "n/a"},
            "shortened": [],
            "rejections": [{"column": "Price", "reason": "is not a number", "code": "not-a-number", "params": {}}],
        }
    ],
}


def test_the_rows_of_a_preview_keep_the_scale_of_their_numbers() -> None:
    """Numbers of a column have the same decimals, large ones keep every digit; a blank cell says nothing."""
    rows = evaluate("shared/previews.js", "it.previewRows(preview, 'en')", preview=PREVIEW)
    assert [row["cells"][1]["text"] for row in rows] == ["3.300", "n/a", "12,345,678.125", "2.000", "", "–"]
    prices = "['3.3', '4', '2024'].map(it.cellFormat({ decimals: 2 }, ['3.3', '4'], lang))"
    assert evaluate("shared/previews.js", prices, lang="en") == ["3.30", "4.00", "2,024.00"]
    assert evaluate("shared/previews.js", prices, lang="id") == ["3,30", "4,00", "2.024,00"]
    tiny = f"0.{'0' * 24}1"
    assert evaluate("shared/previews.js", "it.cellFormat({ decimals: 0 }, [tiny], 'en')(tiny)", tiny=tiny) == tiny
    exact = "it.cellFormat({ decimals: 0 }, ['12345678901234567890'], 'en')('12345678901234567890')"
    assert evaluate("shared/previews.js", exact) == "12,345,678,901,234,567,890"


def test_rejected_rows_are_shown_among_the_good_ones() -> None:
    rows = evaluate("shared/previews.js", "it.previewRows(preview, 'en')", preview=PREVIEW)
    assert [(row["row"], row["reason"]) for row in rows] == [
        (2, None),
        (3, "Price: is not a number"),
        (4, None),
        (5, None),
        (6, None),
        (7, None),
    ]
    assert [(cell["text"], cell["wrong"]) for cell in rows[1]["cells"]][:2] == [("P-2", False), ("n/a", True)]
    assert [cell["text"] for cell in rows[0]["cells"]] == ["P-1", "3.300"], "without missing columns"


def test_what_stays_as_it_is_is_said() -> None:
    """Columns that the file lacks and blank cells; new records get defaults, if there are any."""
    no_new = PREVIEW | {"counts": {"insert": 0, "kept_blank": 1_200}}
    whole = PREVIEW | {"untouched": []}
    one = PREVIEW | {"untouched": UNTOUCHED[:1], "counts": {"insert": 1, "kept_blank": 1}}
    said = "all.map((each) => it.untouchedTexts(each, lang))"
    columns = "Stock, Brand, Group and Active are not in the file: existing records keep their values."
    assert evaluate("shared/previews.js", said, all=[PREVIEW, no_new, whole, one], lang="en") == [
        [columns, "In new records: Stock is 0, Active is yes, Brand and Group are empty."],
        [columns, "1,200 blank cells change nothing: their records keep the values that they have."],
        [],
        [
            "Stock is not in the file: existing records keep their value.",
            "In new records: Stock is 0.",
            "1 blank cell changes nothing: its record keeps the value that it has.",
        ],
    ]
    assert evaluate("shared/previews.js", said, all=[no_new], lang="id")[0][1].startswith("1.200 sel kosong")


def changed(row: int, key: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return a changed row as the API shows it."""
    return {"row": row, "key": key, "before": before, "after": after, "shortened": []}


COMPARED = PREVIEW | {
    "counts": {"insert": 0, "update": 150, "delete": 1, "to_reject": 1, "kept_blank": 0},
    "comparison": {
        "columns": [{"field": "price", "title": "Price", "records": 1_200}, {"title": "Active", "records": 1}],
        "changes": [
            changed(2, "P-1", {"price": "3.3"}, {"price": "4"}),
            changed(5, "P-4", {"price": "12345678.125", "active": True}, {"price": "2", "active": None}),
        ],
        "deletions": [{"row": None, "key": "P-9", "values": {"key": "P-9", "price": "7.5"}, "shortened": ["key"]}],
        "rejections": [{"row": 9, "column": "SKU", "value": "P-8", "code": "key-exists", "params": {}}],
    },
}


def test_changes_are_shown_before_and_after_with_the_scale_of_their_numbers() -> None:
    """A column is there if one of the shown records changes in it; counts say how many there are in all."""
    found = evaluate("shared/previews.js", "it.comparisonTables(preview, 'en')", preview=COMPARED)
    assert [(table["name"], table["caption"]) for table in found] == [
        ("changes", "The first 2 of 150 records that change"),
        ("deletions", "Records that will be deleted"),
        ("rejections", "Rows that will be rejected"),
    ]
    changes, deletions, rejections = found
    assert [(column["title"], column["number"]) for column in changes["columns"]] == [
        ("Row", True),
        ("Key", False),
        ("Price", True),
        ("Active", False),
    ]
    assert changes["rows"] == [
        ["2", "P-1", {"before": "3.300", "after": "4.000"}, ""],
        ["5", "P-4", {"before": "12,345,678.125", "after": "2.000"}, {"before": "yes", "after": "–"}],
    ]
    assert deletions["rows"] == [["–", "P-9", "P-9", "7.50"]]
    assert rejections["rows"] == [["9", "SKU", "P-8", "exists already; mode 'insert' changes no record"]]


def test_how_many_records_change_is_said_by_column() -> None:
    none = COMPARED | {"comparison": COMPARED["comparison"] | {"columns": [], "changes": []}}
    said = "all.map((each) => [it.changesText(each, lang), it.shortenedText(each, lang)])"
    assert evaluate("shared/previews.js", said, all=[COMPARED, none, PREVIEW], lang="en") == [
        [
            "Records that change, by column: Price\u00a01,200, Active\u00a01.",
            "Long texts are shortened; … marks where.",
        ],
        ["No existing record would change.", "Long texts are shortened; … marks where."],
        ["", ""],
    ]
    assert evaluate("shared/previews.js", said, all=[none], lang="id")[0][0] == "Tidak ada data yang akan berubah."


def test_rows_that_were_rejected_are_not_shown_as_still_to_be_rejected() -> None:
    """Once rows are loaded, the count is null and the rows are among the rejected ones."""
    loaded = COMPARED | {"counts": COMPARED["counts"] | {"to_reject": None}}
    names = "it.comparisonTables(preview, 'en').map(({ name }) => name)"
    assert evaluate("shared/previews.js", names, preview=loaded) == ["changes", "deletions"]


def test_only_exceptions_of_the_matching_are_listed() -> None:
    expression = "[it.matchedText(preview, 'en'), it.renamedColumns(preview).map(({ field }) => field)]"
    assert evaluate("shared/previews.js", expression, preview=PREVIEW) == [
        "2 of 6 columns are in the file; 2 of its headers are not used",
        ["key"],
    ]
    sync = PREVIEW | {"job": {"kind": "sync", "lookup": None}}
    assert evaluate("shared/previews.js", "[it.matchedText(sync, 'en'), it.missingMark(sync, 'en')]", sync=sync) == [
        "2 of 6 columns are at the source; 2 of its fields are not used",
        "not at the source",
    ]


def test_what_a_reader_may_not_see_of_a_workbook_is_said_in_both_languages() -> None:
    sheets = [
        SheetOfFile("Jan", 1, hidden_rows=3, hidden_columns=1, is_filtered=True, merged_ranges=2),
        SheetOfFile("Feb", 1, hidden_rows=1),
        *(SheetOfFile(f"S{at}", None, rows, is_hidden=not at) for at, rows in enumerate([1200, None, *[1] * 9])),
    ]
    notes = [
        {"code": note.code, "params": note.params, "text": word_note(*note)}
        for note in notes_on(sheets, skips_hidden=False) + notes_on(sheets[1:2], skips_hidden=True, untitled=1_200)
    ]
    said = "it.sheetTexts({ file: { notes } }, lang)"
    assert {note["code"] for note in notes} == {*CATALOGUES["en"].notes}
    assert evaluate("shared/previews.js", said, notes=notes, lang="en") == [
        "Sheets Jan and Feb: 4 hidden rows are read like the others.",
        "Sheet Jan: a filter is set.",
        "Sheet Jan: 1 hidden column is read like the others.",
        "Sheet Jan: 2 merged ranges; each of their rows has the merged value.",
        "Sheets that are not read: S0 (hidden) (1,200 rows), S1, "
        + ", ".join(f"S{at} (1 row)" for at in range(2, 10))
        + " and 1 more.",
        "Sheet Feb: 1 hidden row is skipped.",
        "1,200 rows have values behind the last header, in columns without a title; they are not read.",
    ]
    assert evaluate("shared/previews.js", said, notes=notes, lang="id")[0] == (
        "Lembar Jan dan Feb: 4 baris tersembunyi dibaca seperti baris lain."
    )
    newer = [{"code": "of-a-newer-api", "params": {"count": 1, "sheets": ["A"], "more": 0}, "text": "As it says"}]
    assert evaluate("shared/previews.js", said, notes=newer, lang="id") == ["As it says."]
