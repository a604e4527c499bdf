"""The regular expressions of the library, the functions and the tools, with the way in which each is used."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.hostile.patterns import Use

ROOT: Final = Path(__file__).parents[2]
_FOLDERS: Final = ("layers/domain/sluice", "functions", "cli/sluice_cli", "local")
_CALLS: Final = frozenset({"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"})
_ANYWHERE: Final = frozenset({"search", "sub", "subn", "split", "findall", "finditer"})


class Pattern(NamedTuple):
    """A regular expression: where it stands, its text and flags, and how it is used."""

    place: str
    text: str | bytes
    flags: int
    use: Use


def call_sites() -> Iterator[tuple[Path, ast.Call]]:
    """Yield every call of `re` that gets a pattern."""
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                    and node.func.attr in _CALLS
                ):
                    yield path, node


def uses_of_names() -> dict[tuple[str, str], set[str]]:
    """Return the methods that are called on each name, by file if the name is private, else by ``""``."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for folder in _FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in _CALLS:
                    name = _name_of(node.value)
                    found[str(path) if name.startswith("_") else "", name].add(node.attr)
    return found


def _name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return _name_of(function)
    return ""


def use_of(methods: set[str]) -> Use:
    """Return the dearest way among some methods; a pattern of which none is known may be searched for."""
    if not methods or methods & _ANYWHERE:
        return "search"
    return "match" if "match" in methods else "fullmatch"


def evaluated(path: Path, node: ast.Call, local: dict[str, Any]) -> tuple[Any, int]:
    """Evaluate pattern and flags of a call among the names of its module, and some local ones."""
    space = {**vars(import_module(_module_of(path))), **local}

    def value(each: ast.expr) -> Any:
        return eval(compile(ast.Expression(each), str(path), "eval"), space)

    names = [value(each) for each in node.args if isinstance(each, ast.Attribute) and _name_of(each.value) == "re"]
    flags = 0
    for flag in [*names, *(value(each.value) for each in node.keywords if each.arg == "flags")]:
        flags |= int(flag)
    return value(node.args[0]), flags


def _module_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    parts = list(relative.with_suffix("").parts)
    for prefix in (("layers", "domain"), ("cli",)):
        if tuple(parts[: len(prefix)]) == prefix:
            parts = parts[len(prefix) :]
    return ".".join(part for part in parts if part != "__init__")


def assigned_names(path: Path) -> dict[int, str]:
    """Return the name that the statement on each line assigns to, or the function that it stands in."""
    names: dict[int, str] = {}
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                names[line] = node.name
    for node in ast.walk(tree):
        target = (
            node.targets[0]
            if isinstance(node, ast.Assign)
            else node.target
            if isinstance(node, ast.AnnAssign)
            else None
        )
        if target is not None and isinstance(node, ast.Assign | ast.AnnAssign):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                names[line] = _name_of(target) or names.get(line, "")
    return names


def is_compiled(value: Any) -> bool:
    """Whether a value is a compiled pattern."""
    return isinstance(value, re.Pattern)


_LITERAL = re.compile(
    r"(?:[=(,:\[!&|?{};]|return|^)\s*/((?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/[dgimsuvy]*", re.MULTILINE
)


def web_patterns() -> Iterator[Pattern]:
    """Yield the regular expressions of the web pages, in Python's spelling; a page can search with any of them."""
    for path in sorted((ROOT / "web").rglob("*.js")):
        for found in _LITERAL.finditer(path.read_text()):
            text = re.sub(r"\(\?<([a-zA-Z])", r"(?P<\1", found[1]).replace(r"\/", "/")
            text = re.sub(r"\\p\{[^}]*\}", r"[^\\x00-\\x7f]", text)
            text = re.sub(r"\\u\{?([0-9a-fA-F]{4})\}?", lambda code: chr(int(code[1], 16)), text)
            yield Pattern(f"{path.relative_to(ROOT)} {found[1]}", text, 0, "search")
