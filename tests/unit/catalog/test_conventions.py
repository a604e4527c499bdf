"""The conventions of the catalogue: which words their importers read beside the English ones."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from sluice import Conventions, Date, Flag, Money
from sluice.catalog.civil_service.proposal import REGISTER_CONVENTIONS
from sluice.catalog.conventions import INDONESIAN, INTERNATIONAL
from sluice.schema.cell_types import Context

ALL = [INTERNATIONAL, INDONESIAN, REGISTER_CONVENTIONS]


def read(kind: Any, cell: str, conventions: Conventions) -> Any:
    """Read a cell."""
    return TypeAdapter(kind).validate_python(cell, context=Context(conventions))


@pytest.mark.parametrize("conventions", ALL)
@pytest.mark.parametrize(
    ("name", "month"),
    [
        *[("Januari", 1), ("Februari", 2), ("Peb", 2), ("Maret", 3), ("April", 4), ("Mei", 5), ("Juni", 6)],
        *[("Juli", 7), ("Agustus", 8), ("Ags", 8), ("Agt", 8), ("September", 9), ("Okt", 10), ("Nopember", 11)],
        *[("Desember", 12), ("May", 5), ("Aug", 8), ("October", 10), ("dec", 12)],
    ],
)
def test_months_have_english_and_indonesian_names(conventions: Conventions, name: str, month: int) -> None:
    assert read(Date, f"17 {name} 2025", conventions) == date(2025, month, 17)


@pytest.mark.parametrize("conventions", ALL)
@pytest.mark.parametrize(
    ("word", "value"),
    [
        *[("ya", True), ("Aktif", True), ("benar", True), ("yes", True)],
        *[("TIDAK", False), ("nonaktif", False), ("Non Aktif", False), ("salah", False), ("no", False)],
    ],
)
def test_yes_and_no_may_be_english_or_indonesian(conventions: Conventions, word: str, value: bool) -> None:
    assert read(Flag, word, conventions) is value


@pytest.mark.parametrize(("conventions", "cell"), [(INTERNATIONAL, "Rp 1,250.50"), (INDONESIAN, "Rp 1.250,50")])
def test_the_decimal_mark_follows_the_conventions(conventions: Conventions, cell: str) -> None:
    assert str(read(Money, cell, conventions)) == "1250.5"
