"""Declarations of row models: columns, keys, and the mistakes that are found at import."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import Field, ValidationError

from sluice.schema.cell_types import Money
from sluice.schema.importer import Column, Importer, Row, column, columns_of, key_of


class Part(Row):
    """A key with two titles, a required column and one with a default."""

    number: str = column("Number", "No", key=True)
    name: str = column("Name")
    price: int = column("Price", default=0, ge=0, description="In cents.", examples=[12])


class Keyless(Row):
    """No key."""

    name: str = column("Name")


class TwoKeys(Row):
    """One key too many."""

    number: str = column("Number", key=True)
    other: str = column("Other", key=True)


class Undeclared(Row):
    """A field that is no column."""

    number: str = column("Number", key=True)
    name: str = Field(title="Name")


def test_columns_are_in_the_order_of_their_declaration() -> None:
    """Each has its titles, whether it is required or the key, its default, and how its numbers are shown."""
    assert columns_of(Part) == (
        Column("number", ("Number", "No"), required=True, key=True),
        Column("name", ("Name",), required=True, key=False),
        Column("price", ("Price",), required=False, key=False, default=0, decimals=0, example=12),
    )


def test_the_first_title_is_shown_to_people() -> None:
    """Templates, rejections and the JSON Schema use it."""
    assert [found.title for found in columns_of(Part)] == ["Number", "Name", "Price"]
    shown = Part.model_json_schema()["properties"]["price"]
    assert shown == {
        "default": 0,
        "description": "In cents.",
        "examples": [12],
        "minimum": 0,
        "title": "Price",
        "type": "integer",
    }


def test_the_key_is_the_column_that_is_declared_as_key() -> None:
    """Exactly one column is."""
    assert key_of(Part).field == "number"


@pytest.mark.parametrize(("row", "found"), [(Keyless, 0), (TwoKeys, 2)])
def test_a_row_without_exactly_one_key_is_a_mistake_of_the_declaration(row: type[Row], found: int) -> None:
    """The mistake is found when the importer is declared, not when its first file arrives."""
    with pytest.raises(TypeError, match=rf"{row.__name__} needs exactly one .* it has {found}"):
        key_of(row)
    with pytest.raises(TypeError, match="exactly one"):
        Importer("parts", row=row, dataset="parts", title="Parts")


def test_a_field_that_is_no_column_is_a_mistake_of_the_declaration() -> None:
    """Such a field has no header, so no file could ever fill it."""
    with pytest.raises(TypeError, match=r"declare 'name' with column\(\.\.\.\)"):
        columns_of(Undeclared)


def test_the_default_of_a_number_or_date_is_no_text() -> None:
    """Each file would read it in its own way."""

    class Priced(Row):
        number: str = column("Number", key=True)
        price: Money = column("Price", default="1.250")

    with pytest.raises(TypeError, match=r"defaults of 'parts' are text: \['price'\]"):
        Importer("parts", row=Priced, dataset="parts", title="Parts")


def test_a_column_has_a_title() -> None:
    """A column without one could not be found in a file."""
    with pytest.raises(ValueError, match="at least one header title"):
        column(key=True)


def test_an_unknown_field_is_rejected() -> None:
    """A misspelled mapping must not drop a column silently."""
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Part.model_validate({"number": "1", "name": "a", "prize": 3})


def test_rows_cannot_be_changed_after_validation() -> None:
    """`normalise` makes a new row, whose types are checked again."""
    part = Part(number="1", name="a")
    with pytest.raises(ValidationError, match="frozen"):
        part.name = "b"  # type: ignore[misc]  # mypy's check is no protection at run time


def test_an_importer_lists_its_columns() -> None:
    """They are in the order of its row model."""
    assert Importer("parts", row=Part, dataset="parts", title="Parts").columns == columns_of(Part)


def test_a_default_is_validated_like_a_cell() -> None:
    """Otherwise an empty cell and one that contains the default would be stored differently."""

    class Priced(Row):
        number: str = column("Number", key=True)
        price: Money = column("Price", default=0)

    assert Priced.model_validate({"number": "1"}).price == Decimal(0)
    assert isinstance(Priced.model_validate({"number": "1"}).price, Decimal)


def test_an_importer_takes_no_more_rows_than_dispatch_has_memory_for() -> None:
    """Its files would be parsed, and then fail at the search for duplicate keys."""

    class Part(Row):
        number: str = column("Number", key=True)

    with pytest.raises(TypeError, match=r"max_rows of 'parts' is 10,000,001; 10,000,000 is the most"):
        Importer("parts", row=Part, dataset="parts", title="Parts", max_rows=10_000_001)
    assert Importer("parts", row=Part, dataset="parts", title="Parts", max_rows=10_000_000).max_rows == 10_000_000
