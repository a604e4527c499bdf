"""What a use case works with: every port in one place, so that none is threaded through by hand."""

from __future__ import annotations

from typing import Protocol

from sluice.usecases.ports import (
    Chunks,
    Destination,
    Files,
    Jobs,
    Locks,
    LookupCache,
    Machine,
    Queue,
    Records,
    Schedules,
    Upstreams,
)


class Services(Protocol):
    """The ports of a deployment.

    `sluice.bootstrap` makes each one when it is first used: a function has the permissions and the settings of those
    that its use case needs, and no others. Tests hand in fakes.
    """

    @property
    def jobs(self) -> Jobs: ...

    @property
    def chunks(self) -> Chunks: ...

    @property
    def locks(self) -> Locks: ...

    @property
    def files(self) -> Files: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def machine(self) -> Machine: ...

    @property
    def destination(self) -> Destination: ...

    @property
    def records(self) -> Records: ...

    @property
    def upstreams(self) -> Upstreams: ...

    @property
    def lookup_cache(self) -> LookupCache: ...

    @property
    def schedules(self) -> Schedules: ...
