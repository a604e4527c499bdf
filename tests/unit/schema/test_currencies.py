"""Which currencies a sign can stand for, and what becomes of an amount whose currency is not that of its row."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from sluice.catalog.conventions import INTERNATIONAL
from sluice.model.options import LoadOptions
from sluice.model.recipe import Mark
from sluice.schema.cell_types import Conventions, Currency, Money
from sluice.schema.cells import Cell
from sluice.schema.currencies import code_from_text, signs_of, without_currency
from sluice.schema.importer import Importer, Row, column
from sluice.schema.numbers import amount_from_text
from sluice.schema.validation import Checked, check_rows
from tests.unit.schema.sample import check, row_of


class Cost(Row):
    """A row without a currency of its own."""

    code: str = column("Code", key=True)
    amount: Money = column("Amount")


class Trade(Row):
    """A row with two amounts and their currencies."""

    code: str = column("Code", key=True)
    price: Money = column("Price", default=0)
    currency: Currency = column("Currency", default="EUR")
    fee: Money = column("Fee", default=0)
    fee_currency: Currency | None = column("Fee Currency", default=None)
    tax: Money = column("Tax", default=0)


def reasons(checked: Checked) -> list[tuple[str | None, str, dict[str, Any]]]:
    return [(each.column, each.code, dict(each.params)) for each in checked.rejections]


def checked_row(row: type[Row], blanks: Any = "clear", usual: str | None = None, **cells: Cell) -> Checked:
    conventions = Conventions(vocabulary=INTERNATIONAL.vocabulary, currency=usual)
    importer = Importer("some", row=row, dataset="some", title="Some", conventions=conventions, blanks=blanks)
    values: dict[str, Cell] = {"code": "A", **cells}
    fields = dict(enumerate(values))
    return check_rows(importer, fields, "S", [(2, list(values.values()))], options=LoadOptions(blanks=blanks))


@pytest.mark.parametrize(
    ("cell", "rest", "codes"),
    [
        ("EUR 5", "5", {"EUR"}),
        ("5 usd", "5", {"USD"}),
        ("US$5", "5", {"USD"}),
        ("AUD$ 5", "5", {"AUD"}),
        ("Rp. 5.000", "5.000", {"IDR"}),
        ("5 Kr.", "5", {"SEK", "NOK", "DKK", "ISK"}),
        ("(12.00 €)", "(12.00)", {"EUR"}),
        ("R 99.90", "99.90", {"ZAR"}),
        ("¥5", "5", {"JPY", "CNY"}),
        ("$5 USD", "5", {"USD"}),
        ("XY$5", "5", {"XY$"}),
        ("₥5", "5", {"₥"}),
    ],
)
def test_a_sign_stands_for_the_currencies_that_use_it(cell: str, rest: str, codes: set[str]) -> None:
    text, currency = without_currency(cell)
    assert text == rest
    assert currency is not None
    assert currency.codes == codes


@pytest.mark.parametrize("cell", ["5", "-5", "¤5", "5 ¤"])
def test_an_amount_alone_shows_no_currency(cell: str) -> None:
    assert without_currency(cell)[1] is None


@pytest.mark.parametrize("code", ["USD", "CAD", "AUD", "SGD", "MXN", "CLP"])
def test_a_dollar_sign_contradicts_no_currency_that_uses_it(code: str) -> None:
    assert not check(row_of(price="$12.00", currency=code)).rejections


@pytest.mark.parametrize("cell", ["$5 EUR", "€5$", "USD 5 CAD", "£5 €"])
def test_two_currencies_in_one_cell_are_rejected(cell: str) -> None:
    (rejection,) = check(row_of(price=cell, currency="EUR")).rejections
    assert (rejection.column, rejection.code) == ("Price", "two-currencies")
    assert set(rejection.params) == {"first", "second"}


@pytest.mark.parametrize(
    ("cell", "currency", "shown"),
    [
        ("$12.00", None, "$"),
        ("$12.00", "EUR", "$"),
        ("12 USD", "EUR", "USD"),
        ("gbp 5", "EUR", "gbp"),
        ("¥1,000", "EUR", "¥"),
        ("C$5", "USD", "C$"),
        ("kr 5", "EUR", "kr"),
        ("₥5", "EUR", "₥"),
        ("XY$5", "USD", "XY$"),
    ],
)
def test_an_amount_in_another_currency_than_its_row_is_rejected(cell: str, currency: Cell, shown: str) -> None:
    """Else its number would be stored with a currency that is not the file's; a default is the row's as well."""
    checked = check(row_of(price=cell, currency=currency))
    assert reasons(checked) == [("Price", "other-currency", {"shown": shown, "currency": currency or "EUR"})]
    assert (checked.rejections[0].value, checked.good) == (cell, [])


def test_each_cell_of_a_column_is_compared_with_its_own_row() -> None:
    checked = check(
        row_of(price="$1", currency="USD"), row_of(code="B", price="€2"), row_of(code="C", price="£3", currency="USD")
    )
    assert [row.number for row in checked.good] == [2, 3]
    assert [rejection.row for rejection in checked.rejections] == [4]


def test_a_row_that_is_rejected_leaves_no_currency_to_the_next() -> None:
    checked = check(row_of(price="$1", stock="x", currency="USD"), row_of(code="B", price="2"))
    assert [row.number for row in checked.good] == [3]


@pytest.mark.parametrize("blanks", ["keep", "clear"])
@pytest.mark.parametrize("cells", [{}, {"currency": None}])
def test_a_row_that_leaves_its_currency_blank_says_the_one_beside_its_amount(blanks: str, cells: Any) -> None:
    """Else a record in dollars would keep them beside an amount in euros."""
    (row,) = checked_row(Trade, blanks, price="€ 12", **cells).good
    assert json.loads(row.values)["currency"] == "EUR"
    (row,) = checked_row(Trade, "keep", price="12", **cells).good
    assert "currency" not in json.loads(row.values)


def test_the_currency_of_an_amount_is_the_next_one_behind_it_or_the_last() -> None:
    checked = checked_row(Trade, price="$1", currency="USD", fee="£2", fee_currency="GBP", tax="£3")
    assert not checked.rejections
    checked = checked_row(Trade, price="£1", currency="USD", fee="$2", fee_currency="GBP", tax="$3")
    assert [column for column, _, _ in reasons(checked)] == ["Price", "Fee", "Tax"]
    assert reasons(checked_row(Trade, fee="$2")) == [("Fee", "no-currency", {"shown": "$"})]


def test_without_a_currency_of_its_rows_an_importer_says_one_for_all() -> None:
    """Where neither says one, the amount is a number alone."""
    assert not checked_row(Cost, amount="€ 5").rejections
    assert reasons(checked_row(Cost, usual="EUR", amount="$5")) == [
        ("Amount", "other-currency", {"shown": "$", "currency": "EUR"})
    ]
    assert not checked_row(Cost, usual="EUR", amount="€ 5").rejections
    assert not checked_row(Cost, amount="5").rejections


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize(
    ("cell", "shows"),
    [
        ("5.000₫", ","),
        ("IDR 5.000", ","),
        ("Rp. 5.000", ","),
        ("5,000 JPY", "."),
        ("₩5,000", "."),
        ("CLP$ 5.000", ","),
        ("(Rp 5.000)", ","),
    ],
)
def test_a_currency_without_cents_shows_that_its_mark_groups(cell: str, shows: str, mark: Mark) -> None:
    number, shown, _ = amount_from_text(cell, mark)
    assert (abs(number), shown) == (Decimal(5000), shows)


@pytest.mark.parametrize("cell", ["$5.000", "¥5.000", "€ 5.000", "KWD 5.000"])
def test_a_currency_that_may_have_cents_leaves_a_mark_ambiguous(cell: str) -> None:
    assert amount_from_text(cell, ".")[:2] == (Decimal(5), "either")
    assert amount_from_text(cell, ",")[:2] == (Decimal(5000), "either")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *[
            ("EUR", "EUR"),
            ("eur", "EUR"),
            ("Eur ", "EUR"),
            ("usd", "USD"),
            ("€", "EUR"),
            ("Euro", "EUR"),
            ("EUROS", "EUR"),
        ],
        *[("zł", "PLN"), ("Kč", "CZK"), ("₹", "INR"), ("£", "GBP"), ("₩", "KRW"), ("Rp", "IDR"), ("Rp.", "IDR")],
        *[
            ("US$", "USD"),
            ("US Dollar", "USD"),
            ("R$", "BRL"),
            ("TL", "TRY"),
            ("円", "JPY"),
            ("yen", "JPY"),
            ("Ft", "HUF"),
        ],
    ],
)
def test_a_currency_is_a_code_or_what_stands_for_one_currency_alone(cell: str, code: str) -> None:
    (row,) = checked_row(Trade, price="1", currency=cell).good
    assert json.loads(row.values)["currency"] == code


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        *[("$", "AUD, CAD, USD"), ("Dollar", "AUD, CAD, USD"), ("¥", "CNY, JPY"), ("kr", "DKK, NOK, SEK")],
        *[
            ("Kronor", "DKK, NOK, SEK"),
            ("LEI", "MDL, RON"),
            ("Rs.", "INR, LKR, MUR"),
            ("C$", "CAD, NIO"),
            ("元", "CNY, HKD, MOP"),
        ],
    ],
)
def test_what_stands_for_several_currencies_is_rejected_and_codes_are_named(cell: str, codes: str) -> None:
    assert reasons(checked_row(Trade, price="1", currency=cell)) == [
        ("Currency", "several-currencies", {"codes": codes})
    ]


@pytest.mark.parametrize("cell", ["R", "all", "Pfund", "¤", "EURO (€)", "978", "EU", "xyz", "e", "", "cent"])
def test_no_other_text_becomes_a_currency(cell: str) -> None:
    """Letters that are a word of no currency are not made capital: ALL is one, and all is none."""
    assert code_from_text(cell) == cell


def test_signs_of_a_currency_are_those_that_it_alone_uses() -> None:
    """Each of them becomes its code."""
    assert {"eur", "€", "euro"} <= signs_of("EUR")
    assert "$" not in signs_of("USD")
    assert "r" not in signs_of("ZAR")
    for code in ("EUR", "USD", "IDR", "GBP", "JPY"):
        assert {code_from_text(sign) for sign in signs_of(code)} == {code}


def test_a_sign_of_a_currency_in_its_column_is_compared_with_that_of_an_amount() -> None:
    assert not checked_row(Trade, price="$1", currency="us$").rejections
    assert reasons(checked_row(Trade, price="$1", currency="€"))[0][:2] == ("Price", "other-currency")


@pytest.mark.parametrize("blanks", ["keep", "clear"])
def test_a_title_that_names_a_currency_says_it_of_each_amount_below(blanks: Any) -> None:
    """A record in dollars does not keep them beside it, and a row in dollars is rejected."""
    importer = Importer("some", row=Trade, dataset="some", title="Some", blanks=blanks)
    fields = {0: "code", 1: "price", 2: "currency"}
    rows: list[list[Cell]] = [
        ["A", "12"],
        ["B", "12", "EUR"],
        ["C", "12", "USD"],
        ["D", "$12", "USD"],
        ["E"],
        ["F", "€12"],
    ]
    checked = check_rows(importer, fields, "S", list(enumerate(rows, 2)), currencies={"price": "EUR"})
    said = {row.number: json.loads(row.values).get("currency") for row in checked.good}
    assert said == {2: "EUR", 3: "EUR", 5: "USD", 6: None if blanks == "keep" else "EUR", 7: "EUR"}
    assert [(each.row, each.code, each.params) for each in checked.rejections] == [
        (4, "other-currency", {"shown": "EUR", "currency": "USD"})
    ]
    (row,) = check_rows(importer, {0: "code", 1: "price"}, "S", [(2, ["A", "12"])], currencies={"price": "EUR"}).good
    assert json.loads(row.values)["currency"] == "EUR"
