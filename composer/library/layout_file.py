"""A layout's file: the frame of a letter, its slots, and the words around the blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.domain.content import Layout, Slot
from composer.library.front_matter import SourceFile, is_language
from composer.library.module_file import Texts, read_texts
from composer.library.texts import KEY
from composer.render.fields import nearest

BLOCKS = "blocks"
SLOT_OF_BLOCKS = re.compile(r"<mj-raw>\s*\[\[\s*blocks\s*\]\]\s*</mj-raw>")
PROMISED = ("unsubscribe_url", "preferences_url", "why_url", "privacy_url", "postal_address", "sender_name")
"""What every letter must carry, in HTML and in text (ePrivacy 13(4), GDPR 13 and 21(4))."""
_KNOWN = frozenset(("blocks", "per_group", "slots", "text"))
_REQUIRED = ("greeting_named", "greeting_plain")
_NAME = re.compile(r"templates/newsletter/([a-z0-9][a-z0-9-]*)\.mjml")


@dataclass(frozen=True)
class LayoutFile:
    """A layout as written. `text` is the frame of the text twin, with [[ blocks ]] in it."""

    source: SourceFile
    layout: Layout
    texts: Texts
    text: str


def read_layout(source: SourceFile) -> LayoutFile | None:
    """Read the front matter; what is wrong goes to `source.findings`. None where there is no layout at all."""
    named = _NAME.fullmatch(source.file)
    if not named:
        source.add(1, 1, "a layout is templates/newsletter/NAME.mjml, in small letters, digits and hyphens: rename the file")
    if source.broken or named is None:
        return None
    values = source.values
    for key, value in values.items():
        if key not in _KNOWN and not (isinstance(value, dict) and is_language(key)):
            source.at_key((key,), f"unknown key '{key}': {nearest(key, _KNOWN)}; a language's texts are a table like [en]")
    texts = read_texts(source, {key: value for key, value in values.items() if isinstance(value, dict) and is_language(key)}, _REQUIRED)
    least, most = _pair(source, ("blocks",), values.get("blocks", [4, 6]))
    per_group = values.get("per_group", 2)
    if type(per_group) is not int or per_group < 1:
        source.at_key(("per_group",), "per_group is a whole number from 1")
        per_group = 2
    slots = _slots(source)
    if sum(slot.most for slot in slots) < most:
        source.at_key(("slots",), f"the slots hold {sum(slot.most for slot in slots)} blocks at most, but blocks asks for up to {most}")
    text = values.get("text", "")
    text = text if isinstance(text, str) else ""
    _check_frame(source, text)
    languages = tuple(sorted({language for language, _ in texts}))
    return LayoutFile(source, Layout(named[1], slots, least, most, per_group, languages), texts, text.strip())


def _slots(source: SourceFile) -> tuple[Slot, ...]:
    tables = source.values.get("slots", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        source.at_key(("slots",), "no slots: add [[slots]] with name, kinds and count = [least, most]")
        return ()
    slots = []
    for table in tables:
        kinds, name = table.get("kinds", []), table.get("name")
        if not isinstance(name, str) or not isinstance(kinds, list) or set(table) - {"name", "kinds", "count"}:
            source.at_key(("slots",), "a slot has a name, a list of kinds (empty: any) and count = [least, most], nothing else")
            continue
        slots.append(Slot(name, tuple(map(str, kinds)), *_pair(source, ("slots", "count"), table.get("count", [1, 1]))))
    return tuple(slots)


def _pair(source: SourceFile, path: tuple[str, ...], value: object) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(type(number) is int for number in value) and 0 <= value[0] <= value[1]:
        return value[0], value[1]
    source.at_key(path, f"{path[-1]} is [least, most], two whole numbers")
    return 1, 1


def _check_frame(source: SourceFile, text: str) -> None:
    if len(SLOT_OF_BLOCKS.findall(source.body)) != 1:
        source.in_body(0, "write <mj-raw>[[ blocks ]]</mj-raw> once, where the blocks go")
    if [match[1] for match in KEY.finditer(text)].count(BLOCKS) != 1:
        source.at_key(("text",), "text is the frame of the text twin: write [[ blocks ]] in it once, where the blocks go")
    for name in PROMISED:
        if not re.search(r"\{\{\s*" + name + r"\s*\}\}", source.body):
            source.in_body(0, f"the frame has no {{{{ {name} }}}}: every letter must carry it")
        if text and not re.search(r"\{\{\s*" + name + r"\s*\}\}", text):
            source.at_key(("text",), f"the text frame has no {{{{ {name} }}}}: every letter must carry it")
