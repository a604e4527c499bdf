"""A PostgreSQL that is really stopped for a while, and comes back with its data on the same port."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from local import postgres
from local.processes import BackgroundProcess


class Server:
    """A server of its own, which a test stops and starts.

    Attributes
    ----------
    running
        Whether it accepts connections.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.postgres = postgres.start(folder)
        self._process = BackgroundProcess(folder, "postgres")
        running = psutil.Process(self._pid())
        self._command, self._environment = running.cmdline(), running.environ()
        self.running = True
        with self.postgres.connect() as connection:  # what is committed outlives the process
            connection.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = on")

    def stop(self) -> None:
        """Stop it at once, as a server that fails: connections break, and there are no new ones."""
        self._process.stop(first=signal.SIGQUIT)
        self.running = False

    def start(self) -> None:
        """Start it again with what was committed."""
        self._process.start(self._command, self._environment, user=postgres._user(), port=self.postgres.port)
        postgres._await(self.postgres, self._process, patience=30)
        self.running = True

    def remove(self) -> None:
        """Stop it, and remove its data."""
        postgres.stop(self._folder)

    def _pid(self) -> int:
        facts = self._process.facts()
        assert facts is not None
        return int(facts["pid"])
