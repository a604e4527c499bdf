"""What becomes of the texts of .xls files: those of Excel 5, which are in a code page, and damaged ones."""

from __future__ import annotations

import struct

import pytest

from sluice.model.errors import FileRejected
from tests.reading import biff
from tests.unit.reading.driving import read_all


def of_texts(*texts: bytes, code_page: int | None) -> list[str]:
    """Read a column of texts from a workbook of Excel 5."""
    return [str(cells[0]) for _, cells in read_all(biff.old_workbook_of([[text] for text in texts], code_page))]


@pytest.mark.parametrize("code_page", [1252, 32769, None])
@pytest.mark.parametrize("texts", [("Bosch", "K1"), ("Müller", "Größe, 5 €"), ("Café Crème",)])
def test_western_texts_are_read_whether_or_not_the_workbook_names_their_code_page(
    texts: tuple[str, ...], code_page: int | None
) -> None:
    assert of_texts(*(each.encode("cp1252") for each in texts), code_page=code_page) == [*texts]


@pytest.mark.parametrize("code_page", [1252, 32769, None])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Бош", "cp1251"),
        ("Łożysko koła", "cp1250"),
        ("Φίλτρο λαδιού", "cp1253"),
        ("東京", "cp932"),
        ("Müller", "cp850"),
    ],
)
def test_texts_that_do_not_read_as_western_are_in_a_code_page_that_the_workbook_does_not_name(
    text: str, encoding: str, code_page: int | None
) -> None:
    """A text file with these bytes asks for its encoding; some writers name Windows-1252 whatever they write."""
    with pytest.raises(FileRejected) as rejected:
        of_texts(b"Brand", text.encode(encoding), code_page=code_page)
    assert rejected.value.problem.code == "damaged-file/unknown-code-page"


@pytest.mark.parametrize(("number", "encoding", "text"), [(1251, "cp1251", "Бош"), (932, "cp932", "東京")])
def test_another_code_page_that_the_workbook_names_holds(number: int, encoding: str, text: str) -> None:
    assert of_texts(text.encode(encoding), code_page=number) == [text]


def test_half_a_character_costs_its_cell_and_not_the_file() -> None:
    """A program has cut the text within a pair of UTF-16."""
    halved = biff.record(0x204, struct.pack("<HHHHB", 1, 0, 0, 2, 1) + "A".encode("utf-16-le") + b"\x3d\xd8")
    whole = biff.record(0x204, struct.pack("<HHHHB", 0, 0, 0, 2, 1) + "\U0001f600".encode("utf-16-le"))
    assert read_all(biff.workbook_of(whole, halved)) == [(1, ["\U0001f600"]), (2, ["A\ufffd"])]
