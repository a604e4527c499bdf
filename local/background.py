"""Processes that outlive the command that starts them, and are found and stopped by a later command.

Each runs in a session of its own, so that it is stopped together with the processes it starts itself. It inherits a
locked state file: the kernel drops the lock when the process is gone, however it went, so a state file left behind by
a crash is never mistaken for a running process, and a reused process id is never killed.
"""

import contextlib
import fcntl
import json
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.errors import LocalProblem

LOOPBACK: Final = "127.0.0.1"

_children: dict[int, subprocess.Popen[bytes]] = {}  # started by this very process, which therefore has to reap them


@dataclass(frozen=True)
class Background:
    """A named background process whose state and log file are in `folder`."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.folder / f"{self.name}.log"

    @property
    def _state(self) -> Path:
        return self.folder / f"{self.name}.state.json"

    def facts(self) -> dict[str, Any] | None:
        """Return ``pid`` and what `start` was told about the running process, or None when it does not run."""
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
        """Start the process, which must not be running, and return its id; as `user` if that is another one."""
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

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.facts() is not None

    def stop(self, *, first: signal.Signals = signal.SIGTERM, patience: float = 6.0) -> bool:
        """Stop the process with everything it started, asked by `first` to go; tell whether there was one."""
        facts = self.facts()
        if facts is None:
            self._state.unlink(missing_ok=True)
            return False
        group = int(facts["pid"])
        _signal(group, first)
        _wait(lambda: not self.alive(), patience)
        _signal(group, signal.SIGKILL)  # what is left of the group, such as a Lambda in the middle of its work
        child = _children.pop(group, None)
        if child is not None:
            child.wait(patience)
        _wait(lambda: not self.alive(), patience)
        self._state.unlink(missing_ok=True)
        return True

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log, for an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


def port_in_use(port: int) -> bool:
    """Tell whether something on this machine listens on `port` of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _signal(group: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS says the latter of zombies
        os.killpg(group, what)


def _wait(until: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)
