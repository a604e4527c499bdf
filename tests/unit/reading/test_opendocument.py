"""Cells of .ods whose attributes say something else than their text."""

from __future__ import annotations

from tests.reading.made import ods_document, ods_table
from tests.unit.reading.driving import read_all


def test_an_empty_attribute_hides_no_text_of_an_opendocument_cell() -> None:
    """LibreOffice reads the paragraphs then."""
    cell = (
        '<table:table-cell office:value-type="string" office:string-value=""><text:p>BOSCH</text:p></table:table-cell>'
    )
    assert read_all(ods_document(ods_table([cell]))) == [(1, ["BOSCH"])]
