"""What the demos have in common: a stack, a stand-in upstream that takes its settings, and an end."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from local import emulator, render
from local.errors import LocalProblem, SluiceError
from local.lifecycle import up
from local.stack import Stack


def started() -> Stack:
    """Bring the local stack up, with what is done said on standard error."""
    with render.status("Starting") as say:
        return up(port=int(os.environ.get("SLUICE_PORT", emulator.PORT)), say=say)


def tell(upstream: httpx.Client, path: str, settings: Mapping[str, Any]) -> None:
    """Tell a stand-in upstream how to behave, at ``/_set``, or to begin anew, at ``/_reset``.

    Raises
    ------
    LocalProblem
        If it does not listen.
    """
    try:
        upstream.post(path, json=dict(settings)).raise_for_status()
    except httpx.HTTPError as error:
        raise LocalProblem(f"The stand-in upstream does not take its settings: {error}. Try: make down") from error


def concluded(wrong: Sequence[str]) -> int:
    """Say what is not as it was to be expected; return the exit code."""
    for each in wrong:
        render.err.print(f"This is not what was to be expected: {each}.", markup=False)
    return 1 if wrong else 0


def run(demo: Callable[[], int]) -> None:
    """Run a demo and exit; foreseen problems become a line on standard error and exit code 1."""
    try:
        sys.exit(demo())
    except (LocalProblem, SluiceError) as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
