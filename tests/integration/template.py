"""Reads the templates, and creates tables as they declare them: no test passes on a table that is never deployed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_ROOT = Path(__file__).parents[2]
_CREATE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")


class _Loader(yaml.SafeLoader):
    """Reads the short forms of intrinsic functions as their arguments."""


def _intrinsic(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    match node:
        case yaml.ScalarNode():
            return loader.construct_scalar(node)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template(name: str = "template.yaml") -> dict[str, Any]:
    """Return a template, with each intrinsic function replaced by its arguments."""
    loaded: dict[str, Any] = yaml.load((_ROOT / name).read_text(), _Loader)
    return loaded


def create_table(resource: str) -> str:
    """Create a table of the template and return its name."""
    properties = template()["Resources"][resource]["Properties"]
    wanted: dict[str, Any] = {name: properties[name] for name in _CREATE if name in properties}
    if "StreamSpecification" in wanted:
        wanted["StreamSpecification"] = {**wanted["StreamSpecification"], "StreamEnabled": True}
    _dynamodb().create_table(TableName=resource, **wanted)
    return resource


@cache
def _dynamodb() -> DynamoDBClient:
    """Return a cached client, because creating one takes longer than most tests."""
    return boto3.client("dynamodb", region_name="us-east-1")
