"""Faults of what waits: slots, locks, queues, pages and the sweeper's time."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

WAITING_FAULTS: Final = (
    Fault(
        name="work-is-a-wait",
        breaks="A job says that it waits for a worker while one has a chunk of it.",
        file="layers/domain/sluice/usecases/views.py",
        old="chunk.due_at, chunk.lease_until)",
        new="chunk.due_at)",
        tests=("tests/faults/test_waiting_for_a_worker.py",),
    ),
    Fault(
        name="wait-without-a-tag",
        breaks="A caller that polls by the tag never sees that its job waits for a worker.",
        file="functions/api/responses.py",
        old="waits_since:%H%M%S}\"' if waits_since else",
        new="waits_since:%H%M%S}\"' if False else",
        tests=("tests/integration/api/test_jobs.py",),
    ),
    Fault(
        name="wait-is-an-attempt",
        breaks="A chunk fails after it has waited three times for a slot of a rate limit.",
        file="layers/domain/sluice/usecases/worker.py",
        old="case NotYet():",
        new="case ZeroDivisionError():",
        tests=("tests/faults/test_queues.py",),
    ),
    Fault(
        name="lock-is-a-failure",
        breaks="A lock of another program in the database fails a chunk.",
        file="layers/domain/sluice/destinations/postgres/connection.py",
        old="except LockNotAvailable as error:",
        new="except ZeroDivisionError as error:",
        tests=("tests/integration/destinations/test_connection.py",),
    ),
    Fault(
        name="slots-wasted",
        breaks="A worker that finds no further slot drops those that its other requests have.",
        file="layers/domain/sluice/upstream/lookup_client.py",
        old="except NotYet as late:",
        new="except ZeroDivisionError as late:",
        tests=("tests/unit/upstream/test_lookup_client.py",),
    ),
    Fault(
        name="lookups-among-others",
        breaks="Lookups wait in the queue of chunks that are loaded, and hold its workers.",
        file="layers/domain/sluice/model/chunk.py",
        old='return "lookup"',
        new='return "standard"',
        tests=("tests/faults/test_queues.py",),
    ),
    Fault(
        name="page-of-any-size",
        breaks="A page of long records is more than the gateway passes on.",
        file="functions/api/pages.py",
        old="if room < 0:",
        new="if room < -(10**9):",
        tests=("tests/unit/test_pages.py",),
    ),
    Fault(
        name="lock-read-for-each",
        breaks="The sweeper reads a lock for each of the thousands of jobs in its line.",
        file="layers/domain/sluice/usecases/queueing.py",
        old="owners = {} if owners is None else owners",
        new="owners = {}",
        tests=("tests/faults/test_queues.py",),
    ),
    Fault(
        name="keys-read-one-by-one",
        breaks="Finding duplicate keys in thousands of chunks takes longer than its function has.",
        file="layers/domain/sluice/usecases/staged_rows.py",
        old="_READS = 8",
        new="_READS = 1",
        tests=("tests/unit/usecases/test_staged_rows_duplicates.py",),
    ),
)
