"""Files of products through the whole stack on local AWS, by the public API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import Final

from benchmarks.processor import StackProcessor
from local.emulator import ROOT_KEY
from local.stack import Stack
from sluice_cli.client import Client

Say = Callable[[str], object]
"""Receives a line about each step."""

_PATIENCE: Final = 300
"""Seconds that a job may go without a change; a chunk takes seconds."""


@dataclass(frozen=True)
class Imported:
    """An import from its announcement to its end: wall seconds, and processor seconds by whose they are."""

    rows: int
    seconds: float
    processor: Mapping[str, float]


def import_file(
    stack: Stack, path: Path, tenant: str, expected: Mapping[str, int], say: Say, mode: str | None = None
) -> Imported:
    """Import a file of products by presigned upload.

    Parameters
    ----------
    expected
        Counts that the job must have at its end, such as ``{"inserted": 1000, "rejected": 0}``.
    mode
        What its rows do to records; by default that of the importer.

    Raises
    ------
    SystemExit
        If the job does not complete with these counts.
    """
    with Client(stack.api_url, stack.issuer.mint(tenant)) as client:
        processor = StackProcessor(stack)
        began = time.perf_counter()
        started = client.start_import(path, "products", force=True, mode=mode)
        with path.open("rb") as content:
            client.upload(started["upload"], path.name, content)
        job = started["job"]
        for state in client.follow(job["id"], patience=_PATIENCE):
            job = state.body
            processor.look()
        seconds = time.perf_counter() - began
    counts = job["counts"]
    if job["status"] != "completed" or any(counts[name] != count for name, count in expected.items()):
        raise SystemExit(f"{path.name} was not imported as expected: {job['status']} {counts}, not {dict(expected)}")
    say(f"{path.name}: {', '.join(f'{counts[name]:,} {name}' for name in expected)} in {seconds:.1f} s")
    return Imported(counts["total"], seconds, processor.spent())


def import_for_new_tenants(
    stack: Stack, path: Path, tenant: str, expected: Mapping[str, int], say: Say, times: int
) -> Imported:
    """Import the same file `times` times, each for a tenant that has no row yet; return the one of median seconds."""
    found = [import_file(stack, path, f"{tenant}-{number}", expected, say) for number in range(times)]
    return next(each for each in found if each.seconds == median_low(each.seconds for each in found))


def function_environment(stack: Stack) -> dict[str, str]:
    """Return the environment of the measures that need a stack: that of the deployed worker, and credentials."""
    work = stack.client("lambda").get_function_configuration(FunctionName=stack.outputs["WorkFunction"])
    deployed: dict[str, str] = work["Environment"]["Variables"]
    return {
        **deployed,
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
    }
