"""Tables for people: what they show of the API's JSON."""

import json
from typing import Any

import pytest

from tests.unit.cli.fake_api import FakeApi, job, run


def preview(**more: Any) -> dict[str, Any]:
    """Return a preview as the API shows it."""
    counts = {"total": 3, "unchecked": 0, "rejected": 1, "to_reject": 1, "insert": 1, "update": 0}
    column = {"title": "Updated", "header": "Date [of change]", "place": "C", "date_order": None}
    return {
        "job": job("in_review"),
        "columns": [column],
        "unmatched_headers": ["Colour"],
        "ambiguous_dates": ["Updated"],
        "counts": counts | {"unchanged": None, "ignored": 2},
        "rows": [{"row": 2, "values": {"part_number": "A1"}}],
        **more,
    }


def shown(api: FakeApi, body: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what ``sluice preview`` prints of a body."""
    api.page = json.dumps(body)
    assert run("preview", "01JOB") == 0
    return capsys.readouterr().out


def test_preview_shows_counts_columns_and_rows(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """A count that is not known yet is not shown."""
    printed = shown(api, preview(), capsys)
    assert "total 3, unchecked 0, rejected 1, to reject 1, insert 1, update 0, ignored 2\n" in printed
    assert "Date [of change]" in printed
    assert "Header in the file" in printed
    assert "Not imported: Colour" in printed
    assert "A1" in printed


def test_preview_says_how_to_settle_ambiguous_dates(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert "sluice commit --date`: Updated" in shown(api, preview(), capsys)
    assert "ambiguous" not in shown(api, preview(ambiguous_dates=[]), capsys)


def test_a_job_of_a_sync_shows_how_many_rows_were_deleted_upstream(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.states = [job("completed", sync={"deleted_upstream": 7})]
    assert run("job", "01JOB") == 0
    assert ["deleted", "upstream", "7"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_job_without_deleted_rows_shows_no_such_line(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", sync={"deleted_upstream": 0})]
    assert run("job", "01JOB") == 0
    assert "deleted" not in capsys.readouterr().out
