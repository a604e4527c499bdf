"""``sluice delete`` against a fake API: nothing goes unless somebody is sure."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from local import control
from local.cli import app
from sluice_cli.client import Client
from tests.unit.cli.fake_api import API, FakeApi, job


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A fake API that the commands take for the real one."""
    fake = FakeApi(states=[job("completed", deleted=True)])
    monkeypatch.setattr(control, "connect", lambda: Client(API, "t0ken", transport=fake.transport))
    return fake


def test_a_job_is_deleted_once_somebody_has_said_yes(api: FakeApi) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB"], input="y\n")
    assert done.exit_code == 0
    assert list(api.called()) == ["DELETE /prod/v1/jobs/01JOB"]
    assert "Delete the file and the results of job 01JOB?" in done.stderr
    assert "deleted" in done.stdout


@pytest.mark.parametrize("answer", ["n\n", "\n", ""], ids=["no", "nothing", "nobody there"])
def test_without_a_yes_nothing_is_sent(api: FakeApi, answer: str) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB"], input=answer)
    assert done.exit_code == 1
    assert list(api.called()) == []


def test_yes_can_be_said_beforehand_and_json_is_the_apis(api: FakeApi) -> None:
    done = CliRunner().invoke(app, ["delete", "01JOB", "--yes", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == job("completed", deleted=True)
