"""Made-up voters: valid and invalid ID numbers, what is true of them, and files of them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from local.fake_upstreams.voter_files import HEADERS, voter_rows, write_csv, write_workbook
from local.fake_upstreams.voters import (
    KINDS,
    OTHER_WARDS,
    WARD,
    Kind,
    Voter,
    category,
    id_numbers,
    invalid_id_number,
    is_id_number,
    truth,
)


@pytest.mark.parametrize("known", ["8001015009087", "9202204720083"])
def test_id_numbers_that_are_published_as_examples_are_valid(known: str) -> None:
    assert is_id_number(known)


@pytest.mark.parametrize("text", ["", "8001015009086", "800101500908", "８001015009087", " 8001015009087"])
def test_what_is_no_id_number_is_told(text: str) -> None:
    assert not is_id_number(text)


def test_a_leap_day_is_one_in_either_century() -> None:
    assert is_id_number("0002290001086"), "2000 had one, 1900 had none"
    assert not is_id_number("0102290001084"), "neither 1901 nor 2001 had one"


def test_id_numbers_are_valid_and_all_different() -> None:
    made = id_numbers(20_000)
    assert len(set(made)) == 20_000
    assert all(is_id_number(each) for each in made)
    assert Counter(each[10] for each in made) == {"0": 19_000, "1": 900, "2": 100}
    assert 1_000 < sum(each.startswith("0") for each in made) < 3_000, "some begin with a zero"
    assert set(id_numbers(500, first=20_000)).isdisjoint(made)


@pytest.mark.parametrize("kind", KINDS)
def test_invalid_id_numbers_are_all_different_and_wrong_in_one_way(kind: Kind) -> None:
    made = [invalid_id_number(kind, number) for number in range(2_000)]
    assert len(set(made)) == 2_000
    assert not any(is_id_number(each) for each in made)
    wrong = {each: _ways(each) for each in made}
    assert all(ways == {kind} for ways in wrong.values()), wrong


def _ways(text: str) -> set[str]:
    """All that is wrong with a text; the check digit says something only of 13 digits."""
    if len(text) != 13:
        return {"length"}
    if not text.isdigit():
        return {"letters"}
    found = {"date"} if int(text[4:6]) > 31 else set()
    found |= set() if text[10] in "012" else {"citizenship"}
    total = sum(sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(text))
    return found | ({"checksum"} if total % 10 else set())


def test_what_is_true_comes_in_its_shares() -> None:
    found = Counter(truth(each) for each in id_numbers(10_000))
    registered = sum(count for voter, count in found.items() if voter.status == "registered")
    assert 6_200 < registered < 6_800
    assert 2_300 < found[Voter("not-registered")] < 2_700
    assert 850 < found[Voter("deceased")] < 1_150
    assert 0.45 < found[Voter("registered", WARD)] / registered < 0.55
    assert {voter.ward for voter in found} == {WARD, *OTHER_WARDS, None}


def test_what_is_true_follows_from_the_id_number_and_the_seed() -> None:
    made = id_numbers(200)
    assert [truth(each) for each in made] == [truth(each, 1) for each in made] != [truth(each, 2) for each in made]


def test_every_id_number_has_its_category() -> None:
    made = id_numbers(500)
    for each in made:
        told = truth(each)
        here, elsewhere = category(each), category(each, ward="12345678")
        assert (here == "registered-here") == (told.ward == WARD)
        assert elsewhere == ("registered-elsewhere" if told.status == "registered" else told.status)
    assert {category(each) for each in made} == {
        "registered-here",
        "registered-elsewhere",
        "not-registered",
        "deceased",
    }
    assert {category(invalid_id_number(kind, 5)) for kind in KINDS} == {"invalid-id"}


def test_a_file_has_different_id_numbers_and_one_in_twenty_is_none() -> None:
    rows = list(voter_rows(2_000))
    assert len({row[0] for row in rows}) == 2_000
    invalid = [at for at, row in enumerate(rows) if not is_id_number(row[0])]
    assert invalid == list(range(19, 2_000, 20))
    assert Counter(row[4] for row in rows) == {WARD: 1_715, "": 285}
    assert rows[1_000:] == list(voter_rows(1_000, first=1_000)), "a row follows from its number"
    assert all(is_id_number(row[0]) for row in voter_rows(500, invalid_every=0))


def test_files_hold_the_rows_as_text(tmp_path: Path) -> None:
    rows = [HEADERS, *voter_rows(300)]
    write_csv(tmp_path / "voters.csv", voter_rows(300))
    with (tmp_path / "voters.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == rows
    write_workbook(tmp_path / "voters.xlsx", voter_rows(300))
    sheet = openpyxl.load_workbook(tmp_path / "voters.xlsx")["Voters"]
    assert [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)] == rows
