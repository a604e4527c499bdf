"""Counts the modules of the library that a worker runs through: ``python -m tests.walk``.

One chunk of products is parsed and loaded twice: by the use case on the fakes in memory, and by the work function on
moto. A module counts when a function of it is called, by the file of its code object; module and class bodies do not
count, nor does code that a decorator generates without a file. A chunk starts as in a new worker: every module is
imported before, and every cache of a function is empty.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from moto import mock_aws

import sluice
from functions.work.app import handler
from sluice import auth as identity
from sluice.model.chunk import PhaseName
from tests.integration.api.golden import World
from tests.integration.api.golden_answers import Answers
from tests.integration.stack import deploy, forget_clients, forget_settings, set_environment
from tests.support import issuer
from tests.support.factories import csv_file, products
from tests.support.harness import Harness

ROOT = Path(sluice.__file__).parent
GOOD = csv_file(products(50))
#: One key is a duplicate, and one row is invalid.
MIXED = csv_file([*products(50), ("P-000001", "Again", "1", 1), ("P-X", "Wrong", "-1", "many")])
PARSE, LOAD = PhaseName.PARSE, PhaseName.LOAD


class Walk:
    """Records the modules whose functions run within the block."""

    def __init__(self) -> None:
        self.modules: set[str] = set()

    def __enter__(self) -> Walk:
        _forget()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _note(self, frame: FrameType, what: str, _: Any) -> None:
        code = frame.f_code
        # the bodies of modules and classes have no fast locals
        if what == "call" and code.co_flags & inspect.CO_OPTIMIZED:
            path = Path(code.co_filename)
            if path.is_relative_to(ROOT):
                self.modules.add(str(path.relative_to(ROOT)))


def _modules() -> list[Any]:
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages([str(ROOT)], f"{sluice.__name__}.")]


def _forget() -> None:
    """Clear the caches of all functions except those that hold clients and settings."""
    for module in _modules():
        for value in list(vars(module).values()):
            if isinstance(value, functools._lru_cache_wrapper) and module.__name__.count(".") > 1:
                value.cache_clear()


def on_fakes(file: bytes) -> tuple[set[str], set[str]]:
    """Record the use case of a chunk."""
    harness = Harness()
    ref = harness.upload(file)
    harness.plan(ref)
    walks = []
    for phase in (PARSE, LOAD):
        harness.dispatch(ref, phase)
        [message] = harness.queue.messages
        harness.queue.messages.clear()
        with Walk() as walk:
            harness.work(message)
        walks.append(walk.modules)
    assert harness.finish(ref).counts.inserted == 50
    return walks[0], walks[1]


def on_moto(file: bytes) -> tuple[set[str], set[str]]:
    """Record the work function."""
    walks: list[set[str]] = []

    def watched(event: Any, context: Any) -> Any:
        with Walk() as walk:
            answer = handler(event, context)
        walks.append(walk.modules)
        return answer

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            patch.setenv(f"AWS_{name}", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr(identity, "fetch_json", lambda _: issuer.key_set())
        set_environment(patch)
        forget_settings()
        forget_clients()
        world = World(deploy(), patch, Answers())
        job_id = world.upload("upload", file)
        for phase in (PARSE, LOAD):
            world.run(job_id, upto=phase)
            world.deliver(watched)
        world.run(job_id)
        assert world.get("job", f"/v1/jobs/{job_id}").body["counts"]["inserted"] == 50
    return walks[0], walks[1]


def show(title: str, parse: set[str], load: set[str]) -> str:
    """Print the modules of both phases; return their number."""
    for phase, modules in (("parse", parse), ("load", load)):
        print(f"{title}, {phase}:")
        print(*(f"  {module}" for module in sorted(modules)), sep="\n")
    return f"{title}: parse {len(parse)}, load {len(load)}, together {len(parse | load)}"


if __name__ == "__main__":
    counts = [
        show("Use case on fakes, good rows", *on_fakes(GOOD)),
        show("Use case on fakes, wrong rows too", *on_fakes(MIXED)),
        show("Work function on moto, good rows", *on_moto(GOOD)),
        show("Work function on moto, wrong rows too", *on_moto(MIXED)),
    ]
    print(*counts, sep="\n")
