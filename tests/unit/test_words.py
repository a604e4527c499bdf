"""The project speaks the language of its field: `words.toml` lists the words that it does not use."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = tomllib.loads((Path(__file__).parent / "words.toml").read_text())
TEXTS = (".py", ".js", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".json", ".sql", ".in", "Makefile")


@cache
def files() -> dict[str, str]:
    """Every text of the checkout by its path, without those that are exceptions."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    wanted = [name for name in names if name.endswith(TEXTS) and not name.startswith(tuple(LIST["exceptions"]))]
    return {name: (ROOT / name).read_text() for name in wanted if (ROOT / name).is_file()}


@pytest.mark.parametrize("word", LIST["words"])
def test_a_word_that_the_project_does_not_use_is_nowhere(word: str) -> None:
    """Neither in code nor in prose nor in the name of a file; underscores part words."""
    pattern = re.compile(rf"(?<![A-Za-z])(?:{word})(?![A-Za-z])", re.IGNORECASE)
    found = [name for name in files() if pattern.search(Path(name).name)]
    for name, text in files().items():
        lines = enumerate(text.splitlines(), start=1)
        found += [f"{name}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)]
    assert not found, f"say {LIST['words'][word]} in place of {word}:\n" + "\n".join(found)


@pytest.mark.parametrize("path", LIST["exceptions"])
def test_an_exception_is_needed(path: str) -> None:
    """One whose file is gone, or has none of the words, is to be removed from the list."""
    there = [found for found in (ROOT / path, *(ROOT / path).rglob("*")) if found.is_file()]
    words = "|".join(LIST["words"])
    assert any(re.search(words, found.read_text(), re.IGNORECASE) for found in there)
