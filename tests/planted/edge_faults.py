"""Faults at the edges: the API, pages of other products, a terminal, rows that others skip or write first."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

EDGE_FAULTS: Final = (
    # ------------------------------------------------------------------ the API
    Fault(
        name="form-cut-off",
        breaks="A form without its end is read, and its file may lack rows.",
        file="functions/api/forms.py",
        old="        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS, strict=True) as parser:",
        new="        parser = PushMultipartParser(boundary, max_segment_count=_MOST_PARTS)\n        if parser:",
        tests=("tests/unit/test_forms.py",),
    ),
    Fault(
        name="lost-bytes-taken",
        breaks="A body of which a gateway lost bytes is imported.",
        file="functions/api/forms.py",
        old='if "\\ufffd" in text:',
        new="if text is None:",
        tests=("tests/unit/test_forms.py",),
    ),
    Fault(
        name="share-by-product",
        breaks="A share of rejected rows that is reached exactly trips its guard, since a product is not exact.",
        file="layers/domain/sluice/model/options.py",
        old="effects.rejected / effects.total > share",
        new="effects.rejected > share * effects.total",
        tests=("tests/unit/model/test_options_guards.py",),
    ),
    Fault(
        name="guard-committed",
        breaks="A job in review is committed although a guard keeps it from loading.",
        file="layers/domain/sluice/usecases/control.py",
        old="    if job.questions:",
        new="    if job is None:",
        tests=("tests/unit/usecases/test_phases_guards.py",),
    ),
    Fault(
        name="load-rejection-unseen",
        breaks="A row that only the load rejects leaves the other rows of a job that loads all or none.",
        file="layers/domain/sluice/model/job.py",
        old="return stops and self.counts.rejected > 0",
        new="return stops and self.counts.rejected < 0",
        tests=("tests/faults/test_rejections.py",),
    ),
    Fault(
        name="rejection-does-not-wait",
        breaks="A load is taken back while a worker still writes one of its chunks.",
        file="layers/domain/sluice/usecases/rounds.py",
        old="    elif stops and not any(",
        new="    elif must_undo or stops and not any(",
        tests=("tests/faults/test_rejections.py",),
    ),
    Fault(
        name="cursor-of-any-list",
        breaks="A cursor of another list or tenant leads somewhere in this one.",
        file="functions/api/parameters.py",
        old="if not separator or name != _list(router):",
        new="if not separator:",
        tests=("tests/integration/api/test_problems.py",),
    ),
    Fault(
        name="table-taken-for-json",
        breaks="A table whose first header begins with a bracket is rejected as JSON.",
        file="layers/domain/sluice/reading/detect.py",
        old="        return cut_off and in_the_last_token",
        new="        return True or in_the_last_token",
        tests=("tests/unit/reading/test_detect_kinds.py",),
    ),
    # ------------------------------------------------------------------ rows that others skip or write first
    Fault(
        name="skipped-row-unchanged",
        breaks="A row that a trigger in PostgreSQL skips without an error counts as unchanged, or as restored.",
        file="layers/domain/sluice/destinations/postgres/staging.py",
        old="    IF due > 0 THEN",
        new="    IF FALSE THEN",
        tests=("tests/integration/destinations/test_constraints.py",),
    ),
    Fault(
        name="lost-insertion-removed",
        breaks="A rollback removes a record that another job inserted before a dead worker of the job came to it.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="return replace(entry, unknown=True) if _inserts(entry) else entry",
        new="return entry",
        tests=("tests/integration/destinations/test_holds.py",),
    ),
    # ------------------------------------------------------------------ what is remembered
    Fault(
        name="rolled-back-lesson",
        breaks="A file is read as one whose job was rolled back.",
        file="layers/domain/sluice/usecases/remembered.py",
        old="return jobs.get(JobRef(tenant, lesson.job)).status is Status.COMPLETED",
        new="return bool(jobs.get(JobRef(tenant, lesson.job)))",
        tests=("tests/unit/usecases/test_remembered_jobs.py", "tests/faults/test_weeks.py"),
    ),
    Fault(
        name="similar-is-same",
        breaks="What is remembered of similar headers decides about a file.",
        file="layers/domain/sluice/usecases/remembered.py",
        old="if known.alike < 1:",
        new="if known.alike < 0:",
        tests=("tests/unit/usecases/test_remembered.py",),
    ),
    Fault(
        name="tenant-not-in-recipes",
        breaks="A tenant reads the recipes of another one.",
        file="layers/domain/sluice/aws/recipes.py",
        old='f"{tenant}#recipes#{importer}"',
        new='f"recipes#{importer}"',
        tests=("tests/integration/aws/test_recipes.py",),
    ),
    Fault(
        name="file-read-without-its-recipe",
        breaks="A file of a drop folder is read without the recipe that was removed.",
        file="layers/domain/sluice/usecases/start_import.py",
        old="job = replace(job, status=Status.FAILED, problem=error.problem, finished_at=arrival.at)",
        new="job = replace(job, problem=error.problem)",
        tests=("tests/integration/api/test_recipes.py",),
    ),
)
