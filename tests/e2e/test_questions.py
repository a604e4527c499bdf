"""Files that leave a decision open: asked and answered by API and command line, failing, and read again in rounds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from sluice.auth import READ, WRITE
from sluice.model.chunk import JobRef, PhaseName
from sluice_cli import main
from tests.conftest import own_tenant, stores_of
from tests.e2e.processes import kill_workers_in
from tests.support.factories import csv_file
from tests.support.people import Person, counted
from tests.support.questions import MARK, OF_ROWS, TITLES, Asks

kinds = pytest.mark.parametrize("asks", OF_ROWS, ids=lambda each: each.kind)


def teach(person: Person, asks: Asks) -> None:
    """Import the file that is remembered, if there is one."""
    if asks.before is not None:
        body, recipe = asks.before
        job = person.imported(body, filename="before.csv", recipe=recipe)
        assert job["status"] == "completed", job


def answer(person: Person, job: dict[str, Any], answers: dict[str, Any]) -> Any:
    """Answer a job by the version of its recipe that was seen, and return the response."""
    body = {"version": job["recipe"]["version"], "answers": answers}
    return person.call("POST", f"/jobs/{job['id']}/answers", json=body)


@kinds
def test_a_job_fails_or_asks_and_goes_on_by_an_answer_of_the_api(ann: Person, asks: Asks) -> None:
    teach(ann, asks)
    options: dict[str, Any] = {"guards": asks.guards} if asks.guards else {}
    failed = ann.imported(asks.body, filename="a.csv", questions="fail", **options)
    assert (failed["status"], failed["problem"]["type"]) == ("failed", f"/problems/{asks.failure}")
    assert asks.loaded(ann.records("products")) == {}

    job = ann.imported(asks.body, filename="a.csv", **options)
    (question,) = job["questions"]
    assert (job["status"], job["waiting_for"], question["kind"], question["key"]) == (
        "in_review",
        "answers",
        asks.kind,
        asks.key,
    )
    assert asks.answer in [choice["value"] for choice in question["choices"]]
    assert answer(ann, job, {asks.key: asks.answer}).status_code in {200, 202}
    assert ann.end_of(job["id"])["status"] == "completed"
    assert asks.loaded(ann.records("products")) == asks.values


@kinds
def test_a_job_asks_and_goes_on_by_an_answer_of_the_command_line(
    person: Callable[..., Person],
    postgres_stack: Stack,
    asks: Asks,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The answer is given by the command that was printed for it."""
    bob = person(own_tenant(request), at=postgres_stack)
    monkeypatch.setenv("SLUICE_API_URL", postgres_stack.api_url)
    monkeypatch.setenv("SLUICE_TOKEN", postgres_stack.issuer.mint(bob.tenant, [READ, WRITE]))
    (tmp_path / "a.csv").write_bytes(asks.body)
    limits = [f"--{name.replace('_', '-')}={limit}" for name, limit in asks.guards.items()]
    command = ["import", str(tmp_path / "a.csv"), "--importer", "products", "--wait", *limits]

    teach(bob, asks)
    assert sluice(*command) == 3
    printed = capsys.readouterr().out
    (line,) = (each for each in re.findall(r"^  (sluice answer .+)$", printed, re.MULTILINE) if asks.argument in each)
    assert sluice(*shlex.split(line)[1:], "--wait") == 0
    assert asks.loaded(bob.records("products")) == asks.values


def sluice(*arguments: str) -> int:
    """Run the command line in this process, and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    return int(ended.value.code or 0)


def test_of_two_answers_at_once_one_holds_and_an_answer_that_comes_late_is_rejected(ann: Person) -> None:
    """The review keeps the job from its end, even if one answer comes much later than the other."""
    job, other = (ann.imported(MARK.body, filename=f"{n}.csv", force=True, review=True) for n in range(2))
    commit = ann.call("POST", f"/jobs/{job['id']}/commit")
    assert (commit.status_code, commit.json()["type"]) == (409, "/problems/questions-open")
    assert commit.json()["keys"] == ["decimal.price"]

    with ThreadPoolExecutor(2) as pool:
        given = list(pool.map(lambda mark: answer(ann, job, {"decimal.price": mark}), (",", ".")))
    (lost,) = (each for each in given if each.status_code == 409)
    (held,) = (each for each in given if each.status_code != 409)
    assert lost.json()["type"] == "/problems/answered-otherwise", lost.json()
    holds = held.json()["recipe"]["decimal"]["price"]
    assert lost.json()["holds"] == {"decimal.price": holds}
    assert ann.end_of(job["id"])["waiting_for"] == "commit"
    ann.move(job["id"], "commit")
    assert ann.end_of(job["id"])["status"] == "completed"
    assert ann.records("products")["P-2"]["price"] == {",": "1250", ".": "1.25"}[holds]

    ann.move(other["id"], "cancel")
    late = answer(ann, other, {"decimal.price": ","})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/illegal-transition")


def test_a_synchronous_importer_fails_unless_its_caller_lets_it_ask(ann: Person) -> None:
    body = csv_file([("D-1", "Autohaus Nord")], ("Dealer Code", "Quux"))
    upload = partial(ann.call, "POST", "/imports/upload", content=body)
    failed = upload(params={"importer": "dealers"}).json()
    assert (failed["status"], failed["problem"]["type"], failed["problem"]["key"]) == (
        "failed",
        "/problems/question",
        "columns",
    )
    asked = upload(params={"importer": "dealers", "questions": "ask"}).json()
    assert (asked["status"], asked["waiting_for"]) == ("in_review", "answers")
    answer(ann, asked, {"columns": {"Quux": "Name"}})
    assert ann.end_of(asked["id"])["status"] == "completed"
    assert ann.records("dealers")["D-1"]["name"] == "Autohaus Nord"


def test_another_header_row_that_is_answered_splits_the_file_anew(bob: Person) -> None:
    titles = ("Part Number", "Description", "Old price", "Price")
    body = csv_file([("P-1", "Part", "1"), titles, ("P-2", "Part", "2", "20"), ("P-3", "Part", "3", "30")], TITLES[:3])
    job = bob.imported(body, filename="a.csv", review=True)
    (question,) = job["questions"]
    assert (question["key"], [choice["value"] for choice in question["choices"]]) == ("header", [1, 3])
    for row, total in ((1, 4), (3, 2)):
        assert answer(bob, job, {"header": row}).status_code in {200, 202}
        job = bob.end_of(job["id"])
        assert (job["status"], job["recipe"]["header"], job["counts"]["total"]) == ("in_review", row, total)
    bob.move(job["id"], "commit")
    assert bob.end_of(job["id"])["status"] == "completed"
    assert {key: each["price"] for key, each in bob.records("products").items()} == {"P-2": "20", "P-3": "30"}


@pytest.mark.storm
def test_a_worker_killed_in_the_second_round_leaves_no_value_wrong_and_no_good_row_rejected(bob: Person) -> None:
    """Two chunks have ambiguous prices, and the only row of the third one proves the comma."""
    rows = [[f"P-{n:06d}", "Part", "7", ""] for n in range(20_001)]
    for n in range(0, 20_000, 4_000):
        rows[n][2] = "1.250"
    rows[-1][2] = "2,5"
    job_id = bob.start(csv_file(rows, TITLES), filename="a.csv")
    ref = JobRef(bob.tenant, job_id)
    kill_workers_in(bob.stack, stores_of(bob.stack)[1], ref, PhaseName.PARSE, since_round=1)
    job = bob.end_of(job_id, patience=200)
    assert job["status"] == "completed", job
    assert counted(job) == {"total": 20_001, "inserted": 20_001}
    prices = {key: each["price"] for key, each in bob.records("products").items()}
    assert prices == {row[0]: {"7": "7", "1.250": "1250", "2,5": "2.5"}[row[2]] for row in rows}
    made = job["recipe"]["decisions"]["decimal.price"]
    assert (made["value"], made["how"]) == (",", "proven")
