"""The local AWS: MiniStack in a background process on the loopback interface, with IAM enforced, in memory only."""

import os
import shutil
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from local.errors import LocalProblem
from local.paths import AWS_BIN, ROOT
from local.processes import LOOPBACK, BackgroundProcess, free_port, port_in_use

PORT: Final = 4566
"""Port of `make up`: the one that every LocalStack-compatible tool expects."""

LAUNCHER: Final = ROOT / "local" / "ministack.py"

REGION: Final = "us-east-1"

ROOT_KEY: Final = "test"
"""Access key and secret of the account's root user in MiniStack. Any other key belongs to a user or role of IAM, or is
rejected."""


@dataclass(frozen=True)
class Emulator:
    """A running local AWS. `instance` differs for every start, since a start begins with an empty account."""

    endpoint: str
    instance: str


def start(folder: Path, port: int = PORT, *, patience: float = 30.0) -> Emulator:
    """Return the local AWS of `folder`, started on `port` (0: any free one) unless it runs already.

    Raises
    ------
    LocalProblem
        When another program uses the port, or MiniStack does not respond within `patience` seconds.
    """
    process = BackgroundProcess(folder, "emulator")
    facts = process.facts()
    if facts is None:
        port = port or free_port()
        if port_in_use(port):
            raise LocalProblem(
                f"Port {port} is in use by another program. Stop it, or choose another: make up SLUICE_PORT=4600"
            )
        work = folder / "emulator"  # unpacked Lambdas; of no use after the emulator
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        facts = {"port": port, "instance": uuid.uuid4().hex}
        process.start([AWS_BIN / "python", "-P", LAUNCHER], _environment(work, port), **facts)
    elif port not in (0, facts["port"]):
        raise LocalProblem(f"The local AWS runs on port {facts['port']}, not {port}. First: make down")
    emulator = Emulator(endpoint=f"http://{LOOPBACK}:{facts['port']}", instance=facts["instance"])
    _await_health(emulator, process, patience)
    return emulator


def stop(folder: Path) -> bool:
    """Stop the local AWS of `folder` with its Lambdas; return whether it ran."""
    # SIGTERM takes it six seconds, in which it saves nothing: its state is in memory only
    stopped = BackgroundProcess(folder, "emulator").stop(first=signal.SIGKILL)
    shutil.rmtree(folder / "emulator", ignore_errors=True)
    return stopped


def _environment(work: Path, port: int) -> dict[str, str]:
    """Return the whole environment of MiniStack, which passes it to every Lambda.

    It has none of the developer's own AWS, Python or proxy settings. Tests shorten the waits of state machines, such as
    that before a suspended job resumes, by ``SFN_WAIT_SCALE``.
    """
    names = ("HOME", "LANG", "LC_ALL", "PATH", "SFN_WAIT_SCALE")
    inherited = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **inherited,
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        # Listeners without a use here, which would ignore BIND_HOST.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TMPDIR": str(work),
        # MiniStack removes Docker containers at its start; it must not find the developer's.
        "DOCKER_HOST": f"unix://{work}/no-docker.sock",
        "PYTHONUNBUFFERED": "1",
    }


def _await_health(emulator: Emulator, process: BackgroundProcess, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not process.alive():
            raise LocalProblem(f"The local AWS ended at once. Its log, {process.log}, ends:\n{process.tail()}")
        try:
            httpx.get(f"{emulator.endpoint}/_ministack/health", timeout=2, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise LocalProblem(f"The local AWS does not respond. Its log, {process.log}, ends:\n{process.tail()}")
