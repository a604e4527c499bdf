"""Background processes: a command starts them, later commands find and stop them.

Each runs in a session of its own, so that stopping it stops its children as well. It inherits a locked state file. The
kernel drops the lock when the process ends in any way, so a state file that a crash leaves behind is never mistaken for
a running process, and a reused process id is never killed.
"""

import contextlib
import fcntl
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from local.errors import LocalProblem

LOOPBACK: Final = "127.0.0.1"

# Seconds within which a web server responds.
_PATIENCE: Final = 15.0

_children: dict[int, subprocess.Popen[bytes]] = {}  # children of this process, which has to reap them


@dataclass(frozen=True)
class BackgroundProcess:
    """A named background process whose state and log file are in `folder`."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """The log file: standard output and standard error of the process."""
        return self.folder / f"{self.name}.log"

    @property
    def _state(self) -> Path:
        return self.folder / f"{self.name}.state.json"

    def facts(self) -> dict[str, Any] | None:
        """Return ``pid`` and the `facts` given to `start`, or None if the process does not run."""
        with contextlib.suppress(FileNotFoundError), self._state.open("r+") as state:
            try:
                fcntl.flock(state, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                facts: dict[str, Any] = json.load(state)
                return facts
        return None

    def start(
        self, command: Sequence[str | Path], env: Mapping[str, str], *, user: str | None = None, **facts: Any
    ) -> int:
        """Start the process and return its id.

        Parameters
        ----------
        user
            Runs the process as this user of the machine.
        facts
            Kept in the state file while the process runs.

        Raises
        ------
        LocalProblem
            When it runs already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._state.open("a+") as state, self.log.open("wb") as log:
            try:
                fcntl.flock(state, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LocalProblem(f"{self.name} is already running or being started, see {self.log}") from None
            process = subprocess.Popen(
                [str(part) for part in command],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
                pass_fds=[state.fileno()],
            )
            _children[process.pid] = process
            state.truncate(0)
            json.dump({"pid": process.pid, **facts}, state)
        return process.pid

    def serve(self, module: str, *options: str | Path, title: str, port: int, probe: str, **facts: Any) -> str:
        """Return the address of a web server on loopback; starts it on `port` unless it runs already.

        Parameters
        ----------
        module, options
            What this interpreter runs, and its options beside ``--port``.
        title
            Name of the server in errors.
        probe
            Path that responds as soon as the server is ready.
        facts
            As in `start`.

        Raises
        ------
        LocalProblem
            When another program uses the port, or the server does not respond.
        """
        known = self.facts()
        if known is None:
            if port_in_use(port):
                raise LocalProblem(
                    f"Port {port}, which the {title} needs, is in use by another program. Stop it first."
                )
            known = {"port": port, **facts}
            self.start([sys.executable, "-m", module, "--port", str(port), *options], os.environ, **known)
        url = f"http://{LOOPBACK}:{known['port']}"
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.alive():
            try:
                httpx.get(f"{url}{probe}", timeout=2, trust_env=False).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return url
        raise LocalProblem(f"The {title} does not respond. Its log, {self.log}, ends:\n{self.tail()}")

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self.facts() is not None

    def stop(self, *, first: signal.Signals = signal.SIGTERM, patience: float = 6.0) -> bool:
        """Stop the process and its children: `first`, then SIGKILL after `patience` seconds; return whether it ran."""
        facts = self.facts()
        if facts is None:
            self._state.unlink(missing_ok=True)
            return False
        group = int(facts["pid"])
        _signal(group, first)
        _wait(lambda: not self.alive(), patience)
        _signal(group, signal.SIGKILL)  # the rest of the group, such as a busy Lambda
        child = _children.pop(group, None)
        if child is not None:
            child.wait(patience)
        _wait(lambda: not self.alive(), patience)
        self._state.unlink(missing_ok=True)
        return True

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log, to be shown in an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


def exit_on_sigterm() -> None:
    """Let SIGTERM end this program as Ctrl-C does, through the blocks that stop what it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def port_in_use(port: int) -> bool:
    """Return whether a program listens on `port` of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended; macOS raises the latter for zombies
        os.killpg(group, number)


def _wait(until: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)
