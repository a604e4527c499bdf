"""The state machine in memory."""

from __future__ import annotations

from typing import Any

from sluice.model.chunk import JobRef
from sluice.model.job import Job


class MemoryMachine:
    """The `Machine` port: keeps what it was told."""

    def __init__(self) -> None:
        self.started: list[tuple[JobRef, int]] = []
        self.over: set[JobRef] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.files: list[tuple[JobRef, int, str]] = []

    def start(self, job: Job) -> None:
        if (job.ref, job.run) not in self.started:
            self.started.append((job.ref, job.run))

    def is_over(self, job: Job) -> bool:
        return job.ref in self.over

    def make_file(self, job: Job, name: str) -> bool:
        self.files.append((job.ref, job.run, name))
        return True

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        self.answers.setdefault(token, output)

    def fail(self, token: str, error: str, cause: str) -> None:
        self.failures.setdefault(token, error)
