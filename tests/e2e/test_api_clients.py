"""Clients that others write: generated from the description, copied from the docs, pressed on the docs page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.support.factories import csv_file, products
from tests.support.generated import GeneratedClient, generate
from tests.support.people import Person, eventually


@pytest.fixture(scope="module")
def document(stack: Stack) -> Any:
    """Return the description as the deployed API serves it."""
    return httpx.get(f"{stack.api_url}/openapi.json").json()


@pytest.fixture
def generated(document: Any, tmp_path: Any) -> Iterator[GeneratedClient]:
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
        problem = calls["roll_back_job"].sync(job.id, client=client)
        assert (problem.type_, problem.status) == ("/problems/illegal-transition", 409)


def test_the_docs_page_sends_its_calls_to_the_server(stack: Stack, document: Any) -> None:
    """ "Try it out" adds a path to the address in the page's own description."""
    page = httpx.get(f"{stack.api_url}/docs").text
    served, _ = json.JSONDecoder().raw_decode(page.partition("spec: ")[2])
    assert served["servers"] == document["servers"] == [{"url": stack.api_url.removesuffix("/v1")}]
    assert httpx.get(f"{served['servers'][0]['url']}/v1/health").json() == {"status": "ok"}
