"""Clients that others write: generated from the description, copied from the docs, pressed on the docs page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.paths import ROOT
from local.stack import Stack
from tests.support.factories import csv_file, products
from tests.support.factories_files import written_by_openpyxl
from tests.support.generated import GeneratedClient, generate
from tests.support.javascript import NODE
from tests.support.people import Person, eventually


@pytest.fixture(scope="module")
def document(stack: Stack) -> Any:
    """Return the description as the deployed API serves it."""
    return httpx.get(f"{stack.api_url}/openapi.json").json()


@pytest.fixture
def generated(document: Any, tmp_path: Path) -> Iterator[GeneratedClient]:
    """Return a client that is generated from that description."""
    generate(document, tmp_path)
    client = GeneratedClient(tmp_path)
    yield client
    client.forget()


def test_a_generated_client_imports_waits_reads_rejections_and_rolls_back(
    ann: Person, document: Any, generated: GeneratedClient
) -> None:
    """It knows the API from the description alone, the server's address included."""
    calls, models = generated.calls, generated.models
    token = ann.http.headers["Authorization"].removeprefix("Bearer ")
    with generated.client.AuthenticatedClient(document["servers"][0]["url"], token, timeout=60) as client:
        rows = csv_file([*products(3), ("P-X", "Wrong price", "free", "1")])
        file = generated.types.File(payload=BytesIO(rows), file_name="prices.csv", mime_type="text/csv")
        form = models.FileForm(file=file, importer="products")
        job = calls["upload_file"].sync(client=client, body=form, prefer="wait=20")

        def ended() -> Any:
            found = calls["get_job"].sync(job.id, client=client)
            return found if found.status in {models.Status.COMPLETED, models.Status.ROLLED_BACK} else None

        job = eventually(ended, "the job has ended")
        assert (job.status, job.file.name) == (models.Status.COMPLETED, "prices.csv")
        assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (4, 3, 1)
        (rejection,) = calls["list_rejections"].sync(job.id, client=client).items
        assert (rejection.row, rejection.column, rejection.value) == (5, "Price", "free")
        assert len(calls["list_records"].sync("products", client=client).items) == 3
        calls["roll_back_job"].sync(job.id, client=client)
        assert eventually(ended, "the job is rolled back").rollback.reversed_ == 3
        assert calls["list_records"].sync("products", client=client).items == []
        problem = calls["commit_job"].sync(job.id, client=client)
        assert (problem.type_, problem.status) == ("/problems/illegal-transition", 409)


def test_the_docs_page_sends_its_calls_to_the_server(stack: Stack, document: Any) -> None:
    """ "Try it out" adds a path to the address in the page's own description."""
    page = httpx.get(f"{stack.api_url}/docs").text
    served, _ = json.JSONDecoder().raw_decode(page.partition("spec: ")[2])
    assert served["servers"] == document["servers"] == [{"url": stack.api_url.removesuffix("/v1")}]
    assert httpx.get(f"{served['servers'][0]['url']}/v1/health").json() == {"status": "ok"}


def test_a_workbook_without_a_content_type_is_imported_or_rejected_for_that(ann: Person) -> None:
    """AWS passes its bytes on; an emulator takes them for text and loses some, which is not the file's fault."""
    book = written_by_openpyxl([("Part Number", "Description", "Price"), ("P-1", "Bolt", "1.25")])
    sent = ann.call("POST", "/imports/upload?importer=products", content=book)
    if sent.status_code == 400:
        assert sent.json()["type"] == "/problems/unreadable-body"
        sent = ann.call(
            "POST", "/imports/upload?importer=products", content=book, headers={"Content-Type": "application/zip"}
        )
    assert ann.end_of(sent.json()["id"])["counts"]["inserted"] == 1


EXAMPLES = {
    "sh": ["bash", "-euo", "pipefail"],
    "python": [sys.executable],
    "js": [NODE, "--input-type=module"],
}


@pytest.mark.parametrize("language", EXAMPLES)
def test_the_first_import_of_the_docs_runs_as_it_stands(ann: Person, tmp_path: Path, language: str) -> None:
    """A newcomer copies it, sets two variables, and sees the rejected row; then the dataset is as before."""
    page = (ROOT / "docs" / "api.md").read_text()
    code = re.search(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert code is not None
    token = ann.http.headers["Authorization"].removeprefix("Bearer ")
    environment = {"PATH": os.environ["PATH"], "API_URL": ann.stack.api_url, "TOKEN": token}
    ran = subprocess.run(
        EXAMPLES[language],
        input=code[1],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for shown in ("completed", "Price", "free", "P-1"):
        assert shown in ran.stdout
    (job,) = ann.everything("/jobs", 10)
    ended = eventually(lambda: (now := ann.end_of(job["id"]))["status"] == "rolled_back" and now, "it is rolled back")
    assert (ended["file"]["name"], ended["counts"]["inserted"], ended["counts"]["rejected"]) == ("products.csv", 1, 1)
    assert ann.records("products") == {}
