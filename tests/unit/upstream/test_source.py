"""Pages of a source, whose rows are validated as those of a file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import create_model

from sluice.catalog.registry import source_named
from sluice.model.rejection import Rejection
from sluice.schema.importer import MARK, Row, column
from sluice.schema.validation import check_rows
from sluice.upstream.source import Source, SourcePage, fields_in, fields_of, read_page, records_of
from sluice.wording import word_rejection
from tests.support.sources import check_pages

GOOD: dict[str, Any] = {
    "nip": "098703152010011002",
    "nama": "SITI RAHAYU",
    "tanggalUsulan": "03-02-2026",
    "statusUsulan": "Pertek Terbit",
    "golonganBaru": "III/b",
    "tmtGolongan": "2026-04-01",
}
PANGKAT = source_named("pangkat")


class Thing(Row):
    """Has text columns only."""

    id: str = column("thingId", "nomor", key=True)
    note: str | None = column("catatan", default=None)


THINGS = Source("things", row=Thing, dataset="things", title="Things", upstream="siasn", path="things")


def cells(**row: Any) -> list[Any]:
    """Return the cells of a row of things."""
    return next(iter(records_of(THINGS, [SourcePage(0, [row], 1)])))[1]


def test_a_good_row_is_staged_with_its_key_as_text() -> None:
    checked = check_pages(PANGKAT, [SourcePage(0, [GOOD], 1)])
    assert checked.rejections == []
    (row,) = checked.good
    assert row.key == "098703152010011002"
    values = json.loads(row.values)
    assert (values["nip"], values["tanggal_usulan"], values["tmt_golongan"]) == (row.key, "2026-02-03", "2026-04-01")


def test_a_row_is_numbered_by_its_place_in_the_source() -> None:
    pages = [SourcePage(0, [GOOD, GOOD], 202), SourcePage(200, [GOOD, {**GOOD, "tmtGolongan": "31-02-2026"}], 202)]
    checked = check_pages(PANGKAT, pages)
    assert [row.number for row in checked.good] == [1, 2, 201]
    assert checked.rejections == [
        Rejection("pangkat", 202, "tmtGolongan", "31-02-2026", "not-in-calendar"),
    ]


def test_a_value_that_the_upstream_leaves_out_is_an_empty_cell() -> None:
    for row in ({**GOOD, "nama": None}, {**GOOD, "nama": " "}, {name: GOOD[name] for name in GOOD if name != "nama"}):
        (rejection,) = check_pages(PANGKAT, [SourcePage(0, [row], 1)]).rejections
        assert (rejection.column, word_rejection(rejection)) == ("nama", "is required")


def test_upstream_rows_and_file_rows_are_staged_alike() -> None:
    """The same values, the same hash: a sync after an import finds nothing to write."""
    columns = PANGKAT.rows.columns
    of_a_file = [(1, [GOOD.get(column.title) for column in columns])]
    by_file = check_rows(PANGKAT.rows, fields_of(PANGKAT), "pangkat", of_a_file)
    assert by_file == check_pages(PANGKAT, [SourcePage(0, [GOOD], 1)])


def test_a_value_is_found_by_each_title_of_its_column_and_by_its_field() -> None:
    assert [cells(**{name: "7"}) for name in ("thingId", "nomor", "id")] == [["7", None]] * 3


def test_of_several_values_of_a_column_the_first_that_is_not_null_counts() -> None:
    assert cells(thingId=None, nomor="8", id="9") == ["8", None]


def test_a_field_is_in_a_list_if_one_row_has_it_by_any_of_its_names() -> None:
    """Null is a value."""
    pages = [SourcePage(0, [{"nomor": 1}, {"other": 2}], 3), SourcePage(2, [{"note": None}], 3)]
    assert fields_in(THINGS, pages) == ["id", "note"]
    assert fields_in(THINGS, pages[:1]) == ["id"]
    assert fields_in(THINGS, []) == []


def test_a_field_with_the_name_of_the_mark_of_deleted_records_is_a_mistake() -> None:
    row = create_model("Marked", __base__=Thing, **{MARK: (str | None, column("Gone", default=None))})  # type: ignore[call-overload]  # names are data here
    with pytest.raises(TypeError, match=MARK):
        _ = replace(THINGS, row=row).rows


def test_a_value_without_a_column_is_ignored() -> None:
    assert cells(thingId="7", secret="x") == ["7", None]


@pytest.mark.parametrize("value", ["text", "", 12, 10**17 + 1, 1.5, True, False, None])
def test_plain_values_are_cells_as_they_are(value: Any) -> None:
    found = cells(thingId="7", catatan=value)[1]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "text"), [({"a": [1, None]}, '{"a":[1,null]}'), ([], "[]"), ([{"nama": "é"}], '[{"nama":"é"}]')]
)
def test_nested_values_become_their_json_text(value: Any, text: str) -> None:
    assert cells(thingId="7", catatan=value) == ["7", text]


def test_half_a_surrogate_pair_is_replaced() -> None:
    """JSON can contain it, and no destination can store it."""
    assert cells(thingId="7", catatan="a\ud83d") == ["7", "a\ufffd"]
    assert cells(thingId="7", catatan="a\ud83d\ude00") == ["7", "a\U0001f600"]


def test_a_number_as_the_key_is_its_digits() -> None:
    (row,) = check_pages(PANGKAT, [SourcePage(0, [{**GOOD, "nip": 198703152010011002}], 1)]).good
    assert row.key == "198703152010011002"


@pytest.mark.parametrize(
    ("nip", "reason"),
    [
        ("19870315201001100", "is shorter than 18 characters"),
        ("1987031520100110023", "is longer than 18 characters"),
        ("19870315 201001 A 002", "must be digits only, such as 198703152010011002"),
        (True, "must be digits only, such as 198703152010011002"),
    ],
)
def test_an_invalid_key_is_rejected(nip: Any, reason: str) -> None:
    (rejection,) = check_pages(PANGKAT, [SourcePage(0, [{**GOOD, "nip": nip}], 1)]).rejections
    assert (rejection.column, word_rejection(rejection)) == ("nip", reason)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ([], "a JSON list instead of an object"),
        (None, "a JSON null instead of an object"),
        ("x", "a JSON text instead of an object"),
        ({}, "an object without a list of rows in 'data'"),
        ({"data": {}, "total": 1}, "an object without a list of rows in 'data'"),
        ({"data": [1], "total": 1}, "an object without a list of rows in 'data'"),
        ({"data": [{}]}, "an object without a number in 'total'"),
        ({"data": [{}], "total": "1"}, "an object without a number in 'total'"),
        ({"data": [{}], "total": True}, "an object without a number in 'total'"),
        ({"data": [{}], "total": -1}, "an object without a number in 'total'"),
        ({"data": [{}, {}, {}], "total": 3}, "3 rows instead of at most 2"),
    ],
)
def test_json_of_another_form_is_an_error_that_names_the_form(body: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_page(body, 0, 2, has_total=True)


def test_a_total_is_ignored_in_a_source_without_one() -> None:
    assert read_page({"data": [], "total": "many"}, 4, 2, has_total=False) == SourcePage(4, [], None)
