"""What is wrong with a call, with the end of a job, or with what an operator has set up."""

from __future__ import annotations

from typing import Final

from sluice.wording.catalogue import Params, Sentence, with_forms
from sluice.wording.english.forms import listed, status_name

TITLES: Final[dict[str, Sentence]] = {
    # of a call
    "not-found": "Not found",
    "invalid-request": "The request is not as described",
    "invalid-cursor": "Invalid cursor",
    "invalid-parameter": "A parameter does not fit",
    "bad-idempotency-key": "The idempotency key is none",
    "idempotency-key-reused": "The idempotency key belongs to another request",
    "request-in-progress": "The same request is still being carried out",
    "too-large-for-this-call": "The file is too large for this call",
    "unauthorized": "A valid bearer token is needed",
    "forbidden": "The token does not allow this",
    "try-later": "Try again later",
    "internal-error": "Something went wrong on our side",
    "illegal-transition": "The job's state does not allow this",
    "ambiguous-dates": "The order of day and month must be said",
    "unknown-column": "The job does not ask about this column",
    "committed-otherwise": "The job was committed with other answers",
    "not-retryable": "The job cannot be retried",
    "nothing-to-roll-back": "There is nothing to roll back",
    "cannot-correct": "The job cannot be corrected",
    "not-parsed": "There is nothing to preview",
    "importer-busy": "Another file is under way",
    "rolling-back": "What was pulled is being taken back",
    "file-not-wanted": "The job takes no file now",
    "parts-missing": "The file is not there yet",
    "not-in-parts": "The file does not come in parts",
    "upload-over": "The upload is over",
    "file-not-made": "The file could not be made",
    # of a job that has ended
    "system-error": "The import could not go on",
    "unprocessed-rows": "Some rows could not be processed",
    "rollback-incomplete": "The rollback could not be finished",
    "upload-expired": "The file never came",
    "review-expired": "The import was not committed",
    "sync-overdue": "The sync took too long",
    "upstream-rejected": "The upstream rejected our request",
    "upstream-down": "The upstream is away",
    # of what an operator has set up
    "newer-format": "Stored by a newer version",
    "unusable-secret": "The database's secret cannot be used",
    "unusable-database": "The database cannot be used",
    "unusable-table": "The dataset cannot be a table of this database",
}


def _ambiguous_dates(params: Params) -> str:
    columns = params["columns"]
    return (
        f"Dates of {', '.join(columns)} can be read day first or month first. Say which with the commit: "
        f'{{"dates": {{"{columns[0]}": "dmy"}}}} or "mdy".'
    )


def _failed(params: Params) -> str:
    """The chunks that failed, each with its rows and its error; of many, how many more."""
    said = [
        f"rows {chunk['first_row']:,} to {chunk['last_row']:,} ({chunk['error'] or 'no answer from the worker'})"
        for chunk in params["failed"]
    ]
    more = params["chunks"] - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")


def _unprocessed(done: str) -> Sentence:
    return lambda params: (
        f"{params['rows']:,} rows were neither {done} nor rejected: {_failed(params)}. "
        "Retry the job to go on with them."
    )


_OF_CALLS: Final[dict[str, Sentence]] = {
    **{
        f"not-found/{what}": f"There is no {what} '{{name}}'."
        for what in ("importer", "source", "lookup", "job", "record", "object")
    },
    "not-found/file": "There is no file of this job '{name}'.",
    "not-found/address": "There is nothing at this address. The API is described at /v1/docs.",
    "invalid-request": lambda params: "; ".join(f"{each['at']}: {each['reason']}" for each in params["errors"]),
    "invalid-cursor": "Start again without `cursor`.",
    "invalid-parameter/unknown": with_forms("{importer} knows no parameter '{name}'; it has: {known}.", known=listed),
    "invalid-parameter/wrong-form": "{title} has to look like {example}.",
    "bad-idempotency-key": "Send 1 to 255 characters of printable ASCII.",
    "idempotency-key-reused": (
        "It was sent with another path, query or body within the last day; make a new key for each request."
    ),
    "request-in-progress": "Send it again in a moment, with the same idempotency key: then its answer is there.",
    "too-large-for-this-call": (
        "It has {bytes:,} bytes; a file of more than {limit:,} is announced with POST /v1/imports, and then goes "
        "straight to the bucket by the form of the answer."
    ),
    "unauthorized/no-token": "Send a token in the header 'Authorization: Bearer …'.",
    "unauthorized/no-tenant": "The token names no tenant in its claim '{claim}'.",
    "unauthorized/expired": "The token has expired; get a new one.",
    "unauthorized/invalid": "Invalid token: wrong issuer, wrong signature, or no token at all.",
    "unauthorized/other-audience": "The token is not meant for '{audience}'.",
    "unauthorized/ticket-used": "The ticket was used before, or is older than a minute; get a new one.",
    "unauthorized/ticket-of-other-job": "The ticket is for another job; get one for this.",
    "forbidden": "This call needs the scope '{scope}'.",
    "try-later/issuer-away": "The issuer of the token is out of reach.",
    "try-later/jobs-table-busy": "The jobs table is too busy to read cached results.",
    "try-later/schedule-taken": "Other calls are changing the schedule of '{source}'. Send this one again.",
    "try-later/file-in-the-making": "{name} is being made; it has many rows.",
    "try-later/job-in-use": "A worker is still at this job. What it leaves is deleted when you ask again.",
    "try-later/chunk-in-use": "A worker is still at this chunk.",
    "try-later/chunk-leased": "Another worker is at this chunk.",
    "try-later/chunk-loading": "A worker is still loading this chunk.",
    "try-later/predecessor-loading": "A worker of the sync before this one is still loading.",
    "try-later/lookups-failed": "{count} lookups came to nothing.",
    "try-later/slots-taken": "The rate limit of {upstream} has no free slot in the time of this attempt.",
    "try-later/no-answer-in-time": "{upstream} did not answer in the time of this attempt.",
    "try-later/bad-answer": "All {tries} requests to {upstream} for {what} failed; the last one got {got}.",
    "internal-error": "The request was not carried out, or only in part. Try again.",
    "illegal-transition": with_forms(
        "Job {id} is {status_now}; it cannot become {target} from there.", status_now=status_name, target=status_name
    ),
    "ambiguous-dates": _ambiguous_dates,
    "unknown-column": lambda params: (
        f"The job does not ask about {', '.join(params['unknown'])}; columns whose dates it asks about: "
        f"{', '.join(params['asked']) or 'none'}."
    ),
    "committed-otherwise": (
        "Job {id} is being loaded with other answers about its dates. Roll it back to import it anew."
    ),
    "not-retryable/same-again": (
        "The job failed for a reason that would be the same again; its problem says what to do."
    ),
    "not-retryable/deleted": "Its file and its rows were deleted. Import the file again.",
    "nothing-to-roll-back/deleted": "What the rows were before was deleted with the job: they stay as they are.",
    "nothing-to-roll-back/lookup": "Its rows were looked up, and nothing was changed by that.",
    "nothing-to-roll-back/nothing-loaded": "It ended before a row was loaded: there is nothing to take back.",
    "cannot-correct/other-importer": "Job {id} was made by the importer '{made_by}', not '{importer}'.",
    "cannot-correct/under-way": with_forms("Job {id} is {status}; wait for its end.", status=status_name),
    "cannot-correct/deleted": "Job {id} was deleted.",
    "cannot-correct/nothing-rejected": "Job {id} has rejected no row.",
    "not-parsed": with_forms(
        "Job {id} is {status_now}; there is a preview once all of its rows are checked.", status_now=status_name
    ),
    "importer-busy": "{importer} does one file at a time, and another is under way. Try later.",
    "rolling-back": "Job {id} is being rolled back, and a new one with it. Try again when that has ended.",
    "file-not-wanted": with_forms("Job {id} is {status} and needs no part.", status=status_name),
    "parts-missing": with_forms(
        "{missing} of its {parts} parts are missing or have another size than announced; GET /v1/jobs/{id}/upload says "
        "where they go.",
        missing=lambda missing: str(len(missing)),
    ),
    "not-in-parts": "Announce it with `multipart` to send it in parts; this one goes by the form of POST /v1/imports.",
    "upload-over": "Parts that wait for more than a day are dropped. Announce {file} again.",
    "file-not-made": "{name} of job {id} could not be made; the log of the service says why.",
}

_OF_JOBS: Final[dict[str, Sentence]] = {
    **{
        f"system-error/{case}": (
            "The import stopped for a reason that is not in the file ({error}). "
            f"What was {done} stays; retry the job."
        )
        for case, done in (("loading", "loaded"), ("lookup", "looked up"))
    },
    "unprocessed-rows/loading": _unprocessed("loaded"),
    "unprocessed-rows/lookup": _unprocessed("looked up"),
    "rollback-incomplete/error": "It stopped ({error}). What was taken back stays so; roll the job back again.",
    "rollback-incomplete/chunks": lambda params: (
        f"It stopped ({_failed(params)}). What was taken back stays so; roll the job back again."
    ),
    "attempt-failed": "{error}",
    "upload-expired": "No file arrived within a day. Start the import again.",
    "review-expired": "It waited in review for 7 days. Nothing was loaded.",
    "sync-overdue": (
        "It was ended after 30 minutes. What was loaded stays, and can be rolled back; start it again with force."
    ),
    "upstream-rejected/bad-answer": (
        "The request to {upstream} for {what} got {got}. Check its path and our credentials."
    ),
    "upstream-rejected/no-secret": (
        "The secret of the upstreams has no entry '{upstream}'. Add one with its url, client_id and client_secret."
    ),
    "upstream-down": "{upstream} gives no answers. The job goes on by itself when it does.",
}

_OF_SETUPS: Final[dict[str, Sentence]] = {
    "newer-format": (
        "{what} has format {format}, and this version reads formats up to {newest}. Deploy the version that wrote it, "
        "or a later one."
    ),
    "unusable-secret": with_forms("It has no {fields}. Add the missing fields to the secret.", fields=listed),
    "unusable-database": "Its encoding is {encoding}. Use a database whose encoding is UTF8.",
    "unusable-table/no-index": "The table '{table}' has no unique index on (tenant, {key}). Create one, and retry.",
    "unusable-table/no-columns": (
        "The table '{table}' has no columns 'tenant' and '{key}'. Add both, with a unique index on them, or rename the "
        "dataset."
    ),
    "unusable-table/name-length": (
        "'{name}' is no name for PostgreSQL, which allows 1 to {most} bytes; choose a shorter one."
    ),
    "unusable-table/own-column": "'{column}' in dataset '{dataset}' is a column of Sluice's own; rename the field.",
    "unusable-table/percent-sign": "'{dataset}' has a %; rename the dataset.",
    "unusable-table/own-table": "'{dataset}' is a table of Sluice's own; rename the dataset.",
}

DETAILS: Final = _OF_CALLS | _OF_JOBS | _OF_SETUPS
