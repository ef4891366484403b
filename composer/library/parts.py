"""Put parts and brand values into a body, and remember for every character which file it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from composer.library.brand import DOTTED, TABLES, Brand
from composer.library.finding import LintFinding
from composer.library.front_matter import Piece, SourceFile
from composer.render.fields import nearest

FOLDER = "templates/newsletter/parts/"
STYLE, PART = "style", "part"
_NAME = re.compile(re.escape(FOLDER) + r"([a-z][a-z0-9_-]*)\.(mjml|txt)")


@dataclass(frozen=True)
class Shared:
    """What all layouts and modules draw from: the brand, and the parts by name ("footer.mjml")."""

    brand: Brand
    parts: Mapping[str, SourceFile]


def read_parts(files: Mapping[str, str], findings: list[LintFinding]) -> dict[str, SourceFile]:
    """Return the parts by their file name; a file in the folder that cannot be a part is told."""
    parts = {}
    for file in sorted(files):
        if file.startswith(FOLDER):
            if _NAME.fullmatch(file):
                parts[file.removeprefix(FOLDER)] = SourceFile(file, files[file].split("\n"), body=files[file])
            else:
                findings.append(LintFinding(file, 1, 1, "error", "a part is parts/NAME.mjml or parts/NAME.txt: rename the file"))
    return parts


def settle(source: SourceFile, shared: Shared, own: Mapping[str, str] | None = None, *, layout: bool) -> None:
    """Replace `source.body` by itself with parts, brand values and the keys of `own` put in.

    Parts may stand in layouts only, and hold no parts. [[ style.key ]] stays: it depends on the slot. What is unknown is told.
    """
    pieces: list[Piece] = []
    made: list[str] = []
    _expand(source, source, shared, own or {}, made, pieces, parts=layout, style=not layout)
    source.body, source.pieces = "".join(made), pieces


def settle_text(source: SourceFile, text: str, shared: Shared) -> str:
    """Return the layout's text frame with its parts (NAME.txt) put in."""

    def part(match: re.Match[str]) -> str:
        found = shared.parts.get(f"{match[2]}.txt") if match[1] == PART else None
        if found is None:
            source.in_text(("text",), match[0], _unknown(match, shared, "txt", parts=True, style=False))
            return ""
        source.parts[found.file] = found
        return found.body.strip("\n")

    return DOTTED.sub(part, text)


def _expand(
    origin: SourceFile,
    source: SourceFile,
    shared: Shared,
    own: Mapping[str, str],
    made: list[str],
    pieces: list[Piece],
    *,
    parts: bool,
    style: bool,
) -> None:
    """Append the expanded body of `origin` to `made`; findings go to `source`, which may be the layout around a part."""
    length = sum(map(len, made))

    def put(text: str, at: int, *, still: bool) -> None:
        nonlocal length
        if text:
            pieces.append(Piece(length, origin.file, origin.body, origin.body_line, at, still))
            made.append(text)
            length += len(text)

    body, end = origin.body, 0
    for match in re.finditer(r"\[\[\s*(\w+)\s*\]\]|" + DOTTED.pattern, body, re.ASCII):
        table, key = match[2], match[3]
        value = own.get(match[1]) if match[1] else shared.brand.tables.get(table, {}).get(key)
        if match[1] and value is None:
            continue
        put(body[end : match.start()], end, still=False)
        end = match.end()
        if value is not None:
            put(value, match.start(), still=True)
        elif table == PART and parts and f"{key}.mjml" in shared.parts:
            part = shared.parts[f"{key}.mjml"]
            source.parts[part.file] = part
            _expand(part, source, shared, own, made, pieces, parts=False, style=style)
            length = sum(map(len, made))
        elif table == STYLE and style:
            put(match[0], match.start(), still=True)
            if key not in shared.brand.look("").values:
                known = frozenset(shared.brand.look("").values)
                origin_line(source, origin, match.start(), f"[styles.default] of brand.toml has no {key}: {nearest(key, known)}")
        else:
            origin_line(source, origin, match.start(), _unknown(match, shared, "mjml", parts=parts, style=style, shift=1))
    put(body[end:], end, still=False)


def origin_line(source: SourceFile, origin: SourceFile, offset: int, message: str) -> None:
    """Report at a character of `origin`'s own body, in the findings of `source`."""
    source.findings.append(Piece(0, origin.file, origin.body, origin.body_line, 0, False).finding(offset, message))


def _unknown(match: re.Match[str], shared: Shared, ending: str, *, parts: bool, style: bool, shift: int = 0) -> str:
    table, key = match[1 + shift], match[2 + shift]
    if table == PART:
        if not parts:
            return f"[[ part.{key} ]] stands in layouts only, and no part holds another: write its content here"
        known = frozenset(name.rpartition(".")[0] for name in shared.parts if name.endswith(ending))
        return f"no part {key}.{ending}: {nearest(key, known)}"
    if table == STYLE and not style:
        return f"[[ style.{key} ]] stands in modules only: a layout has no style of its own"
    if table in TABLES:
        return f"[{table}] of brand.toml has no {key}: {nearest(key, frozenset(shared.brand.tables.get(table, {})))}"
    return f"unknown table '{table}': {nearest(table, frozenset((*TABLES, STYLE, PART)))}"
