"""What the local stack adds to ``sluice`` in a checkout, by entry points of pyproject.toml: an API and a command.

The command line itself knows nothing of this package.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from local.issuer import SCOPES
from local.paths import DEFAULT
from local.stack import Stack
from sluice_cli.client import Bearer
from sluice_cli.connection import Connection
from sluice_cli.output import err, out


def connection() -> Connection:
    """Return the API of ``make up`` with a new token, which its token file gets too, and the addresses of the stack.

    Raises
    ------
    LocalProblem
        When no local stack is up.
    """
    stack = Stack.load(DEFAULT)
    return Connection(stack.api_url, Bearer(stack.new_token()), stack.info())


def token(
    tenant: Annotated[str, typer.Option()] = "demo",
    scopes: Annotated[str, typer.Option(help="Scopes, separated by spaces.")] = " ".join(SCOPES),
    subject: Annotated[str, typer.Option(help="The caller's name.")] = "you@example.com",
    hours: Annotated[float, typer.Option(help="Lifetime.")] = 12,
) -> None:
    """Print a token of the local stack's issuer."""
    issuer = Stack.load(DEFAULT).issuer
    print(issuer.mint(tenant, scopes.split(), subject=subject, lifetime=timedelta(hours=hours)))


def show_addresses(stack: Stack) -> None:
    """Print the addresses of a local stack, and the log of the local AWS if it is our own."""
    log = Path(stack.folder) / "emulator.log"
    addresses = {
        "console": stack.console_url,
        "API": stack.api_url,
        "API docs": f"{stack.api_url}/docs",
        "token": str(stack.token_file),
        "token issuer": stack.issuer_url,
        "local AWS": stack.endpoint,
        **({"log": str(log)} if log.exists() else {}),
    }
    for what, where in addresses.items():
        out.print(f"{what:<14}{where}", markup=False, soft_wrap=True)  # an address stays in one piece
    out.print("Try .venv/bin/sluice importers, stop with make down.")


@contextmanager
def status(first: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner beside the present step; the block calls what it gets with the next one."""
    with err.status(first) as spinner:

        def say(step: str) -> None:
            spinner.update(step)
            if not err.is_terminal:  # a CI log shows no spinner
                err.print(step)

        yield say
