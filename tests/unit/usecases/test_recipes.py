"""Recipes and options of an importer's jobs: where they come from, and which are rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.errors import FileRejected, InvalidDecision, InvalidOption, RequestRejected
from sluice.model.options import GivenOptions, Guards, Mode
from sluice.model.recipe import Decision, Recipe
from sluice.model.status import Status
from sluice.schema.importer import Importer, Parameter
from sluice.usecases.recipes import check_constants, check_file_type, given_decisions, options_of, recipe_of
from sluice.wording import word_detail
from tests.support.factories import make_job
from tests.support.harness import Harness

PRODUCTS, VOTERS = importer_named("products"), importer_named("voters")
DAY = Parameter(name="day", title="Day", pattern="[a-z]+", example="monday", from_name=r"\b([a-z]+day)\b")
BOTH = replace(VOTERS, parameters=(*VOTERS.parameters, DAY))


@pytest.mark.parametrize(
    ("name", "ward"),
    [
        ("Ward 79800001.xlsx", "79800001"),
        ("79800001.xlsx", "79800001"),
        ("lede_wyk79800001(finaal).xls", "79800001"),
        ("79800001 and 79800002.xlsx", "79800001"),
        ("Ward 7980001.xlsx", None),
        ("Ward 798000011.xlsx", None),
        ("list.xlsx", None),
    ],
)
def test_the_ward_is_read_from_the_name_of_the_file(name: str, ward: str | None) -> None:
    """It is the first group of exactly eight digits."""
    assert recipe_of(VOTERS, {}, name).constants == ({"ward": ward} if ward else {})


def test_a_given_constant_takes_precedence_over_the_name_of_the_file() -> None:
    """Constants that are missing in the request are looked for in the name."""
    recipe = recipe_of(BOTH, {"constants": {"ward": "79800002"}}, "79800001 monday.xlsx")
    assert recipe.constants == {"ward": "79800002", "day": "monday"}
    assert {key: each.how for key, each in recipe.decisions.items()} == {
        "constants.ward": "given",
        "constants.day": "declared",
    }


def test_an_importer_without_parameters_finds_none() -> None:
    assert recipe_of(PRODUCTS, {}, "Ward 79800001.xlsx") == Recipe()


def test_an_unknown_constant_is_rejected_with_the_list_of_known_ones() -> None:
    with pytest.raises(RequestRejected, match=r"unknown.*'town', 'known': \['ward', 'day'\]") as rejected:
        recipe_of(BOTH, {"constants": {"town": "x"}}, "a.xlsx")
    assert rejected.value.problem.type == "invalid-parameter"
    with pytest.raises(RequestRejected, match=r"'known': \[\]"):
        recipe_of(PRODUCTS, {"constants": {"town": "x"}}, "a.csv")


@pytest.mark.parametrize("value", ["", "7980000", "798000011", "79800001\n", " 79800001", "abcdefgh", 79800001, None])
def test_an_invalid_constant_is_rejected_with_an_example(value: Any) -> None:
    with pytest.raises(RequestRejected, match=r"wrong-form.*'Ward', 'example': '79800001'") as rejected:
        recipe_of(VOTERS, {"constants": {"ward": value}}, "Ward 79800001.xlsx")
    assert rejected.value.problem.type == "invalid-parameter"


def test_decisions_are_given_by_title_or_field_nested_or_flat() -> None:
    """A recipe nests them, an answer may have the key of its question."""
    markers = {"null_markers": ["-", "n/a"], "clear_markers": ["[clear]"]}
    decided = {
        "header": 3,
        "columns": {"Preis": "price"},
        **markers,
        "decimal.price": ",",
        "date_order.updated": "mdy-swapped",
    }
    nested = {
        "header": 3,
        "columns": {"Preis": "Price"},
        **markers,
        "decimal": {"unit price": ","},
        "date_order": {"Updated": "mdy-swapped"},
    }
    assert given_decisions(PRODUCTS, nested) == decided
    assert given_decisions(PRODUCTS, decided) == decided
    assert given_decisions(PRODUCTS, {"decimal": {}, "columns": {}}) == {"columns": {}}
    assert recipe_of(PRODUCTS, nested, "a.csv").decisions == {
        key: Decision(value, "given") for key, value in decided.items()
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"tabs": "x"},
            "Decisions are: sheets, header, hidden, columns, constants, null_markers, clear_markers, encoding,",
        ),
        ({"sheets": []}, "'sheets' is the name of a sheet, a list of names, or all."),
        ({"sheets": ["Jan", 2]}, "'sheets' is the name of a sheet, a list of names, or all."),
        ({"hidden": "drop"}, "'hidden' can be: import, skip."),
        ({"encoding": "utf-7"}, "'encoding' can be: utf-8, utf-16, utf-16-le,"),
        ({"encoding": 8}, "'encoding' can be: utf-8,"),
        ({"delimiter": "x"}, "'delimiter' can be: ,, ;, tab, |, ^,"),
        ({"quoting": "none"}, "'quoting' can be: double, single,"),
        ({"columns": ["Preis"]}, "'columns' is no decision"),
        ({"header.price": 3}, "'header.price' is no decision"),
        (
            {"decimal": {"Preis": ","}},
            "no column 'Preis' with a decimal mark. Its columns of numbers are: Price, Stock",
        ),
        ({"decimal": ","}, "no column '' with a decimal mark"),
        ({"decimal.description": ","}, "no column 'description' with a decimal mark"),
        ({"decimal.price": ";"}, "'decimal.price' can be: ., ,."),
        ({"decimal.price": [","]}, "'decimal.price' can be: ., ,."),
        ({"decimal": {"price": ",", "Price": "."}}, "'decimal.Price' comes twice"),
        ({"date_order": {"price": "dmy"}}, "no column 'price' of dates. Its columns of dates are: Updated"),
        ({"date_order.updated": "ydm"}, "'date_order.updated' can be: dmy, mdy, ymd, dmy-swapped, mdy-swapped."),
        ({"columns": {"Preis": "prise"}}, "no column 'prise'. Its columns are: Part Number"),
        ({"columns": {"Preis": "price", "Betrag": "Price"}}, "Two headers are given for the column 'Price'"),
        ({"header": 0}, "'header' is the number of a row"),
        ({"header": True}, "'header' is the number of a row"),
        ({"header": "3"}, "'header' is the number of a row"),
        ({"null_markers": "NULL"}, "'null_markers' is a list of up to 20 short texts"),
        ({"null_markers": ["NULL", " "]}, "'null_markers' is a list of up to 20 short texts"),
        ({"null_markers.price": ["NULL"]}, "'null_markers.price' is no decision"),
        ({"clear_markers": [""]}, "'clear_markers' is a list of up to 20 short texts"),
    ],
)
def test_a_decision_that_cannot_be_is_rejected(given: dict[str, Any], words: str) -> None:
    """One that had no effect would be a promise that is not kept."""
    with pytest.raises(InvalidDecision) as rejected:
        given_decisions(PRODUCTS, given)
    assert rejected.value.status == 422
    assert words in word_detail(rejected.value.problem)


def test_a_file_without_a_required_constant_is_rejected_and_the_error_says_how_to_name_it() -> None:
    job = make_job(importer="voters")
    with pytest.raises(FileRejected, match=r"missing-parameter.*79800001") as rejected:
        check_constants(VOTERS, job)
    assert (rejected.value.problem.type, rejected.value.problem.params["parameter"]) == ("missing-parameter", "ward")
    check_constants(VOTERS, replace(job, recipe=recipe_of(VOTERS, {}, "79800001.xlsx")))
    check_constants(PRODUCTS, make_job())


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "A.XLSX", "a.b.Xls"])
def test_a_file_of_an_accepted_type_is_accepted(name: str) -> None:
    check_file_type(VOTERS, name)
    check_file_type(PRODUCTS, "anything")


@pytest.mark.parametrize("name", ["a.csv", "xlsx", "a.xlsx.zip", "a", ""])
def test_a_file_of_another_type_is_rejected_with_the_list_of_accepted_ones(name: str) -> None:
    with pytest.raises(FileRejected, match=r"wrong-file-type.*\['.xlsx', '.xls'\]") as rejected:
        check_file_type(VOTERS, name)
    assert rejected.value.problem.type == "wrong-file-type"


def test_a_corrected_file_has_the_ward_of_the_file_that_it_corrects(harness: Harness) -> None:
    """Its own name may be any; a ward in that name takes precedence."""
    rows = b"Part Number,Description,Price\nP-1,Filter,-1\n"
    ref = harness.upload(rows)
    harness.run(ref)
    known = Recipe(decisions={"constants.ward": Decision("79800001", "declared")})
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), recipe=known)
    again = harness.upload(b"Original row," + rows.replace(b"-1", b"1").replace(b"P-1", b"2,P-1"), corrects=ref.id)
    assert harness.jobs.get(again).recipe.decisions["constants.ward"] == Decision("79800001", "answered")


@pytest.mark.parametrize(
    ("declared", "synchronous", "attended", "asks"),
    [
        (None, False, True, "ask"),
        (None, False, False, "fail"),
        (None, True, True, "fail"),
        ("ask", False, False, "ask"),
        ("ask", True, True, "ask"),
        ("fail", False, True, "fail"),
    ],
)
def test_a_job_asks_where_a_caller_may_answer_unless_its_importer_says_otherwise(
    declared: Literal["ask", "fail"] | None, synchronous: bool, attended: bool, asks: str
) -> None:
    importer = replace(PRODUCTS, questions=declared, synchronous=synchronous)
    assert importer.asks(attended=attended) == asks


def test_a_dropped_file_asks_nothing(harness: Harness) -> None:
    """It fails, and names the recipe that would have helped."""
    key = "incoming/acme/products/dates.csv"
    harness.files.write(key, b"Part Number,Description,Price,Updated\nP-1,Filter,1,03/04/2025\n")
    dropped = harness.arrive(key)
    assert dropped is not None
    job = harness.run(dropped.ref)
    assert (job.asks, job.status) == ("fail", Status.FAILED)
    assert job.problem is not None
    assert '{"date_order": {"updated": "dmy"}}' in word_detail(job.problem)


def test_options_come_back_as_they_were_given() -> None:
    given = GivenOptions("delete", "clear", "mark", "stop", {"max_rejected": 0.05})
    assert options_of(PRODUCTS, given) == given
    assert options_of(VOTERS, GivenOptions()) == GivenOptions()
    reading = GivenOptions().with_recipe({"constants.ward": "79800001"})
    assert options_of(VOTERS, reading) == reading


@pytest.mark.parametrize(
    "given",
    [
        GivenOptions(mode="upsert"),
        GivenOptions(blanks="keep"),
        GivenOptions(on_rejections="continue"),
        GivenOptions(guards={"max_rejected": 0.5}),
    ],
)
def test_a_lookup_has_no_options(given: GivenOptions) -> None:
    """It writes to no dataset; an option without an effect would be a promise that is not kept."""
    assert _rejection(VOTERS, given).startswith("Voters looks its rows up and loads no dataset")


@pytest.mark.parametrize("mode", ["upsert", "insert", "update", None])
def test_a_mode_that_deletes_nothing_takes_no_option_about_deleting(mode: Mode | None) -> None:
    for given in (GivenOptions(mode=mode, deletes="mark"), GivenOptions(mode=mode, guards={"max_deleted": 5})):
        assert f"Mode '{mode or 'upsert'}' deletes no record" in _rejection(PRODUCTS, given)


def test_deleting_follows_the_mode_of_the_importer_where_none_is_given() -> None:
    mirrored = replace(PRODUCTS, mode="mirror")
    given = GivenOptions(deletes="remove", guards={"max_deleted": 5})
    assert options_of(mirrored, given) == given
    assert "Mode 'update' deletes no record" in _rejection(mirrored, replace(given, mode="update"))


def test_a_file_of_keys_to_delete_has_no_limit_of_deletions() -> None:
    """It names each of its keys."""
    given = GivenOptions(mode="delete", guards={"max_deleted": 5})
    assert _rejection(PRODUCTS, given).startswith("'max_deleted' limits what mode 'mirror' deletes")


def test_limits_of_changes_are_given_by_title_or_field() -> None:
    given = GivenOptions(guards={"max_change": {"unit price": 0.5, "free_stock": 1.0}, "max_rejected": 0.1})
    changes = {"price": 0.5, "free_stock": 1.0}
    assert options_of(PRODUCTS, given).guards == {"max_change": changes, "max_rejected": 0.1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Preis": 0.5}, "no column 'Preis' of numbers that could change. Its columns of numbers are: Price, Stock"),
        ({"description": 0.5}, "no column 'description' of numbers"),
        ({"active": 0.5}, "no column 'active' of numbers"),
        ({"Price": 0.5, "price": 0.1}, "The limit for 'price' comes twice"),
    ],
)
def test_a_limit_of_changes_that_would_never_trip_is_rejected(changes: dict[str, float], words: str) -> None:
    assert words in _rejection(PRODUCTS, GivenOptions(guards={"max_change": changes}))


def test_an_importer_that_declares_such_a_limit_is_an_error_of_its_declaration() -> None:
    with pytest.raises(TypeError, match=r"max_change of 'products' names \['brand'\]"):
        replace(PRODUCTS, guards=Guards(max_change={"brand": 0.5, "price": 0.1}))


def _rejection(importer: Importer, given: GivenOptions) -> str:
    """Return the words of the problem with which options are rejected."""
    with pytest.raises(InvalidOption) as rejected:
        options_of(importer, given)
    assert rejected.value.status == 422
    return word_detail(rejected.value.problem)
