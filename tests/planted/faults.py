"""The faults. Each breaks one promise of Sluice by a small change, and names the test files that have to find it.

An old text is short, occurs once in its file, and is code rather than a comment, so that it survives rewording. When a
refactoring moves the code, move the fault with it; when it removes the promise, remove the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Fault:
    """A fault to plant.

    Parameters
    ----------
    name
        Names it on the command line.
    breaks
        What goes wrong with it, in one sentence.
    file
        Where it is planted, from the root of the checkout.
    old, new
        The text that is replaced, which occurs exactly once, and what stands in its place.
    tests
        Test files, each of which has a test that fails with the fault.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


FAULTS: Final = (
    # ------------------------------------------------------------------ every chunk once
    Fault(
        name="lease-always-granted",
        breaks="A chunk is leased to a second worker while the first one holds it.",
        file="layers/domain/sluice/aws/chunks.py",
        old="ConditionExpression=free | lapsed",
        new='ConditionExpression=Attr("state").exists()',
        tests=("tests/integration/aws/test_chunks.py",),
    ),
    Fault(
        name="lease-skipped",
        breaks="A worker that gets no lease does the chunk all the same.",
        file="layers/domain/sluice/usecases/worker.py",
        old="until=now + lease_seconds)",
        new="until=now + lease_seconds) or chunks.get(ref)",
        tests=("tests/faults/test_workers.py",),
    ),
    Fault(
        name="chunk-counted-twice",
        breaks="A chunk that is closed is closed again, and its rows are counted again.",
        file="layers/domain/sluice/aws/chunks.py",
        old="attribute_exists(pk) AND NOT #state IN",
        new="attribute_exists(pk) OR NOT #state IN",
        tests=("tests/integration/aws/test_chunks.py",),
    ),
    Fault(
        name="unprocessed-rows-ignored",
        breaks="A job completes although a chunk was given up.",
        file="layers/domain/sluice/usecases/finish.py",
        old="if job.counts.unprocessed:",
        new="if False:",
        tests=("tests/faults/test_workers.py",),
    ),
    Fault(
        name="ledger-forgotten",
        breaks="PostgreSQL loads a chunk again that its ledger has already.",
        file="layers/domain/sluice/destinations/postgres/destination.py",
        old="if not stored.begin_load(connection, batch):",
        new="if not stored.begin_load(connection, batch) and batch is None:",
        tests=("tests/integration/destinations/test_applying.py", "tests/integration/destinations/test_concurrency.py"),
    ),
    # ------------------------------------------------------------------ barriers and stops
    Fault(
        name="barrier-too-early",
        breaks="A phase ends while its last chunk is still to be done.",
        file="layers/domain/sluice/usecases/barrier.py",
        old="barrier.remaining == 0",
        new="barrier.remaining <= 1",
        tests=("tests/unit/usecases/test_barrier.py",),
    ),
    Fault(
        name="barrier-counts-done-chunks",
        breaks="A later run waits for chunks that an earlier one did.",
        file="layers/domain/sluice/aws/chunks.py",
        old="remaining=len(found) - done",
        new="remaining=len(found)",
        tests=("tests/integration/aws/test_chunks_barriers.py",),
    ),
    Fault(
        name="throttled-task-fails",
        breaks="A job fails because other functions of the account use up Lambda's concurrency for a minute.",
        file="statemachines/job.asl.json",
        old="""      "ResultPath": "$.load",
      "Retry": [
        {"ErrorEquals": ["Lambda.TooManyRequestsException", """,
        new="""      "ResultPath": "$.load",
      "Retry": [
        {"ErrorEquals": [""",
        tests=("tests/integration/test_job_machine.py",),
    ),
    Fault(
        name="stop-does-not-wait",
        breaks="A job is stopped while a worker holds a lease and goes on writing.",
        file="layers/domain/sluice/usecases/barrier.py",
        old="chunk.is_held(now)",
        new="False",
        tests=("tests/faults/test_stops.py",),
    ),
    Fault(
        name="importer-lock-kept",
        breaks="A job that ends keeps the lock of its importer, and the next one in line waits.",
        file="layers/domain/sluice/usecases/finish.py",
        old="release_importer(job, services)",
        new="pass",
        tests=("tests/unit/usecases/test_lookup.py",),
    ),
    # ------------------------------------------------------------------ rollback
    Fault(
        name="journal-overwritten",
        breaks="The journal of a second attempt replaces the one of the first, and with it what was there before.",
        file="layers/domain/sluice/aws/s3.py",
        old=', IfNoneMatch="*"',
        new="",
        tests=("tests/integration/aws/test_s3.py",),
    ),
    Fault(
        name="first-attempt-forgotten",
        breaks="A second attempt counts by what it sees, not by the journal of the first one.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="known = read_journal(store, batch)",
        new="known = read_journal(store, batch) if seen.closed else seen",
        tests=(
            "tests/integration/destinations/test_dynamodb.py",
            "tests/integration/destinations/test_late_retries.py",
        ),
    ),
    Fault(
        name="own-row-as-image",
        breaks="A second attempt takes what the first one wrote for what was there before the job.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="if not (image and image.job_id == batch.job_id) and (",
        new="if (",
        tests=("tests/integration/destinations/test_staged_anew.py",),
    ),
    Fault(
        name="rollback-overwrites-record",
        breaks="A rollback of the records table overwrites a record that another job writes at the same time.",
        file="layers/domain/sluice/destinations/dynamodb/table.py",
        old='"ConditionExpression": "#job = :job"',
        new='"ConditionExpression": "#job = :job OR attribute_exists(#job)"',
        tests=("tests/integration/destinations/test_dynamodb.py",),
    ),
    Fault(
        name="rollback-overwrites-row",
        breaks="A rollback in PostgreSQL overwrites a row that another job has changed since.",
        file="layers/domain/sluice/destinations/postgres/statements.py",
        old=" AND t.job_id = s.job_id\n            RETURNING",
        new="\n            RETURNING",
        tests=("tests/integration/destinations/test_undoing.py",),
    ),
    # ------------------------------------------------------------------ tenants
    Fault(
        name="tenant-not-in-records",
        breaks="Tenants share the records of a dataset in the records table.",
        file="layers/domain/sluice/destinations/dynamodb/stored.py",
        old='f"{tenant}#{dataset}#{shard:02d}"',
        new='f"{dataset}#{shard:02d}"',
        tests=("tests/integration/destinations/test_applying.py", "tests/integration/destinations/test_records.py"),
    ),
    Fault(
        name="tenant-not-in-rows",
        breaks="An update in PostgreSQL changes the row of another tenant that has the same key.",
        file="layers/domain/sluice/destinations/postgres/statements.py",
        old="AND t.tenant = s.tenant AND t.{key} = {value} AND t.row_hash",
        new="AND t.{key} = {value} AND t.row_hash",
        tests=("tests/integration/destinations/test_applying.py",),
    ),
    Fault(
        name="tenant-not-in-jobs",
        breaks="A caller sees the jobs of another tenant.",
        file="layers/domain/sluice/aws/stored.py",
        old='return f"{tenant}#jobs"',
        new='return "#jobs"',
        tests=("tests/integration/api/test_access.py",),
    ),
    Fault(
        name="tenant-not-in-locks",
        breaks="A file of one tenant is rejected because another tenant imported the same bytes.",
        file="layers/domain/sluice/aws/stored.py",
        old="{lock.tenant}#",
        new="#",
        tests=("tests/integration/aws/test_locks.py",),
    ),
    # ------------------------------------------------------------------ callers
    Fault(
        name="audience-ignored",
        breaks="A token is accepted that was issued to another application.",
        file="layers/domain/sluice/auth.py",
        old="if issuer.audience not in ",
        new="if None in ",
        tests=("tests/unit/test_auth.py",),
    ),
    Fault(
        name="reader-may-write",
        breaks="A token with the scope to read starts imports.",
        file="functions/api/auth.py",
        old="else WRITE)",
        new="else READ)",
        tests=("tests/integration/api/test_access.py",),
    ),
    Fault(
        name="ticket-of-another-job",
        breaks="A ticket for one job opens the events and files of another one.",
        file="functions/api/auth.py",
        old="if ticket.job_id != job_id:",
        new="if ticket.job_id is None:",
        tests=("tests/integration/api/test_live.py",),
    ),
    Fault(
        name="ticket-used-twice",
        breaks="The address of a stream opens a second one.",
        file="layers/domain/sluice/aws/tickets.py",
        old=' & Attr("stream").not_exists()',
        new="",
        tests=("tests/integration/aws/test_tickets.py", "tests/integration/api/test_live.py"),
    ),
    Fault(
        name="idempotency-key-ignored",
        breaks="A request that is sent twice makes two jobs.",
        file="functions/api/idempotency.py",
        old='event.http_method != "POST" or key is None',
        new='event.http_method == "POST" or key is None',
        tests=("tests/integration/api/test_idempotency.py",),
    ),
    Fault(
        name="idempotency-key-shared",
        breaks="A caller gets the response of another tenant that used the same idempotency key.",
        file="functions/api/idempotency.py",
        old="[caller.tenant, caller.subject, key]",
        new="[key]",
        tests=("tests/integration/api/test_idempotency_keys.py",),
    ),
    # ------------------------------------------------------------------ files and rows
    Fault(
        name="force-ignored",
        breaks="The same file is rejected although the caller forces it.",
        file="layers/domain/sluice/usecases/same_file.py",
        old="if job.force:",
        new="if False:",
        tests=("tests/unit/usecases/test_same_file.py",),
    ),
    Fault(
        name="same-file-accepted",
        breaks="The same file is imported again although the caller does not force it.",
        file="layers/domain/sluice/usecases/same_file.py",
        old="if job.force:",
        new="if True:",
        tests=("tests/unit/usecases/test_same_file.py",),
    ),
    Fault(
        name="decimal-comma-ignored",
        breaks="1.250 is read as 1.25 under Indonesian conventions, where it is 1,250.",
        file="layers/domain/sluice/schema/cell_types.py",
        old="_context(info).decimal",
        new='"."',
        tests=("tests/unit/schema/test_cell_types.py",),
    ),
    Fault(
        name="leading-zeros-lost",
        breaks="A telephone number loses its leading zeros.",
        file="layers/domain/sluice/schema/cell_types.py",
        old='.lstrip("\'")',
        new='.lstrip("\'0")',
        tests=("tests/unit/schema/test_cell_types.py",),
    ),
    Fault(
        name="duplicate-key-loaded",
        breaks="Both rows of a file that have the same key are loaded, and the last one wins.",
        file="layers/domain/sluice/usecases/staged_rows.py",
        old="if row.number in first_rows:",
        new="if False:",
        tests=("tests/unit/usecases/test_phases_import.py",),
    ),
    Fault(
        name="sheet-row-wrong",
        breaks="Rows of a text file are numbered from one too few.",
        file="layers/domain/sluice/reading/csv_table.py",
        old="enumerate(rows, first_row)",
        new="enumerate(rows, first_row - 1)",
        tests=("tests/unit/reading/test_csv_table.py",),
    ),
    Fault(
        name="rejection-row-wrong",
        breaks="A rejection names the row above the wrong one.",
        file="layers/domain/sluice/schema/rejections.py",
        old="found.append(Rejection(self._sheet, number,",
        new="found.append(Rejection(self._sheet, number - 1,",
        tests=("tests/unit/schema/test_validation.py",),
    ),
    Fault(
        name="formula-not-escaped",
        breaks="A cell of errors.csv runs as a formula when it is opened.",
        file="layers/domain/sluice/reports/csv_files.py",
        old="escape_formula(cell) if isinstance(cell, str) else cell_text(cell)",
        new="cell if isinstance(cell, str) else cell_text(cell)",
        tests=("tests/unit/reports/test_csv_files_errors.py",),
    ),
    Fault(
        name="correction-not-recognised",
        breaks="A corrected errors file that no caller announces as one is an ordinary import.",
        file="layers/domain/sluice/usecases/corrections.py",
        old="    if job.corrects is None:\n        job = _link(job, mark.job, services)",
        new="    if job.corrects is None:\n        pass",
        tests=("tests/unit/usecases/test_corrections_recognised.py",),
    ),
    Fault(
        name="apostrophe-stored",
        breaks="The apostrophe that guards a formula in errors.csv is stored.",
        file="layers/domain/sluice/usecases/corrections.py",
        old="unescaped if mark and mark.escaped else cells",
        new="cells",
        tests=("tests/unit/usecases/test_corrections_recognised.py",),
    ),
    Fault(
        name="mark-of-another-tenant",
        breaks="A forged mark makes a job correct the job of another tenant or importer, or a deleted one.",
        file="layers/domain/sluice/usecases/corrections.py",
        old="        corrected = check_corrected(JobRef(job.ref.tenant, marked), job.importer, services.jobs)",
        new="        corrected = next(each for ref, each in services.jobs.items.items() if ref.id == marked)",
        tests=("tests/unit/usecases/test_corrections_marks.py",),
    ),
    Fault(
        name="formula-read-as-empty",
        breaks="A formula without a value is read as an empty cell.",
        file="layers/domain/sluice/reading/xlsx/parser.py",
        old='    if b"<f" in body:',
        new='    if b"<never" in body:',
        tests=("tests/unit/reading/test_xlsx_table.py",),
    ),
    # ------------------------------------------------------------------ screens say what is true
    Fault(
        name="review-counted-as-work",
        breaks="The time in which a person reads a review is part of the duration of the load.",
        file="layers/domain/sluice/usecases/views.py",
        old="case Status.LOADING:",
        new="case Status.LOADING | Status.IN_REVIEW:",
        tests=("tests/integration/api/test_timeline.py",),
    ),
    Fault(
        name="rejected-file-looks-loaded",
        breaks="A file whose rows were all rejected is shown as loaded.",
        file="web/shared/outcomes.js",
        old="if (!delivered(counts))",
        new="if (!delivered(counts) && !counts.rejected)",
        tests=("tests/unit/test_web_outcomes.py",),
    ),
    # ------------------------------------------------------------------ pages of other products
    Fault(
        name="object-set-as-text",
        breaks="An object that a framework gives to an element becomes the text [object Object].",
        file="web/elements/attributes.js",
        old='if (kind !== "object" || typeof value === "string")',
        new="if (kind)",
        tests=("tests/unit/test_web_units.py",),
    ),
    Fault(
        name="followed-for-ever",
        breaks="A page follows a job for ever on a connection that stays lost, and hears of no error.",
        file="web/shared/events.js",
        old="Date.now() - lostAt < LOST_TIMEOUT",
        new="lostAt",
        tests=("tests/unit/test_web_units.py",),
    ),
    # ------------------------------------------------------------------ a terminal
    Fault(
        name="forged-sign-in",
        breaks="Any page of the browser can end a sign-in of the command line with a code of its own.",
        file="cli/sluice_cli/oidc.py",
        old='hmac.compare_digest(reply.get("state", "").encode(), state.encode())',
        new="True",
        tests=("tests/unit/cli/test_oidc.py",),
    ),
    Fault(
        name="refreshed-twice",
        breaks="Two commands exchange the same refresh token, and the issuer ends the session.",
        file="cli/sluice_cli/connection.py",
        old="if profile.access_token != old.access_token and profile.access_token is not None:",
        new="if False:",
        tests=("tests/unit/cli/test_account.py",),
    ),
    Fault(
        name="importer-guessed",
        breaks="A file goes to an importer that does not know all of its headers, without a word.",
        file="cli/sluice_cli/headers.py",
        old="self.matched > 0 and not self.missing and not self.unmatched",
        new="self.matched > 0 and not self.missing",
        tests=("tests/unit/cli/test_headers.py", "tests/unit/cli/test_imports.py"),
    ),
    Fault(
        name="review-ends-in-0",
        breaks="A script goes on as if rows were loaded that wait for a review.",
        file="cli/sluice_cli/waiting.py",
        old='return WAITS if job["status"] in {"in_review", "paused"} else FAILED',
        new='return 0 if job["status"] in {"in_review", "paused"} else FAILED',
        tests=("tests/unit/cli/test_commands.py", "tests/unit/cli/test_imports.py"),
    ),
)
