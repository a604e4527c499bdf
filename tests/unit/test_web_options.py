"""What pages say of the options of a job, and what their form gives."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from local.web import WEB
from sluice.model.options import Blanks, Deletes, Mode, OnRejections
from tests.support.javascript import evaluate

CHOICES = {
    "mode": get_args(Mode),
    "blanks": get_args(Blanks),
    "deletes": get_args(Deletes),
    "on_rejections": get_args(OnRejections),
}


def options(**changed: Any) -> dict[str, Any]:
    """Return options as the API shows them, with guards that are off unless they are given."""
    guards = {"max_rejected": None, "max_deleted": None, "max_change": {}} | changed.pop("guards", {})
    plain = {"mode": "upsert", "blanks": "keep", "deletes": None, "on_rejections": "continue", "guards": guards}
    return plain | changed


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_choice_of_every_option_has_words(language: str) -> None:
    words = (WEB / f"shared/words-{language}.js").read_text()
    keys = set(re.findall(r'^  "option\.([\w.]+)":', words, re.MULTILINE))
    assert {f"{name}.{choice}" for name, choices in CHOICES.items() for choice in choices} <= keys
    assert set(CHOICES) <= keys


def test_a_job_says_what_it_does_to_the_dataset() -> None:
    """Limits and rejected rows are mentioned only where they can stop something."""
    limits = {"max_rejected": 0.05, "max_deleted": 0.2, "max_change": {"price": 0.5}}
    said = [
        options(),
        options(mode="delete", blanks="clear", deletes="remove"),
        options(on_rejections="stop", guards={"max_rejected": 0.0}),
        options(mode="mirror", deletes="mark", guards=limits),
        options(mode="mirror", guards={"max_deleted": 1}),
        options(mode="mirror", guards={"max_deleted": 0}),
    ]
    texts = evaluate("shared/options.js", "said.map((each) => it.optionsText(each, 'en'))", said=said)
    upsert = "Records are updated, new ones are added. Blank cells keep the value that is there."
    mirror = "Records are updated and added; those that the file lacks are deleted."
    assert texts == [
        upsert,
        "Records whose keys the file names are deleted. Blank cells clear the value. Deleted records are removed.",
        (
            f"{upsert} Nothing is loaded if a row is rejected. "
            "It stops before loading if more than 0% of the rows are rejected."
        ),
        (
            f"{mirror} Blank cells keep the value that is there. Deleted records stay and are marked. "
            "It stops before loading if more than 5% of the rows are rejected. "
            "It stops before loading if more than 20% of the records would be deleted. "
            "It stops before loading if “price” would change by more than 50%."
        ),
        (
            f"{mirror} Blank cells keep the value that is there. "
            "It stops before loading if more than one record would be deleted."
        ),
        (
            f"{mirror} Blank cells keep the value that is there. "
            "It stops before loading if more than 0% of the records would be deleted."
        ),
    ]


def test_a_form_gives_what_was_chosen_and_leaves_the_rest_to_the_importer() -> None:
    """Shares are typed in percent."""
    forms = [
        [[["mode", ""], ["blanks", ""]], [["max_rejected", ""]]],
        [[["mode", "update"], ["blanks", ""]], []],
        [[["mode", ""], ["blanks", "clear"]], [["max_rejected", "5"], ["max_deleted", "0"]]],
    ]
    given = evaluate("shared/options.js", "forms.map(([words, shares]) => it.chosen(words, shares))", forms=forms)
    assert given == [
        {},
        {"mode": "update"},
        {"blanks": "clear", "guards": {"max_rejected": 0.05, "max_deleted": 0}},
    ]


@pytest.mark.parametrize("mode", CHOICES["mode"])
def test_a_form_offers_only_what_means_something_in_the_mode(mode: str) -> None:
    names = ["mode", "blanks", "deletes", "on_rejections", "max_rejected", "max_deleted"]
    found = evaluate("shared/options.js", "names.filter((name) => it.isPossible(name, mode))", names=names, mode=mode)
    missing = {"mirror": set(), "delete": {"max_deleted"}}.get(mode, {"deletes", "max_deleted"})
    assert set(names) - set(found) == missing
