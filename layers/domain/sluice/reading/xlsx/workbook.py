"""The parts of an .xlsx workbook: its sheets, its shared strings and its styles.

The sender of a part is not trusted, so it is read element by element: a tree of it would take forty times its size.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

from sluice.model.errors import FileRejected
from sluice.reading.xlsx.archive import Archive

_RELATIONSHIPS = "/relationships/"
_PROPERTIES_BYTES = 1024**2
# There are a few relations for each of the 10,000 parts that an archive can have.
_RELATIONS_BYTES = 8 * 1024**2
#: Worksheets of a workbook at most; each is looked at for its header.
MAX_SHEETS: Final = 500
# Characters of a name of a sheet at most; Excel takes 31.
_NAME_CHARACTERS: Final = 100
#: Bytes of a tag or a comment at most: expat keeps one until its end has come, and reads it anew with each block.
MAX_TOKEN_BYTES: Final = 8 * 1024**2

#: Gets the depth, the local name and the attributes of an element; that of the root is 0.
Visit = Callable[[int, str, dict[str, str]], None]


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name, the archive part that holds it, and whether a spreadsheet program hides it."""

    name: str
    part: str
    is_hidden: bool = False


@dataclass(frozen=True)
class Workbook:
    """The parts of a workbook that an import reads.

    Parameters
    ----------
    sheets
        Worksheets in the order of their tabs; chart sheets are left out.
    strings, styles
        Archive parts, ``None`` when the workbook has none.
    date1904
        Whether day 0 is 1 January 1904, as old Macintosh workbooks have it.
    recalculates
        Whether it asks to compute its formulas when it is opened.
    properties
        Custom properties that are text, by name.
    """

    sheets: tuple[Sheet, ...]
    strings: str | None
    styles: str | None
    date1904: bool
    recalculates: bool
    properties: dict[str, str]


def parse_xml(part: str, body: bytes) -> ElementTree.Element:
    """Parse a small part; one that declares a document type is rejected, so that no entity is expanded."""
    reject_doctype(part, body)
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - no document type, so no entities
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FileRejected("damaged-file", case="malformed-part", part=part) from error


def reject_doctype(part: str, start: bytes) -> None:
    """Reject a part whose prolog declares a document type, in UTF-8 or UTF-16."""
    if re.search(rb"<!\0?[DdEe]", start.replace(b"\0", b"")):
        raise FileRejected("unsafe-file", part=part)


def check_token(parser: expat.XMLParserType, fed: int) -> None:
    """Reject XML that has a tag or a comment of megabytes; ``fed`` is the number of bytes that the parser got."""
    if fed - parser.CurrentByteIndex > MAX_TOKEN_BYTES:
        raise FileRejected("damaged-file", case="endless-text")


def visit_elements(part: str, body: bytes, visit: Visit) -> None:
    """Parse a part, and show each of its elements.

    Raises
    ------
    FileRejected
        ``damaged-file`` or ``unsafe-file``; what ``visit`` raises.
    """
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        visit(depth, name.rpartition(":")[2], attributes)
        depth += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise FileRejected("unsafe-file", part=part)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)  # at once, because expat reads a tag anew with each block
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FileRejected("damaged-file", case="malformed-part", part=part) from error


def local(tag: str) -> str:
    """Return a name without its namespace, which differs between transitional and strict files."""
    return tag.rpartition("}")[2]


def read_workbook(archive: Archive) -> Workbook | None:
    """Find the parts of a workbook; ``None`` when the archive holds none.

    Raises
    ------
    FileRejected
        ``damaged-file`` or ``unsafe-file``.
    """
    top = _relations(archive, "_rels/.rels", "")
    part = archive.find(top.first("officeDocument") or "xl/workbook.xml")
    if part is None or not part.lower().endswith(".xml") or archive.find("xl/workbook.bin") is not None:
        return None
    content = _Content()
    visit_elements(part, archive.read(part), content.add)
    if content.root != "workbook":
        return None
    folder, name = posixpath.split(part.replace("\\", "/"))
    relations = _relations(archive, f"{folder}/_rels/{name}.rels", folder)
    return Workbook(
        sheets=_sheets(content, relations, archive),
        strings=_part(archive, relations.first("sharedStrings")),
        styles=_part(archive, relations.first("styles")),
        date1904="date1904" in content.flags,
        recalculates="fullCalcOnLoad" in content.flags,
        properties=_properties(archive, top.first("custom-properties") or top.first("customProperties")),
    )


#: Attributes of elements below the root that are set or not.
_FLAGS: Final = {"workbookPr": "date1904", "calcPr": "fullCalcOnLoad"}


@dataclass
class _Content:
    """What the workbook part says: the name of its root, its flags that are set, its sheets."""

    root: str = ""
    flags: set[str] = field(default_factory=set)
    sheets: list[dict[str, str]] = field(default_factory=list)

    def add(self, depth: int, name: str, attributes: dict[str, str]) -> None:
        if depth == 0:
            self.root = name
        elif name == "sheet":
            self._add_sheet(attributes)
        elif depth == 1 and name in _FLAGS:
            values = (value.strip() for key, value in attributes.items() if _bare(key) == _FLAGS[name])
            if next(values, "") in {"1", "true", "on"}:
                self.flags.add(_FLAGS[name])

    def _add_sheet(self, attributes: dict[str, str]) -> None:
        self.sheets.append(attributes)
        if len(self.sheets) > MAX_SHEETS:
            raise FileRejected("damaged-file", case="sheets", limit=MAX_SHEETS)
        if len(attributes.get("name", "")) > _NAME_CHARACTERS:
            raise FileRejected("damaged-file", case="sheet-name", limit=_NAME_CHARACTERS)


def _bare(key: str) -> str:
    return key.rpartition(":")[2]


def _properties(archive: Archive, name: str | None) -> dict[str, str]:
    """Read the custom properties; a part that cannot be read has none, because no row depends on it."""
    part = _part(archive, name)
    if part is None:
        return {}
    try:
        root = parse_xml(part, archive.read(part, _PROPERTIES_BYTES))
    except FileRejected:
        return {}
    return {each.get("name", ""): (each[0].text or "") for each in root if len(each) and local(each[0].tag) == "lpwstr"}


class _Relations:
    """The relations of a part: the kind and the target of each, by its id."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive, self._folder = archive, folder
        self._by_id: dict[str, tuple[str, str]] = {}

    def add(self, depth: int, _: str, attributes: dict[str, str]) -> None:
        kind, target = attributes.get("Type", ""), attributes.get("Target", "")
        if depth == 1 and _RELATIONSHIPS in kind and attributes.get("TargetMode") != "External":
            self._by_id[attributes.get("Id", "")] = (kind.rpartition("/")[2], target.replace("\\", "/"))

    def first(self, kind: str) -> str | None:
        """Return the path of the first relation of a kind."""
        return next((self._path(target) for of, target in self._by_id.values() if of == kind), None)

    def worksheet(self, identifier: str) -> str | None:
        """Return the path of the worksheet with an id; ``None`` if it is a sheet of another kind, such as a chart."""
        kind, target = self._by_id.get(identifier, ("worksheet", ""))
        return self._path(target) if kind == "worksheet" else None

    def _path(self, target: str) -> str:
        return _path(self._archive, self._folder, target)


def _relations(archive: Archive, name: str, folder: str) -> _Relations:
    relations, part = _Relations(archive, folder), archive.find(name)
    if part:
        visit_elements(part, archive.read(part, _RELATIONS_BYTES), relations.add)
    return relations


def _path(archive: Archive, folder: str, target: str) -> str:
    """Resolve a target; some writers escape its characters, or give a path from the top without its slash."""
    paths = [posixpath.normpath(posixpath.join("/", folder, each)).lstrip("/") for each in (target, unquote(target))]
    paths.append(posixpath.normpath(posixpath.join("/", target)).lstrip("/"))
    return next((path for path in paths if archive.find(path)), paths[0])


def _part(archive: Archive, name: str | None) -> str | None:
    return archive.find(name) if name else None


def _sheets(content: _Content, relations: _Relations, archive: Archive) -> tuple[Sheet, ...]:
    sheets: dict[str, Sheet] = {}
    for attributes in content.sheets:
        identifiers = [value for key, value in attributes.items() if key.endswith(":id")]
        path = relations.worksheet(identifiers[0] if identifiers else "")
        if path is None:
            continue
        name, part = attributes.get("name", ""), _part(archive, path)
        if part is None:
            raise FileRejected("damaged-file", case="lost-sheet", sheet=name)
        if part in sheets:
            raise FileRejected("damaged-file", case="shared-part", part=part)
        sheets[part] = Sheet(name, part, attributes.get("state", "visible") != "visible")
    return tuple(sheets.values())
