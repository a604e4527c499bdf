"""Figures about headers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figures import HEADERS, load
from benchmarks.headers import OWN, main, measure

ROWS = [json.loads(line) for line in OWN.read_text().splitlines()]


def test_headers_of_our_own_making_are_matched_by_themselves_or_preselected() -> None:
    """A header that means a column by itself decides; so not one of them may be wrong."""
    every = measure(ROWS).figures[0].shares
    assert every["own right"] == 1.0
    assert every["likely right"] >= 0.98
    assert every["likely found"] >= 0.7
    assert every["first"] >= 0.85


def test_what_is_wrong_counts_as_wrong() -> None:
    row = {
        "importer": "products",
        "lang": "de",
        "headers": ["Artikelnummer", "Preis", "Lager"],
        "truth": {"part_number": None, "price": "Lager", "stock": "Lager"},
        "ambiguous": {"part_number": ["Artikelnummer"]},
    }
    [every, *_] = measure([row]).figures
    assert every.shares == {
        "there": 2,  # price and stock
        "own found": 0.0,
        "own right": 0.5,  # the part number, but not the price
        "likely found": 0.5,
        "likely right": pytest.approx(2 / 3),
        "first": 0.5,
    }


def test_a_file_of_header_rows_is_measured_and_its_table_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "rows.jsonl", tmp_path / "figures.md"
    file.write_text("\n".join(json.dumps(row) for row in ROWS[:3]))
    assert main([str(file), "--write", str(page)]) == 0
    assert "| all | 3 |" in page.read_text()
    assert "| all | 3 |" in capsys.readouterr().out
    assert [figure.title for figure in load(page)[HEADERS].figures] == ["all", "products", "en"]
