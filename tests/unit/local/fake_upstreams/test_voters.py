"""Sample voters: valid and invalid ID numbers, and the voter of each."""

from __future__ import annotations

from collections import Counter

import pytest

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
def test_published_examples_of_id_numbers_are_valid(known: str) -> None:
    assert is_id_number(known)


@pytest.mark.parametrize("text", ["", "8001015009086", "800101500908", "８001015009087", " 8001015009087"])
def test_a_text_that_is_not_an_id_number_is_invalid(text: str) -> None:
    assert not is_id_number(text)


def test_a_leap_day_is_valid_in_either_century() -> None:
    assert is_id_number("0002290001086"), "2000 had one, 1900 had none"
    assert not is_id_number("0102290001084"), "neither 1901 nor 2001 had one"


def test_generated_id_numbers_are_valid_and_unique() -> None:
    made = id_numbers(20_000)
    assert len(set(made)) == 20_000
    assert all(is_id_number(each) for each in made)
    assert Counter(each[10] for each in made) == {"0": 19_000, "1": 900, "2": 100}
    assert 1_000 < sum(each.startswith("0") for each in made) < 3_000, "some begin with a zero"
    assert set(id_numbers(500, first=20_000)).isdisjoint(made)


@pytest.mark.parametrize("kind", KINDS)
def test_invalid_id_numbers_are_unique_and_have_exactly_one_error(kind: Kind) -> None:
    made = [invalid_id_number(kind, number) for number in range(2_000)]
    assert len(set(made)) == 2_000
    assert not any(is_id_number(each) for each in made)
    wrong = {each: _ways(each) for each in made}
    assert all(ways == {kind} for ways in wrong.values()), wrong


def _ways(text: str) -> set[str]:
    """Return the errors of a text; only 13 digits have a check digit."""
    if len(text) != 13:
        return {"length"}
    if not text.isdigit():
        return {"letters"}
    found = {"date"} if int(text[4:6]) > 31 else set()
    found |= set() if text[10] in "012" else {"citizenship"}
    total = sum(sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(text))
    return found | ({"checksum"} if total % 10 else set())


def test_voters_have_the_documented_shares() -> None:
    found = Counter(truth(each) for each in id_numbers(10_000))
    registered = sum(count for voter, count in found.items() if voter.status == "registered")
    assert 6_200 < registered < 6_800
    assert 2_300 < found[Voter("not-registered")] < 2_700
    assert 850 < found[Voter("deceased")] < 1_150
    assert 0.45 < found[Voter("registered", WARD)] / registered < 0.55
    assert {voter.ward for voter in found} == {WARD, *OTHER_WARDS, None}


def test_a_voter_depends_on_id_number_and_seed_alone() -> None:
    made = id_numbers(200)
    assert [truth(each) for each in made] == [truth(each, 1) for each in made] != [truth(each, 2) for each in made]


def test_category_follows_from_voter_and_ward() -> None:
    made = id_numbers(500)
    for each in made:
        voter = truth(each)
        here, elsewhere = category(each), category(each, ward="12345678")
        assert (here == "registered-here") == (voter.ward == WARD)
        assert elsewhere == ("registered-elsewhere" if voter.status == "registered" else voter.status)
    assert {category(each) for each in made} == {
        "registered-here",
        "registered-elsewhere",
        "not-registered",
        "deceased",
    }
    assert {category(invalid_id_number(kind, 5)) for kind in KINDS} == {"invalid-id"}
