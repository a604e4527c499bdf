"""A generator of clients understands the whole description of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.described import operation_of
from tests.support.generated import PACKAGE, GeneratedClient, generate

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def document() -> Any:
    """Return the recorded description, which another test compares with the served one."""
    return json.loads((GOLDEN / "openapi.json").read_text())


@pytest.fixture(scope="module")
def generated(document: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GeneratedClient, str]]:
    """Generate a client once for this module; it comes with what the generator prints."""
    folder = tmp_path_factory.mktemp("client")
    printed = generate(document, folder)
    client = GeneratedClient(folder)
    yield client, printed
    client.forget()


def test_the_generator_leaves_nothing_out(document: Any, generated: tuple[GeneratedClient, str]) -> None:
    """It prints no warning, and there is a module for each operation."""
    client, printed = generated
    assert printed.strip() == f"Generating {PACKAGE}"
    operations = {each["operationId"] for item in document["paths"].values() for each in item.values()}
    assert set(client.calls) == operations


def test_a_generated_client_reads_every_recorded_answer(document: Any, generated: tuple[GeneratedClient, str]) -> None:
    """Each JSON, jobs and problems alike, becomes a model with the same content."""
    client, _ = generated
    connection = client.client.AuthenticatedClient("https://api.example", "token")
    read = set()
    for answer in json.loads((GOLDEN / "answers.json").read_text()):
        operation = operation_of(document, answer["method"], answer["path"].partition("?")[0])
        if operation and answer["headers"].get("content-type", "").endswith("json"):
            body = _filled_in(answer["body"])
            response = httpx.Response(answer["status"], json=body)
            call = client.calls[operation["operationId"]]
            model = call._parse_response(client=connection, response=response)
            assert model is not None, answer["name"]
            assert model.to_dict() == body, answer["name"]
            read.add(type(model).__name__)
    assert {"JobResponse", "ImportResponse", "PreviewResponse", "Problem", "ListResponseRejectionResponse"} <= read


def _filled_in(value: Any) -> Any:
    """Put values in place of the placeholders that have another type than text."""
    match value:
        case dict():
            return {name: _filled_in(each) for name, each in value.items()}
        case list():
            return [_filled_in(each) for each in value]
        case "<version>" | "<bytes>":
            return 1
        case "<time>":
            return "2026-11-21T22:41:51+00:00"
        case str():  # Python writes the zone in another form
            return re.sub(r"(\dT[\d:]+)Z$", r"\1+00:00", value)
        case _:
            return value
