"""``/v1/importers/{importer}/…``: recipes that are kept by name, and how files of the drop folder are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from functions.api import auth
from functions.api.pages import page_of
from functions.api.parameters import Cursor, Limit
from functions.api.routes import Routes, ok, other, problems
from functions.api.services import services
from sluice.api.importers import (
    DropFolderResponse,
    SavedRecipeResponse,
    drop_folder_response,
    saved_recipe_response,
)
from sluice.api.requests import DropFolderBody, RecipeBody, RecipeName, decisions_of, options_in
from sluice.api.responses import ListResponse
from sluice.catalog.registry import importer_named
from sluice.model.saved import Condition, Saved
from sluice.usecases import recipes

Shown = TypeVar("Shown", bound=BaseModel)
Name = Annotated[RecipeName, Path(description="Name of the recipe: letters, digits, and `._-` behind the first.")]

router = Routes("Importers")

_ANY = "*"
_WRITTEN = problems(
    "not-found", "precondition-failed", "invalid-decision", "invalid-option", "invalid-parameter", "wrong-content-type"
)
_UNCHANGED = other(304, "`If-None-Match` has the newest version.", headers=("ETag",))


@router.get(
    "/importers/<importer>/recipes",
    responses=ok(200, "A page of recipes.") | problems("not-found", "invalid-cursor"),
)
def list_recipes(importer: str, limit: Limit = 100, cursor: Cursor = None) -> ListResponse[SavedRecipeResponse]:
    """List the recipes of an importer that the caller's tenant keeps, by name."""
    found = importer_named(importer)
    tenant, kept = auth.caller_of(router).tenant, services().recipes
    return page_of(
        router,
        lambda count, after: recipes.list_recipes(tenant, found, limit=count, after=after, recipes=kept),
        saved_recipe_response,
        limit=limit,
        cursor=cursor,
    )


@router.get(
    "/importers/<importer>/recipes/<name>",
    responses=ok(200, "The recipe.", headers=("ETag",), model=SavedRecipeResponse) | _UNCHANGED | problems("not-found"),
)
def get_recipe(importer: str, name: Name) -> Response[SavedRecipeResponse | None]:
    """Show a recipe, who wrote it last, and when."""
    saved = recipes.get_recipe(auth.caller_of(router).tenant, importer_named(importer), name, services().recipes)
    return _shown(saved, saved_recipe_response(saved))


@router.put(
    "/importers/<importer>/recipes/<name>",
    responses=ok(200, "The recipe, which replaces another one.", headers=("ETag",), model=SavedRecipeResponse)
    | ok(201, "The recipe, which is new.", headers=("ETag", "Location"), model=SavedRecipeResponse)
    | _WRITTEN,
)
def put_recipe(importer: str, name: Name, body: RecipeBody) -> Response[SavedRecipeResponse]:
    """Keep a recipe by name.

    The recipe of a job can be sent as it is shown. Jobs that use it take it as it is when they are created; what
    changes later changes no job.
    """
    if body.name not in {None, name}:
        raise RequestValidationError([{"loc": ("body", "name"), "msg": "A recipe cannot be based on another one"}])
    saved, is_new = recipes.put_recipe(
        auth.caller_of(router).tenant,
        importer_named(importer),
        Saved(name, decisions_of(body), auth.caller_of(router).subject, datetime.now(UTC)),
        options_in(body),
        _condition(),
        services().recipes,
    )
    here = f"{auth.base_url(router)}/v1/importers/{importer}/recipes/{name}"
    headers = {"ETag": f'"{saved.tag}"'} | ({"Location": here} if is_new else {})
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return Response(status, "application/json", saved_recipe_response(saved), headers)


@router.delete(
    "/importers/<importer>/recipes/<name>",
    responses=other(204, "There is no such recipe any more.") | problems("not-found", "precondition-failed"),
)
def delete_recipe(importer: str, name: Name) -> Response[None]:
    """Remove a recipe.

    Jobs that were created with it stay as they are. Files of a drop folder that names it fail.
    """
    tenant = auth.caller_of(router).tenant
    recipes.remove_recipe(tenant, importer_named(importer), name, _condition(), services().recipes)
    return Response(HTTPStatus.NO_CONTENT)


@router.get(
    "/importers/<importer>/drop-folder",
    responses=ok(200, "The settings.", headers=("ETag",), model=DropFolderResponse)
    | _UNCHANGED
    | problems("not-found"),
)
def get_drop_folder(importer: str) -> Response[DropFolderResponse | None]:
    """Show how files in the drop folder of an importer are read."""
    saved = recipes.drop_folder(auth.caller_of(router).tenant, importer_named(importer), services().recipes)
    return _shown(saved, drop_folder_response(saved))


@router.put(
    "/importers/<importer>/drop-folder",
    responses=ok(200, "The settings.", headers=("ETag",), model=DropFolderResponse) | _WRITTEN,
)
def put_drop_folder(importer: str, body: DropFolderBody) -> Response[DropFolderResponse]:
    """Set how files in the drop folder of an importer are read.

    It holds for files that arrive from now on.
    """
    caller = auth.caller_of(router)
    saved, _ = recipes.put_drop_folder(
        caller.tenant,
        importer_named(importer),
        Saved("", body.model_dump(), caller.subject, datetime.now(UTC)),
        _condition(),
        services().recipes,
    )
    return Response(HTTPStatus.OK, "application/json", drop_folder_response(saved), {"ETag": f'"{saved.tag}"'})


def _shown(saved: Saved | None, shown: Shown) -> Response[Shown | None]:
    """Answer with what is saved, or ``304`` if the caller has this version."""
    headers = {"ETag": f'"{saved.tag}"', "Cache-Control": "no-cache"} if saved else {"Cache-Control": "no-cache"}
    known = _tags("If-None-Match", weak=True)
    if saved and known is not None and known & {saved.tag, _ANY}:
        return Response(HTTPStatus.NOT_MODIFIED, body=None, headers=headers)
    return Response(HTTPStatus.OK, "application/json", shown, headers)


def _condition() -> Condition:
    """Read `If-Match`, and `If-None-Match: *`, which creates and never replaces."""
    return Condition(_tags("If-Match"), is_new=_ANY in (_tags("If-None-Match", weak=True) or ()))


def _tags(header: str, *, weak: bool = False) -> frozenset[str] | None:
    """Return the entity tags of a header; ``None`` without it. Weak ones only count where they are allowed."""
    value = router.current_event.headers.get(header)
    if value is None:
        return None
    found: Iterable[tuple[str, str]] = re.findall(r'(W/)?"([^"]*)"', value)
    tags = {tag for prefix, tag in found if weak or not prefix}
    return frozenset({_ANY} if value.strip() == _ANY else tags)
