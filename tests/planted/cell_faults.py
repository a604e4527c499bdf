"""Faults in how cells are read, and in what they prove of the others in their column."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

CELL_FAULTS: Final = (
    Fault(
        name="decimal-comma-ignored",
        breaks="1.250 is read as 1.25 under Indonesian conventions, where it is 1,250.",
        file="layers/domain/sluice/schema/cell_types.py",
        old="conventions.decimal or DECIMAL",
        new="DECIMAL",
        tests=("tests/unit/schema/test_cell_types.py",),
    ),
    Fault(
        name="proof-ignored",
        breaks="1.250 is read as 1.25 in a column whose other cells prove the comma.",
        file="layers/domain/sluice/schema/decisions.py",
        old='return (proof, "proven", False) if is_proven',
        new="return (value, how, False) if is_proven",
        tests=("tests/unit/schema/test_decisions.py",),
    ),
    Fault(
        name="contradicted-chunk-loaded",
        breaks="Cells that contradict an answer are loaded from chunks that have no ambiguous cell.",
        file="layers/domain/sluice/model/recipe.py",
        old="(not shown or newer[key].rejects(shown))",
        new="not shown",
        tests=("tests/unit/model/test_recipe_depends.py",),
    ),
    Fault(
        name="swapped-dates-loaded",
        breaks="Typed dates of a half-swapped column are loaded with day and month swapped, and no question is asked.",
        file="layers/domain/sluice/schema/dates.py",
        old="return swappable >= _TYPED and",
        new="return False and",
        tests=("tests/unit/schema/test_decisions.py",),
    ),
    Fault(
        name="leading-zeros-lost",
        breaks="A telephone number loses its leading zeros.",
        file="layers/domain/sluice/schema/cell_types.py",
        old='.lstrip("\'")',
        new='.lstrip("\'0")',
        tests=("tests/unit/schema/test_cell_types.py",),
    ),
    Fault(
        name="formula-read-as-empty",
        breaks="A formula without a value is read as an empty cell.",
        file="layers/domain/sluice/reading/xlsx/spelling.py",
        old='            return "" if formula is None else _error(f"={formula}")',
        new='            return ""',
        tests=("tests/unit/reading/test_xlsx_table.py",),
    ),
    Fault(
        name="mark-as-value",
        breaks="A mark of the reader that is left in a cell is its value.",
        file="layers/domain/sluice/reading/xlsx/parser.py",
        old='            raise LeakedMark("a mark of the reader is left in a cell")',
        new="            return text",
        tests=("tests/unit/reading/test_xlsx_spelling.py",),
    ),
    Fault(
        name="strings-counted-wrong",
        breaks="A string in an unusual spelling moves the indexes of those behind it.",
        file="layers/domain/sluice/reading/xlsx/shared_strings.py",
        old='            if whole.count(b"<%ssi" % start.prefix) != len(pieces):',
        new="            if not pieces:",
        tests=("tests/unit/reading/test_xlsx_spelling.py",),
    ),
    Fault(
        name="zeros-of-id-lost",
        breaks="An id keeps no zeros that its number format shows, so that different ids become one key.",
        file="layers/domain/sluice/reading/number_formats.py",
        old="return value if padded == text else FormattedNumber(value, padded)",
        new="return value",
        tests=("tests/reading/test_cases_ids.py",),
    ),
    Fault(
        name="error-cell-empty",
        breaks="An error cell of .xls is empty, so that its column takes its default.",
        file="layers/domain/sluice/reading/xls.py",
        old='return CellError(xlrd.error_text_from_code.get(value, f"#{value}"))',
        new="return None",
        tests=("tests/reading/test_cases_formats.py",),
    ),
    Fault(
        name="uncalculated-zero-loaded",
        breaks="A formula of .xls that no program has calculated is 0.",
        file="layers/domain/sluice/reading/xls.py",
        old="return stale if is_calculated else",
        new="return stale if True else",
        tests=("tests/reading/test_cases_formats.py",),
    ),
    Fault(
        name="clearing-keeps",
        breaks="A cell that clears its column is taken for a blank one, so that the record keeps its value.",
        file="layers/domain/sluice/schema/validation.py",
        old="        if text is not None or bare in self._clears:",
        new="        if text is not None:",
        tests=("tests/unit/schema/test_validation_repeated.py",),
    ),
    Fault(
        name="null-of-export-lost",
        breaks="The text NULL of a record is blank when its export is imported again.",
        file="layers/domain/sluice/reports/cells.py",
        old="            return PlainText(text[1:])",
        new="            return text[1:]",
        tests=("tests/unit/usecases/test_downloads_again.py",),
    ),
    Fault(
        name="foreign-error-stored",
        breaks="The error of a spreadsheet in another language is a text.",
        file="layers/domain/sluice/schema/text.py",
        old="(bare == capitals and _ERROR_FORM.fullmatch(bare) is not None)",
        new="False",
        tests=("tests/unit/schema/test_text.py",),
    ),
)
