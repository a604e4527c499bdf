"""Background processes: found again, started once, stopped with all they started."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.processes import Background, free_port, port_in_use
from local.errors import LocalProblem

PARENT = """
import pathlib, subprocess, sys, time
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", stubborn])
pathlib.Path("child").write_text(str(child.pid))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Background]:
    """A background process with a child that ignores SIGTERM, as a Lambda in the middle of its work may."""
    process = Background(tmp_path, "sleeper")
    yield process
    process.stop()


def start(process: Background) -> int:
    """Start the process and wait until it has a child."""
    pid = process.start([sys.executable, "-c", PARENT], os.environ, port=1234)
    eventually(lambda: "ready" in process.log.read_text())
    return pid


def eventually(true: Callable[[], bool]) -> None:
    """Wait up to ten seconds for something to become true."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Tell whether a process has ended; a zombie, which nobody has reaped yet, has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_it_is_found_again_by_what_it_was_started_with(sleeper: Background) -> None:
    """A later command only knows the folder and the name."""
    pid = start(sleeper)
    assert Background(sleeper.folder, sleeper.name).facts() == {"pid": pid, "port": 1234}


def test_it_is_not_started_twice(sleeper: Background) -> None:
    """Two commands at the same time would otherwise lose one of the processes."""
    start(sleeper)
    with pytest.raises(LocalProblem, match="already running"):
        sleeper.start([sys.executable, "-c", PARENT], os.environ)


def test_stopping_leaves_no_process(sleeper: Background) -> None:
    """Neither the process nor what it started, even if that ignores SIGTERM."""
    pid = start(sleeper)
    child = int((sleeper.folder / "child").read_text())
    assert sleeper.stop(patience=2)
    assert gone(pid)
    eventually(lambda: gone(child))
    assert not sleeper.alive()
    assert not sleeper.stop()


def test_a_state_file_left_by_a_crash_is_no_running_process(sleeper: Background) -> None:
    """Its process id may be anybody's by now."""
    pid = start(sleeper)
    os.killpg(pid, signal.SIGKILL)
    eventually(lambda: not sleeper.alive())
    assert not sleeper.stop()


def test_ports() -> None:
    """A free port has no listener."""
    assert not port_in_use(free_port())
