"""Voters: their rows are looked up, and the file's name has the ward."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sluice.catalog.elections.id_number import why_not_an_id_number
from sluice.catalog.elections.voters import voters
from sluice.catalog.registry import IMPORTERS, lookup_named
from sluice.schema.validation import check_rows
from sluice.wording import word_rejection

(WARD,) = voters.parameters


@pytest.mark.parametrize(
    "cell", ["800101500908", "8001015009088", "not known", "8,00102E+12", 80010150090, 8001015.5, "#", "0" * 40]
)
def test_an_invalid_id_number_is_not_rejected_because_the_result_has_a_category_of_those(cell: Any) -> None:
    checked = check_rows(voters, {0: "id_number"}, "Sheet", [(2, [cell])])
    assert checked.rejections == []
    assert why_not_an_id_number(checked.good[0].key)


def test_a_row_is_looked_up_by_its_id_number_alone() -> None:
    checked = check_rows(voters, {0: "id_number"}, "Sheet", [(2, [8001015009087.0]), (3, [None, "Thandiwe"])])
    assert [row.key for row in checked.good] == ["8001015009087"]
    assert [(rejection.row, word_rejection(rejection)) for rejection in checked.rejections] == [(3, "is required")]


@pytest.mark.parametrize(
    ("name", "ward"),
    [
        ("79800001.xlsx", "79800001"),
        ("Ward 79800001.xlsx", "79800001"),
        ("ward_79800001_final(2).xls", "79800001"),
        ("ward79800001branch.xlsx", "79800001"),
        ("members 2026.xlsx", None),
        ("8001015009087.xlsx", None),
        ("20261122143000.xlsx", None),
        ("members 20260315.xlsx", None),
        ("members_15032026.xlsx", None),
        ("20260315 Ward 79800001.xlsx", "79800001"),
        ("20260315 79800001 05032026.xlsx", "79800001"),
        ("79800002 of WARD-20201001.xlsx", "20201001"),
    ],
)
def test_the_ward_is_eight_digits_of_the_file_name_that_are_not_a_date(name: str, ward: str | None) -> None:
    found = re.search(WARD.from_name, name)
    assert (found and found[1]) == ward
    assert ward is None or re.fullmatch(WARD.pattern, ward)


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_lookup_and_the_parameters_of_an_importer_are_consistent(importer: Any) -> None:
    assert importer.lookup is None or lookup_named(importer.lookup).name == importer.lookup
    for parameter in importer.parameters:
        assert re.fullmatch(parameter.pattern, parameter.example)
        found = re.search(parameter.from_name, f"{parameter.title} {parameter.example}.xlsx")
        assert found
        assert found[1] == parameter.example
        assert re.compile(parameter.from_name).groups == 1
    assert all(ending.startswith(".") and ending == ending.lower() for ending in importer.file_types)
