"""Processor time of a local stack: of its functions, of the local AWS around them, and of its PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from local.processes import BackgroundProcess
from local.stack import Stack

FUNCTIONS: Final = "functions"
LOCAL_AWS: Final = "local AWS"
DATABASE: Final = "database"

_FUNCTION: Final = "AWS_LAMBDA_FUNCTION_NAME"
"""Set in the environment of a Lambda's process, and of no other process of the local AWS."""


@dataclass(frozen=True)
class _Seen:
    local_aws: float
    database: float
    functions: dict[tuple[int, float], float]
    """Seconds by process id and time of its start, because the kernel reuses process ids."""


class StackProcessor:
    """Adds up the processor seconds of a stack's processes from its creation on.

    The local AWS runs each Lambda as a child process of its own, and PostgreSQL each connection. A parent has the
    seconds of the children that it has waited for, so none is lost when a process ends; the local AWS's own are those
    that are left when the functions' are taken away. Call `look` from time to time: a function's process that starts
    and ends between two calls is counted as the local AWS's.
    """

    def __init__(self, stack: Stack) -> None:
        self._folder = Path(stack.folder)
        self._first = self._last = self._now()

    def look(self) -> None:
        """Read the seconds of the processes that run now."""
        now = self._now()
        functions = {**self._last.functions, **now.functions}
        self._last = _Seen(now.local_aws, now.database, functions)

    def spent(self) -> dict[str, float]:
        """Return the seconds since the creation, by whose they are; nothing of processes on other machines."""
        self.look()
        functions = sum(self._last.functions.values()) - sum(self._first.functions.values())
        whole = self._last.local_aws - self._first.local_aws
        found = {FUNCTIONS: functions, LOCAL_AWS: whole - functions} if self._root("emulator") else {}
        if self._root("postgres"):
            found[DATABASE] = self._last.database - self._first.database
        return found

    def _now(self) -> _Seen:
        local_aws, functions = 0.0, {}
        for process in _tree(self._root("emulator")):
            seconds = _seconds(process)
            local_aws += seconds
            if _is_function(process):
                functions[process.pid, process.create_time()] = seconds
        return _Seen(local_aws, sum(map(_seconds, _tree(self._root("postgres")))), functions)

    def _root(self, name: str) -> psutil.Process | None:
        facts = BackgroundProcess(self._folder, name).facts()
        return None if facts is None else psutil.Process(facts["pid"])


def _tree(root: psutil.Process | None) -> Iterator[psutil.Process]:
    if root is not None:
        yield root
        yield from root.children(recursive=True)


def _seconds(process: psutil.Process) -> float:
    """Return user and system seconds of a process and of the children that it has waited for; 0 if it has ended."""
    try:
        times = process.cpu_times()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _is_function(process: psutil.Process) -> bool:
    try:
        return _FUNCTION in process.environ()
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return False
