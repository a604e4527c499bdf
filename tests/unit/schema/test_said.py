"""What a row says, by the mode of its job and the meaning of its blank cells; and the merged row."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError, field_validator, model_validator

from sluice.model.errors import SluiceError
from sluice.model.options import MODES, Blanks, LoadOptions, Mode
from sluice.schema.cell_types import Date, Money, Whole
from sluice.schema.cells import Cell
from sluice.schema.importer import Importer, Row, column
from sluice.schema.said import Merge, columns_for
from sluice.schema.validation import Checked, check_rows


class Part(Row):
    """Required and optional columns, without rules over several."""

    number: str = column("Number", key=True)
    name: str = column("Name")
    price: Money = column("Price", ge=0)
    stock: Whole = column("Stock", default=7, ge=0)
    brand: str | None = column("Brand", default=None)
    since: Date | None = column("Since", default=None)


class Offer(Row):
    """A row with a rule over two columns, and one over one."""

    number: str = column("Number", key=True)
    price: Money = column("Price")
    least: Money = column("Least", default=0)
    label: str | None = column("Label", default=None)

    @field_validator("label")
    @classmethod
    def is_short(cls, label: str | None) -> str | None:
        """Reject long labels."""
        assert label is None or len(label) < 5, "label too long"
        return label

    @model_validator(mode="after")
    def is_ordered(self) -> Offer:
        """Reject a price below the least one."""
        assert self.price >= self.least, "price below the least"
        return self


def labelled(row: Row) -> Row:
    """Derive the label from the price."""
    assert isinstance(row, Offer)
    return row.model_copy(update={"label": "free" if not row.price else row.label})


PARTS = Importer("parts", row=Part, dataset="parts", title="Parts")
OFFERS = Importer("offers", row=Offer, dataset="offers", title="Offers", normalise=labelled)
NAMES = [each.field for each in PARTS.columns]


def check(cells: dict[str, Cell], options: LoadOptions, importer: Importer = PARTS) -> Checked:
    """Check one row of a file that has exactly these columns."""
    columns = [each.field for each in columns_for(importer, options)]
    fields = dict(enumerate(name for name in cells if name in columns))
    return check_rows(importer, fields, "", [(2, [cells[name] for name in fields.values()])], None, options)


def said(cells: dict[str, Cell], mode: Mode, blanks: Blanks = "keep", importer: Importer = PARTS) -> Any:
    """Return what the row says, or ``(column, code)`` of its rejections."""
    checked = check(cells, LoadOptions(mode, blanks), importer)
    if checked.rejections:
        return [(each.column, each.code) for each in checked.rejections]
    return json.loads(checked.good[0].values)


KEYED: dict[str, Cell] = {"number": "A", "name": "Oil", "price": "1"}
ALL: dict[str, Any] = {"number": "A", "name": "Oil", "price": "1"}


@pytest.mark.parametrize("mode", ["upsert", "insert", "mirror"])
@pytest.mark.parametrize(
    ("cells", "keep", "clear"),
    [
        (KEYED, ALL, ALL),
        (KEYED | {"stock": None}, ALL, ALL | {"stock": 7}),
        (KEYED | {"brand": " "}, ALL, ALL | {"brand": None}),
        (KEYED | {"stock": "5"}, ALL | {"stock": 5}, ALL | {"stock": 5}),
        (KEYED | {"name": None}, [("Name", "required")], [("Name", "required")]),
        (KEYED | {"number": None}, [("Number", "required")], [("Number", "required")]),
    ],
    ids=["missing", "blank with a default", "blank without", "full", "required blank", "key blank"],
)
def test_rows_that_may_be_inserted(cells: dict[str, Cell], keep: Any, clear: Any, mode: Mode) -> None:
    assert said(cells, mode) == keep
    assert said(cells, mode, "clear") == clear


@pytest.mark.parametrize(
    ("cells", "keep", "clear"),
    [
        ({"number": "A"}, {"number": "A"}, {"number": "A"}),
        ({"number": "A", "price": "2"}, {"number": "A", "price": "2"}, {"number": "A", "price": "2"}),
        ({"number": "A", "price": None}, {"number": "A"}, [("Price", "required")]),
        ({"number": "A", "stock": None}, {"number": "A"}, {"number": "A", "stock": 7}),
        ({"number": "A", "price": "-1"}, [("Price", "below-minimum")], [("Price", "below-minimum")]),
        ({"number": None, "price": "1"}, [("Number", "required")], [("Number", "required")]),
    ],
    ids=["key alone", "key and price", "required blank", "blank with a default", "wrong", "key blank"],
)
def test_rows_that_update_need_their_key_alone(cells: dict[str, Cell], keep: Any, clear: Any) -> None:
    assert said(cells, "update") == keep
    assert said(cells, "update", "clear") == clear


def test_rows_that_delete_say_their_key_and_nothing_else_is_read() -> None:
    assert said({"number": "A", "price": "nonsense", "name": None}, "delete") == {"number": "A"}


@pytest.mark.parametrize("mode", MODES)
def test_a_file_must_have_the_columns_that_its_mode_needs(mode: Mode) -> None:
    needed = {each.field for each in columns_for(PARTS, LoadOptions(mode)) if each.required}
    assert needed == ({"number"} if mode in {"update", "delete"} else {"number", "name", "price"})


def test_a_row_that_says_all_columns_has_the_digest_of_its_record() -> None:
    whole = KEYED | {"stock": 5, "brand": "B", "since": "2026-01-31"}
    (keep,), (clear,) = check(whole, LoadOptions()).good, check(whole, LoadOptions(blanks="clear")).good
    assert keep == clear


def test_a_new_record_has_the_defaults_of_what_its_row_does_not_say() -> None:
    assert Merge(PARTS).inserted({"number": "A", "price": "1", "name": "Oil"}) == {
        "number": "A",
        "name": "Oil",
        "price": "1",
        "stock": 7,
        "brand": None,
        "since": None,
    }


def test_without_rules_an_update_writes_what_its_row_says() -> None:
    assert Merge(PARTS).updated({"number": "A", "price": "1"}, {"stock": "foreign"}) == {"number": "A", "price": "1"}


def test_rules_see_the_merged_row() -> None:
    merge, record = Merge(OFFERS), {"number": "A", "price": "10", "least": "5", "label": "x"}
    assert merge.updated({"number": "A", "price": "6"}, record) == {"number": "A", "price": "6"}
    with pytest.raises(ValidationError, match="price below the least"):
        merge.updated({"number": "A", "price": "4"}, record)
    with pytest.raises(ValidationError, match="price below the least"):
        merge.inserted({"number": "A", "price": "-1"})


def test_what_rules_change_counts_as_said() -> None:
    record = {"number": "A", "price": "10", "least": "0", "label": "x"}
    assert Merge(OFFERS).updated({"number": "A", "price": "0"}, record)["label"] == "free"
    assert Merge(OFFERS).inserted({"number": "A", "price": "0"})["label"] == "free"


@pytest.mark.parametrize("label", ["far too long", 5, None, {"of": "another program"}])
def test_a_value_that_only_the_record_has_rejects_nothing_and_is_not_written(label: Any) -> None:
    record = {"number": "A", "price": "10.00", "least": "1.0", "label": label}
    assert Merge(OFFERS).updated({"number": "A", "price": "12"}, record) == {"number": "A", "price": "12"}


def test_rules_of_a_partial_row_wait_for_the_merged_one_and_those_of_a_whole_row_run_at_once() -> None:
    assert said({"number": "A", "price": "-1"}, "upsert", importer=OFFERS) == {"number": "A", "price": "-1"}
    whole: dict[str, Cell] = {"number": "A", "price": "-1", "least": "1", "label": "x"}
    assert said(whole, "upsert", importer=OFFERS) == [(None, "custom")]
    assert said(whole | {"price": "0", "least": "0"}, "upsert", importer=OFFERS)["label"] == "free"


def test_rules_that_change_their_own_result_or_the_key_are_an_error() -> None:
    def longer(row: Row) -> Row:
        assert isinstance(row, Offer)
        return row.model_copy(update={"label": f"{row.label}+"})

    def other_key(row: Row) -> Row:
        return row.model_copy(update={"number": "B"})

    for rule in (longer, other_key):
        with pytest.raises(SluiceError, match="unstable-rules"):
            Merge(replace(OFFERS, normalise=rule)).inserted({"number": "A", "price": "1"})


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [("12.5", "12.50", True), ("12.5", 12.5, True), ("1", "2", False), (None, "0", False), (None, None, True)],
)
def test_amounts_are_equal_by_their_value(one: Any, other: Any, equal: bool) -> None:
    assert Merge(PARTS).same("price", one, other) is equal


def test_texts_and_flags_are_equal_only_if_they_are_the_same() -> None:
    same = Merge(PARTS).same
    assert not same("brand", "12.5", "12.50")
    assert not same("stock", 1, True)


CELLS = st.sampled_from([None, " ", "1", "2.5", "x", 3, -1, True])


@given(
    st.dictionaries(st.sampled_from(NAMES), CELLS),
    st.sampled_from(MODES),
    st.sampled_from(["keep", "clear"]),
)
def test_a_row_never_says_a_column_that_its_file_does_not_have(
    cells: dict[str, Cell], mode: Mode, blanks: Blanks
) -> None:
    """With ``keep`` it says no blank cell either."""
    checked = check(cells, LoadOptions(mode, blanks))
    for row in checked.good:
        values = json.loads(row.values)
        assert values.keys() <= cells.keys()
        if blanks == "keep":
            assert not any(cells[name] in (None, " ") for name in values)
