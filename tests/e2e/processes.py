"""The processes of a local stack."""

from __future__ import annotations

import subprocess

from local.stack import Stack

#: Number of chunks that a local stack processes at once; see template.yaml.
CONCURRENCY = 2


def workers(stack: Stack) -> list[int]:
    """Return process ids of the stack's workers; none if functions are not processes of this machine."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, command in lines if stack.folder in command and "-WorkFunction-" in command]
