"""``sam build`` and ``sam deploy`` against the local AWS or, with ``--aws``, the real one; there with the web pages."""

import hashlib
import itertools
import json
import mimetypes
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from local.emulator import REGION, ROOT_KEY
from local.errors import LocalProblem
from local.paths import AWS_BIN, BIN, ROOT
from local.stack import OUTPUTS, Stack, aws_client
from local.web import WEB

PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
"""Version of this interpreter: the emulator runs functions with it, so layers are built for it."""

TEMPLATES: Final = ("template.yaml", "console.yaml", "alarms.yaml")
"""The template and those of its nested stacks."""

BUCKET_CHARACTERS: Final = 63
"""The most that the name of a bucket may have (Amazon S3 User Guide, "Bucket naming rules")."""

LONGEST_REGION: Final = "ap-southeast-1"
"""A name of a region than which none is longer."""

PLATFORMS: Final = {"x86_64": "x86_64-manylinux2014", "arm64": "aarch64-manylinux_2_28"}
"""Platform of the layer's wheels, by processor.

Runtimes from python3.12 on have glibc 2.34 (Amazon Linux 2023). python3.11 has 2.26 (Amazon Linux 2), for which psycopg
has no wheels on arm64.
"""

DEPLOYED: Final = (*TEMPLATES, "samconfig.toml", "functions", "layers", "statemachines")
"""Sources of a deployment, relative to the checkout."""


def deploy(
    folder: Path, endpoint: str, parameters: Mapping[str, str], *, issuer_url: str, instance: str, name: str = "sluice"
) -> Stack:
    """Build and deploy the stack `name` to the local AWS at `endpoint`, unless the same is deployed already.

    Parameters
    ----------
    folder
        Keeps the build, the logs and ``stack.json``.
    parameters
        Template parameters; this function adds ``PythonRuntime``, and `endpoint` as ``LocalEndpoint``. With
        ``Architecture``, functions run in containers of that processor, otherwise as processes of this machine.
    instance
        Identifies a start of the emulator; a restarted emulator has lost the stack.
    """
    parameters = {"LocalEndpoint": endpoint, **parameters, "PythonRuntime": f"python{PYTHON}"}
    overrides = ["--parameter-overrides", *(f"{key}={value}" for key, value in sorted(parameters.items()))]
    fingerprint = _fingerprint([endpoint, instance, name, *overrides])
    try:
        deployed = Stack.load(folder)
    except LocalProblem:
        deployed = None
    if deployed is not None and deployed.fingerprint == fingerprint:
        return deployed
    built, env = str(folder / "sam" / "build"), _environment(endpoint)
    if "Architecture" in parameters:
        env |= layer_environment(overrides)
    settings = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    source = ["--template-file", str(ROOT / "template.yaml")]
    cache = ["--cached", "--cache-dir", str(folder / "sam" / "cache")]
    _sam(["build", *source, "--build-dir", built, *cache, *settings, *overrides], env, folder / "build.log")
    target = ["--template-file", f"{built}/template.yaml", "--stack-name", name, "--resolve-s3"]
    allow = ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    quiet = ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    _sam(["deploy", *target, *allow, *quiet, *settings, *overrides], env, folder / "deploy.log")
    stack = Stack(
        folder=str(folder),
        name=name,
        endpoint=endpoint,
        issuer_url=issuer_url,
        fingerprint=fingerprint,
        **_outputs(endpoint, name),
    )
    stack.save()
    return stack


def _outputs(endpoint: str, name: str) -> dict[str, Any]:
    described = aws_client("cloudformation", endpoint).describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    missing = sorted(set(OUTPUTS) - set(outputs))
    if missing:
        raise LocalProblem(f"The deployed stack has no output {', '.join(missing)}. Add it to template.yaml.")
    return {"outputs": outputs, **{field: outputs[output] for output, field in OUTPUTS.items()}}


def _fingerprint(facts: Iterable[str]) -> str:
    digest = hashlib.sha256("\0".join(facts).encode())
    for path in _sources(DEPLOYED):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(names: Iterable[str]) -> Iterable[Path]:
    for path in (ROOT / name for name in names):
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _environment(endpoint: str | None) -> dict[str, str]:
    """Return the environment of ``sam``: the developer's own; on a laptop without its AWS settings."""
    env = {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "PATH": os.pathsep.join([str(AWS_BIN), str(BIN), os.environ["PATH"]]),
    }
    if endpoint is None:
        return env
    return {
        **{name: value for name, value in env.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_POLL_DELAY": "0.5",
        # layers/dependencies/Makefile: wheels of this machine's platform, because functions run on it.
        "LAYER_PYTHON_VERSION": PYTHON,
        "LAYER_PLATFORM": "",
    }


def _sam(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            [AWS_BIN / "sam", *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
        raise LocalProblem(f"sam {arguments[0]} failed. Its output, {log}, ends:\n{ending}")


def publish(cloudformation: Any, s3: Any, stack: str) -> str | None:
    """Write `web/` and ``config.json`` to the console's bucket of `stack`, and delete every other object there.

    Returns
    -------
    str or None
        The console's address; None if the stack has no console.
    """
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    if "ConsoleBucket" not in outputs:
        return None
    bucket, pages = outputs["ConsoleBucket"], _pages(WEB)
    pages["config.json"] = json.dumps(_console_config(outputs, parameters)).encode()
    for key, body in pages.items():
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        # CloudFront would cache it for a day, beside newer files that do not fit it
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, CacheControl="no-cache")
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    old = [{"Key": found["Key"]} for page in listed for found in page.get("Contents", []) if found["Key"] not in pages]
    for start in range(0, len(old), 1000):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": old[start : start + 1000]})
    return str(outputs["ConsoleUrl"])


def deployed_with(arguments: Sequence[str]) -> tuple[str, str | None, str | None]:
    """Return stack, region and profile of ``sam deploy`` with `arguments`; ``samconfig.toml`` has the others."""
    known = _options(arguments)
    return str(known["stack_name"]), known.get("region"), known.get("profile")


def _options(arguments: Sequence[str]) -> dict[str, Any]:
    given: dict[str, str] = {}
    for name, value in zip_longest(arguments, arguments[1:], fillvalue=""):
        option, _, joined = name.partition("=")
        if option in {"--stack-name", "--region", "--profile", "--config-env"}:
            given[option.removeprefix("--").replace("-", "_")] = joined or value
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[given.get("config_env", "default")]
    commands = [config.get(command, {}).get("parameters", {}) for command in ("global", "deploy")]
    return {**commands[0], **commands[1], **given}


def overrides(arguments: Sequence[str]) -> list[str]:
    """Return the parameters of ``sam deploy`` with `arguments`, as ``NAME=value``; else those of ``samconfig.toml``."""
    if "--parameter-overrides" in arguments:
        rest = arguments[arguments.index("--parameter-overrides") + 1 :]
        return list(itertools.takewhile(lambda each: not each.startswith("--"), rest))
    kept = _options(arguments).get("parameter_overrides", [])
    return shlex.split(kept) if isinstance(kept, str) else list(kept)


def layer_environment(parameters: Sequence[str]) -> dict[str, str]:
    """Return what ``layers/dependencies/Makefile`` has to know, so that the layer fits the functions of a stack.

    Raises
    ------
    LocalProblem
        If a library has no wheel for the runtime on that processor.
    """
    chosen = dict(each.split("=", 1) for each in parameters if "=" in each)
    processor, runtime = chosen.get("Architecture", "x86_64"), chosen.get("PythonRuntime", "python3.13")
    if processor == "arm64" and runtime == "python3.11":
        raise LocalProblem(
            "There is no arm64 layer for python3.11: its runtime is Amazon Linux 2, and psycopg has wheels for newer "
            "systems alone. Choose PythonRuntime python3.12 or newer, or Architecture x86_64."
        )
    return {"LAYER_PLATFORM": PLATFORMS[processor], "LAYER_PYTHON_VERSION": runtime.removeprefix("python")}


def check_name(stack: str, region: str | None) -> None:
    """Check that a stack's name can begin the name of its bucket.

    Raises
    ------
    LocalProblem
        If it cannot: a deployment would fail after some minutes, at the bucket.
    """
    rest = f"-files-{'0' * 12}-{region or LONGEST_REGION}"
    longest = BUCKET_CHARACTERS - len(rest)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", stack) or len(stack) > longest:
        raise LocalProblem(
            f"The stack cannot be named {stack}, because the name of its bucket begins with it: use at most {longest} "
            "lower-case letters, digits and hyphens, a letter first. Change stack_name in samconfig.toml."
        )


def _publish_to_aws(arguments: Sequence[str]) -> None:
    import boto3  # noqa: PLC0415 - half a second that validating a template has no use for

    stack, region, profile = deployed_with(arguments)
    session = boto3.Session(region_name=region, profile_name=profile)
    console = publish(session.client("cloudformation"), session.client("s3"), stack)
    print(f"Console: {console}" if console else "This stack has no console (EnableConsole=false).")


def _console_config(outputs: Mapping[str, str], parameters: Mapping[str, str]) -> dict[str, str | None]:
    """Return the console's settings; without a client id at the issuer, its users paste tokens."""
    client = parameters.get("ConsoleClientId") or None
    return {
        "api_url": outputs["ApiUrl"],
        "issuer": parameters["Issuer"] if client else None,
        "client_id": client,
        "scopes": parameters.get("ConsoleScopes"),
    }


def _pages(folder: Path) -> dict[str, bytes]:
    """Read every page but the examples, which are for developers."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {key: path.read_bytes() for key, path in found.items() if not key.startswith("examples/")}


def main(arguments: Sequence[str]) -> int:
    """Run ``sam`` in the foreground: ``--validate`` lints the templates, ``--aws`` deploys to the real AWS.

    Arguments after ``--aws`` go to ``sam deploy``, which takes the developer's credentials. Then the web pages are
    published.
    """
    if arguments[0] == "--validate":
        # `sam validate` demands a region, although cfn-lint calls nothing.
        env = {"AWS_DEFAULT_REGION": REGION, **_environment(None)}
        return _in_foreground((["validate", "--lint", "--template-file", template] for template in TEMPLATES), env)
    parameters = overrides(arguments[1:])
    try:
        check_name(*deployed_with(arguments[1:])[:2])
        env = {**layer_environment(parameters), **_environment(None)}
    except LocalProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    build = ["build", *(["--parameter-overrides", *parameters] if parameters else [])]
    if failed := _in_foreground((build, ["deploy", *arguments[1:]]), env):
        return failed
    _publish_to_aws(arguments[1:])
    return 0


def _in_foreground(commands: Iterable[Sequence[str]], env: Mapping[str, str]) -> int:
    """Run ``sam`` with each command until one fails; return its exit code."""
    codes = (
        subprocess.run([AWS_BIN / "sam", *command], cwd=ROOT, env=env, check=False).returncode for command in commands
    )
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
