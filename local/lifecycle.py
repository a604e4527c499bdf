"""Starts and stops a whole local stack: local AWS, token issuer, fake upstreams, the deployed Sluice, its web pages."""

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from local import emulator, issuer, localstack, postgres, web
from local.deploy import deploy
from local.errors import LocalProblem
from local.fake_upstreams import commission, server, siasn
from local.paths import DEFAULT, LOCAL
from local.processes import free_port
from local.stack import Stack, aws_client

ISSUER_PORT: Final = 4567
WEB_PORT: Final = 4568
UPSTREAMS: Final = (siasn.NAME, commission.NAME)

Say = Callable[[str], None]
"""Receives a few words about each step."""


def up(
    folder: Path = DEFAULT,
    port: int = emulator.PORT,
    *,
    endpoint: str | None = None,
    database: bool = False,
    say: Say = lambda _: None,
) -> Stack:
    """Return the stack of `folder`; starts and deploys only what does not run or has changed.

    Parameters
    ----------
    port
        The local AWS's port. With `PORT` the issuer and the web pages have fixed ports too, otherwise free ones; 0 is a
        free one.
    endpoint
        Another local AWS, such as LocalStack, to deploy to instead of starting one; Sluice is stack ``SLUICE_STACK``
        (``sluice``) there, and stays deployed.
    database
        Whether rows go to a PostgreSQL of the stack's own instead of DynamoDB.
    """
    folder = folder.resolve()
    ports = (ISSUER_PORT, WEB_PORT) if port == emulator.PORT else (0, 0)
    if endpoint:
        say(f"Asking {endpoint} what it is")
        aws, name = localstack.find(endpoint), os.environ.get("SLUICE_STACK", "sluice")
    else:
        say("Starting the local AWS")
        running = emulator.start(folder, port)
        aws, name = localstack.LocalAws(running.endpoint, running.instance), "sluice"
    stack = _deployed(folder, aws, ports, name=name, database=database, say=say)
    stack.new_token()
    return stack


def down(folder: Path = DEFAULT) -> bool:
    """Stop every process of `folder`'s stack; return whether there was one. The issuer's key stays."""
    folder = folder.resolve()
    stopped = [server.stop(name, folder) for name in UPSTREAMS]
    stopped += [part.stop(folder) for part in (web, issuer, emulator, postgres)]
    for name in ("stack.json", "token"):
        (folder / name).unlink(missing_ok=True)
    return any(stopped)


def down_all() -> bool:
    """Stop every stack under ``.local/`` that no test run uses; return whether there was one."""
    stopped = [down(folder) for folder in sorted(LOCAL.glob("*/")) if not _in_use(folder)]
    return any(stopped)


def _in_use(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), (folder / "owner.lock").open() as owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def running(
    folder: Path | None = None,
    port: int = 0,
    *,
    endpoint: str | None = None,
    database: bool = False,
    say: Say = lambda _: None,
) -> Iterator[Stack]:
    """Yield a stack that lives as long as the ``with`` block, such as that of the end-to-end tests.

    With `endpoint`, by default ``AWS_ENDPOINT_URL`` of the environment, Sluice is deployed there, as stack
    ``SLUICE_STACK`` (``sluice``), and stays deployed. Without it a local AWS starts in `folder` (by default a new one
    under ``.local/``) and stops again. With `database` rows go to a PostgreSQL of its own, and the name of a stack at
    an endpoint ends in ``-postgres``.
    """
    LOCAL.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="run-", dir=LOCAL)) if folder is None else folder.resolve()
    made.mkdir(parents=True, exist_ok=True)
    endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL")
    with (made / "owner.lock").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        try:
            if endpoint:
                name = os.environ.get("SLUICE_STACK", "sluice") + ("-postgres" if database else "")
                yield _deployed(made, localstack.find(endpoint), (0, 0), name=name, database=database, say=say)
            else:
                yield up(made, port, database=database, say=say)
        finally:
            down(made)
            if folder is None:
                shutil.rmtree(made, ignore_errors=True)


def _deployed(
    folder: Path, aws: localstack.LocalAws, ports: tuple[int, int], *, name: str, database: bool, say: Say
) -> Stack:
    say("Starting the token issuer")
    tokens = issuer.start(folder, ports[0] or free_port())
    parameters = {"Issuer": tokens.url, "Audience": issuer.AUDIENCE, **aws.with_keys(name, tokens.key_set())}
    if database:
        say("Starting PostgreSQL")
        parameters["DatabaseSecretArn"] = _secret(f"{name}-database", postgres.start(folder).secret(), aws.endpoint)
    say("Starting the fake upstreams")
    upstreams = {upstream: server.start(upstream, folder, free_port()) for upstream in UPSTREAMS}
    known = {upstream: server.secret(url) for upstream, url in upstreams.items()}
    parameters["UpstreamsSecretArn"] = _secret(f"{name}-upstreams", known, aws.endpoint)
    say("Deploying Sluice")
    stack = deploy(folder, aws.endpoint, parameters, issuer_url=tokens.url, instance=aws.instance, name=name)
    pages = web.start(folder, ports[1] or free_port(), stack.api_url, tokens.url)
    upstream, roll = upstreams[siasn.NAME], upstreams[commission.NAME]
    stack = replace(stack, web_url=pages, upstream_url=upstream, commission_url=roll)
    stack.save()
    return stack


def _secret(name: str, values: Mapping[str, Any], endpoint: str) -> str:
    """Write a secret, new or again; return its ARN."""
    secrets, content = aws_client("secretsmanager", endpoint), json.dumps(values)
    try:
        arn = secrets.create_secret(Name=name, SecretString=content)["ARN"]
    except secrets.exceptions.ResourceExistsException:
        arn = secrets.put_secret_value(SecretId=name, SecretString=content)["ARN"]
    return str(arn)


def main(arguments: Sequence[str]) -> int:
    """Run ``up`` or ``down``; each step is a line on standard error."""
    from local.commands import show_addresses, status  # noqa: PLC0415 - `make down` has no use for them

    try:
        if arguments == ["down"]:
            print("Stopped." if down_all() else "Nothing was running.")
            return 0
        with status("Starting") as say:
            database, endpoint = os.environ.get("DATABASE") == "postgres", os.environ.get("AWS_ENDPOINT_URL")
            port = int(os.environ.get("SLUICE_PORT", emulator.PORT))
            stack = up(port=port, endpoint=endpoint, database=database, say=say)
    except LocalProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    show_addresses(stack)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
