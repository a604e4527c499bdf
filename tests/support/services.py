"""A bundle of ports, some of them fakes and some of them real."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice.usecases.ports import (
    Chunks,
    Destination,
    Files,
    Jobs,
    Locks,
    LookupCache,
    Machine,
    Queue,
    Recipes,
    Records,
    Schedules,
    Upstreams,
)
from tests.support.destination import MemoryDestination, MemoryRecords
from tests.support.files import MemoryFiles
from tests.support.machine import MemoryMachine
from tests.support.queue import MemoryQueue
from tests.support.recipes import MemoryRecipes
from tests.support.schedules import MemorySchedules
from tests.support.upstreams import MemoryLookupCache, MemoryUpstreams


@dataclass
class FakeServices:
    """The `Services`; a port that a test does not give is a fake."""

    jobs: Jobs
    chunks: Chunks
    locks: Locks
    files: Files
    queue: Queue = field(default_factory=MemoryQueue)
    machine: Machine = field(default_factory=MemoryMachine)
    destination: Destination = field(default_factory=lambda: MemoryDestination(MemoryFiles()))
    records: Records = field(default_factory=lambda: MemoryRecords(MemoryDestination(MemoryFiles())))
    upstreams: Upstreams = field(default_factory=MemoryUpstreams)
    lookup_cache: LookupCache = field(default_factory=MemoryLookupCache)
    schedules: Schedules = field(default_factory=MemorySchedules)
    recipes: Recipes = field(default_factory=MemoryRecipes)
