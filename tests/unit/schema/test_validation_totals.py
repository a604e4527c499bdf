"""Totals rows are ignored, and no other row is taken for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.options import LoadOptions
from sluice.schema.cell_types import Money
from sluice.schema.cells import Cell, CellError
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, check_rows

products = importer_named("products")
FIELDS = {1: "part_number", 2: "description", 3: "brand", 4: "price", 5: "stock"}


class Brand(Row):
    """A brand and what it sold: nothing but a name and numbers."""

    name: str = column("Brand", key=True)
    sold: Money = column("Sold", default=0)


class Order(Row):
    """Only its number is required."""

    number: str = column("Number", key=True)
    customer: str | None = column("Customer", default=None)
    city: str | None = column("City", default=None)
    paid: Money | None = column("Paid", default=None)


brands = Importer("brands", row=Brand, dataset="brands", title="Brands")
orders = Importer("orders", row=Order, dataset="orders", title="Orders")


def check(*rows: list[Cell], fields: dict[int, str] | None = None, importer: Importer = products) -> Checked:
    """Check rows whose first cell belongs to no column."""
    return check_rows(importer, fields or FIELDS, "Sheet1", enumerate(rows, start=2))


@pytest.mark.parametrize(
    "row",
    [
        ["TOTAL", None, None, None, 99.5, 12.0],
        ["Grand Total:", None, None, None, "1,000.00"],
        [None, "TOTAL", None, None, 99.5],
        [None, None, "Jumlah", None, 99.5],
        [" ", "", None, "sub-total", 99.5],
        ["Total Keseluruhan", "", " ", None, 99.5],
        ["Summe", None, None, None, CellError("#REF!")],
        ["Total", None, None, None, None, None, "checked by Ann"],
        ["Total"],
    ],
)
def test_a_totals_row_is_ignored(row: list[Cell]) -> None:
    """It is neither good nor rejected, and not among the rows that were seen."""
    checked = check([None, "A", "Oil filter", None, 99.5], row)
    assert [good.key for good in checked.good] == ["A"]
    assert (checked.seen, checked.ignored, checked.rejections) == (1, 1, [])


@pytest.mark.parametrize(
    "row",
    [
        [None, "Total", "Total quartz 9000", None, 40],
        [None, "TOTAL", "TOTAL", None, 40],
        ["Total", "A-1", "Oil filter", None, 40],
        ["Sum", "SUM", "Sum", "Sum", 40],
    ],
)
def test_a_product_called_total_is_a_product(row: list[Cell]) -> None:
    """Its description distinguishes it."""
    checked = check(row)
    assert (len(checked.good), checked.seen, checked.ignored) == (1, 1, 0)


@pytest.mark.parametrize(
    "row",
    [
        [None, None, "Total quartz 9000", None, 40],
        [None, None, "Total", "Total", 40],
        ["Total", None, "Oil filter", None, 40],
        [None, None, None, None, 40, "Total"],
        ["Totally", None, None, None, 40],
        ["Total Jakarta", None, None, None, 40],
        ["Total", None, "Total", None, 40],
        [7.0, "Total", None, None, 40],
    ],
)
def test_a_wrong_row_is_not_taken_for_a_totals_row(row: list[Cell]) -> None:
    """It is rejected, so that a person sees it."""
    checked = check(row)
    assert (checked.good, checked.rejected, checked.ignored) == ([], 1, 0)


def test_a_name_beside_numbers_alone_is_a_record() -> None:
    """Without other columns of text, the brand "Total" cannot be distinguished from a sum."""
    fields = {0: "name", 1: "sold"}
    checked = check(["Total", 5], ["", 7], importer=brands, fields=fields)
    assert [good.key for good in checked.good] == ["Total"]
    assert (checked.rejected, checked.ignored) == (1, 0)


def test_where_only_the_key_is_required_a_totals_row_has_all_other_text_empty() -> None:
    """Such a row would be good, with the word as its key, but all other text of it is empty."""
    fields = {0: "number", 1: "customer", 2: "city", 3: "paid"}
    rows: list[list[Cell]] = [["1", "Ann", None, 5], ["Total", None, None, 5], ["Total"], ["Total", "Bob", None, 5]]
    checked = check(*rows, importer=orders, fields=fields)
    assert [(good.number, good.key) for good in checked.good] == [(2, "1"), (4, "Total"), (5, "Total")]
    assert checked.ignored == 1


def test_a_column_that_the_file_does_not_have_does_not_count_as_empty() -> None:
    """In a file of keys and numbers alone, a key "Total" may be a record."""
    checked = check(["Total", 5], importer=orders, fields={0: "number", 1: "paid"})
    assert (len(checked.good), checked.ignored) == (1, 0)


def test_normalise_is_not_called_with_a_totals_row() -> None:
    """`normalise` changes records only."""

    def never(row: Row) -> Row:
        raise AssertionError(row)

    assert check(["Total", None, None, None, 5], importer=replace(products, normalise=never)).ignored == 1


NARROW = {0: "part_number", 1: "description", 2: "price", 3: "stock"}


@pytest.mark.parametrize(
    "word",
    [
        *("Total", "TOTALS:", "Total général", "Sous-total", "Total general", "Totale", "Razem", "SUMA", "Ogółem"),
        *("Totaal", "Subtotaal", "Soma", "Summa", "Yhteensä", "Celkem", "Toplam", "Итого:", "合計", "Zwischensumme"),
    ],
)
@pytest.mark.parametrize("description", [None, "", " "])
def test_a_total_without_the_text_that_a_record_must_have_is_a_totals_row_in_a_short_list_too(
    word: str, description: Cell
) -> None:
    checked = check([word, description, "15,50", 13], fields=NARROW)
    assert (checked.ignored, checked.rejections) == (1, [])


@pytest.mark.parametrize(
    "row",
    [
        [None, None, "15,50", 13],  # sums without a word
        ["Total A", None, "15,50", 13],
        ["Page 1 of 1", None, None, None],
        ["Total", None, None, None],  # no number beside it
        ["Totalizer", None, 5, 1],
        ["Razem", "Razem", "none", 1],
    ],
)
def test_a_row_without_such_a_word_or_a_number_stays_rejected_in_a_short_list(row: list[Cell]) -> None:
    checked = check(row, fields=NARROW)
    assert (checked.good, checked.rejected, checked.ignored) == ([], 1, 0)


def test_an_update_does_not_need_the_description_so_a_part_called_total_is_updated() -> None:
    checked = check_rows(
        products, NARROW, "Sheet1", [(2, ["Total", None, 15.5, 13])], options=LoadOptions(mode="update", blanks="keep")
    )
    assert [good.key for good in checked.good] == ["Total"]
