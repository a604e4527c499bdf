"""Steps that the demos share: start a stack, change settings of a fake upstream, report what is wrong."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from local import emulator
from local.commands import status
from local.errors import LocalProblem
from local.lifecycle import up
from local.stack import Stack
from sluice_cli.errors import SluiceError
from sluice_cli.output import err


def started() -> Stack:
    """Start the local stack; each step is a line on standard error."""
    with status("Starting") as say:
        port, endpoint = int(os.environ.get("SLUICE_PORT", emulator.PORT)), os.environ.get("AWS_ENDPOINT_URL")
        return up(port=port, endpoint=endpoint, say=say)


def configure(upstream: httpx.Client, settings: Mapping[str, Any], *, reset: bool = False) -> None:
    """Change settings of a fake upstream, after a `reset` of everything that it has counted.

    Raises
    ------
    LocalProblem
        When it does not respond, or rejects a setting.
    """
    try:
        if reset:
            upstream.post("/_reset").raise_for_status()
        upstream.post("/_set", json=dict(settings)).raise_for_status()
    except httpx.HTTPError as error:
        raise LocalProblem(f"The fake upstream rejects its settings: {error}. Try: make down") from error


def exit_code(wrong: Sequence[str]) -> int:
    """Print each deviation from the expected outcome; return 1 if there is one."""
    for each in wrong:
        err.print(f"Not as expected: {each}.", markup=False)
    return 1 if wrong else 0


def run(demo: Callable[[], int]) -> None:
    """Run a demo and exit; a `SluiceError` becomes a line on standard error and exit code 1."""
    try:
        sys.exit(demo())
    except SluiceError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
