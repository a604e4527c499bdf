"""The state machine in memory."""

from __future__ import annotations

from typing import Any

from sluice.model.chunk import JobRef
from sluice.model.job import Job


class MemoryMachine:
    """The `Machine` port: records its calls. A test decides which runs are over, and which files failed."""

    def __init__(self) -> None:
        self.started: list[tuple[JobRef, int]] = []
        self.over: set[tuple[JobRef, int]] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.files: list[tuple[JobRef, int, str]] = []
        self.failed: set[tuple[JobRef, int, str]] = set()

    def start(self, job: Job) -> None:
        if (job.ref, job.run) not in self.started:
            self.started.append((job.ref, job.run))

    def is_over(self, job: Job) -> bool:
        return (job.ref, job.run) in self.over

    def running(self) -> frozenset[tuple[str, int]]:
        return frozenset((ref.id, run) for ref, run in self.started if (ref, run) not in self.over)

    def make_file(self, job: Job, name: str) -> bool:
        for attempt in range(5):
            execution = (job.ref, job.run, f"{name}-{attempt + 1}" if attempt else name)
            if execution not in self.files:
                self.files.append(execution)
            if execution not in self.failed:
                return True
        return False

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        self.answers.setdefault(token, output)

    def fail(self, token: str, error: str) -> None:
        self.failures.setdefault(token, error)
