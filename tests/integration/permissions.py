"""Checks each call of AWS that a function makes against its role, in the template as CloudFormation gets it.

moto allows everything, and a call that only some states of a job need may never be made on a deployed stack of tests.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.integration.template import template, transformed

#: The actions that IAM knows for requests of other names. One of a transaction is checked part by part.
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_OBJECTS = {
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListObjectsV2": "ListBucket",
}
#: The functions that act now. A test may run several in threads, which a variable of one thread would not reach.
_acting: list[str] = []


@contextmanager
def acting(function: str) -> Iterator[None]:
    """Check what the block calls against the role of a function, by its name in template.yaml."""
    _acting.append(function)
    try:
        yield
    finally:
        _acting.remove(function)


@contextmanager
def checked() -> Iterator[None]:
    """Check all functions whose handler, or whose step of `running.run`, the block calls; fail at its end."""
    denied: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all requests

    def ask(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        if functions := tuple(_acting):
            for action, resource in _requested(client.meta.service_model.service_name, operation, params):
                if _is_ours(resource) and not any(_may(function, action, resource) for function in functions):
                    denied.append(f"{' or '.join(functions)} may not {action} {resource}")
        return call(client, operation, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", ask)
        for name in {properties["Handler"] for properties in _functions().values()}:
            module = importlib.import_module(name.removesuffix(".handler"))
            patch.setattr(module, "handler", _as_deployed(name, module.handler))
        yield
    assert not denied, sorted(set(denied))


def _as_deployed(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler that acts as the function whose queue, if it has one, is that of the event."""

    def handle(event: dict[str, Any], context: Any) -> Any:
        functions = [function for function, properties in _functions().items() if properties["Handler"] == name]
        if len(functions) > 1:
            is_lookup = event["Records"][0]["eventSourceARN"].endswith("LookupQueue")
            functions = ["LookupFunction" if is_lookup else "WorkFunction"]
        with acting(functions[0]):
            return handler(event, context)

    return handle


def _functions() -> dict[str, dict[str, Any]]:
    found = template()["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == "AWS::Serverless::Function"}


def _requested(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the actions that a request needs, each with what it is done to; other services have none to look at."""
    match service:
        case "dynamodb":
            yield from _of_dynamodb(operation, params)
        case "s3" if "Bucket" in params:
            action = _OBJECTS.get(operation, operation)
            if operation == "DeleteObjects":
                yield from (("s3:DeleteObject", f"FilesBucket/{each['Key']}") for each in params["Delete"]["Objects"])
            elif action == "ListBucket":
                yield "s3:ListBucket", f"FilesBucket?{params.get('Prefix', '')}"
            else:
                yield f"s3:{action}", f"FilesBucket/{params['Key']}"
        case "sqs" if "QueueUrl" in params:
            yield f"sqs:{operation.removesuffix('Batch')}", params["QueueUrl"].rpartition("/")[2]


def _of_dynamodb(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation.startswith("Transact"):
        for part in params["TransactItems"]:
            ((kind, what),) = part.items()
            yield f"dynamodb:{_PARTS[kind]}", what["TableName"]
    elif operation.startswith("Batch"):
        yield from ((f"dynamodb:{operation}", table) for table in params["RequestItems"])
    elif "TableName" in params:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"dynamodb:{operation}", f"{params['TableName']}{index}"


@cache
def _is_ours(resource: str) -> bool:
    """Whether the template has it; a test may let a function look for a table that is nowhere."""
    return re.split("[/?]", resource)[0] in template()["Resources"]


@cache
def _may(function: str, action: str, resource: str) -> bool:
    return any(action == allowed and fnmatchcase(resource, pattern) for allowed, pattern in _allowed(function))


@cache
def _allowed(function: str) -> list[tuple[str, str]]:
    """Return what the role of a function allows: actions, and patterns of what they may be done to."""
    role = transformed()["Resources"][f"{function}Role"]["Properties"]
    found: list[tuple[str, str]] = []
    for policy in role["Policies"]:
        for each in _listed(policy["PolicyDocument"]["Statement"]):
            prefixes = _listed(each.get("Condition", {}).get("StringLike", {}).get("s3:prefix", []))
            for resource in map(_pattern, _listed(each["Resource"])):
                patterns = [f"{resource}[?]{prefix}" for prefix in prefixes] or [resource]
                found += [(action, pattern) for action in _listed(each["Action"]) for pattern in patterns]
    return found


def _pattern(resource: Any) -> str:
    """Return the name of a resource in the template, and what follows it in the ARN."""
    match resource:
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
        case {"Fn::Sub": str(text)}:
            text = re.sub(r"^arn:.*:s3:::\$\{AWS::StackName\}-files-[^/]*", "FilesBucket", text)
            return re.sub(r"^\$\{(\w+)\.Arn\}", r"\1", text)
    return str(resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
