"""Vocabularies: English by default, others by declaration."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sluice import ENGLISH, Conventions, Date, Flag, Importer, Row, Vocabulary, column
from sluice.schema.cell_types import Context
from sluice.schema.cells import Record
from sluice.schema.validation import check_rows

FRENCH = Vocabulary(
    months=("janv", "févr fév", "mars", "avril avr", "mai", "", "", "août aoû", "sept", "oct", "nov", "décembre déc"),
    yes=frozenset({"oui"}),
    no=frozenset({"non"}),
    totals=frozenset({"somme"}),
)


def test_names_of_months_are_compared_as_whole_words() -> None:
    assert [ENGLISH.month(word) for word in ("jan", "September", "Sept", "DEC")] == [1, 9, 9, 12]
    assert [ENGLISH.month(word) for word in ("ja", "", "avr", "Janitor", "Mayo", "Marching", "Decembre")] == [None] * 7


def test_names_of_months_and_days_may_lack_their_accents() -> None:
    """A Turkish i has a dot or none, and case confuses the two."""
    turkish = Vocabulary(months=(*[""] * 9, "ekim", "kasım", ""), weekdays=("", "salı", *[""] * 5))
    assert [FRENCH.month(word) for word in ("fevr", "FÉVR", "aout", "Août")] == [2, 2, 8, 8]
    assert [turkish.month(word) for word in ("EKİM", "ekim", "KASIM", "Kasım")] == [10, 10, 11, 11]
    assert [turkish.weekday(word) for word in ("SALI", "Salı", "sali", "sal")] == [1, 1, 1, None]


def test_two_vocabularies_are_combined() -> None:
    both = ENGLISH | FRENCH
    assert [both.weekday(word) for word in ("Mon", "sunday", "lundi")] == [0, 6, None]
    assert both.particles >= {"of"}
    assert [both.month(word) for word in ("May", "mai", "Août", "December", "décembre")] == [5, 5, 8, 12, 12]
    assert {"yes", "oui"} <= both.yes
    assert {"no", "non"} <= both.no
    assert {"total", "somme"} <= both.totals


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"months": ("jan",)}, "give twelve months"),
        ({"months": ("January", *[""] * 11)}, "in lower case"),
        ({"months": ("jan.", *[""] * 11)}, "in lower case"),
        ({"months": ("jan", "jan", *[""] * 10)}, "two meanings"),
        ({"months": ("mai", "maí", *[""] * 10)}, "two meanings"),
        ({"weekdays": ("mon",)}, "seven weekdays"),
        ({"weekdays": ("mon", "mon", *[""] * 5)}, "two meanings"),
        ({"particles": frozenset({"Of"})}, "in lower case"),
        ({"months": ("jan", *[""] * 11), "unclear": frozenset({"jan"})}, "is a month, too"),
        ({"yes": frozenset({"si"}), "no": frozenset({"si"})}, "two meanings"),
    ],
)
def test_an_inconsistent_vocabulary_is_an_error(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Vocabulary(**wrong)


def test_a_word_with_two_meanings_in_two_languages_is_an_error() -> None:
    with pytest.raises(ValueError, match="two meanings"):
        ENGLISH | Vocabulary(yes=frozenset({"no"}))


def test_words_of_another_language_are_read_only_where_they_are_declared() -> None:
    french = Context(Conventions(vocabulary=ENGLISH | FRENCH))
    for kind, word in ((Flag, "oui"), (Date, "3 avr 2026")):
        cell: TypeAdapter[Any] = TypeAdapter(kind)
        cell.validate_python(word, context=french)
        with pytest.raises(ValidationError):
            cell.validate_python(word, context=Context(Conventions()))


def test_totals_follow_the_vocabulary_of_the_importer() -> None:
    class Part(Row):
        number: str = column("Number", key=True)

    english = Importer("parts", row=Part, dataset="parts", title="Parts")
    french = Importer("pieces", row=Part, dataset="pieces", title="Parts", conventions=Conventions(vocabulary=FRENCH))
    rows: list[Record] = [(2, ["Somme"]), (3, ["Total"])]
    assert check_rows(english, {1: "number"}, "Sheet", rows).ignored == 1
    assert check_rows(french, {1: "number"}, "Sheet", rows).ignored == 1
