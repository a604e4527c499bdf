"""Rows of an upstream are validated as those of a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.model.rejection import Rejection
from sluice.rows.check import check_rows
from sluice.rows.column import column
from sluice.rows.row import Row
from sluice.sources.page import Page
from sluice.sources.records import fields_of, records_of
from sluice.sources.registry import source_named
from sluice.sources.source import Source
from tests.unit.sources.checking import check_pages

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
    """Takes any text."""

    id: str = column("thingId", "nomor", key=True)
    note: str | None = column("catatan", default=None)


THINGS = Source("things", row=Thing, dataset="things", title="Things", path="things")


def cells(**row: Any) -> list[Any]:
    """The cells of a row of things."""
    return next(iter(records_of(THINGS, [Page(0, [row], 1)])))[1]


def test_a_good_row_is_staged_with_its_key_as_text() -> None:
    checked = check_pages(PANGKAT, [Page(0, [GOOD], 1)])
    assert checked.refusals == []
    (row,) = checked.good
    assert row.key == "098703152010011002"
    values = json.loads(row.values)
    assert (values["nip"], values["tanggal_usulan"], values["tmt_golongan"]) == (row.key, "2026-02-03", "2026-04-01")


def test_a_row_is_numbered_by_its_place_in_the_source() -> None:
    pages = [Page(0, [GOOD, GOOD], 202), Page(200, [GOOD, {**GOOD, "tmtGolongan": "31-02-2026"}], 202)]
    checked = check_pages(PANGKAT, pages)
    assert [row.number for row in checked.good] == [1, 2, 201]
    assert checked.refusals == [
        Rejection("pangkat", 202, "tmtGolongan", "31-02-2026", "is not a date of the calendar"),
    ]


def test_what_the_upstream_leaves_out_is_missing_as_an_empty_cell_is() -> None:
    for row in ({**GOOD, "nama": None}, {**GOOD, "nama": " "}, {name: GOOD[name] for name in GOOD if name != "nama"}):
        (refusal,) = check_pages(PANGKAT, [Page(0, [row], 1)]).refusals
        assert (refusal.column, refusal.reason) == ("nama", "is required")


def test_upstream_rows_and_file_rows_are_staged_alike() -> None:
    """The same values, the same hash: a sync after an import finds nothing to write."""
    columns = PANGKAT.rows.columns
    of_a_file = [(1, [GOOD.get(column.title) for column in columns])]
    by_file = check_rows(PANGKAT.rows, fields_of(PANGKAT), "pangkat", of_a_file)
    assert by_file == check_pages(PANGKAT, [Page(0, [GOOD], 1)])


def test_a_column_is_met_by_each_of_its_names() -> None:
    assert [cells(**{name: "7"}) for name in ("thingId", "nomor", "id")] == [["7", None]] * 3


def test_of_several_names_the_first_that_has_a_value_counts() -> None:
    assert cells(thingId=None, nomor="8", id="9") == ["8", None]


def test_what_no_column_knows_is_left_out() -> None:
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


def test_half_a_surrogate_pair_costs_no_page() -> None:
    """JSON can write it, and nothing can store it."""
    assert cells(thingId="7", catatan="a\ud83d") == ["7", "a\ufffd"]
    assert cells(thingId="7", catatan="a\ud83d\ude00") == ["7", "a\U0001f600"]


def test_a_number_in_place_of_the_key_is_its_digits() -> None:
    (row,) = check_pages(PANGKAT, [Page(0, [{**GOOD, "nip": 198703152010011002}], 1)]).good
    assert row.key == "198703152010011002"


@pytest.mark.parametrize(
    ("nip", "reason"),
    [
        ("19870315201001100", "is shorter than 18 characters"),
        ("1987031520100110023", "is longer than 18 characters"),
        ("19870315 201001 A 002", "must be digits only"),
        (True, "must be digits only"),
    ],
)
def test_a_key_that_is_none_is_refused(nip: Any, reason: str) -> None:
    (refusal,) = check_pages(PANGKAT, [Page(0, [{**GOOD, "nip": nip}], 1)]).refusals
    assert (refusal.column, refusal.reason) == ("nip", reason)
