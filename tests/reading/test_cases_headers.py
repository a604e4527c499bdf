"""What becomes of files whose header is hard to find, doubled, foreign or missing: one test a case, exact outcomes."""

from __future__ import annotations

import pytest

from tests.reading.outcomes import Outcome, outcome_of

HEADER = "Part Number,Description,Price,Stock,Brand"
ROW = "P-1,Oil filter,12.50,3,Bosch"


def of_lines(*lines: str, name: str = "file.csv", end: str = "\r\n") -> Outcome:
    """Import products from a text file."""
    return outcome_of("".join(line + end for line in lines).encode(), name)


# ---------------------------------------------------------------------- where the header is


@pytest.mark.parametrize("blank", [0, 1, 5, 11])
def test_the_header_is_found_below_a_banner_and_rows_keep_their_numbers(blank: int) -> None:
    outcome = of_lines("Price list 2026", *[""] * blank, HEADER, ROW)
    assert outcome.table("part_number", "price") == {3 + blank: ("P-1", "12.5")}


def test_banner_lines_with_delimiters_are_no_header() -> None:
    outcome = of_lines("Price list, valid from 2026-01-01, all prices net", "Nord, Kiel; Süd, Ulm", "", HEADER, ROW)
    assert outcome.table("part_number", "brand") == {5: ("P-1", "Bosch")}


def test_a_row_of_units_below_the_header_is_rejected_alone() -> None:
    outcome = of_lines(HEADER, ",,EUR,pcs,", ROW)
    assert outcome.table("part_number") == {3: ("P-1",)}
    assert list(outcome.rejected) == [2]


def test_a_header_in_two_rows_is_read_as_one() -> None:
    outcome = of_lines(",,Sale,,", "Part Number,Description,Price,Stock,Brand", ROW)
    assert outcome.table("price", "stock") == {3: ("12.5", 3)}


# ---------------------------------------------------------------------- which header is which column


def test_a_shop_export_with_name_and_description_is_read() -> None:
    """The own title of the column wins over its other names."""
    outcome = of_lines("SKU,Name,Description,Price", "N-1,Filter,A filter for oil,9.99")
    assert outcome.table("part_number", "description", "price") == {2: ("N-1", "A filter for oil", "9.99")}


def test_the_same_header_twice_is_rejected_with_both_places() -> None:
    outcome = of_lines("Part Number,Description,Price,Price", "P-1,Filter,1,2")
    assert outcome.problem == "duplicate-header"
    assert '{"columns": {"Price [C]": "price"}}' in outcome.detail


def test_an_export_of_another_program_is_read_by_its_own_titles() -> None:
    outcome = of_lines(
        "*ItemCode,ItemName,Sales Unit Price,QOH,Last Modified Time", "X-1,Belt,4.20,7,2026-01-31", name="items.csv"
    )
    assert outcome.table("part_number", "description", "price", "stock", "updated") == {
        2: ("X-1", "Belt", "4.2", 7, "2026-01-31")
    }


def test_numbered_titles_with_notes_are_read() -> None:
    outcome = of_lines("1. SKU (required),2. Name,3. Price,4. Active (yes/no)", "X-1,Belt,4.20,no")
    assert outcome.table("part_number", "description", "price", "active") == {2: ("X-1", "Belt", "4.2", False)}


def test_headers_that_are_likely_are_asked_about_with_their_columns() -> None:
    """A price in another currency than the importer's decides nothing."""
    asked = of_lines("SKU,Titel,Price (USD),Dept", "X-1,Belt,4.20,Belts")
    question = asked.questions["columns"]
    assert question.params["likely"] == {"Price (USD)": "price"}
    read = outcome_of(
        b"SKU,Titel,Price (USD),Dept\r\nX-1,Belt,4.20,Belts\r\n",
        "file.csv",
        recipe={"columns": {"Price (USD)": "price"}},
    )
    assert read.table("description", "price", "category") == {2: ("Belt", "4.2", None)}


def test_a_price_in_the_currency_of_the_importer_is_compared_with_that_of_each_row() -> None:
    outcome = of_lines("SKU,Name,Price (EUR),Currency,Stock (pcs)", "X-1,Belt,4.20,,40", "X-2,Belt,4.20,USD,7")
    assert outcome.table("price", "currency", "stock") == {2: ("4.2", "EUR", 40)}
    reason = "Price: is in EUR, and its row is in USD. Write the amount in USD, or say the row's currency"
    assert outcome.rejected == {3: [reason]}


def test_a_file_without_a_header_names_its_first_row() -> None:
    outcome = of_lines(ROW, "P-2,Belt,4,1,Gates")
    assert outcome.problem == "no-header"
    assert "Row 1 (split at each comma) reads 'P-1', 'Oil filter', '12.50', '3', 'Bosch'" in outcome.detail


# ---------------------------------------------------------------------- delimiters, by the header


@pytest.mark.parametrize("name", ["VJ + - Copy (2) é 😀 日本.csv", ".._a;b&c=d#e?f'g\"h,i.csv"])
def test_the_name_of_a_file_has_no_bearing_on_its_rows(name: str) -> None:
    outcome = of_lines(HEADER, ROW, name=name)
    assert outcome.table("part_number") == {2: ("P-1",)}
    assert outcome.job.file.name == name


def test_as_many_commas_as_semicolons_on_every_line() -> None:
    """A title with more words decides nothing; but the row is split where the header is found."""
    lines = ["Part Number;Description;Price;Remark (a, b, c)", "S-1;Filter, small, round;1.50;x"]
    assert of_lines(*lines).table("description", "price") == {2: ("Filter, small, round", "1.5")}
    asked = of_lines("Part Number;Description, short;Price;Remark, long", "S-1;Filter, small;1.50;a, b")
    assert asked.questions["columns"].params["headers"] == ["Description, short", "Remark, long"]


def test_a_last_delimiter_that_some_rows_lack() -> None:
    rows = [f"S-{at};Filter, small;12.50{';' if at % 2 else ''}" for at in range(4)]
    outcome = of_lines("Part Number;Description;Price;", *rows)
    assert outcome.table("description") == dict.fromkeys(range(2, 6), ("Filter, small",))


def test_bars_of_which_each_line_has_as_many_as_commas() -> None:
    lines = [
        "Part Number|Description|Price|Remark (a, b, c, d)",
        "0017|PT2, ODP, 015|1.5|x, y",
        "0018|A, B, C|2.5|z, w",
    ]
    assert of_lines(*lines).table("part_number", "description") == {
        2: ("0017", "PT2, ODP, 015"),
        3: ("0018", "A, B, C"),
    }


# ---------------------------------------------------------------------- line ends


def test_line_ends_of_every_kind_in_one_file() -> None:
    body = f'{HEADER}\nE-1,a,1,1,x\r\nE-2,b,1,1,x\rE-3,"c\r\nd",1,1,x\nE-4,e,1,1,x'.encode()
    outcome = outcome_of(body, "file.csv")
    assert sorted(outcome.table("part_number").values()) == [("E-1",), ("E-2",), ("E-3",), ("E-4",)]
    assert {"c\r\nd", "c\nd", "c d"} & {values["description"] for values in outcome.rows.values()}


def test_line_ends_that_were_written_twice_keep_the_numbers_of_rows() -> None:
    outcome = of_lines(HEADER, "E-1,a,1,1,x", "E-2,b,many,1,x", end="\r\r\n")
    assert outcome.table("part_number") == {3: ("E-1",)}
    assert outcome.rejected == {5: ["Price: is not a number, such as 12.50"]}


# ---------------------------------------------------------------------- two encodings, far apart


@pytest.mark.parametrize("first", ["cp1252", "utf-8"])
def test_a_second_encoding_far_below_the_first_is_found(first: str) -> None:
    second = "utf-8" if first == "cp1252" else "cp1252"
    plain = [f"A-{at},filter,1,1,x" for at in range(3_000)]
    body = "\r\n".join([HEADER, "M-1,Größe,1,1,x", *plain, ""]).encode(first) + "M-2,Straße,1,1,x\r\n".encode(second)
    outcome = outcome_of(body, "file.csv")
    assert outcome.problem == "unknown-encoding/mixed"
    rows = ("3,003", "2") if second == "utf-8" else ("2", "3,003")
    assert "row {} is UTF-8, row {} is not".format(*rows) in outcome.detail
