"""Every command that the documentation names is exercised: here as it stands if it is cheap, else by what is listed."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import httpx
import pytest
import typer
from typer.core import TyperGroup

from local.processes import free_port
from sluice_cli.main import app

ROOT = Path(__file__).parents[2]
LISTED: dict[str, str] = tomllib.loads((ROOT / "tests" / "commands.toml").read_text())["commands"]
#: Pages that name commands of earlier versions.
HISTORY = ("docs/moved.md", "docs/decisions/")
#: Where commands of `sluice` are run.
CLI_TESTS = (*(ROOT / "tests" / "unit" / "cli").glob("*.py"), ROOT / "tests" / "e2e" / "test_command_line.py")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
#: An assignment before a command, or after `make`.
ASSIGNED = re.compile(r"[A-Z_]+=")


@cache
def pages() -> dict[str, str]:
    """Every page of documentation by its path."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in found}
    return {name: text for name, text in texts.items() if not name.startswith(HISTORY)}


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of fenced shell code, continued ones joined, and every inline code span."""
    for language, body in FENCE.findall(text):
        if language in {"sh", "bash", "console", "shell"}:
            yield from body.replace("\\\n", " ").splitlines()
    yield from SPAN.findall(FENCE.sub("", text))


def words_of(line: str) -> list[str]:
    """Return the words of a line of shell, without comment, prompt, assignments before it, and what follows a pipe."""
    try:
        words = shlex.split(line.removeprefix("$ "), comments=True)
    except ValueError:  # an apostrophe: prose or another language
        return []
    while words and ASSIGNED.match(words[0]):
        del words[0]
    ends = [words.index(end) for end in ("|", "&", "&&", ">") if end in words]
    return words[: min(ends, default=len(words))]


def command_of(words: Sequence[str]) -> str | None:
    """Return what a line runs, such as ``make bench`` or ``python -m benchmarks.workbook``; None if it is not ours."""
    match [Path(words[0]).name if words and words[0].count(" ") == 0 else "", *words[1:]]:
        case ["make", *arguments]:
            targets = [each for each in arguments if not ASSIGNED.match(each)]
            return " ".join(["make", *targets[:1]])
        case ["sluice", str(name), *_] if re.fullmatch(r"[a-z][a-z-]*", name):
            return f"sluice {name}"
        case ["python" | "python3", "-m", str(module), *_] if "." in module or module == "pytest":
            return f"python -m {module}"
        case ["pytest", *_]:
            return "pytest"
        case _:
            return None


@cache
def documented() -> dict[str, list[list[str]]]:
    """Every documented command, with the words of each line that runs it."""
    found: dict[str, list[list[str]]] = {}
    for text in pages().values():
        for words in map(words_of, lines_of(text)):
            for each in [words, *_in_substitutions(words)]:
                command = command_of(each)
                if command:
                    found.setdefault(command, []).append(each)
    return found


def _in_substitutions(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the commands in ``$(…)``."""
    for inner in re.findall(r"\$\(([^)]*)\)", " ".join(words)):
        yield words_of(inner)


OTHERS = sorted(command for command in documented() if not command.startswith("sluice "))
OURS = sorted(command for command in documented() if command.startswith("sluice "))


def test_the_documentation_is_read() -> None:
    """The commands that every newcomer meets are found; otherwise the tests below prove nothing."""
    assert {"make demo", "make test", "make bench", "sluice import", "python -m benchmarks.workbook"} <= set(
        documented()
    )


def _exists(runner: str) -> bool:
    """Return whether a runner of the list is there: a function of a test file, or a file."""
    path, _, name = runner.partition("::")
    file = ROOT / path
    if not name or not file.exists():
        return not name and file.exists()
    tree = ast.parse(file.read_text())
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


@pytest.mark.parametrize("command", OTHERS)
def test_a_documented_command_is_exercised(command: str) -> None:
    """By a test, by a file that names it, or as a part of another command that is."""
    assert command in LISTED, f"{command} is documented; say in tests/commands.toml which test or file runs it"
    runner = LISTED[command]
    if runner in LISTED:
        assert _runs(runner.removeprefix("make "), command.removeprefix("make "))
        runner = LISTED[runner]
    assert _exists(runner), f"{runner} of {command} does not exist"
    if "::" not in runner and command.startswith("make ") and LISTED[command] == runner:
        assert command in (ROOT / runner).read_text()


def _runs(whole: str, part: str) -> bool:
    """Return whether the recipe of a make target runs the first folder of tests that the recipe of another one runs."""
    recipes = dict(re.findall(r"^([a-z0-9-]+):[^\n]*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    folder, *_ = re.findall(r"tests/\w+", recipes[part])
    return folder in recipes[whole]


@pytest.mark.parametrize("command", LISTED)
def test_a_listed_command_is_documented(command: str) -> None:
    assert command in documented(), f"{command} is documented no longer; remove it from tests/commands.toml"


@pytest.mark.parametrize("command", OURS)
def test_a_documented_command_of_sluice_parses_and_is_run_by_a_test(command: str, tmp_path: Path) -> None:
    """Each line has arguments and options that exist; files that it names are given."""
    name = command.removeprefix("sluice ")
    constants = {
        node.value
        for path in CLI_TESTS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert name in constants | {"info", "token"}, f"no test of the command line runs sluice {name}"
    for words in documented()[command]:
        parse(words[1:], tmp_path)


def parse(words: Sequence[str], folder: Path) -> None:
    """Parse a command line without running it; raises an error of usage."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    name, *rest = words
    bare = len([word for word in rest if not word.startswith("-")]) == 0
    command = group.commands[name]
    if bare and any(parameter.required for parameter in command.params):
        return  # a mention of the command by its name
    command.make_context(name, [_given(word, folder) for word in rest])


def _given(word: str, folder: Path) -> str:
    """Return a file that exists in place of one that a line names."""
    if word != "FILE" and Path(word).suffix not in {".xlsx", ".csv", ".json"}:
        return word
    path = folder / Path(word).name
    path.write_text("{}")
    return str(path)


# ------------------------------------------------------------------------------------------ cheap ones, as they are


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command as a person does, without the make that may run these tests; return its output."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_make_lists_its_targets() -> None:
    listed = set(re.findall(r"^  make ([a-z0-9-]+) ", run("make"), re.MULTILINE))
    named = {command.split()[1] for command in documented() if re.fullmatch("make .+", command)}
    assert named - listed == set()


def test_make_planted_lists_the_faults() -> None:
    assert "lease-skipped" in run(sys.executable, "-m", "tests.planted", "--list")


def test_the_writer_of_sample_files_shows_its_options() -> None:
    assert "--rows" in run(sys.executable, "-m", "benchmarks.workbook", "--help")


def test_make_clean_removes_what_is_built_and_nothing_else(tmp_path: Path) -> None:
    """What git ignores at the root is what is built there; here it is in a copy, where no stack runs."""
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    built = re.findall(r"^/(\.[\w-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    assert {".venv", ".venv-aws", ".venv-peers", ".local"} <= set(built)
    for name in [*built, "docs"]:
        (tmp_path / name).mkdir()
    run("make", "clean", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "docs"]


def test_make_lock_locks_every_requirements_file() -> None:
    """Each is compiled by it, and its lock has every package that it names; no lock is made here."""
    recipe = run("make", "-n", "lock")
    for path in (*(ROOT / "requirements").glob("*.in"), ROOT / "layers" / "dependencies" / "requirements.in"):
        lock = path.with_suffix(".txt")
        assert re.search(rf" {path.relative_to(ROOT)} .*-o {lock.relative_to(ROOT)}$", recipe, re.MULTILINE)
        wanted = re.findall(r"^[A-Za-z0-9][\w.-]*", path.read_text(), re.MULTILINE)
        locked = re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE)
        assert {name.lower() for name in wanted} - set(locked) == set()
        assert "://" not in lock.read_text()


@pytest.mark.parametrize(
    ("page", "name"), [("docs/adding-a-source.md", "siasn"), ("docs/adding-a-lookup.md", "commission")]
)
def test_a_fake_upstream_is_started_and_set_as_documented(page: str, name: str) -> None:
    """The three lines of the page: start it, set how it behaves, see what it has counted."""
    (block,) = [body for _, body in FENCE.findall(pages()[page]) if f"local.fake_upstreams.{name}" in body]
    start, change, look = map(words_of, block.strip().splitlines())
    port = str(free_port())
    given = start[start.index("--port") + 1]
    process = subprocess.Popen([sys.executable, *start[1:-1], port], cwd=ROOT)
    try:
        _, _, _, url, _, settings = change
        _await(f"http://127.0.0.1:{port}/_seen")
        assert httpx.post(url.replace(given, port), json=json.loads(settings)).status_code == 200
        assert httpx.get(look[-1].replace(given, port)).json()["requests"] == 0
    finally:
        process.kill()
        process.wait()


def _await(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"no response from {url}"
            time.sleep(0.05)
        else:
            return
