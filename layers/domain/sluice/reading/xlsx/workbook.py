"""The parts of an .xlsx workbook: its sheets, its shared strings and its styles."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

from sluice.model.errors import FileRejected
from sluice.reading.xlsx.archive import Archive

_RELATIONSHIPS = "/relationships/"
_PROPERTIES_BYTES = 1024**2


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


def local(tag: str) -> str:
    """Return a name without its namespace, which differs between transitional and strict files."""
    return tag.rpartition("}")[2]


def attribute(element: ElementTree.Element, name: str) -> str | None:
    """Return the value of an attribute in any namespace."""
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


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
    root = parse_xml(part, archive.read(part))
    if local(root.tag) != "workbook":
        return None
    folder, name = posixpath.split(part.replace("\\", "/"))
    relations = _relations(archive, f"{folder}/_rels/{name}.rels", folder)
    return Workbook(
        sheets=_sheets(root, relations, archive),
        strings=_part(archive, relations.first("sharedStrings")),
        styles=_part(archive, relations.first("styles")),
        date1904=_has_flag(root, "workbookPr", "date1904"),
        recalculates=_has_flag(root, "calcPr", "fullCalcOnLoad"),
        properties=_properties(archive, top.first("custom-properties") or top.first("customProperties")),
    )


def _has_flag(root: ElementTree.Element, tag: str, name: str) -> bool:
    return any(
        (attribute(element, name) or "").strip() in {"1", "true", "on"} for element in root if local(element.tag) == tag
    )


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


@dataclass(frozen=True)
class _Relations:
    by_id: dict[str, tuple[str, str]]

    def first(self, kind: str) -> str | None:
        return next((target for of, target in self.by_id.values() if of == kind), None)


def _relations(archive: Archive, name: str, folder: str) -> _Relations:
    part = archive.find(name)
    by_id: dict[str, tuple[str, str]] = {}
    for element in parse_xml(part, archive.read(part)) if part else ():
        kind, target = element.get("Type", ""), element.get("Target", "")
        if _RELATIONSHIPS in kind and element.get("TargetMode") != "External":
            by_id[element.get("Id", "")] = (kind.rpartition("/")[2], _path(archive, folder, target.replace("\\", "/")))
    return _Relations(by_id)


def _path(archive: Archive, folder: str, target: str) -> str:
    """Resolve a target; some writers escape its characters, or give a path from the top without its slash."""
    paths = [posixpath.normpath(posixpath.join("/", folder, each)).lstrip("/") for each in (target, unquote(target))]
    paths.append(posixpath.normpath(posixpath.join("/", target)).lstrip("/"))
    return next((path for path in paths if archive.find(path)), paths[0])


def _part(archive: Archive, name: str | None) -> str | None:
    return archive.find(name) if name else None


def _sheets(root: ElementTree.Element, relations: _Relations, archive: Archive) -> tuple[Sheet, ...]:
    sheets = []
    for element in root.iter():
        if local(element.tag) != "sheet":
            continue
        identifiers = [value for key, value in element.attrib.items() if key.endswith("}id")]
        kind, target = relations.by_id.get(identifiers[0] if identifiers else "", ("", ""))
        part = archive.find(target) if kind == "worksheet" else None
        if part is not None:
            sheets.append(Sheet(element.get("name", ""), part, element.get("state", "visible") != "visible"))
    return tuple(sheets)
