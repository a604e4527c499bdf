"""``POST /v1/imports/upload``: a file in the request."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import ValidationError

from functions.api import auth, forms, responses, waits
from functions.api.description import FORM
from functions.api.imports import FILE_PROBLEMS
from functions.api.routes import Routes, problems
from functions.api.services import services
from sluice.api.requests import GuardsAsText, Priority, Questions, RecipeAsText, UploadFields
from sluice.api.responses import JobResponse
from sluice.catalog.registry import importer_named
from sluice.model.options import Blanks, Deletes, Mode, OnRejections
from sluice.usecases.create import ImportRequest, accept_file
from sluice.usecases.views import await_end

# API Gateway ends a request after 29 s, and the function ends later; a caller polls a job that is not done by then.
_LONGEST_WAIT = 20

router = Routes("Imports")

_ABOUT = {name: each.description for name, each in UploadFields.model_fields.items()}
_FILE = {"type": "string", "format": "binary", "description": "The file."}
_BODY = {
    "required": True,
    "description": "The file, up to 4 MB: the body itself, or the one file of a form, whose fields are the parameters.",
    "content": {"application/octet-stream": {"schema": _FILE}, "multipart/form-data": {"schema": FORM}},
}


@router.post(
    "/imports/upload",
    responses=responses.STARTED
    | problems(*FILE_PROBLEMS, "too-large-for-this-call", "form-too-large", "invalid-form", "unreadable-body"),
    openapi_extensions={"requestBody": _BODY},
)
def upload_file(  # the parameters are described here, and read together with the fields of a form
    *,
    importer: Annotated[str | None, Query(description="Name of the importer; needed here or in the form.")] = None,
    filename: Annotated[str | None, Query(description="Name of the file; without it, the one in the form.")] = None,
    priority: Annotated[Priority | None, Query(description="`standard` if it is not given.")] = None,
    review: Annotated[bool | None, Query(description="Whether the job stops before it loads.")] = None,
    force: Annotated[bool | None, Query(description="Import it even if the same file was imported before.")] = None,
    corrects: Annotated[
        str | None, Query(max_length=64, description="Id of the job whose rejected rows the file corrects.")
    ] = None,
    recipe: Annotated[RecipeAsText | None, Query(description=_ABOUT["recipe"])] = None,
    questions: Annotated[Questions | None, Query(description=_ABOUT["questions"])] = None,
    mode: Annotated[Mode | None, Query(description=_ABOUT["mode"])] = None,
    blanks: Annotated[Blanks | None, Query(description=_ABOUT["blanks"])] = None,
    deletes: Annotated[Deletes | None, Query(description=_ABOUT["deletes"])] = None,
    on_rejections: Annotated[OnRejections | None, Query(description=_ABOUT["on_rejections"])] = None,
    guards: Annotated[GuardsAsText | None, Query(description=_ABOUT["guards"])] = None,
) -> Response[JobResponse]:
    """Send a file of up to 4 MB.

    As the body itself, or as the one file of a form, as browsers and `curl -F file=@products.csv` send it; fields of
    the form are parameters then. A synchronous importer, or `Prefer: wait=20`, waits until the job has ended.
    """
    caller, event = auth.caller_of(router), router.current_event
    upload = forms.read_upload(event)
    asked = _fields(event.resolved_query_string_parameters or {}, upload.fields)
    preferred = re.search(r"\bwait=(\d{1,6})", event.headers.get("Prefer") or "")
    request = ImportRequest(
        tenant=caller.tenant,
        requested_by=caller.subject,
        importer=asked.importer,
        filename=asked.filename or upload.filename or "upload",
        bytes=len(upload.content),
        urgent=asked.priority == "urgent",
        review=asked.review,
        force=asked.force,
        corrects=asked.corrects,
        recipe=asked.decisions(),
        recipe_name=asked.recipe_name,
        questions=asked.questions,
        waits=preferred is not None,
        given=asked.options(),
    )
    job = accept_file(request, upload.content, now=datetime.now(UTC), services=services())
    longest = _LONGEST_WAIT * importer_named(asked.importer).synchronous
    wait = min(int(preferred[1]), _LONGEST_WAIT) if preferred else longest
    with waits.up_to(wait, router) as seconds:
        ended = await_end(job, seconds=seconds, jobs=services().jobs)
    return responses.job(ended, router, started=True)


def _fields(query: dict[str, list[str]], form: dict[str, str]) -> UploadFields:
    """Read the parameters of the query and of the form together; each may come once."""
    if both := query.keys() & form.keys():
        raise RequestValidationError([{"loc": ("body", name), "msg": "Also in the query"} for name in sorted(both)])
    given: dict[str, Any] = {name: values[0] for name, values in query.items()} | form
    try:
        return UploadFields.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": (_place(each["loc"], form), *each["loc"])} for each in error.errors()]
        ) from None


def _place(loc: tuple[int | str, ...], form: dict[str, str]) -> str:
    """Return where a parameter was given; what is wrong with several is the body's."""
    return "query" if loc and loc[0] not in form else "body"
