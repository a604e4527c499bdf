"""Processor time of a stack, with processes of the same shape."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.processor import StackProcessor
from local.processes import BackgroundProcess
from local.stack import OUTPUTS, Stack

#: A little more than the 0.3 s that are expected: the kernel tells user and system seconds in whole hundredths each.
BURN = "import time; end = time.process_time() + 0.35\nwhile time.process_time() < end: pass"
#: A local AWS that runs a function and another child to their ends, and keeps one more function.
EMULATOR = f"""
import os, subprocess, sys, time
function = {{**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "work"}}
keep = subprocess.Popen([sys.executable, "-c", {BURN!r} + "\\ntime.sleep(60)"], env=function)
subprocess.run([sys.executable, "-c", {BURN!r}])
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    fields = dict.fromkeys(OUTPUTS.values(), "")
    yield Stack(folder=str(tmp_path), name="a", endpoint="", issuer_url="", outputs={}, **fields)
    for name in ("emulator", "postgres"):
        BackgroundProcess(tmp_path, name).stop()


def wait_for(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_functions_the_local_aws_and_the_database_are_counted_apart(stack: Stack) -> None:
    """A function's process is known by its environment; the seconds of a child that has ended are with its parent."""
    processor = StackProcessor(stack)
    assert processor.spent() == {}
    emulator = BackgroundProcess(Path(stack.folder), "emulator")
    emulator.start([sys.executable, "-c", EMULATOR], {})
    BackgroundProcess(Path(stack.folder), "postgres").start([sys.executable, "-c", f"{BURN}\ntime.sleep(60)"], {})
    wait_for(lambda: "ready" in emulator.tail() and processor.spent().get("functions", 0) >= 0.3)
    wait_for(lambda: processor.spent().get("database", 0) >= 0.3)
    spent = processor.spent()
    assert 0.3 <= spent["functions"] < spent["functions"] + spent["local AWS"]
    assert spent["local AWS"] >= 0.3


def test_what_was_spent_before_is_not_counted(stack: Stack) -> None:
    database = BackgroundProcess(Path(stack.folder), "postgres")
    database.start([sys.executable, "-c", f"{BURN}\nprint('ready', flush=True)\ntime.sleep(60)"], {})
    wait_for(lambda: "ready" in database.tail())
    assert StackProcessor(stack).spent()["database"] < 0.3
