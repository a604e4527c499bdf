"""The deployed layers are complete: no handler imports a package of the machine that it runs on."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from local.deploy import layer_environment
from local.errors import LocalProblem
from local.paths import BIN
from local.stack import Stack
from tests.integration.template import template

#: Each function with the module of its handler.
FUNCTIONS = [(path.parent.name, "app") for path in sorted(Path("functions").glob("*/app.py"))] + [("api", "stream")]
# Packages of the Lambda runtime itself.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
IMPORT = """
import importlib, os, sys
sys.path[:0] = sys.argv[2:]
importlib.import_module(f"functions.{sys.argv[1]}").handler
"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a folder with the packages of the Lambda runtime, and nothing else."""
    folder = tmp_path_factory.mktemp("runtime")
    site = Path(boto3.__file__).parents[1]
    for name in RUNTIME:
        (folder / name).symlink_to(site / name)
    return folder


@pytest.mark.parametrize(("function", "module"), FUNCTIONS)
def test_a_handler_is_imported_with_its_layers_alone(stack: Stack, runtime: Path, function: str, module: str) -> None:
    built = Path(stack.folder) / "sam" / "build"
    name = "".join(part.capitalize() for part in function.split("_")) + "Function"
    paths = [built / name, built / "DependenciesLayer" / "python", built / "DomainLayer" / "python", runtime]
    assert all(path.is_dir() for path in paths), paths
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT, f"{function}.{module}", *map(str, paths)],
        env={"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_METRICS_NAMESPACE": "Sluice"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_library_has_a_wheel_for_each_processor_and_runtime(tmp_path: Path) -> None:
    """No stack of tests runs on another processor than this machine's, so that only `make deploy` would find out."""
    processors, runtimes = (
        template()["Parameters"][name]["AllowedValues"] for name in ("Architecture", "PythonRuntime")
    )
    without: list[tuple[str, str]] = []
    for processor, runtime in itertools.product(processors, runtimes):
        try:
            layer = layer_environment([f"Architecture={processor}", f"PythonRuntime={runtime}"])
        except LocalProblem:
            without.append((processor, runtime))
            continue
        # as layers/dependencies/Makefile, but for the downloads
        wanted = ["--python-version", layer["LAYER_PYTHON_VERSION"], "--python-platform", layer["LAYER_PLATFORM"]]
        strict = ["--dry-run", "--quiet", "--require-hashes", "--only-binary", ":all:", "--target", str(tmp_path)]
        command = [str(BIN / "uv"), "pip", "install", *strict, *wanted, "-r", "layers/dependencies/requirements.txt"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (processor, runtime, done.stderr)
    assert without == [("arm64", "python3.11")]
