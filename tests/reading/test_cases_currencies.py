"""Amounts whose cells show a currency, in workbooks: numbers by themselves, which must not become another currency."""

from __future__ import annotations

import pytest

from tests.reading.made import ods_cell, ods_document, ods_table
from tests.reading.outcomes import Outcome, outcome_of
from tests.reading.test_cases_cells import number, outcome_of_cells, sheet_of, styles_of
from tests.reading.test_cases_ids import HEAD, as_ods, as_xls
from tests.support.factories_files import workbook
from tests.support.harness import Harness
from tests.unit.reading.driving import read_all

IN_EUR = "is in {}, and its row is in EUR. Write the amount in EUR, or say the row's currency"
DOLLARS = "[$$-409]#,##0.00;[Red]-[$$-409]#,##0.00"


def assert_rejected_in(sign: str, outcome: Outcome) -> None:
    assert (outcome.rows, outcome.rejected) == ({}, {2: [f"Price: {IN_EUR.format(sign)}"]})


@pytest.mark.parametrize(
    ("code", "sign"),
    [(DOLLARS, "$"), ('"$"#,##0.00', "$"), ("#,##0.00 [$USD]", "USD"), ("[$£-809]#,##0.00", "£"), ('"Rp"#,##0', "Rp")],
)
def test_an_amount_that_its_cell_shows_in_another_currency_is_rejected_as_in_a_text_file(code: str, sign: str) -> None:
    assert_rejected_in(sign, outcome_of_cells({"price": number(12.5, 1)}, styles=styles_of(code)))
    assert_rejected_in(sign, outcome_of(as_xls(("K-1", "F", 12.5), codes={2: code}), "a.xls"))
    assert_rejected_in(sign, outcome_of(as_ods(("K-1", "F", (12.5, f"{sign} 12.50"))), "a.ods"))


def test_an_opendocument_cell_names_its_currency() -> None:
    """It goes before what the cell shows."""
    cell = '<table:table-cell office:value-type="currency" office:currency="USD" office:value="12.5">'
    cells = f"{ods_cell('K-1')}{ods_cell('F')}{cell}<text:p>12,50</text:p></table:table-cell>"
    file = ods_document(ods_table(["".join(map(ods_cell, HEAD)), cells]))
    assert_rejected_in("USD", outcome_of(file, "a.ods"))


@pytest.mark.parametrize(
    "code", ["[$€-407] #,##0.00", '#,##0.00 "EUR"', "#,##0.00", "[$-407]#,##0.00", '"¤" 0.00', "0.00%"]
)
def test_an_amount_in_the_currency_of_its_row_is_taken(code: str) -> None:
    outcome = outcome_of_cells({"price": number(12.5, 1)}, {"price": number(7, 1)}, styles=styles_of(code))
    assert outcome.table("price", "currency") == {2: ("12.5", "EUR"), 3: ("7", "EUR")}


def test_a_column_of_text_takes_the_digits_of_an_amount() -> None:
    outcome = outcome_of_cells({"description": number(12.5, 1)}, styles=styles_of(DOLLARS))
    assert outcome.table("description") == {2: ("12.5",)}


def test_a_stock_is_a_number_whatever_the_currency_of_its_format() -> None:
    assert outcome_of_cells({"stock": number(5, 1)}, styles=styles_of(DOLLARS)).table("stock") == {2: (5,)}


@pytest.mark.parametrize("name", ["errors.xlsx", "errors.csv"])
def test_a_rejected_amount_keeps_its_currency_in_the_corrected_report(name: str) -> None:
    """Its three decimals are no thousands when it is read again."""
    harness = Harness()
    file = workbook({"Data": sheet_of({"price": number(12.125, 1)})}, styles=styles_of(DOLLARS))
    outcome = outcome_of(file, "a.xlsx", on=harness)
    assert_rejected_in("$", outcome)
    report = harness.make_file(outcome.job.ref, name)
    assert "$ 12.1250" in str(read_all(report)) if name.endswith("xlsx") else b"$ 12.1250" in report
