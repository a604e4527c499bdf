"""Limits of a load on the deployed stack: a row that only the database rejects, and changes that are too large."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.sql import SQL, Literal

from local import postgres
from local.stack import Stack
from tests.conftest import own_tenant
from tests.support.factories import DEALER_TITLES, csv_file, dealers
from tests.support.people import Person

ROWS = 2_000


def test_a_constraint_of_the_table_takes_back_a_load_of_all_rows_or_none(
    person: Callable[..., Person], postgres_stack: Stack, request: pytest.FixtureRequest
) -> None:
    """Two chunks are loaded at once; the wrong row is the last of the second."""
    bob = person(own_tenant(request), at=postgres_stack)
    first = bob.imported(csv_file(dealers(10), DEALER_TITLES), filename="first.csv", importer="dealers")
    assert first["status"] == "completed", first
    before = bob.listing("dealers")
    rule = SQL("ALTER TABLE dealers ADD CONSTRAINT names_are_true CHECK (tenant <> {} OR name <> 'Wrong')")
    with postgres.start(Path(postgres_stack.folder)).connect() as sql:
        sql.execute(rule.format(Literal(bob.tenant)))
        try:
            rows = [(code, f"New {name}", tier) for code, name, tier in dealers(ROWS - 1)]
            body = csv_file([*rows, ("D-WRONG", "Wrong", "gold")], DEALER_TITLES)
            job = bob.imported(body, filename="all.csv", importer="dealers", on_rejections="stop")
        finally:
            sql.execute("ALTER TABLE dealers DROP CONSTRAINT names_are_true")
    assert (job["status"], job["problem"]["type"]) == ("failed", "/problems/rejections")
    assert job["problem"]["examples"] == [
        {
            "row": ROWS + 1,
            "column": "Name",
            "reason": "is not allowed by the database's rule 'names_are_true'",
        }
    ]
    assert job["counts"]["rejected"] == 1
    assert not {"retry", "rollback"} & job["links"].keys()
    assert bob.listing("dealers") == before
    again = bob.imported(body, filename="all.csv", importer="dealers")
    assert (again["status"], again["counts"]["inserted"]) == ("completed", ROWS - 10)


def test_prices_that_change_too_much_are_shown_in_review_and_not_loaded(bob: Person) -> None:
    """The decimal mark of a column was lost."""
    titles = ("Part Number", "Description", "Price")
    keys = [f"P-{number:03d}" for number in range(40)]
    assert bob.imported(csv_file([(key, "Bolt", "9.50") for key in keys], titles), filename="a.csv")["counts"][
        "inserted"
    ]
    before = bob.listing("products")
    wrong = csv_file([(key, "Bolt", "950" if key > "P-019" else "9.80") for key in keys], titles)
    job = bob.imported(wrong, filename="b.csv", review=True, guards={"max_change": {"price": 0.5}})
    (question,) = job["questions"]
    assert (job["status"], job["waiting_for"], question["key"]) == ("in_review", "answers", "guard.max_change")
    assert question["params"]["found"] == 20
    assert question["params"]["examples"][0]["changes"] == [{"column": "Price", "before": "9.5", "after": "950"}]
    assert bob.call("POST", f"/jobs/{job['id']}/commit").json()["type"] == "/problems/questions-open"
    bob.move(job["id"], "cancel")
    assert bob.listing("products") == before
