"""The command line of the benchmarks: which runs write the page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks.figures import PEERS, SLUICE, Figure, Group, Run, load, render
from benchmarks.runs import Bench
from local.stack import Stack


class Runs:
    """Runs that measure nothing, and note which measures they were asked for."""

    def __init__(self) -> None:
        self.taken: dict[str, list[str]] = {}
        self.number = 0

    def take(self, group: str, bench: Bench, chosen: Sequence[str]) -> Group:
        self.taken[group] = list(chosen)
        self.number += 1
        table = "reading" if group == SLUICE else "peers"
        figure = Figure(f"{table}:openpyxl", f"run {self.number}", bench.rows, 1.0, {"own": 1.0})
        return Group(Run("now", "here", 2, (0.0, 0.0), "abc", bench.rows, {}, {}), (figure,))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs()

    def sluice(bench: Bench, chosen: Sequence[str]) -> Group:
        return made.take(SLUICE, bench, chosen)

    def peers(bench: Bench, chosen: Sequence[str]) -> Group:
        return made.take(PEERS, bench, chosen)

    table = {SLUICE: (sluice, ("split", "chunk"), 5_000), PEERS: (peers, ("peers",), 3_000)}
    monkeypatch.setattr(command, "_RUNS", table)
    return made


def bench(folder: Path, *arguments: str) -> int:
    def stacks(**_: Any) -> AbstractContextManager[Stack]:
        return nullcontext()  # type: ignore[return-value] # these runs open no stack

    return command.main(arguments, stacks, folder / "figures.md")


def test_a_whole_run_of_full_size_writes_the_page(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, "--rows", "5000") == 0
    assert runs.taken == {SLUICE: ["split", "chunk"], PEERS: ["peers"]}
    page = (tmp_path / "figures.md").read_text()
    assert page == render(load(tmp_path / "figures.md"))
    assert page in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--rows", "2500"], ["chunk", "--rows", "5000"]])
def test_a_smaller_run_or_some_measures_only_print(
    arguments: list[str], runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, *arguments) == 0
    assert "| run 1 |" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_one_group_keeps_the_figures_of_the_other(runs: Runs, tmp_path: Path) -> None:
    bench(tmp_path, "--rows", "5000")
    assert bench(tmp_path, "peers", "--rows", "5000") == 0
    titles = {name: [each.title for each in group.figures] for name, group in load(tmp_path / "figures.md").items()}
    assert titles == {SLUICE: ["run 1"], PEERS: ["run 3"]}


def test_a_run_of_any_size_writes_the_page_that_it_is_given_and_no_other(runs: Runs, tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    assert bench(tmp_path, "--rows", "2500", "--write", str(other)) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.json", "other.md"]
    assert other.read_text() == render(load(other))
    assert list(load(other)) == [SLUICE, PEERS]


@pytest.mark.parametrize("arguments", [["nothing"], ["--rows", "10"]])
def test_wrong_usage_exits_with_2(arguments: list[str], runs: Runs, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        bench(tmp_path, *arguments)
    assert ended.value.code == 2
    assert runs.taken == {}
