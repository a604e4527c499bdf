"""The ordinary ``sam build`` and ``sam deploy``, run against the local AWS or, with ``--aws``, against the real one."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local.aws import client
from local.emulator import REGION, ROOT_KEY
from local.errors import LocalProblem
from local.places import AWS_BIN, BIN, ROOT
from local.stack import OUTPUTS, Stack

PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The emulator runs functions with this very version, so layers are built for it."""

DEPLOYED: Final = ("template.yaml", "samconfig.toml", "functions", "layers", "statemachines")
"""What a deployment is made of, relative to the checkout."""


def deploy(
    folder: Path, endpoint: str, parameters: Mapping[str, str], *, issuer_url: str, instance: str, name: str = "sluice"
) -> Stack:
    """Build and deploy the stack `name` to the local AWS at `endpoint`, unless exactly that is deployed already.

    Parameters
    ----------
    folder
        Keeps the build, the logs and ``stack.json``.
    parameters
        Template parameters beside ``PythonRuntime`` and ``LocalEndpoint``, which are ours to know.
    instance
        Names this start of the emulator; an emulator that was restarted has forgotten the stack.
    """
    parameters = {**parameters, "PythonRuntime": f"python{PYTHON}", "LocalEndpoint": endpoint}
    overrides = ["--parameter-overrides", *(f"{key}={value}" for key, value in sorted(parameters.items()))]
    fingerprint = _fingerprint([endpoint, instance, name, *overrides])
    try:
        deployed = Stack.load(folder)
    except LocalProblem:
        deployed = None
    if deployed is not None and deployed.fingerprint == fingerprint:
        return deployed
    built, env = str(folder / "sam" / "build"), _environment(endpoint)
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
    described = client("cloudformation", endpoint).describe_stacks(StackName=name)["Stacks"][0]
    told = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    missing = sorted(set(OUTPUTS) - set(told))
    if missing:
        raise LocalProblem(f"The deployed stack has no output {', '.join(missing)}.")
    return {"outputs": told, **{field: told[output] for output, field in OUTPUTS.items()}}


def _fingerprint(facts: Iterable[str]) -> str:
    digest = hashlib.sha256("\0".join(facts).encode())
    for path in _files(DEPLOYED):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(names: Iterable[str]) -> Iterable[Path]:
    for path in (ROOT / name for name in names):
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _environment(endpoint: str | None) -> dict[str, str]:
    """Return the environment of ``sam``: the developer's own on AWS, without anything of AWS in it on a laptop."""
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
        # layers/dependencies/Makefile: wheels for this machine, where the functions will run.
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


def main(arguments: Sequence[str]) -> int:
    """Run ``sam`` in the foreground: ``--validate`` lints the template, ``--aws`` builds and deploys for real.

    What was deployed to AWS gets its web pages. Arguments after ``--aws`` go to ``sam deploy``.
    """
    commands = {
        "--validate": (["validate", "--lint", "--template-file", "template.yaml"],),
        "--aws": (["build"], ["deploy", *arguments[1:]]),
    }[arguments[0]]
    # cfn-lint asks no one anything, but `sam validate` wants a region.
    env = {"AWS_DEFAULT_REGION": REGION, **_environment(None)} if arguments[0] == "--validate" else _environment(None)
    codes = (
        subprocess.run([AWS_BIN / "sam", *command], cwd=ROOT, env=env, check=False).returncode for command in commands
    )
    failed = next((code for code in codes if code), 0)
    if failed or arguments[0] != "--aws":
        return failed
    from local import publish  # noqa: PLC0415 - it knows this module's neighbours, which a validation does not need

    return publish.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
