"""What the columns of a file say of each other, and that no number or date of a file is wrong without a question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.recipe import Decision, How, Question, Recipe, merge_evidence
from sluice.schema.cell_types import Conventions, Date, Money, Whole
from sluice.schema.decisions import decisions_for, settle
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import check_rows


class Offer(Row):
    """Two columns of each kind of decision."""

    code: str = column("Code", key=True)
    price: Money | None = column("Price", default=None)
    stock: Whole | None = column("Stock", default=None)
    start: Date | None = column("From", default=None)
    end: Date | None = column("To", default=None)


OFFERS = Importer("offers", row=Offer, dataset="offers", title="Offers", blanks="clear")
FIELDS = dict(enumerate(Offer.model_fields))
_CHUNK = 3


def read(
    columns: Mapping[str, Sequence[str]], decided: Mapping[str, Decision] | None = None, **conventions: Any
) -> tuple[dict[str, list[Any]], dict[str, list[str]], Recipe]:
    """Read a file as a job does, in chunks and as often as decisions change.

    Returns
    -------
    tuple
        What is stored of each column, ``None`` for a rejected row; what is asked, with its choices; and the recipe.
    """
    importer = replace(OFFERS, conventions=Conventions(**conventions))
    height = max(map(len, columns.values()))
    places = {name: [*cells, *[""] * (height - len(cells))] for name, cells in columns.items()}
    rows = [
        [f"K{at}", *(places[name][at] if name in places else "" for name in [*FIELDS.values()][1:])]
        for at in range(height)
    ]
    records = [*enumerate(rows, start=2)]
    chunks: list[Any] = [records[at : at + _CHUNK] for at in range(0, height, _CHUNK)]
    recipe = Recipe().with_decisions(decisions_for(importer, FIELDS))
    recipe = Recipe(1, {**recipe.decisions, **(decided or {})})
    checked = [(recipe.version, check_rows(importer, FIELDS, "S", chunk, recipe)) for chunk in chunks]
    questions: list[Question] = []
    for _ in range(3):
        recipe, questions = settle(recipe, merge_evidence(found.evidence for _, found in checked), importer)
        checked = [
            (recipe.version, check_rows(importer, FIELDS, "S", chunk, recipe))
            if recipe.is_stale(version, found.depends)
            else (version, found)
            for chunk, (version, found) in zip(chunks, checked, strict=True)
        ]
    good = {row.number: json.loads(row.values) for _, found in checked for row in found.good}
    values = {name: [good.get(number, {}).get(name) for number, _ in records] for name in columns}
    return values, {each.key: [choice.value for choice in each.choices] for each in questions}, recipe


# ---------------------------------------------------------------------- numbers


def test_a_grouped_whole_number_is_read_by_the_mark_that_another_column_proves() -> None:
    values, asked, recipe = read({"price": ["1.250,00", "3,50"], "stock": ["1.000", "12"]})
    assert (values, asked) == ({"price": ["1250", "3.5"], "stock": [1000, 12]}, {})
    assert (recipe.decisions["decimal.stock"].value, recipe.decisions["decimal.stock"].how) == (",", "proven")


def test_a_whole_number_that_would_be_a_fraction_proves_that_its_mark_groups() -> None:
    assert read({"stock": ["1.250", "2.000"]})[:2] == ({"stock": [1250, 2000]}, {})
    assert read({"stock": ["2,000", "7", "7", "1,250"]}, decimal=None)[:2] == ({"stock": [2000, 7, 7, 1250]}, {})


@pytest.mark.parametrize(
    ("columns", "conventions", "decided", "asked"),
    [
        # a fraction among whole numbers: the point may be the decimal mark of 1.250, too
        ({"stock": ["1.250", "0.5"]}, {}, {}, ["decimal.stock"]),
        ({"stock": ["1.250", "1,500"]}, {}, {}, ["decimal.stock"]),
        ({"price": ["12.50"], "stock": ["1.250"]}, {}, {}, ["decimal.stock"]),
        # the other columns contradict each other, the importer, or what is remembered of this one
        ({"price": ["1,500,000.00"], "stock": ["750,000"]}, {"decimal": ","}, {}, ["decimal.stock"]),
        ({"stock": ["1,250"]}, {"decimal": ","}, {}, ["decimal.stock"]),
        ({"price": ["12.50"], "stock": ["1.000"]}, {}, {"decimal.stock": (",", "remembered")}, ["decimal.stock"]),
        ({"price": ["12.50", "12,50"], "stock": ["1.000"]}, {}, {}, ["decimal.stock"]),
        ({"price": ["12.50", "12,50"], "stock": ["1.000"]}, {}, {"decimal.stock": (",", "remembered")}, []),
        # a column that groups with spaces does not group with commas
        ({"price": ["1 250", "1,250"]}, {}, {}, ["decimal.price"]),
        ({"price": ["1'250", "1.250"]}, {"decimal": ","}, {}, ["decimal.price"]),
        ({"price": ["1 250", "1,250", "9,5"]}, {}, {}, []),
        ({"price": ["1 250"], "stock": ["1,000"]}, {}, {}, ["decimal.stock"]),
        # nothing speaks for a mark: neither the file, nor the importer, nor an earlier file
        ({"price": ["1.250", "300", "12.000"]}, {}, {}, ["decimal.price"]),
        ({"price": ["1,250 €"], "stock": ["1.000"]}, {}, {}, ["decimal.price", "decimal.stock"]),
        ({"price": ["1.250", "300"]}, {"decimal": "."}, {}, []),
        ({"price": ["1.250", "300"]}, {}, {"decimal.price": (",", "remembered")}, []),
        ({"price": ["1.250", "300"], "stock": ["1.000.000"]}, {}, {}, []),
        # what a caller decided stands
        ({"price": ["12,50"], "stock": ["1.000"]}, {}, {"decimal.stock": (".", "given")}, []),
        ({"price": ["12,50"], "stock": ["1.000"]}, {}, {"decimal.stock": (".", "answered")}, []),
        ({"price": ["1 250", "1,250"]}, {}, {"decimal.price": (",", "answered")}, []),
    ],
)
def test_a_mark_is_asked_about_where_cells_speak_for_both_or_against_what_is_known(
    columns: dict[str, list[str]], conventions: dict[str, Any], decided: dict[str, tuple[str, How]], asked: list[str]
) -> None:
    known = {key: Decision(value, how) for key, (value, how) in decided.items()}
    assert [*read(columns, known, **conventions)[1]] == asked


def test_what_a_caller_says_of_one_column_speaks_for_the_others() -> None:
    for how in ("given", "answered", "remembered"):
        known = {"decimal.price": Decision(",", how)}
        assert read({"price": ["1.250"], "stock": ["1.000"]}, known)[:2] == ({"price": ["1250"], "stock": [1000]}, {})


def test_what_is_remembered_of_two_columns_may_differ() -> None:
    known = {"decimal.price": Decision(",", "remembered"), "decimal.stock": Decision(".", "remembered")}
    assert read({"price": ["1.250"], "stock": ["1,000"]}, known)[:2] == ({"price": ["1250"], "stock": [1000]}, {})


def grouped(number: Decimal | int, mark: str) -> str:
    """Write a number with groups."""
    return f"{number:,}" if mark == "." else f"{number:,}".translate(str.maketrans(".,", ",."))


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(
    st.lists(st.decimals(0, 10**6, places=2), max_size=5),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=5),
    st.sampled_from([".", ","]),
)
def test_no_grouped_whole_number_becomes_a_thousandth_beside_a_proof(
    prices: list[Decimal], stocks: list[int], mark: str
) -> None:
    """Only where nothing in the file shows the mark, Sluice's own holds."""
    columns = {"price": [grouped(each, mark) for each in prices], "stock": [grouped(each, mark) for each in stocks]}
    values, asked, _ = read(columns)
    assert not asked
    is_shown = (
        bool(prices) or any(each % 1000 and each > 1000 for each in stocks) or any(each >= 10**6 for each in stocks)
    )
    assert values["stock"][: len(stocks)] == stocks or (mark == "," and not is_shown)


# ---------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("columns", "conventions", "asked"),
    [
        ({"start": ["05/06/2025"], "end": ["12/31/2025"]}, {}, {}),
        ({"start": ["05/06/2025"], "end": ["12/31/2025"]}, {"dates": "mdy"}, {}),
        ({"start": ["05/06/2025"], "end": ["12/31/2025"]}, {"dates": "dmy"}, {"date_order.start": ["dmy", "mdy"]}),
        ({"start": ["05/06/2025"], "end": ["12/31/2025", "31/12/2025"]}, {}, {"date_order.start": ["dmy", "mdy"]}),
        ({"start": ["05/06/2025"], "end": ["05/06/2025"]}, {"dates": "dmy"}, {}),
    ],
)
def test_the_order_of_another_column_goes_before_the_usual_and_is_asked_about_beside_a_declared_one(
    columns: dict[str, list[str]], conventions: dict[str, Any], asked: dict[str, list[str]]
) -> None:
    values, questions, _ = read(columns, **conventions)
    assert questions == asked
    if not asked and len({*map(len, columns.values())}) == 1 and columns["end"] == ["12/31/2025"]:
        assert values["start"] == ["2025-05-06"]


@pytest.mark.parametrize(
    ("cells", "asked", "expected"),
    [
        (["24-12-31", "25-01-15", "25-02-28"], ["dmy", "ymd"], None),
        (["24/12/31", "25/01/15", "25/02/28"], ["dmy", "ymd"], None),
        (["24.12.31", "25.01.15", "25.02.28"], ["dmy", "ymd"], None),
        (["24-12-31", "01-02-03"], ["dmy", "ymd"], None),
        (["01-02-03", "04-05-06"], ["dmy", "mdy", "ymd"], None),
        # a number that is no day, or no year
        (["99-12-31", "25-01-15"], None, ["1999-12-31", "2025-01-15"]),
        (["00-12-31", "25-01-15"], None, ["2000-12-31", "2025-01-15"]),
        (["99/12/31", "31/01/25"], None, ["1999-12-31", "2031-01-25"]),
        (["25-01-15", "05-06-99"], None, ["2015-01-25", "1999-06-05"]),
        (["31-12-99", "25-01-15", "01-02-03"], None, ["1999-12-31", "2015-01-25", "2003-02-01"]),
        (["31-12-2025", "25-01-15"], None, ["2025-12-31", "2015-01-25"]),
        # without one, slashes and points mean day first as long as the years are recent
        (["31/01/25", "15/02/25"], None, ["2025-01-31", "2025-02-15"]),
        (["31.01.25", "01.02.25", "05.05.25"], None, ["2025-01-31", "2025-02-01", "2025-05-05"]),
        (["05/05/25"], None, ["2025-05-05"]),
        (["2024/12/31", "31/01/25"], ["dmy", "ymd"], None),
        (["31/12/99", "15/02/05"], None, ["1999-12-31", "2005-02-15"]),
        # month first
        (["12-31-25", "01-02-03"], None, ["2025-12-31", "2003-01-02"]),
        (["12-31-25", "25-01-15"], ["mdy", "dmy", "ymd"], None),
        # years of two digits first do not say whether day or month is first in another date
        (["99-12-31", "03/04/2025"], ["ymd", "dmy", "mdy"], None),
        # a slip is no proof
        (["30/02/25", "31/01/25"], None, [None, "2025-01-31"]),
        (["45-13-01", "31/01/25"], None, [None, "2025-01-31"]),
    ],
)
def test_a_year_of_two_digits_may_be_first(
    cells: list[str], asked: list[str] | None, expected: list[str] | None
) -> None:
    for declared in (None, "dmy"):
        values, questions, _ = read({"start": cells}, dates=declared)
        assert questions == ({"date_order.start": asked} if asked else {})
        assert expected is None or values["start"] == expected


EITHER = ["dmy", "mdy"]


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({"start": ["01.11.2025", "1. 2. 2025", "05.05.2025"]}, None),
        ({"start": ["01.11.25", "1.2.25 08:00"]}, None),
        ({"start": ["01.11.2025", "31/12/2025", "03/04/2025"]}, None),
        ({"start": ["01.11.2025", "31.12.2025"]}, None),
        # a proof against it, in the column or in another
        ({"start": ["01.11.2025", "11.30.2025"]}, EITHER[::-1]),
        ({"start": ["01.11.2025", "12/31/2025"]}, EITHER[::-1]),
        ({"start": ["01.11.2025"], "end": ["12/31/2025"]}, EITHER),
        # ambiguous dates with other signs are not settled by it, neither beside it nor in another column
        ({"start": ["01.11.2025", "03/04/2025"]}, EITHER),
        ({"start": ["01.11.2025", "03-04-2025"]}, EITHER),
        ({"start": ["01.11.2025 1:05 PM"]}, EITHER),
        ({"start": ["03/04/2025"], "end": ["01.11.2025"]}, EITHER),
        # nor is a year of two digits that may be first
        ({"start": ["1.2.25", "01-02-03"]}, EITHER),
        ({"start": ["01.11.25", "2024.12.31"]}, ["dmy", "mdy", "ymd"]),
    ],
)
def test_dates_with_points_are_day_first_unless_a_cell_says_otherwise(
    columns: dict[str, list[str]], asked: list[str] | None
) -> None:
    values, questions, settled = read(columns)
    assert questions == ({"date_order.start": asked} if asked else {})
    if not asked:
        assert settled.decisions["date_order.start"].value == "dmy"
        assert values["start"][0] == "2025-11-01"


@pytest.mark.parametrize(
    ("conventions", "decided", "asked"),
    [
        ({"dates": "dmy"}, {}, {}),
        ({"dates": "mdy"}, {}, {"date_order.start": ["mdy", "dmy"]}),
        ({}, {"date_order.start": Decision("mdy", "remembered")}, {"date_order.start": ["mdy", "dmy"]}),
        ({}, {"date_order.start": Decision("mdy", "given")}, {}),
        ({}, {"date_order.start": Decision("mdy", "answered")}, {}),
    ],
)
def test_dates_with_points_do_not_follow_a_month_first_that_no_caller_has_given_without_a_question(
    conventions: dict[str, Any], decided: dict[str, Decision], asked: dict[str, list[str]]
) -> None:
    values, questions, _ = read({"start": ["01.11.2025"]}, decided, **conventions)
    assert questions == asked
    assert asked or values["start"] == ["2025-01-11" if decided else "2025-11-01"]


def test_a_day_of_the_week_proves_the_order_of_its_column() -> None:
    """As Microsoft Project writes dates."""
    values, asked, _ = read({"start": ["Tue 3/4/25", "3/5/25", "Mon 6/2/25"]}, dates="dmy")
    assert (values["start"], asked) == (["2025-03-04", "2025-03-05", "2025-06-02"], {})
    values, asked, _ = read({"start": ["Mon 3/11/25", "3/5/25"]})  # 3 November and 11 March are Monday and Tuesday
    assert (values["start"], asked) == (["2025-11-03", "2025-05-03"], {})


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["310125", "150225", "41225", "10125"], [None] * 4),
        (["41225", "45750", "45750.5", "2025-01-31", "150225"], [None, "2025-04-03", "2025-04-03", "2025-01-31", None]),
        (["41025", "999999"], ["2012-04-26", None]),
        (["41225", "45750"], ["2012-11-12", "2025-04-03"]),
    ],
)
def test_five_digits_that_may_be_a_date_without_its_zero_are_rejected_beside_six(
    cells: list[str], expected: list[str | None]
) -> None:
    """A day that a spreadsheet counts from May 2018 to February 2037 cannot be one: it has no such month or day."""
    for decided in ({}, {"date_order.start": Decision("dmy", "given")}):
        assert read({"start": cells}, decided)[:2] == ({"start": expected}, {})
        beside = {"start": [*cells[::-1], ""], "end": [*["" for _ in cells], "41225"]}
        assert read(beside, decided)[0]["end"][-1] == "2012-11-12"


@pytest.mark.parametrize("order", ["dmy", "mdy", "ymd"])
@pytest.mark.parametrize("how", ["given", "answered", "remembered"])
def test_a_decided_order_settles_years_of_two_digits(order: str, how: How) -> None:
    decided = {"date_order.start": Decision(order, how)}
    days = {"dmy": "2003-02-01", "mdy": "2003-01-02", "ymd": "2001-02-03"}
    assert read({"start": ["01-02-03"]}, decided)[:2] == ({"start": [days[order]]}, {})


DAYS = st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=6)


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(DAYS, st.sampled_from(["%y-%m-%d", "%d-%m-%y", "%m-%d-%y", "%y %m %d"]), st.sampled_from([None, "dmy", "mdy"]))
def test_no_date_with_dashes_and_a_year_of_two_digits_is_wrong_without_a_question(
    days: list[date], form: str, declared: Any
) -> None:
    """If an order is declared, it holds for days and months that are both up to 12, unless the year could be first."""
    values, asked, _ = read({"start": [day.strftime(form) for day in days]}, dates=declared)
    is_right = all(value in {day.isoformat(), None} for value, day in zip(values["start"], days, strict=True))
    assert is_right or asked or (declared and all(day.day <= 12 for day in days) and form.endswith("%y"))


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(st.lists(st.dates(date(2020, 1, 1), date(2031, 12, 31)), min_size=1, max_size=6), st.sampled_from(["/", "."]))
def test_recent_days_with_slashes_or_points_are_day_first_without_a_question(days: list[date], sign: str) -> None:
    late = [day.replace(day=13 + day.day % 15) for day in days]
    values, asked, _ = read({"start": [day.strftime(f"%d{sign}%m{sign}%y") for day in late + days]})
    assert (values["start"], asked) == ([day.isoformat() for day in late + days], {})


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(st.lists(st.dates(date(2020, 1, 1), date(2031, 12, 31)), min_size=1, max_size=6), st.sampled_from("yY"))
def test_days_with_points_are_right_and_months_before_them_are_asked_about(days: list[date], year: str) -> None:
    values, asked, _ = read({"start": [day.strftime(f"%d.%m.%{year}") for day in days]})
    assert (values["start"], asked) == ([day.isoformat() for day in days], {})
    others = [*days, days[0].replace(day=25)]
    values, asked, _ = read({"start": [day.strftime("%m.%d.%Y") for day in others]})
    assert asked or values["start"] == [day.isoformat() for day in others]
