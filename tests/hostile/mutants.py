"""Mutants of files: each of a number, so that one that is found can be made anew.

A mutation knows the structure of its format, so that the mutant gets past the first check: a part of an archive is
changed and packed again, a record of a workbook keeps its frame, a token of XML stays a token.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import warnings
import zipfile
import zlib
from typing import Final

from tests.hostile.seeds import seeds

_NUMBERS: Final = (
    *(0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
)
_WORDS: Final = (
    *("", "0", "-1", "1", "2147483647", "4294967296", "1048576", "16384", "1e308", "-1e300", "NaN", "1" * 5_000, "١٢"),
    *("true", "PT99999999999H", "0000-00-00", "9999-12-31T24:00:00", "A1", "XFD1048576", "ZZZZ9", "&#0;", "&#xFFFF;"),
    *("é" * 40_000, " " * 3_000, "\t", "s", "str", "inlineStr", "e", "d", "n", "_x0000_", "=1+1", "#REF!"),
)
_PIECES: Final = (
    *(
        "<row>",
        "</row>",
        '<row r="9999999">',
        "<c/>",
        '<c r="XFD1"><v>1</v></c>',
        "<v>",
        "</v>",
        "<f>",
        "<is>",
        "<si/>",
    ),
    *("<!-- x -->", "<![CDATA[x]]>", "<?x y?>", '<!DOCTYPE a [<!ENTITY b "c">]>', "&b;", "<a xmlns='b'>", "</a>", "\0"),
    *('<text:s text:c="99999999"/>', "<text:p>", "</table:table-row>", "<table:table-cell/>", "<table:table>"),
    *(
        '<table:table-cell table:number-columns-repeated="99999999"/>',
        '<mergeCell ref="A1:XFD1048576"/>',
        "<text:tab/>",
    ),
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell><text:p>x</text:p></table:table-cell>',
)
_TAG: Final = re.compile(rb"<[^<>]*>")
_ATTRIBUTE: Final = re.compile(rb"([\w:.-]+)=\"[^\"]*\"")
_TEXT: Final = re.compile(rb">[^<>]+<")
_SECTOR: Final = 512


def mutant(form: str, number: int) -> bytes:
    """Return a mutant of a format by its number."""
    chance = random.Random(f"{form}-{number}")
    body = chance.choice(seeds(form))
    mutate = {"csv": _text, "gz": _packed_text, "xlsx": _archive, "xls": _workbook, "ods": _archive}[form]
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        body = mutate(body, chance)
    return body


def _place(body: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(body) + 1)
    return start, min(len(body), start + chance.choice((1, 1, 2, 4, 16, 200)))


def _bytes(body: bytes, chance: random.Random) -> bytes:
    """Change bytes wherever they stand."""
    start, end = _place(body, chance)
    number = chance.choice(_NUMBERS)
    piece = chance.choice((
        b"",
        body[start:end] * 2,
        chance.randbytes(end - start),
        struct.pack("<I", number),
        struct.pack("<H", number & 0xFFFF),
        bytes([number & 0xFF]) * (end - start),
    ))  # fmt: skip
    if chance.random() < 0.1:
        return body[:start]
    return body[:start] + piece + body[start if chance.random() < 0.2 else end :]


def _xml(body: bytes, chance: random.Random) -> bytes:
    """Change a token of XML."""
    word = chance.choice(_WORDS).encode()
    kind = chance.randrange(8)
    if kind == 0:
        return _bytes(body, chance)
    if kind == 1:
        at = chance.choice([found.end() for found in _TAG.finditer(body)] or [0])
        return body[:at] + chance.choice(_PIECES).encode() + body[at:]
    tokens = list((_ATTRIBUTE if kind < 5 else _TEXT if kind < 6 else _TAG).finditer(body))
    if not tokens:
        return _bytes(body, chance)
    token = chance.choice(tokens)
    if kind < 5:
        piece = token[1] + b'="' + word + b'"' if kind < 4 else token[0].replace(b'"', b"'")
    elif kind == 5:
        piece = b">" + word + b"<"
    else:
        piece = token[0] * chance.choice((0, 0, 2, 300))
    return body[: token.start()] + piece + body[token.end() :]


def _archive(body: bytes, chance: random.Random) -> bytes:
    """Change a part and pack it again, or the archive itself."""
    if chance.random() < 0.15:
        return _bytes(body, chance)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        return _bytes(body, chance)
    if not parts:
        return body
    # most mutants of a part that is barely read are read as their seed is
    heavy = [
        at for at, (name, _) in enumerate(parts) if re.search(r"sheet|content|sharedStrings|styles|workbook", name)
    ]
    at = chance.choice(heavy or [0]) if chance.random() < 0.85 else chance.randrange(len(parts))
    name, part = parts[at]
    choice = chance.random()
    if choice < 0.05:
        parts.pop(at)
    elif choice < 0.1:
        parts.append((name, part))
    elif choice < 0.15:
        parts[at] = (name.upper() if chance.random() < 0.5 else name.replace("/", "\\"), part)
    elif choice < 0.2:
        parts[at] = (name, part.decode("utf-8", "replace").replace('encoding="UTF-8"', "").encode("utf-16"))
    else:
        parts[at] = (name, _xml(part, chance))
    return _zipped(parts, chance)


def _zipped(parts: list[tuple[str, bytes]], chance: random.Random) -> bytes:
    packing = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", packing) as archive:
        warnings.simplefilter("ignore")  # a name that comes twice
        for name, part in parts:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = packing
            archive.writestr(entry, part)
    return file.getvalue()


def _workbook(body: bytes, chance: random.Random) -> bytes:
    """Change the sectors of a compound file, or a record of the workbook in it."""
    is_compound = body.startswith(b"\xd0\xcf\x11\xe0") and len(body) > 2 * _SECTOR
    choice = chance.random()
    if choice < 0.1:
        return _bytes(body, chance)
    if is_compound and choice < 0.35:
        return _sectors(body, chance)
    return _record(body, _SECTOR if is_compound else 0, chance)


def _sectors(body: bytes, chance: random.Random) -> bytes:
    """Change a number of the header, of the tables of sectors, or of the directory."""
    changed = bytearray(body)
    tables = [0x2C, 0x30, 0x38, 0x3C, 0x40, 0x44, 0x48, *range(0x4C, _SECTOR, 4)]
    first_table, directory = (struct.unpack_from("<I", body, at)[0] for at in (0x4C, 0x30))
    for sector in (first_table, directory):
        if sector < len(body) // _SECTOR:
            start = (sector + 1) * _SECTOR
            tables += range(start, min(len(body) - 4, start + _SECTOR), 4)
    at = chance.choice([place for place in tables if place + 4 <= len(body)] or [0])
    near = struct.unpack_from("<I", body, at)[0] ^ 1
    value = chance.choice((*_NUMBERS, 0xFFFFFFFD, near, chance.randrange(max(1, len(body) // _SECTOR))))
    struct.pack_into("<I", changed, at, value & 0xFFFFFFFF)
    return bytes(changed)


def _record(body: bytes, start: int, chance: random.Random) -> bytes:
    records = []
    at = start
    while at + 4 <= len(body):
        kind, size = struct.unpack_from("<HH", body, at)
        if kind == 0 and size == 0:
            break
        records.append((at, size))
        at += 4 + size
    if not records:
        return _bytes(body, chance)
    at, size = chance.choice(records)
    end = at + 4 + size
    changed = bytearray(body)
    choice = chance.randrange(7)
    if choice == 0:
        struct.pack_into("<H", changed, at, chance.choice(_KINDS))
    elif choice == 1:
        struct.pack_into("<H", changed, at + 2, chance.choice((0, 1, size ^ 1, size // 2, 0xFFFF, 8_224)))
    elif choice == 2:
        del changed[at:end]
        changed += bytes(end - at)  # the sectors stay where they are
    elif choice == 3:
        changed[at:at] = body[at:end]
        del changed[len(body) :]
    elif size and at + 4 + size <= len(body):
        place = at + 4 + chance.randrange(size)
        width = min(chance.choice((1, 2, 4, 8)), len(body) - place)
        value = chance.choice((*_NUMBERS, chance.getrandbits(64))) & ((1 << 8 * width) - 1)
        changed[place : place + width] = value.to_bytes(width, "little")
    return bytes(changed)


_TOKENS: Final = (
    *(b",", b";", b"\t", b"|", b'"', b'""', b"'", b"\\", b"\n", b"\r", b"\r\n", b"\0", b"\x1a", b"\xef\xbb\xbf"),
    *(b"\xff\xfe", b"\x81", b"\xc3", b"\xe2\x82\xac", b"\xed\xa0\x80", b"\x0b", b"\x85", b"\xe2\x80\xa8"),
    *(b"=1+1", b"1e999", b"9" * 5_000, b" " * 5_000, b"a," * 20_000, b"1.234,56", b"31/02/2025", b"-", b"#REF!"),
    *(b"x" * 40_000, b'"' * 1_001, b"\n" * 500),
)
_KINDS: Final = (0x06, 0x09, 0x0A, 0x2F, 0x3C, 0x85, 0xE0, 0xFC, 0xFD, 0x203, 0x809)


def _text(body: bytes, chance: random.Random) -> bytes:
    """Put a token somewhere, mix lines up, or change bytes."""
    choice = chance.random()
    if choice < 0.25:
        return _bytes(body, chance)
    if choice < 0.4:
        lines = body.splitlines(keepends=True)
        chance.shuffle(lines)
        return b"".join(lines[: chance.randrange(1, len(lines) + 1)] if lines else [])
    start, end = _place(body, chance)
    return body[:start] + chance.choice(_TOKENS) + body[start if chance.random() < 0.7 else end :]


def _packed_text(body: bytes, chance: random.Random) -> bytes:
    try:
        text = gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return _bytes(body, chance)
    choice = chance.random()
    if choice < 0.3:
        return _bytes(body, chance)
    if choice < 0.4:
        return body + chance.choice((body, bytes(1_000), b"rest", gzip.compress(b"", mtime=0) * 200))
    return gzip.compress(_text(text, chance), mtime=0)
