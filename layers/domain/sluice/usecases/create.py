"""Create the job of an import that a caller requests, and tell the caller how to send the file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from ulid import ULID

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import FileRejected
from sluice.model.job import Job, JobFile
from sluice.model.options import GivenOptions
from sluice.schema.importer import Importer
from sluice.usecases.artifacts import upload_key
from sluice.usecases.corrections import as_correction, check_corrected
from sluice.usecases.multipart import Parts, list_parts
from sluice.usecases.recipes import check_file_type, named_recipe, options_of, recipe_of
from sluice.usecases.same_file import reject_same_file
from sluice.usecases.services import Services

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 200


@dataclass(frozen=True)
class ImportRequest:
    """A caller's request to import a file.

    Parameters
    ----------
    bytes
        Size of the file.
    recipe
        Decisions about how the file is read, see `given_decisions`.
    recipe_name
        Name of a recipe that is kept, see `named_recipe`; ``None`` for none.
    questions
        What the job does where its file leaves a decision open; ``None`` as the importer says.
    waits
        Whether the caller waits for the end of the job, and is not there to answer.
    review
        Whether the job stops for review before it loads; ``None`` uses the importer's default.
    force
        Whether to import the file even if the same file was imported before.
    corrects
        Id of the job whose rejected rows the file corrects; ``None`` if the file itself says so, or corrects none.
    sha256
        Digest of the file in hexadecimal, if the caller knows it; a repeated file is then rejected before its upload.
    given
        What the job does to the dataset, where it differs from the importer's options.
    """

    tenant: str
    requested_by: str
    importer: str
    filename: str
    bytes: int
    recipe: Mapping[str, Any] = field(default_factory=dict)
    recipe_name: str | None = None
    questions: Literal["ask", "fail"] | None = None
    waits: bool = False
    urgent: bool = False
    review: bool | None = None
    force: bool = False
    corrects: str | None = None
    sha256: str | None = None
    given: GivenOptions = field(default_factory=GivenOptions)


def new_job(
    request: ImportRequest, *, now: datetime, services: Services, begin_parts: Callable[[str], str] | None = None
) -> tuple[Job, Importer]:
    """Add a job that waits for its file.

    Parameters
    ----------
    begin_parts
        Begins a multipart upload to a key and returns its id; ``None`` if the file is sent as a whole.

    Raises
    ------
    NotFound
        If there is no such importer, no such recipe, or no such job to correct.
    FileRejected
        If the file is larger than the importer allows, or of another type.
    RequestRejected
        If a decision of the recipe or an option cannot be given.
    Conflict
        If the same file was imported before, or the job to correct cannot be corrected.
    """
    importer = importer_named(request.importer)
    check_file_type(importer, request.filename)
    named = named_recipe(request.tenant, importer, request.recipe_name, services.recipes)
    recipe = named.under(recipe_of(importer, request.recipe, request.filename))
    made = {key: each.value for key, each in recipe.decisions.items() if each.how in {"given", "remembered"}}
    given = options_of(importer, request.given.beside(named.options)).with_recipe(made)
    if request.bytes > importer.max_bytes:
        raise FileRejected(
            "too-large",
            case="announced",
            bytes=request.bytes,
            importer=importer.title,
            limit=importer.max_bytes,
        )
    if request.sha256 and not (request.force or importer.lookup):
        reject_same_file(request.tenant, importer.name, request.sha256.lower(), given, services)
    corrected = None
    if request.corrects:
        corrected = check_corrected(JobRef(request.tenant, request.corrects), importer.name, services.jobs)
    ref = JobRef(request.tenant, str(ULID.from_datetime(now)))
    # a long name keeps its end, which holds the extension and usually the date
    name = request.filename.replace("\\", "/").rsplit("/", 1)[-1][-_NAME_LENGTH:] or "file"
    # "." and ".." would lead out of the job's folder in any program that treats keys as paths
    file = JobFile(name, upload_key(ref, _UNSAFE.sub("-", name).strip(".") or "file"), request.bytes)
    if begin_parts:
        file = replace(file, upload_id=begin_parts(file.key))
    job = Job(
        ref=ref,
        importer=importer.name,
        file=file,
        requested_by=request.requested_by,
        batch_id=str(ULID.from_datetime(now)),
        created_at=now,
        urgent=request.urgent,
        # a lookup writes to no dataset, so a review has nothing to compare
        review=not importer.lookup and (importer.review if request.review is None else request.review),
        force=request.force,
        recipe=recipe,
        recall=named.recall,
        asks=request.questions or importer.asks(attended=not request.waits),
        lookup=importer.lookup,
        options=given.over(importer.options),
        given=given,
    )
    if corrected:
        job = as_correction(job, corrected)
    services.jobs.add(job, note=f"corrects job {request.corrects}" if corrected else "")
    if corrected:
        services.jobs.log(corrected, by=request.requested_by, note=f"corrected by job {ref.id}")
    return job, importer


def accept_file(request: ImportRequest, body: bytes, *, now: datetime, services: Services) -> Job:
    """Create a job and store its file; the bucket's event starts the job, as after any upload.

    Raises
    ------
    NotFound, FileRejected, Conflict
        As `new_job`.
    """
    request = replace(request, sha256=hashlib.sha256(body).hexdigest())
    job, _ = new_job(request, now=now, services=services)
    services.files.write(job.file.key, body)
    return job


def expect_file(request: ImportRequest, *, now: datetime, services: Services) -> tuple[Job, dict[str, Any]]:
    """Create a job that waits for its file.

    Returns
    -------
    tuple
        The job, and the presigned form ``{method, url, fields, expires_in}`` of the upload.

    Raises
    ------
    NotFound, FileRejected, Conflict
        As `new_job`.
    """
    job, _ = new_job(request, now=now, services=services)
    return job, services.files.upload_form(job.file.key, request.bytes)


def expect_parts(request: ImportRequest, *, now: datetime, services: Services) -> tuple[Job, Parts]:
    """Create a job that waits for its file in parts; return it with the presigned URLs of the parts.

    Raises
    ------
    NotFound, FileRejected, Conflict
        As `new_job`.
    """
    job, _ = new_job(request, now=now, services=services, begin_parts=services.files.begin_parts)
    return job, list_parts(job, files=services.files)
