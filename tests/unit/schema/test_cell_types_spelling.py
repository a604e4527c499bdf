"""Values of a `Literal` are recognised in any spelling, in every row model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import ValidationError

from sluice.schema.cells import Cell
from sluice.schema.importer import Row, column


class Level(Row):
    """A row model with enumerations of several kinds."""

    key: str = column("Key", key=True)
    tier: Literal["gold", "In Progress"] | None = column("Tier", default=None)
    grade: Literal["1", "2"] = column("Grade", default="1")
    step: Literal[10, 20] = column("Step", default=10)
    sign: Annotated[Literal["a", "A", "b"], "marked"] = column("Sign", default="b")
    other: Literal["none"] | float = column("Other", default="none")


class Further(Level):
    """A row model that inherits enumerations and adds one."""

    more: Literal["Yes"] = column("More", default="Yes")


def level(**cells: Cell) -> dict[str, Any]:
    """Return the values of a row with these cells."""
    return Further.model_validate({"key": "k", **cells}).model_dump()


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("tier", "gold", "gold"),
        ("tier", " Gold ", "gold"),
        ("tier", "GOLD", "gold"),
        ("tier", "\xa0gold\n", "gold"),
        ("tier", "in  PROGRESS", "In Progress"),
        ("tier", None, None),
        ("grade", 2, "2"),
        ("step", "20", 20),
        ("step", 20, 20),
        ("sign", "a", "a"),
        ("sign", "A", "A"),
        ("sign", "B", "b"),
        ("other", "NONE", "none"),
        ("other", 2.5, 2.5),
        ("more", "yes", "Yes"),
    ],
)
def test_a_value_gets_its_declared_spelling(field: str, cell: Cell, value: object) -> None:
    """Case and spaces make no difference, and neither does a number that a spreadsheet made of a text."""
    assert level(**{field: cell})[field] == value


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("tier", "golden"),
        ("tier", "g old"),
        ("tier", True),
        ("sign", " a "),
        ("sign", "c"),
        ("step", True),
        ("step", 5),
    ],
)
def test_other_values_are_rejected(field: str, cell: Cell) -> None:
    """If two values differ in case alone, only their exact spellings are recognised."""
    with pytest.raises(ValidationError) as rejected:
        level(**{field: cell})
    assert rejected.value.errors()[0]["type"] == "literal_error"


def test_the_schema_still_shows_the_values() -> None:
    """Templates and the API's description need them."""
    shown = Level.model_json_schema()["properties"]
    assert shown["grade"]["enum"] == ["1", "2"]
    assert shown["tier"]["anyOf"][0]["enum"] == ["gold", "In Progress"]


def test_an_inherited_field_is_spelled_once() -> None:
    """Each row is checked once, at any depth of inheritance."""
    assert len(Further.model_fields["tier"].metadata) == len(Level.model_fields["tier"].metadata)
