"""Sentences about rejected calls, failed jobs, and mistakes in an operator's setup."""

from __future__ import annotations

from typing import Final

from sluice.wording.catalogue import Params, Sentence, with_forms
from sluice.wording.english import rows
from sluice.wording.english.forms import decided, listed, status_name

TITLES: Final[dict[str, Sentence]] = {
    # of a call
    "not-found": "Not found",
    "invalid-request": "Invalid request",
    "invalid-cursor": "Invalid cursor",
    "invalid-parameter": "Invalid parameter",
    "invalid-option": "This option cannot be given",
    "precondition-failed": "Changed meanwhile",
    "invalid-decision": "This cannot be decided so",
    "bad-idempotency-key": "Invalid Idempotency-Key",
    "idempotency-key-reused": "The idempotency key belongs to another request",
    "request-in-progress": "The same request is still in progress",
    "wrong-content-type": "The body has another content type",
    "too-large-for-this-call": "The file is too large for this call",
    "form-too-large": "The form is too large",
    "invalid-form": "Invalid form",
    "unreadable-body": "The body did not arrive as it was sent",
    "unauthorized": "A valid bearer token is required",
    "forbidden": "The token does not allow this",
    "quota": "Too much is under way",
    "try-later": "Try again later",
    "internal-error": "Internal error",
    "illegal-transition": "The job's state does not allow this",
    "questions-open": "The job has open questions",
    "answered-otherwise": "The job was answered otherwise",
    "already-delivered": "Rows were delivered already",
    "not-retryable": "The job cannot be retried",
    "nothing-to-roll-back": "There is nothing to roll back",
    "cannot-correct": "The job cannot be corrected",
    "not-parsed": "There is nothing to preview",
    "importer-busy": "Another job of this importer is under way",
    "rolling-back": "The current job is being rolled back",
    "file-not-wanted": "The job does not wait for a file",
    "parts-missing": "The file is not complete",
    "not-in-parts": "The upload is not multipart",
    "upload-over": "The upload has expired",
    "file-not-made": "The file could not be made",
    # of a job that has ended
    "system-error": "The import failed",
    "unprocessed-rows": "Some rows could not be processed",
    "mirror-unreadable-key": "Not every key could be read",
    "rollback-incomplete": "The rollback could not be finished",
    "question": "The file leaves a decision open",
    "guard": "A limit of the import was exceeded",
    "rejections": "Nothing was loaded, because rows were rejected",
    "sync-overdue": "The sync took too long",
    "source-drift": "The source lacks a column",
    "upstream-rejected": "The upstream rejected the request",
    "upstream-down": "The upstream is down",
    "database-down": "The database is down",
    # of what an operator has set up
    "newer-format": "Stored by a newer version",
    "unusable-secret": "The database's secret cannot be used",
    "unusable-database": "The database cannot be used",
    "unusable-table": "The dataset cannot be a table of this database",
    "unstable-rules": "The importer's rules give another row each time",
    "stale-chunk": "A chunk was parsed by an older recipe",
}

#: When each type occurs, in Markdown; the API serves it, and docs/problems.md has it.
MEANINGS: Final[dict[str, str]] = {
    "not-found": "No such address, job, importer, recipe or record, or another tenant's; or a drop folder names none.",
    "invalid-request": "The request does not fit its description in OpenAPI. Members: `errors`: `[{at, reason}]`.",
    "invalid-cursor": "The cursor is not one of this list.",
    "precondition-failed": "The version that is there is none that `If-Match` or `If-None-Match` allows to be changed.",
    "invalid-parameter": "A parameter that the importer does not have, or an impossible value.",
    "invalid-option": (
        "An option of the load that the importer or another option does not allow: a mode for a lookup, "
        "`deletes` for a mode that deletes nothing, a limit for a column without numbers. Members: `option`."
    ),
    "invalid-decision": (
        "A decision of a recipe, or an answer, about a column that the importer does not have or that has no such "
        "decision, with an impossible value, or given twice. Members: `key`, `known`."
    ),
    "bad-idempotency-key": "The key is empty, longer than 255 characters, or not printable ASCII.",
    "idempotency-key-reused": "The key was sent with another path, query or body.",
    "request-in-progress": "The same call, with the same idempotency key, is still executing.",
    "wrong-content-type": "A body that is not JSON where JSON is needed.",
    "too-large-for-this-call": "More than 4 MB sent as a body: announce the file instead. Members: `limit`, `bytes`.",
    "form-too-large": "A form with more than 20 parts, or with a long header or field.",
    "invalid-form": "A malformed form, or one without a file, or with several.",
    "unreadable-body": "The gateway passed the body on as text, and bytes were lost: name its type.",
    "unauthorized": "No bearer token, or an invalid one.",
    "forbidden": "The token lacks the scope. Members: `scope`.",
    "quota": (
        "The tenant has as many jobs, bytes or syncs under way as it may. Jobs of dropped files and of schedules fail "
        "with it. Members: `limit`, `found`."
    ),
    "try-later": "A file is still being made, its job is under way, the issuer cannot be reached, or a lease is taken.",
    "internal-error": "An error in Sluice; the function's log has it.",
    "illegal-transition": "The job's state does not allow it. Members: `status_now`.",
    "questions-open": "A commit of a job whose questions are not all answered. Members: `keys`.",
    "answered-otherwise": (
        "The answers are about an older version of the recipe, and something else holds by now. Look at the job and "
        "answer again with its present version. Members: `version`, `holds`."
    ),
    "already-delivered": "An answer would change how rows are read that were delivered already.",
    "not-retryable": "The job failed because of its file or in a rollback, or was deleted. Members: `status_now`.",
    "nothing-to-roll-back": "The job ended before its file was split, is a lookup, or deleted. Members: `status_now`.",
    "cannot-correct": (
        "The job to correct is of another importer, active, deleted, has rejected nothing, or has loaded nothing "
        "because of a guard or its rejected rows."
    ),
    "not-parsed": "A preview of a job whose rows are not validated, or whose file was rejected. Members: `status_now`.",
    "importer-busy": "A job is retried or resumed whose importer runs one at a time, and another job has its lock.",
    "rolling-back": "A sync is forced while the current job of its source is being rolled back.",
    "file-not-wanted": "The job has its file, or has ended.",
    "parts-missing": "Parts of the file have not arrived, or have another size than announced. Members: `missing`.",
    "not-in-parts": "The file is not uploaded in parts.",
    "upload-over": "The parts were deleted after a day.",
    "file-not-made": "The file to download could not be made; the function's log has the error.",
    "system-error": "The execution failed; the detail names the error. Then `retry`.",
    "unprocessed-rows": "Some chunks could not be processed; the detail names their rows. Members: `chunks`.",
    "mirror-unreadable-key": (
        "Mode `mirror` deletes the records that the file lacks, and rows whose keys cannot be read may be any of them. "
        "Nothing was loaded. Members: `column`, `rows`, `count`."
    ),
    "rollback-incomplete": "Some rows could not be restored. `rollback` again. Members: `chunks`.",
    "question": (
        "The file leaves a decision open, and the job fails instead of asking, because of `questions` of its caller or "
        "importer. The detail names an answer that might have helped; check it. Members: `key`."
    ),
    "guard": (
        "The load would reject, delete or change more than a guard of the job allows; nothing was loaded. Check the "
        "examples; to load the file all the same, import it again with a higher limit. Also the answer to a commit of "
        "such a job. Members: `guard`, `limit`, `found`, `total`, `examples`."
    ),
    "rejections": (
        "A row was rejected, and the job loads all rows or none; what it had loaded was taken back. Correct the file "
        "and import it whole; there is nothing to retry or roll back. Members: `found`, `examples`."
    ),
    "sync-overdue": "A sync took longer than half an hour. Start it again with `force`; or `rollback`.",
    "source-drift": (
        "No row of the source has some field of its row model, not even with null; nothing was loaded. Correct the "
        "source's declaration or the upstream, then start it again with `force`. Members: `columns`."
    ),
    "upstream-rejected": (
        "The upstream of a source rejects our requests; the detail quotes its response. Check path and "
        "credentials, then `retry`."
    ),
    "upstream-down": (
        "The upstream of a lookup does not respond; not the job's `problem`: its detail is `suspended`. Do "
        "nothing, the job resumes automatically; or `resume`, `cancel`."
    ),
    "database-down": "The database of the destination accepts no connection; otherwise as `upstream-down`.",
    "newer-format": "A newer version stored an object, such as a journal, in a format that this version does not know.",
    "unusable-secret": "The secret with the database's address and password lacks a field.",
    "unusable-database": "Sluice cannot write to the database.",
    "unusable-table": "The importer's columns cannot be a table of this database.",
    "stale-chunk": "An error in Sluice: a chunk that would be loaded was not read again after a decision had changed.",
    "unstable-rules": "`normalise` or a validator of the importer changes its own result, or the key.",
}


_RESTORED: Final = "Restored rows stay. Roll the job back again."


def _failed(params: Params) -> str:
    """List the chunks that failed, each with its rows and its error, and count the others."""
    of_chunk = "rows {first_row:,} to {last_row:,}"
    if params["case"] != "expired":
        of_chunk += " ({error})"
    unknown = "no answer from the worker"
    described = [of_chunk.format_map({**each, "error": each["error"] or unknown}) for each in params["failed"]]
    more = params["chunks"] - len(described)
    others = f"and {more} more" if described else f"{more} lists of records that the file lacks"
    return "; ".join([*described, others] if more else described)


def _unprocessed(done: str) -> Sentence:
    return lambda params: (
        f"{params['rows']:,} rows were neither {done} nor rejected: {_failed(params)}. Retry the job to process them."
    )


def _unreadable_keys(params: Params) -> str:
    rows, count = params["rows"], params["count"]
    more = f" and {count - len(rows):,} more" if count > len(rows) else ""
    sheet = f" of sheet '{params['sheet']}'" if params["sheet"] else ""
    return (
        f"The cell of '{params['column']}' cannot be read in row {', '.join(f'{row:,}' for row in rows)}{more}{sheet}. "
        "Mode 'mirror' would delete the records of such rows, so nothing was loaded. Correct the cells, or remove the "
        "rows, and import the file again."
    )


_OF_CALLS: Final[dict[str, Sentence]] = {
    **{
        f"not-found/{what}": f"There is no {what} '{{name}}'."
        for what in ("importer", "source", "lookup", "job", "recipe", "record", "object", "problem")
    },
    "not-found/file": "This job has no file '{name}'.",
    "not-found/address": "No route has this address. The API is described at /v1/docs.",
    "invalid-request": lambda params: "; ".join(f"{each['at']}: {each['reason']}" for each in params["errors"]),
    "invalid-cursor": "Start again without `cursor`.",
    "precondition-failed/changed": "'{name}' was changed meanwhile. Read it again, and send its `ETag` as `If-Match`.",
    "precondition-failed/absent": "There is no '{name}' any more. Send it without `If-Match`.",
    "precondition-failed/exists": "There is a '{name}' already. Send its `ETag` as `If-Match` to replace it.",
    "invalid-parameter/unknown": with_forms(
        "{importer} has no parameter '{name}'. Its parameters are: {known}.", known=listed
    ),
    "invalid-parameter/wrong-form": "Write {title} like {example}.",
    "invalid-option/lookup": (
        "{importer} looks its rows up and loads no dataset, so there is nothing for '{option}' to change. Leave it out."
    ),
    "invalid-option/deletes-nothing": (
        "Mode '{mode}' deletes no record. Leave '{option}' out, or give the mode 'mirror' or 'delete'."
    ),
    "invalid-option/names-its-keys": (
        "'max_deleted' limits what mode 'mirror' deletes because the file lacks it. Leave it out in mode '{mode}'."
    ),
    "invalid-option/no-number": with_forms(
        "{importer} has no column '{name}' of numbers that could change. Its columns of numbers are: {known}.",
        known=listed,
    ),
    "invalid-option/column-twice": "The limit for '{name}' comes twice. Give it once.",
    "bad-idempotency-key": "Use 1 to 255 printable ASCII characters.",
    "idempotency-key-reused": (
        "It was sent with another path, query or body within the last day. Use a new key for each request."
    ),
    "request-in-progress": "Send it again in a moment, with the same idempotency key, to get its response.",
    "too-large-for-this-call": (
        "It has {bytes:,} bytes; this call takes up to {limit:,}. Announce it with POST /v1/imports, and send it to "
        "the bucket with the form in the response."
    ),
    "wrong-content-type": "Send the body as JSON, with `Content-Type: application/json`.",
    "form-too-large": "It has more than {parts} parts, or one with a long header or field. Send one file.",
    "invalid-form/malformed": (
        "The body is not the multipart form that its Content-Type announces, or ends before its last boundary. Let the "
        "client build the form, as `curl -F file=@products.csv` does."
    ),
    "invalid-form/no-file": "The form has no file. Send it as a part with a file name: `curl -F file=@products.csv`.",
    "invalid-form/several-files": "The form has several files. Send each with a call of its own.",
    "invalid-form/encoded": "The part '{name}' is encoded or nested. Send its bytes as they are.",
    "invalid-form/repeated": "The field '{name}' comes twice. Send it once.",
    "unreadable-body": (
        "The body arrived as text, and bytes that are none were lost on the way. Send it with "
        "`Content-Type: application/octet-stream`."
    ),
    "unauthorized/no-token": "Send a token in the header 'Authorization: Bearer …'.",
    "unauthorized/no-tenant": "Invalid token: its claim '{claim}' names no tenant.",
    "unauthorized/no-subject": "Invalid token: its claim 'sub' is no text of 1 to 255 printable characters.",
    "unauthorized/expired": "The token has expired. Get a new one.",
    "unauthorized/invalid": "Invalid token: wrong issuer, wrong signature, or no token at all.",
    "unauthorized/other-audience": "Invalid token: its audience is not '{audience}'.",
    "unauthorized/ticket-used": "The ticket was used before, or is older than a minute. Get a new one.",
    "unauthorized/ticket-of-other-job": "The ticket is valid for another job. Get one for this job.",
    "quota/jobs": (
        "{found:,} jobs of your tenant have not ended, and {limit:,} may be under way. Try again when some have ended, "
        "or end those that wait for a file, an answer or a commit."
    ),
    "quota/bytes": (
        "With this file, {found:,} bytes of your tenant would be under way, and {limit:,} may be. Try again when some "
        "jobs have ended."
    ),
    "quota/syncs": (
        "{found:,} syncs of your tenant have not ended, and {limit:,} may be under way. Try again when one has ended."
    ),
    "forbidden": "This call requires the scope '{scope}'.",
    "try-later/issuer-away": "The issuer of the token cannot be reached.",
    "try-later/jobs-table-busy": "The jobs table is too busy.",
    "try-later/schedule-taken": "Other calls are changing the schedule of '{source}'. Send this call again.",
    "try-later/file-in-the-making": "{name} is being made; it has many rows.",
    "try-later/job-under-way": "The job is under way, and {name} may change. It can be fetched when the job stops.",
    "try-later/job-in-use": "A worker still holds a chunk of this job. Send this call again to delete what it writes.",
    "try-later/chunk-in-use": "A worker still holds this chunk.",
    "try-later/chunk-leased": "Lease not granted: the chunk is leased by another worker.",
    "try-later/chunk-loading": "A worker is still loading this chunk.",
    "try-later/dependency-down": "The database does not answer.",
    "try-later/table-locked": "Another program has locked rows or a table of the database.",
    "try-later/table-throttled": "DynamoDB has throttled a table for as long as a worker lives.",
    "try-later/dataset-busy": "Another job loads into the same dataset.",
    "try-later/lookups-failed": "{count} lookups failed.",
    "try-later/slots-taken": "The rate limit of {upstream} has no free slot before the end of this attempt.",
    "try-later/no-answer-in-time": "{upstream} did not answer before the end of this attempt.",
    "try-later/bad-answer": "All {tries} requests to {upstream} for {what} failed; the last one got {got}.",
    "internal-error": "The request was not carried out, or only in part. Try again.",
    "illegal-transition": with_forms(
        "Job {id} is {status_now}; it cannot become {target}.", status_now=status_name, target=status_name
    ),
    "questions-open": with_forms("Answer first: {keys}. POST /v1/jobs/{id}/answers takes the answers.", keys=listed),
    "answered-otherwise": with_forms(
        "Another answer came first{holds}. The recipe has version {version} now: answer with that one.", holds=decided
    ),
    "already-delivered": (
        "Rows of job {id} that this answer bears on were delivered. Roll the job back, and import the file again with "
        "the answer in its recipe."
    ),
    "not-retryable/same-again": "A retry would fail for the same reason. The job's problem says what to do.",
    "not-retryable/deleted": "Its file and its rows were deleted. Import the file again.",
    "nothing-to-roll-back/deleted": "The earlier values of its rows were deleted with the job, so the rows stay.",
    "nothing-to-roll-back/lookup": "The job looked its rows up and changed no dataset.",
    "nothing-to-roll-back/undone": "What the job had loaded was taken back when it failed.",
    "nothing-to-roll-back/nothing-loaded": "The job ended before it loaded a row.",
    "cannot-correct/other-importer": "Job {id} belongs to the importer '{made_by}', not '{importer}'.",
    "cannot-correct/under-way": with_forms("Job {id} is {status}. Wait until it has ended.", status=status_name),
    "cannot-correct/deleted": "Job {id} was deleted.",
    "cannot-correct/nothing-rejected": "Job {id} has no rejected rows.",
    "cannot-correct/nothing-loaded": (
        "Job {id} loaded no row of its file, so its rejected rows alone are not enough. Correct the file and import it "
        "whole."
    ),
    "not-parsed": with_forms(
        "Job {id} is {status_now}; it has a preview once all of its rows are checked.", status_now=status_name
    ),
    "importer-busy": "{importer} runs one job at a time, and another one is under way. Try again when it has ended.",
    "rolling-back": "Job {id} is being rolled back. Start a new one when the rollback has ended.",
    "file-not-wanted": with_forms("Job {id} is {status} and takes no part of a file.", status=status_name),
    "parts-missing": with_forms(
        "{missing} of its {parts} parts are missing or have another size than announced. GET /v1/jobs/{id}/upload has "
        "their URLs.",
        missing=lambda missing: str(len(missing)),
    ),
    "not-in-parts": "Send the file with the form of POST /v1/imports, or announce it with `multipart`.",
    "upload-over": "Parts of an upload are removed after a day. Announce {file} again.",
    "file-not-made": "{name} of job {id} could not be made. The log of the service says why.",
}

_OF_JOBS: Final[dict[str, Sentence]] = {
    **{
        f"system-error/{case}": (
            "The import failed for a reason outside of the file ({error}). "
            f"Rows that were {done} stay. Retry the job."
        )
        for case, done in (("loading", "loaded"), ("lookup", "looked up"))
    },
    "unprocessed-rows/loading": _unprocessed("loaded"),
    "unprocessed-rows/lookup": _unprocessed("looked up"),
    "unprocessed-rows/uncompared": (
        "The dataset could not be compared with the file, so nothing was loaded. Retry the job."
    ),
    "unprocessed-rows/absent": (
        "The rows of the file are loaded, but {rows:,} records that the file lacks could not be deleted. Retry the job."
    ),
    "question": rows.question,
    "mirror-unreadable-key": _unreadable_keys,
    "rollback-incomplete/error": "The rollback stopped ({error}). " + _RESTORED,
    "rollback-incomplete/chunks": lambda params: f"The rollback stopped ({_failed(params)}). {_RESTORED}",
    "rollback-incomplete/expired": lambda params: (
        f"What {_failed(params)} were before has expired, so they stay. The other rows are restored."
    ),
    "attempt-failed": "{error}",
    "sync-overdue": (
        "The sync was ended after 30 minutes. Loaded rows stay, and can be rolled back. Start it again with force."
    ),
    "source-drift": lambda params: (
        f"No row of the source '{params['source']}' has {listed(params['columns'])}, so the upstream may have renamed "
        "or removed it. Nothing was loaded. Correct the titles in the row model or the upstream, then call POST "
        f"/v1/syncs/{params['source']}?force=true."
    ),
    "upstream-rejected/bad-answer": (
        "The request to {upstream} for {what} got {got}. Check its path and the credentials in the secret."
    ),
    "upstream-rejected/no-secret": (
        "The secret of the upstreams has no entry '{upstream}'. Add one with its url, client_id and client_secret."
    ),
    "upstream-down": "{upstream} does not answer. The job resumes automatically when it does.",
    "database-down": "The destination's database does not answer. The job resumes automatically when it does.",
}

_OF_SETUPS: Final[dict[str, Sentence]] = {
    "newer-format": (
        "{what} has format {format}, and this version reads formats up to {newest}. Deploy the version that wrote it, "
        "or a later one."
    ),
    "unusable-secret": with_forms("It has no {fields}. Add the missing fields to the secret.", fields=listed),
    "unusable-database": "Its encoding is {encoding}. Use a database whose encoding is UTF8.",
    "stale-chunk": "Chunk {index} of job {id} was read by an older recipe, so it was not loaded. Retry the job.",
    "unstable-rules": (
        "`normalise` or a validator of '{importer}' changes its own result, or the key. Mend it, and retry."
    ),
    "unusable-table/no-index": "The table '{table}' has no unique index on (tenant, {key}). Create one, and retry.",
    "unusable-table/no-columns": (
        "The table '{table}' has no columns 'tenant' and '{key}'. Add both, with a unique index on them, or rename the "
        "dataset."
    ),
    "unusable-table/name-length": (
        "'{name}' is not a valid name in PostgreSQL, which allows 1 to {most} bytes. Choose a shorter one."
    ),
    "unusable-table/own-column": "'{column}' in dataset '{dataset}' is a reserved column of Sluice. Rename the field.",
    "unusable-table/mirror-key": (
        "The column '{key}' of the table '{table}' is of type {column}, in which keys can be equal although their "
        "texts differ. Mode 'mirror' could delete records that the file has. Make it text, or use mode 'upsert'."
    ),
    "unusable-table/percent-sign": "'{dataset}' contains a %. Rename the dataset.",
    "unusable-table/own-table": "'{dataset}' is a reserved table of Sluice. Rename the dataset.",
}

DETAILS: Final = _OF_CALLS | _OF_JOBS | _OF_SETUPS
