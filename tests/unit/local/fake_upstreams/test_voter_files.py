"""Sample files of voters."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import openpyxl

from local.fake_upstreams.voter_files import HEADERS, voter_rows, write_csv, write_workbook
from local.fake_upstreams.voters import WARD, is_id_number


def test_a_file_has_unique_id_numbers_and_one_in_twenty_is_invalid() -> None:
    rows = list(voter_rows(2_000))
    assert len({row[0] for row in rows}) == 2_000
    invalid = [at for at, row in enumerate(rows) if not is_id_number(row[0])]
    assert invalid == list(range(19, 2_000, 20))
    assert Counter(row[4] for row in rows) == {WARD: 1_715, "": 285}
    assert rows[1_000:] == list(voter_rows(1_000, first=1_000)), "a row depends on its number alone"
    assert all(is_id_number(row[0]) for row in voter_rows(500, invalid_every=0))


def test_files_hold_every_row_as_text(tmp_path: Path) -> None:
    rows = [HEADERS, *voter_rows(300)]
    write_csv(tmp_path / "voters.csv", voter_rows(300))
    with (tmp_path / "voters.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == rows
    write_workbook(tmp_path / "voters.xlsx", voter_rows(300))
    sheet = openpyxl.load_workbook(tmp_path / "voters.xlsx")["Voters"]
    assert [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)] == rows
