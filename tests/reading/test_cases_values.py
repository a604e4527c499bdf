"""What becomes of values of text files that are damaged, guarded, marked or written in another way: one test a case."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from sluice.model.options import LoadOptions
from tests.reading.outcomes import Outcome, outcome_of
from tests.support.harness import Harness

ERROR = "is an error of the spreadsheet. Correct its formula, or write the value"
NOT_A_DATE = "Updated: is not a date, such as 2026-01-31"
SHORTENED = "is a number that a program has shortened. Write it as text, with all digits, such as"


def as_csv(header: Sequence[str], *rows: Sequence[str], delimiter: str = ",") -> bytes:
    """Write a text file as programs do."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode()


def of_column(title: str, *cells: str) -> Outcome:
    """Import products with the keys K-2, K-3 and so on, which differ in one column."""
    own = {"Part Number": "", "Description": "Filter", "Price": "1"}
    header = list(dict.fromkeys([*own, title]))
    rows = [
        [{**own, "Part Number": f"K-{row}", title: cell}[name] for name in header] for row, cell in enumerate(cells, 2)
    ]
    return outcome_of(as_csv(header, *rows), "file.csv")


def of_orders(*rows: Sequence[str], titles: Sequence[str] = (), delimiter: str = ",") -> Outcome:
    """Import orders, with a day each."""
    header = ["ORDER_ID", "STANDARD_NAME", *titles, "ORDER_CREATED_DATE"]
    return outcome_of(as_csv(header, *([*row, "01/12/2025"] for row in rows), delimiter=delimiter), "file.csv", "sos")


# ---------------------------------------------------------------------- invisible characters, one form of a text


def test_keys_that_differ_in_invisible_characters_are_one() -> None:
    header = ["Part Number", "Description", "Price", "Brand"]
    keys = ["K-1", "\u200bK-2", "K-2", "K-3\u200b", "\u202aK-4\u202c", "\ufeffK-5\u2060", "K-6\xad", "\u200e K-7\xa0"]
    outcome = outcome_of(as_csv(header, *([key, "Filter", "1", key] for key in keys)), "file.csv")
    assert outcome.table("part_number", "brand") == {
        2: ("K-1", "K-1"),
        **{row: (f"K-{at}", f"K-{at}") for row, at in ((3, 2), (5, 3), (6, 4), (7, 5), (8, 6), (9, 7))},
    }
    assert outcome.rejected == {4: ["Part Number: repeats the Part Number of row 3"]}


def test_an_invisible_character_inside_a_key_is_rejected_by_its_name() -> None:
    outcome = of_column("Part Number", "K\u200b1", "K\xad2", "K\u30643")
    assert list(outcome.rejected) == [2, 3]
    assert "(U+200B) in place 2" in outcome.rejected[2][0]
    assert outcome.table("part_number") == {4: ("K\u30643",)}


def test_composed_and_decomposed_keys_are_one() -> None:
    outcome = of_column("Part Number", "C\xc3O-1", "CA\u0303O-1", "\ud55c", "\u1112\u1161\u11ab")
    assert outcome.table("part_number") == {2: ("C\xc3O-1",), 4: ("\ud55c",)}
    assert list(outcome.rejected) == [3, 5]


def test_headers_with_invisible_characters_and_odd_spaces_are_found() -> None:
    header = ["\ufeffPart\xa0Number", "\u200bDescription", "Price\n", "Stock\u202f", "Br\xadand", "\u200fUpdated\u200e"]
    outcome = outcome_of(as_csv(header, ["H-1", "Filter", "1", "2", "X", "2025-01-31"]), "file.csv")
    fields = ("part_number", "description", "price", "stock", "brand", "updated")
    assert outcome.table(*fields) == {2: ("H-1", "Filter", "1", 2, "X", "2025-01-31")}


# ---------------------------------------------------------------------- wrappers and exports


def test_a_wrapper_for_spreadsheets_is_its_content_in_every_column() -> None:
    header = ["Part Number", "Description", "Price", "Stock", "Brand", "Updated"]
    outcome = outcome_of(
        as_csv(
            header,
            ['="00123"', "Filter", '="12.50"', '="3"', '="007"', '="2025-01-31"'],
            ['=T("00456")', '="say ""hi"""', "1", "2", "'=1", "31/01/2025"],
            ["'-5", "'@home", "1", "2", "'s-Hof", "31/01/2025"],
        ),
        "file.csv",
    )
    assert outcome.table("part_number", "description", "price", "stock", "brand") == {
        2: ("00123", "Filter", "12.5", 3, "007"),
        3: ("00456", 'say "hi"', "1", 2, "=1"),
        4: ("-5", "@home", "1", 2, "'s-Hof"),
    }


def test_an_export_that_is_imported_again_changes_nothing() -> None:
    header = ["Part Number", "Description", "Price", "Brand"]
    rows = [["-AB-1", "=Sum kit", "12.50", "+Plus"], ["00123", "@home", "5", "a;-b"], ["+1", "'quoted", "1", "\t=x"]]
    harness = Harness()
    first = outcome_of(as_csv(header, *rows), "file.csv", on=harness)
    assert first.table("part_number", "description", "brand") == {
        2: ("-AB-1", "=Sum kit", "+Plus"),
        3: ("00123", "@home", "a;-b"),
        4: ("+1", "'quoted", "=x"),
    }
    again = outcome_of(harness.make_file(first.job.ref, "loaded.csv"), "loaded.csv", on=harness)
    assert (again.job.counts.unchanged, again.job.counts.total) == (3, 3)


# ---------------------------------------------------------------------- markers, errors, the header again


def test_nulls_of_databases_are_blank_cells() -> None:
    """Quoted or not; a word that people use is a value."""
    nulls = ["NULL", "\\N", "null", "(null)", "<null>", "[NULL]", '"NULL"']
    values = ["None", "NA", "Null", "-", "NULLA"]
    outcome = of_column("Brand", *nulls[:-1], *values)
    assert [brand for (brand,) in outcome.table("brand").values()] == [None] * 6 + values
    body = b'Part Number,Description,Price,Stock,Brand\nN-1,Filter,1,NULL,"NULL"\n'
    assert outcome_of(body, "file.csv").table("stock", "brand") == {2: (0, None)}


def test_a_null_in_a_required_column_is_rejected() -> None:
    assert of_column("Description", "NULL").rejected == {2: ["Description: is required"]}


def test_a_cell_clears_what_a_record_has_although_blank_cells_keep_it() -> None:
    header, harness = ["Part Number", "Description", "Price", "Stock", "Brand"], Harness()
    outcome_of(
        as_csv(header, ["C-1", "Filter", "2", "5", "Bosch"], ["C-2", "Belt", "3", "6", "Conti"]), "a.csv", on=harness
    )
    body = as_csv(header, ["C-1", "", "-", "-", "[clear]"], ["C-2", "", "", "", "-"])
    outcome = outcome_of(
        body, "b.csv", recipe={"clear_markers": ["-", "[clear]"]}, on=harness, options=LoadOptions("update")
    )
    assert outcome.rejected == {2: ["Price: cannot be cleared, because the column needs a value. Write the value"]}
    assert outcome.table("description", "price", "stock", "brand") == {3: ("Belt", "3", 6, None)}


@pytest.mark.parametrize(
    "error",
    [
        "#N/A",
        "#REF!",
        "#NAME?",
        "#NV",
        "#BEZUG!",
        "#ÜBERLAUF!",
        "#SPILL!",
        "#VALEUR !",
        "#¡REF!",
        "#ДЕЛ/0!",
        "####",
        "#NEDOSTUPNÝ",
        "Fehler:502",
        "Err :502",
        "Błąd:502",
    ],
)
def test_an_error_of_a_workbook_that_was_saved_as_text_is_rejected(error: str) -> None:
    """In the key, in a required column and in an optional one."""
    rows = [["E-1", error, "12.50", "Bosch"], ["E-2", "Filter", "4", error], [error, "Filter", "4", "Bosch"]]
    outcome = outcome_of(as_csv(["Part Number", "Description", "Price", "Brand"], *rows), "file.csv")
    assert outcome.rows == {}
    assert outcome.rejected == {2: [f"Description: {ERROR}"], 3: [f"Brand: {ERROR}"], 4: [f"Part Number: {ERROR}"]}
    assert {each.value for each in outcome.rejections} == {error}


def test_a_text_that_says_there_is_no_value_is_rejected() -> None:
    outcome = of_column("Brand", "NaN", "nan", "-inf", "1.#IND", "<NA>", "NaT", "Nan", "Infinity")
    assert [brand for (brand,) in outcome.table("brand").values()] == ["Nan", "Infinity"]
    assert {each.code for each in outcome.rejections} == {"no-result"}


def test_the_header_again_is_ignored() -> None:
    header = ["Dealer Code", "Name", "City"]
    rows = [["D-1", "Meyer", "Hamburg"], header, ["D-2", "Petersen", "Kiel"], ["DEALER CODE", " name", "city "]]
    outcome = outcome_of(as_csv(header, *rows), "file.csv", "dealers")
    assert outcome.table("dealer_code") == {2: ("D-1",), 4: ("D-2",)}
    assert (outcome.job.counts.ignored, outcome.job.counts.total) == (2, 2)


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("cell", "price", "currency"),
    [
        *(
            ("1,23,456.00", "123456", "INR"),
            ("₹ 12,34,567.89", "1234567.89", "INR"),
            ("Rs. 1,23,456/-", "123456", "PKR"),
        ),
        *(("1'234.50", "1234.5", "CHF"), ("CHF 1\u2019234.50", "1234.5", "CHF"), ("1\u202f234,50 €", "1234.5", "EUR")),
        *(("$1,234.50", "1234.5", "CAD"), ("1.234,50 TL", "1234.5", "TRY"), ("12,50 Kč", "12.5", "CZK")),
        *(("1200円", "1200", "JPY"), ("R$ 1.234,50", "1234.5", "BRL"), ("49,-", "49", "SEK")),
        *(("１２．５０", "12.5", "JPY"), ("٣٤٫٥٠", "34.5", "EGP"), ("١٬٢٣٤", "1234", "EGP")),
        *(("1.250,-", "1250", "EUR"), ("12.500,-", "12500", "IDR"), ("IDR 5.000", "5000", "IDR")),
    ],
)
def test_an_amount_that_a_clerk_reads_at_once_is_read(cell: str, price: str, currency: str) -> None:
    header = ["Part Number", "Description", "Price", "Currency"]
    outcome = outcome_of(as_csv(header, ["K-2", "Filter", cell, currency]), "file.csv")
    assert outcome.table("price", "currency") == {2: (price, currency)}


def test_an_amount_is_never_stored_in_another_currency_than_it_is_written_in() -> None:
    """Neither in that of its row, nor in the default of a file without currencies."""
    cells = ["$12.00", "12 USD", "GBP 5", "¥1,000", "5 €", "€ 5 $"]
    rejected = {
        **{
            row: [f"Price: is in {sign}, and its row is in EUR. Write the amount in EUR, or say the row's currency"]
            for row, sign in ((2, "$"), (3, "USD"), (4, "GBP"), (5, "¥"))
        },
        7: ["Price: has two currencies, € and $. Write the one that the amount is in"],
    }
    outcome = of_column("Price", *cells)
    assert (outcome.rejected, outcome.table("price", "currency")) == (rejected, {6: ("5", "EUR")})
    rows = [[f"K-{at}", "Filter", cell, "EUR"] for at, cell in enumerate(cells)]
    outcome = outcome_of(as_csv(["Part Number", "Description", "Price", "Currency"], *rows), "file.csv")
    assert (outcome.rejected, outcome.table("price", "currency")) == (rejected, {6: ("5", "EUR")})


@pytest.mark.parametrize(
    "cell", ["0,125,-", "1٬23", "1.2.3", "1 23", "1,234.567,8", "12.50 12.50", "15%", "½", "1_000"]
)
def test_an_amount_that_cannot_be_read_is_rejected_with_an_example(cell: str) -> None:
    assert of_column("Price", cell).rejected == {2: ["Price: is not a number, such as 12.50"]}


def test_a_minus_is_one_wherever_it_stands() -> None:
    cells = ["1.500,00-", "\u22121.500,00", "(1.500,00)", "\u20131.500,00", "- 1.500,00", "Rp -1.500", "(Rp1.500,00)"]
    rows = [[str(at), f"PT {at}", cell] for at, cell in enumerate(cells)]
    outcome = of_orders(*rows, titles=["REVENUE"], delimiter=";")
    assert list(outcome.table("revenue").values()) == [("-1500",)] * len(cells)


# ---------------------------------------------------------------------- damaged ids


def test_an_id_that_a_program_has_shortened_is_rejected() -> None:
    """In each spelling; a number that ends in a point and a zero is its digits."""
    shortened = [
        "1.23457e+11",
        "1E+12",
        "1.23457e+011",
        "1,5E+8",
        "1.5901810629457e+17",
        "1.23457E+11",
        "1e5",
        "2,3E-4",
    ]
    rows = [[cell, "PT A", "1"] for cell in [*shortened, "1002345678.0", "0012345", "1E5A", "12E5", "1.5"]]
    outcome = of_orders(*rows, titles=["NIPNAS"])
    assert {reason[0].rpartition(" ")[0] for reason in outcome.rejected.values()} == {f"ORDER_ID: {SHORTENED}"}
    assert list(outcome.rejected) == list(range(2, 10))
    assert [key for (key,) in outcome.table("order_id").values()] == ["1002345678", "0012345", "1E5A", "12E5", "1.5"]


def test_ids_that_a_library_has_made_floats_of_are_their_digits() -> None:
    outcome = of_orders(["1002345678.0", "PT A", "48213.0"], ["1002345679.0", "PT B", ""], titles=["NIPNAS"])
    assert outcome.table("order_id", "nipnas") == {2: ("1002345678", "48213"), 3: ("1002345679", None)}


def test_a_float_of_more_digits_than_one_has_is_rejected() -> None:
    outcome = of_orders(["12345678901234567.0", "PT A"], ["123456789012345.0", "PT B"])
    assert outcome.table("order_id") == {3: ("123456789012345",)}
    assert list(outcome.rejected) == [2]


# ---------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    "cell",
    [
        *("Jan 31, 2025", "January 31 2025", "Jan-31-2025", "Jan. 31st, 2025", "31 January 2025", "31 Januari 2025"),
        *(
            "31. Jänner 2025",
            "31-JAN-25",
            "2025-Jan-31",
            "31. 1. 2025",
            "2025/1/31",
            "20250131",
            "45688",
            "31\u201101\u20112025",
        ),
        *(
            "2025-01-31T23:30:00-05:00",
            "2025-01-31T00:30:00Z",
            "2025-01-31 00:00:00.0000000 +00:00",
            "31.01.2025 24:00",
            "Friday, January 31, 2025",
        ),
        *(
            "2025-01-31Z",
            "2025-01-31+07:00",
            "20250131T103000Z",
            "３１／０１／２０２５",
            "٣١/٠١/٢٠٢٥",
            "31/01/2025 10:20 WIB",
        ),
    ],
)
def test_a_date_in_another_form_is_the_day_that_is_written(cell: str) -> None:
    assert of_column("Updated", cell).table("updated") == {2: ("2025-01-31",)}


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "31 Janitor 2025",
            "Marching 3, 2025",
            "15 มกราคม 2568",
            "Jan 2025",
            "2025-W05-5",
        ),
        *("Fri Jan 31 2025 00:00:00 GMT+0700 (WIB)", "1738281600", "31/01/2025 01/02/2025", "31012025"),
    ],
)
def test_a_date_that_cannot_be_read_is_rejected_with_an_example(cell: str) -> None:
    assert of_column("Updated", cell).rejected == {2: [NOT_A_DATE]}


def test_a_day_of_another_calendar_is_rejected_by_its_year() -> None:
    """Those of the Buddhist one, and slips; a day that no calendar has is another matter."""
    outcome = of_column("Updated", "15/01/2568", "2568-01-15", "0025-01-15", "9999-12-31", "30/02/2025", "15/01/2025")
    window = "and this column takes years from 1900 to 2100"
    assert [reasons[0] for reasons in outcome.rejected.values()] == [
        f"Updated: has the year 2568, {window}",
        f"Updated: has the year 2568, {window}",
        f"Updated: has the year 25, {window}",
        f"Updated: has the year 9999, {window}",
        "Updated: is not a date of the calendar",
    ]
    assert outcome.table("updated") == {7: ("2025-01-15",)}


# ---------------------------------------------------------------------- placeholders


def test_placeholders_and_units_are_rejected_with_their_cells() -> None:
    outcome = of_column("Stock", "-", "nil", "15%", "100 Mbps", "n/a", "1,5")
    assert outcome.rows == {}
    assert [each.value for each in outcome.rejections] == ["-", "nil", "15%", "100 Mbps", "n/a", "1,5"]


def test_every_key_has_its_own_record() -> None:
    keys = ["AB/12", "AB%2F12", "50%", "50%25", "a b", "a+b", "x?y", "#1", "..", "a&b=c", "K\\1", 'q"x', "é😀", "a"]
    outcome = of_column("Part Number", *keys)
    assert [key for (key,) in outcome.table("part_number").values()] == keys


def of_dealers(*rows: Sequence[str]) -> Outcome:
    """Import dealers with a phone and a city each."""
    return outcome_of(as_csv(["Dealer Code", "Name", "Phone", "City"], *rows), "file.csv", "dealers")


@pytest.mark.parametrize("cell", ["4,91512E+11", "1.23E+11", "1e5", "1.5E-05", "1234567890123456.0", "4,9E+11\xa0"])
def test_no_column_of_text_takes_a_number_that_a_program_has_shortened(cell: str) -> None:
    """Its last digits are lost, and no importer has to say that its telephone numbers are not amounts."""
    outcome = of_dealers(["D-1", "Meyer", cell, "Kiel"], ["D-2", "Petersen", "0431", cell], ["D-3", cell, "1", "Kiel"])
    assert outcome.rows == {}
    assert [reasons[0].partition(": ")[0] for reasons in outcome.rejected.values()] == ["Phone", "City", "Name"]
    assert all(SHORTENED in reasons[0] for reasons in outcome.rejected.values())


def test_a_float_in_a_column_of_text_is_its_digits_as_in_a_workbook() -> None:
    outcome = of_dealers(["D-1", "Meyer", "491512345678.0", "22041.0"])
    assert outcome.table("phone", "city") == {2: ("491512345678", "22041")}


def test_a_version_or_a_size_is_as_it_is_written_where_text_names_no_record() -> None:
    """Beside 1.1 and 2.5, a person reads 1.0 and 2.0; a key is the same as in a workbook, where it is a number."""
    outcome = of_dealers(["1.0", "Meyer", "0431", "2.0"], ["2", "10.0", "0431", "100.0"])
    assert outcome.table("dealer_code", "name", "city") == {2: ("1", "Meyer", "2.0"), 3: ("2", "10.0", "100.0")}


@pytest.mark.parametrize("cell", ["1.5E3 ohm", "12E5", "1E-5", "12.50", "1.0.0", "2.0 kW", "E5", "00123", "1,5"])
def test_other_text_with_digits_stays_as_it_is(cell: str) -> None:
    assert of_dealers(["D-1", cell, cell, cell]).table("name", "phone", "city") == {2: (cell, cell, cell)}
