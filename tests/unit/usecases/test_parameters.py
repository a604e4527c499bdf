"""Parameters and options of an importer's jobs: where they come from, and which are rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.errors import FileRejected, InvalidOption, RequestRejected
from sluice.model.options import GivenOptions, Guards, Mode
from sluice.schema.importer import Importer, Parameter
from sluice.usecases.parameters import check_file_type, check_parameters, options_of, parameters_of
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
    assert parameters_of(VOTERS, name) == ({"ward": ward} if ward else {})


def test_given_parameters_take_precedence_over_the_name_of_the_file() -> None:
    """Parameters that are missing in the request are looked for in the name."""
    assert parameters_of(BOTH, "79800001 monday.xlsx", {"ward": "79800002"}) == {"ward": "79800002", "day": "monday"}


@pytest.mark.parametrize("given", [None, {}])
def test_an_importer_without_parameters_finds_none(given: dict[str, str] | None) -> None:
    assert parameters_of(PRODUCTS, "Ward 79800001.xlsx", given) == {}


def test_an_unknown_parameter_is_rejected_with_the_list_of_known_ones() -> None:
    with pytest.raises(RequestRejected, match=r"unknown.*'town', 'known': \['ward', 'day'\]") as rejected:
        parameters_of(BOTH, "a.xlsx", {"town": "x"})
    assert rejected.value.problem.type == "invalid-parameter"
    with pytest.raises(RequestRejected, match=r"'known': \[\]"):
        parameters_of(PRODUCTS, "a.csv", {"town": "x"})


@pytest.mark.parametrize("value", ["", "7980000", "798000011", "79800001\n", " 79800001", "abcdefgh"])
def test_an_invalid_parameter_is_rejected_with_an_example(value: str) -> None:
    with pytest.raises(RequestRejected, match=r"wrong-form.*'Ward', 'example': '79800001'") as rejected:
        parameters_of(VOTERS, "Ward 79800001.xlsx", {"ward": value})
    assert rejected.value.problem.type == "invalid-parameter"


def test_a_file_without_a_required_parameter_is_rejected_and_the_error_says_how_to_name_it() -> None:
    job = make_job(importer="voters")
    with pytest.raises(FileRejected, match=r"missing-parameter.*79800001") as rejected:
        check_parameters(VOTERS, job)
    assert (rejected.value.problem.type, rejected.value.problem.params["parameter"]) == ("missing-parameter", "ward")
    check_parameters(VOTERS, replace(job, parameters={"ward": "79800001"}))
    check_parameters(PRODUCTS, make_job())


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
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), parameters={"ward": "79800001"})
    again = harness.upload(b"Original row," + rows.replace(b"-1", b"1").replace(b"P-1", b"2,P-1"), corrects=ref.id)
    assert harness.jobs.get(again).parameters == {"ward": "79800001"}


def test_options_come_back_as_they_were_given() -> None:
    given = GivenOptions("delete", "clear", "mark", "stop", {"max_rejected": 0.05})
    assert options_of(PRODUCTS, given) == given
    assert options_of(VOTERS, GivenOptions()) == GivenOptions()


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
