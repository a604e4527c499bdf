"""The web pages of a deployment on AWS: into the bucket behind CloudFront, with the console's settings beside them."""

import json
import mimetypes
import tomllib
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from local.places import ROOT
from local.web import WEB


def publish(cloudformation: Any, s3: Any, stack: str) -> str | None:
    """Write `web/` and ``config.json`` to the bucket of `stack`, and take away what is there no more.

    Returns
    -------
    str or None
        The console's address; None for a stack that has no console.
    """
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    told = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    if "ConsoleBucket" not in outputs:
        return None
    bucket, files = outputs["ConsoleBucket"], _files(WEB)
    files["config.json"] = json.dumps(_config(outputs, told)).encode()
    for key, body in files.items():
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        # CloudFront would keep it for a day, beside newer files that it does not go with
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, CacheControl="no-cache")
    there = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    gone = [{"Key": found["Key"]} for page in there for found in page.get("Contents", []) if found["Key"] not in files]
    for start in range(0, len(gone), 1000):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": gone[start : start + 1000]})
    return str(outputs["ConsoleUrl"])


def _config(outputs: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str | None]:
    """What the console reads first; without a client at the issuer it takes tokens that are pasted."""
    client = told.get("ConsoleClientId") or None
    return {
        "api_url": outputs["ApiUrl"],
        "issuer": told["Issuer"] if client else None,
        "client_id": client,
        "scopes": told.get("ConsoleScopes"),
    }


def _files(folder: Path) -> dict[str, bytes]:
    """Every page but the examples, which are for developers."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {key: path.read_bytes() for key, path in found.items() if not key.startswith("examples/")}


def settings(arguments: Sequence[str]) -> tuple[str, str | None, str | None]:
    """Return stack, region and profile as ``sam deploy`` has them: of its arguments, else of ``samconfig.toml``."""
    said: dict[str, str] = {}
    for name, value in zip_longest(arguments, arguments[1:], fillvalue=""):
        option, _, joined = name.partition("=")
        if option in {"--stack-name", "--region", "--profile", "--config-env"}:
            said[option.removeprefix("--").replace("-", "_")] = joined or value
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[said.get("config_env", "default")]
    commands = [config.get(command, {}).get("parameters", {}) for command in ("global", "deploy")]
    known = {**commands[0], **commands[1], **said}
    return str(known["stack_name"]), known.get("region"), known.get("profile")


def main(arguments: Sequence[str]) -> int:
    """Publish to the real AWS, with the developer's own credentials."""
    import boto3  # noqa: PLC0415 - half a second that validating a template has no use for

    stack, region, profile = settings(arguments)
    session = boto3.Session(region_name=region, profile_name=profile)
    console = publish(session.client("cloudformation"), session.client("s3"), stack)
    print(f"Console: {console}" if console else "This stack has no console (EnableConsole=false).")
    return 0
