"""``sluice delete`` against a fake API: it sends nothing without a confirmation."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sluice_cli.main import app
from tests.unit.cli.fake_api import FakeApi, job


@pytest.fixture(autouse=True)
def deleted(api: FakeApi) -> None:
    """Return the job's state after the deletion."""
    api.states = [job("completed", deleted=True)]


def test_a_confirmed_deletion_is_sent(api: FakeApi) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB"], input="y\n")
    assert done.exit_code == 0
    assert list(api.called()) == ["DELETE /prod/v1/jobs/01JOB"]
    assert "Delete the file and the results of job 01JOB?" in done.stderr
    assert "deleted" in done.stdout


@pytest.mark.parametrize("reply", ["n\n", "\n", ""], ids=["no", "empty line", "end of input"])
def test_a_deletion_without_confirmation_is_not_sent(api: FakeApi, reply: str) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB"], input=reply)
    assert done.exit_code == 1
    assert list(api.called()) == []


def test_yes_deletes_without_a_question_and_json_is_that_of_the_api(api: FakeApi) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB", "--yes", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == job("completed", deleted=True)
