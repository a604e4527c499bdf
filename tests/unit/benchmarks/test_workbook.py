"""The files of the demo and the benchmarks."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from benchmarks.workbook import HEADER, PRICES, spread, write_products, wrong_rows


def test_a_csv_file_has_the_rows_of_the_workbook(tmp_path: Path) -> None:
    write_products(tmp_path / "a.xlsx", 30, wrong=wrong_rows(5, 30), changed=[3, 4])
    write_products(tmp_path / "a.csv", 30, wrong=wrong_rows(5, 30), changed=[3, 4])
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(values_only=True)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines == [[as_text(value) for value in row] for row in sheet]
    assert tuple(lines[0]) == HEADER


def as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return str(value.date())
        case _:
            return str(value)


def test_only_the_price_of_a_changed_row_differs(tmp_path: Path) -> None:
    write_products(tmp_path / "a.csv", 10)
    write_products(tmp_path / "b.csv", 10, changed=[4])
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert [number for number, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b] == [4]


def test_a_price_list_has_the_columns_of_its_rows(tmp_path: Path) -> None:
    write_products(tmp_path / "all.csv", 10)
    write_products(tmp_path / "prices.csv", 10, columns=PRICES)
    whole, prices = (list(csv.reader((tmp_path / name).read_text().splitlines())) for name in ("all.csv", "prices.csv"))
    assert prices == [[row[0], row[4], row[6]] for row in whole]


def test_rows_are_spread_evenly_and_wrong_in_every_way(tmp_path: Path) -> None:
    assert spread(2, 100) == [27, 77]
    assert list(wrong_rows(5, 100).values()) == ["Price", "Stock", "Updated", "Currency", "Part Number"]


@pytest.mark.parametrize(("wrong", "message"), [({3: "Brand"}, "has no fault"), ({99: "Price"}, "below the header")])
def test_a_row_that_cannot_be_wrong_is_rejected(wrong: dict[int, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        write_products(tmp_path / "a.csv", 10, wrong=wrong)
