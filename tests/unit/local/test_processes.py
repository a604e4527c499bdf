"""Background processes: a later command finds them, and stops them with their children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.errors import LocalProblem
from local.paths import ROOT
from local.processes import BackgroundProcess, free_port, port_in_use

PARENT = """
import pathlib, subprocess, sys, time
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", stubborn])
pathlib.Path("child").write_text(str(child.pid))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[BackgroundProcess]:
    """A background process with a child that ignores SIGTERM, as a busy Lambda may."""
    process = BackgroundProcess(tmp_path, "sleeper")
    yield process
    process.stop()


def start(process: BackgroundProcess) -> int:
    """Start the process and wait until it has a child."""
    pid = process.start([sys.executable, "-c", PARENT], os.environ, port=1234)
    eventually(lambda: "ready" in process.log.read_text())
    return pid


def eventually(true: Callable[[], bool]) -> None:
    """Wait until a condition is true, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Return whether a process has ended; a zombie has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_running_process_is_found_by_folder_and_name(sleeper: BackgroundProcess) -> None:
    """A later command knows no more than these, and reads the facts of the start."""
    pid = start(sleeper)
    assert BackgroundProcess(sleeper.folder, sleeper.name).facts() == {"pid": pid, "port": 1234}


def test_a_running_process_is_not_started_again(sleeper: BackgroundProcess) -> None:
    """Otherwise one of two simultaneous commands would lose its process."""
    start(sleeper)
    with pytest.raises(LocalProblem, match="already running"):
        sleeper.start([sys.executable, "-c", PARENT], os.environ)


def test_stop_ends_the_process_and_its_children(sleeper: BackgroundProcess) -> None:
    """A child that ignores SIGTERM is ended too."""
    pid = start(sleeper)
    child = int((sleeper.folder / "child").read_text())
    assert sleeper.stop(patience=2)
    assert has_ended(pid)
    eventually(lambda: has_ended(child))
    assert not sleeper.alive()
    assert not sleeper.stop()


def test_a_state_file_that_a_crash_left_counts_as_not_running(sleeper: BackgroundProcess) -> None:
    """Another program may have its process id."""
    pid = start(sleeper)
    os.killpg(pid, signal.SIGKILL)
    eventually(lambda: not sleeper.alive())
    assert not sleeper.stop()


def test_a_free_port_is_not_in_use() -> None:
    assert not port_in_use(free_port())


def test_sigterm_ends_a_program_through_the_blocks_that_stop_what_it_started() -> None:
    program = (
        "from local.processes import exit_on_sigterm; import time\n"
        "exit_on_sigterm()\n"
        "try:\n    print('begun', flush=True); time.sleep(60)\nfinally:\n    print('stopped', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 128 + signal.SIGTERM
