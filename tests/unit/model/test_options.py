"""Options of a load: what a caller gave replaces single ones of the importer's, and makes another import of a file."""

from __future__ import annotations

import pytest

from sluice.model.options import GivenOptions, Guards, LoadOptions

DECLARED = LoadOptions("upsert", "clear", "mark", "stop", Guards(0.05, 0.2, {"price": 0.5, "stock": 0.9}))


def test_nothing_given_leaves_the_options_of_the_importer() -> None:
    assert GivenOptions().over(DECLARED) == DECLARED


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        (GivenOptions(mode="update"), ("update", "clear", "mark", "stop")),
        (GivenOptions(blanks="keep"), ("upsert", "keep", "mark", "stop")),
        (GivenOptions(mode="delete", deletes="remove"), ("delete", "clear", "remove", "stop")),
        (GivenOptions(on_rejections="continue"), ("upsert", "clear", "mark", "continue")),
    ],
)
def test_an_option_that_is_given_replaces_that_one_alone(given: GivenOptions, changed: tuple[str, ...]) -> None:
    options = given.over(DECLARED)
    assert (options.mode, options.blanks, options.deletes, options.on_rejections) == changed
    assert options.guards == DECLARED.guards


def test_a_guard_that_is_given_replaces_that_one_alone() -> None:
    """Of the limits of changes, those of other columns stay."""
    assert GivenOptions(guards={"max_rejected": 1.0}).over(DECLARED).guards == Guards(
        1.0, 0.2, {"price": 0.5, "stock": 0.9}
    )
    given = GivenOptions(guards={"max_change": {"price": 0.1}})
    assert given.over(DECLARED).guards == Guards(0.05, 0.2, {"price": 0.1, "stock": 0.9})


def test_a_caller_who_gives_nothing_claims_the_file_alone() -> None:
    """Claims of earlier versions know no options; guards and `on_rejections` make no other import of a file."""
    assert GivenOptions().claimed == ""
    assert GivenOptions(on_rejections="stop", guards={"max_rejected": 0.1}).claimed == ""


def test_each_mode_blanks_and_deletes_makes_another_claim() -> None:
    """What is given counts, also where it is the importer's own; and the claim is the same on every day."""
    given = [
        GivenOptions(mode="upsert"),
        GivenOptions(mode="update"),
        GivenOptions(mode="update", blanks="clear"),
        GivenOptions(blanks="clear"),
        GivenOptions(mode="delete", deletes="mark"),
        GivenOptions(mode="delete", deletes="remove"),
    ]
    assert len({each.claimed for each in given}) == len(given)
    assert given[1].claimed == "20a7c2ccef9652a7c6910b1e26893093ad38a1916df8eada2525d82f4bd4cd90"


def test_another_recipe_makes_another_claim() -> None:
    """The order in which its decisions were written does not count; without decisions it is no part of the claim."""
    price, both = {"decimal.price": ","}, {"header": 3, "decimal.price": ","}
    claims = [GivenOptions().with_recipe(each).claimed for each in (price, {"decimal.price": "."}, both)]
    assert len(set(claims)) == len(claims)
    assert GivenOptions().with_recipe({"decimal.price": ",", "header": 3}).claimed == claims[2]
    assert GivenOptions().with_recipe({}).claimed == ""
    assert GivenOptions(mode="update").with_recipe(price).claimed not in {*claims, GivenOptions(mode="update").claimed}


def test_a_recipe_changes_no_option_of_the_load() -> None:
    given = GivenOptions(mode="update").with_recipe({"header": 3})
    assert (given.options, given.over(DECLARED).mode) == ({"mode": "update"}, "update")
    assert GivenOptions(**given.as_dict()) == given
