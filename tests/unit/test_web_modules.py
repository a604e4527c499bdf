"""The rooms of `web/`: which module may import which, proven by the import statements."""

import re
from pathlib import Path

import pytest

from local.web import WEB

ROOMS = ("shared", "elements", "console", "examples")
#: Rooms that a room may import, besides itself.
ALLOWED = {"shared": set(), "elements": {"shared"}, "console": {"shared", "elements"}, "examples": {"elements"}}
MODULES = sorted(path for room in ROOMS for path in (WEB / room).glob("*.js"))
#: Static imports, re-exports, and dynamic imports, with comments removed before.
IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;"']*?["']([^"']+)["'];|\bimport\(\s*["']([^"']+)["']""", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)|^export \{([^}]*)\}", re.MULTILINE)
NAMED = re.compile(r"""^import \{([^}]*)\} from ["']([^"']+)["'];""", re.MULTILINE)


def _name(path: Path) -> str:
    return str(path.relative_to(WEB))


def _code(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def _imports(path: Path) -> list[Path]:
    found = (static or dynamic for static, dynamic in IMPORT.findall(_code(path)))
    return [(path.parent / specifier).resolve() for specifier in found]


def _exports(path: Path) -> set[str]:
    names: set[str] = set()
    for single, several in EXPORT.findall(_code(path)):
        listed = (each.split(" as ")[-1].strip() for each in several.split(","))
        names |= {single} if single else {name for name in listed if name}
    return names


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_import_of_a_module_is_a_file_of_an_allowed_room(path: Path) -> None:
    """`shared` imports neither `elements` nor `console`, and `elements` does not import `console`."""
    room = path.parent.name
    for imported in _imports(path):
        assert imported in MODULES, f"{_name(path)} imports {imported}, which does not exist"
        assert imported.parent.name in {room, *ALLOWED[room]}, f"{_name(path)} imports {_name(imported)}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_imported_name_is_exported(path: Path) -> None:
    """A browser finds a missing export only when it loads the page."""
    for names, specifier in NAMED.findall(_code(path)):
        imported = (path.parent / specifier).resolve()
        wanted = {each.split(" as ")[0].strip() for each in names.split(",")} - {""}
        assert wanted <= _exports(imported), f"{_name(path)} imports from {_name(imported)}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """A depth-first search over the imports meets no module that it has not left."""
    done: set[Path] = set()

    def visit(path: Path, trail: tuple[Path, ...]) -> None:
        assert path not in trail, " -> ".join(_name(each) for each in (*trail, path))
        if path in done:
            return
        for imported in _imports(path):
            visit(imported, (*trail, path))
        done.add(path)

    for path in MODULES:
        visit(path, ())
    assert done == set(MODULES)


def test_the_import_pattern_sees_the_imports_that_are_there() -> None:
    """Without this, a pattern that finds nothing would prove everything."""
    assert WEB / "shared/api.js" in _imports(WEB / "elements/dialog.js")
    assert WEB / "console/components.js" in _imports(WEB / "console/jobs.js"), "an import over several lines"
    assert WEB / "elements/index.js" in _imports(WEB / "console/upload.js"), "an import without names"
    assert WEB / "shared/api.js" in _imports(WEB / "elements/index.js"), "a re-export"


@pytest.mark.parametrize("room", ["shared", "console"])
def test_both_languages_have_every_text_with_the_same_placeholders(room: str) -> None:
    """Singular forms may be English alone, because Bahasa Indonesia needs few."""
    english, indonesian = _texts(room, "en"), _texts(room, "id")
    assert len(english) > 100
    assert {key for key in english if not key.endswith(".one")} <= set(indonesian) <= set(english)
    placeholder = re.compile(r"\{\w+\}")
    for key, text in indonesian.items():
        assert sorted(placeholder.findall(text)) == sorted(placeholder.findall(english[key])), key


@pytest.mark.parametrize("room", ["shared", "elements", "console"])
def test_every_text_that_a_module_names_exists(room: str) -> None:
    """`t("some.key")` without a text would show the key to the reader."""
    words = _texts("console" if room == "console" else "shared", "en")
    for path in (WEB / room).glob("*.js"):
        for key in re.findall(r"""\bt(?:Of)?\((?:[\w.]+, )?["']([\w.-]+)["']""", _code(path)):
            assert key in words, f"{_name(path)} names {key}"


def _texts(room: str, language: str) -> dict[str, str]:
    """The texts of a room, of all topics; no key is in two files."""
    texts: dict[str, str] = {}
    for path in sorted((WEB / room).glob(f"words*-{language}.js")):
        found = re.findall(r"""^  "?([\w.-]+)"?:\s*"((?:[^"\\]|\\.)*)",$""", path.read_text(), re.MULTILINE)
        assert len(found) == path.read_text().count('",\n'), f"{_name(path)} has a line that is not a text"
        assert not texts.keys() & dict(found).keys(), f"{_name(path)} repeats a key"
        texts |= dict(found)
    return texts
