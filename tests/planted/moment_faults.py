"""Faults at odd moments: deaths within a chunk, what has expired, and files that overtake each other."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

MOMENT_FAULTS: Final = (
    Fault(
        name="dead-worker-uncounted",
        breaks="A cancelled job calls rows unprocessed that a worker wrote before it died.",
        file="layers/domain/sluice/model/chunk.py",
        old="delivers = self.ref.phase in {PhaseName.LOAD, PhaseName.ABSENT}",
        new="delivers = False",
        tests=("tests/faults/test_counts_of_the_dead.py", "tests/faults/test_three_tenants.py"),
    ),
    Fault(
        name="unwritten-counted",
        breaks="Rows of a journal count as loaded although their records were never written.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="return self.after(entry, now, at) == now",
        new="return True",
        tests=("tests/faults/test_counts_of_the_dead.py", "tests/integration/destinations/test_delivered.py"),
    ),
    Fault(
        name="counts-of-a-pause-kept",
        breaks="Rows that were counted at a pause are counted again when the job is resumed.",
        file="layers/domain/sluice/usecases/deliver.py",
        old='stored.write_partial(index, {"counts": counts.as_dict(), "unwritten": sorted(found.left)})',
        new='stored.write_partial(index, {"counts": counts.as_dict(), "unwritten": []})',
        tests=("tests/faults/test_counts_of_the_dead.py",),
    ),
    Fault(
        name="journal-gone-unseen",
        breaks="A rollback whose journal has expired says that it rolled the rows back.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="if batch.was_applied and not read_journals(store, batch):",
        new="if False:",
        tests=("tests/faults/test_counts_of_the_dead.py", "tests/integration/destinations/test_delivered.py"),
    ),
    Fault(
        name="older-file-overwrites",
        breaks="A file of the drop folder that waited in review is loaded over a newer one.",
        file="layers/domain/sluice/usecases/dropped_order.py",
        old="if job.is_dropped and not job.force and seen.newest > job.ref.id:",
        new="if False:",
        tests=("tests/faults/test_drop_folder.py",),
    ),
    Fault(
        name="newer-file-passes",
        breaks="A newer file of the drop folder is loaded while an older one is parsed.",
        file="layers/domain/sluice/usecases/dropped_order.py",
        old="if older is not None and older.status in _ON_ITS_WAY:",
        new="if False:",
        tests=("tests/faults/test_drop_folder.py",),
    ),
    Fault(
        name="expired-rollback-begins",
        breaks="A rollback begins although what the rows were before has expired.",
        file="layers/domain/sluice/model/retention.py",
        old="if until is not None and now >= until:\n        raise",
        new="if False:\n        raise",
        tests=("tests/unit/usecases/test_control_expiry.py",),
    ),
    Fault(
        name="paused-job-expires",
        breaks="What a job has left goes by its creation, so one that was paused for long loses it at its end.",
        file="layers/domain/sluice/aws/expiry.py",
        old="until = (job.finished_at or job.created_at) + keep",
        new="until = job.created_at + keep",
        tests=("tests/integration/aws/test_expiry.py",),
    ),
    Fault(
        name="earlier-items-expire",
        breaks="DynamoDB removes the chunks of a job that an earlier version has written while the job is paused.",
        file="layers/domain/sluice/aws/expiry.py",
        old="keys = [*_keys(table, job.ref), share_key(job.ref)]",
        new="keys = [share_key(job.ref)]",
        tests=("tests/integration/aws/test_expiry.py",),
    ),
    Fault(
        name="unmarked-removal",
        breaks="A rollback begins on a job whose journals are being removed.",
        file="layers/domain/sluice/usecases/expiry.py",
        old="        delete_job(job.ref, by=SYSTEM, now=int(self.now.timestamp()), services=services)\n",
        new="        JobFiles(job, services.files).remove_all()\n",
        tests=("tests/unit/usecases/test_expiry.py",),
    ),
    Fault(
        name="parts-of-a-retry-gone",
        breaks="The parts of the file of a failed job go while it can be retried.",
        file="layers/domain/sluice/usecases/expiry.py",
        old='return job.status is Status.FAILED and is_kept(job, "retry", self.now - _MARGIN)',
        new="return False",
        tests=("tests/unit/usecases/test_expiry.py",),
    ),
)
