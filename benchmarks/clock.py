"""The clock of a measure that runs in a process of its own, and the line of JSON by which it reports.

Only the standard library is imported here, because the other libraries are measured in an environment without Sluice.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self


class Clock:
    """Adds up the wall and processor seconds of its ``with`` blocks.

    Processor seconds are those of this process, all threads, and of its children that have ended.
    """

    def __init__(self) -> None:
        self.wall = self.processor = 0.0
        self._since = (0.0, 0.0)

    def __enter__(self) -> Self:
        self._since = time.perf_counter(), _processor()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._since[0]
        self.processor += _processor() - self._since[1]


def report(measure: Callable[[Clock], int], **more: Any) -> None:
    """Take a measure, which clocks what counts and returns its rows; print rows, seconds and peak memory as JSON."""
    clock = Clock()
    rows = measure(clock)
    found: Mapping[str, Any] = {"rows": rows, "seconds": clock.wall, "processor": clock.processor, "peak_mb": _peak()}
    print(json.dumps({**found, **more}))


def _peak() -> float:
    """Return the peak memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of Linux begins at the peak of the parent, see getrusage(2)
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _processor() -> float:
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system
