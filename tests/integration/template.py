"""Reads the templates, and creates tables as they declare them: no test passes on a table that is never deployed."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml

from local.paths import AWS_BIN

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


# What `sam deploy` leaves to CloudFormation, by the library that does it there; code lies in a bucket by then.
_TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Managed:
    def load(self):
        return {}

parsed = yaml_parse(open(sys.argv[1]).read())
for resource in parsed["Resources"].values():
    properties = resource.get("Properties", {})
    for code in {"CodeUri", "ContentUri", "DefinitionUri"} & set(properties):
        properties[code] = "s3://bucket/key"
json.dump(transform(parsed, {}, Managed()), sys.stdout)
"""


@cache
def transformed(*, options: bool = True) -> dict[str, Any]:
    """Return the template after the SAM transform, as a stack on AWS gets it that has every option, or none."""
    resolved: dict[str, Any] = _on_aws(_by_sam(), options)
    return resolved


@cache
def _by_sam() -> Any:
    environment = {"AWS_DEFAULT_REGION": "us-east-1"}
    command = [str(AWS_BIN / "python"), "-c", _TRANSFORM, str(_ROOT / "template.yaml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _on_aws(node: Any, options: bool) -> Any:
    """Resolve conditions: `IsLocal` is false, and all others are true with every option."""
    if isinstance(node, list):
        return [_on_aws(each, options) for each in node if each != {"Ref": "AWS::NoValue"}]
    if not isinstance(node, dict):
        return node
    if "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        return _on_aws(then if options and condition != "IsLocal" else otherwise, options)
    return {name: _on_aws(each, options) for name, each in node.items()}


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
