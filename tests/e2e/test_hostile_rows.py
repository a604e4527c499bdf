"""Files that once stopped a worker or the planner: their good rows are loaded, and another tenant waits for nothing."""

from __future__ import annotations

from tests.hostile import cases
from tests.support.factories import csv_file, products
from tests.support.people import Person

_GOOD = 9_000
_BLANKS = 40_000


def _blanks() -> bytes:
    """Return good rows beside a price of blanks, and one that no cell can hold."""
    at = _GOOD + 2
    odd = cases.row(at, price=cases.cell(f"C{at}", "5" + " " * 30_000 + "x"))
    long = cases.row(at + 1, price=cases.cell(f"C{at + 1}", "5" + " " * _BLANKS + "x"))
    return cases.products(odd + long, good=_GOOD)


def _serials() -> bytes:
    """Return good rows, and a telephone number in a column of hours."""
    at = _GOOD + 2
    header = cases.head(cases.cell("D1", "Updated"))
    return cases.products(cases.row(at, more=cases.number(f"D{at}", "4915112345678", 3)), header=header, good=_GOOD)


FILES = {
    "blanks in a price": (_blanks(), _GOOD, 2),
    "blanks in rich text": (cases.rich(" " * 1_000_000), 1, 0),
    "numbers under formats": (_serials(), _GOOD, 1),
    "far cells": (cases.far(2_000), 2_000, 0),
}


def test_hostile_files_cost_their_own_odd_rows_alone(ann: Person, bob: Person) -> None:
    """They are imported at once, one dataset after the other, while another tenant imports a file of its own."""
    started = {name: ann.start(body, filename=f"{at}.xlsx") for at, (name, (body, _, _)) in enumerate(FILES.items())}
    other = bob.imported(csv_file(products(500)), filename="other.csv")
    assert (other["status"], other["counts"]["inserted"]) == ("completed", 500)
    for name, job_id in started.items():
        job, (_, good, rejected) = ann.end_of(job_id, 240), FILES[name]
        counts = job["counts"]
        loaded = sum(counts[effect] for effect in ("inserted", "updated", "unchanged"))
        assert (job["status"], loaded, counts["rejected"]) == ("completed", good, rejected), (name, job)
