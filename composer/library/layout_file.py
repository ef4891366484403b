"""A layout's file: the frame of a letter, its slots, and the words around the blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.domain.content import Layout, Slot
from composer.library.brand import Brand
from composer.library.dress import classes_of
from composer.library.front_matter import SourceFile, is_language
from composer.library.module_file import Texts, read_texts
from composer.library.parts import Shared, settle, settle_text
from composer.library.texts import KEY
from composer.render.fields import nearest

BLOCKS = "blocks"
SLOT_OF_BLOCKS = re.compile(r"<mj-raw>\s*\[\[\s*blocks\s*\]\]\s*</mj-raw>")
PROMISED = ("unsubscribe_url", "preferences_url", "why_url", "privacy_url", "postal_address", "sender_name")
"""What every letter must carry, in HTML and in text (ePrivacy 13(4), GDPR 13 and 21(4))."""
_KNOWN = frozenset(("blocks", "per_group", "slots", "text"))
_ATTRIBUTES = re.compile(r"<mj-attributes>.*?</mj-attributes>", re.DOTALL)
_BODY = re.compile(r"<mj-body\b[^>]*>")
_REQUIRED = ("greeting_named", "greeting_plain")
_SLOT = frozenset(("name", "kinds", "count", "style", "pinned"))
_NAME = re.compile(r"templates/newsletter/([a-z0-9][a-z0-9-]*)\.mjml")


@dataclass(frozen=True)
class LayoutFile:
    """A layout as written, its parts and brand values put in. `text` is the frame of the text twin, with [[ blocks ]] in it."""

    source: SourceFile
    layout: Layout
    texts: Texts
    """The brand's words and, over them, the layout's own."""
    text: str
    brand: Brand

    @property
    def opening(self) -> str:
        """The layout's mj-attributes and its mj-body tag: what makes modules look like one company. All layouts share them.

        In the form of a document's opening, up to where its blocks may start.
        """
        attributes, body = _ATTRIBUTES.search(self.source.body), _BODY.search(self.source.body)
        return f"<mjml><mj-head>{attributes[0] if attributes else ''}</mj-head>{body[0] if body else '<mj-body>'}"


def read_layout(source: SourceFile, shared: Shared) -> LayoutFile | None:
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
    settle(source, shared, layout=True)
    tables = {key: value for key, value in values.items() if isinstance(value, dict) and is_language(key)}
    texts = read_texts(source, tables, _REQUIRED, shared.brand.texts)
    least, most = _pair(source, ("blocks",), values.get("blocks", [4, 6]))
    per_group = values.get("per_group", 2)
    if type(per_group) is not int or per_group < 1:
        source.at_key(("per_group",), "per_group is a whole number from 1")
        per_group = 2
    slots = _slots(source)
    if sum(slot.most for slot in slots) < most:
        source.at_key(("slots",), f"the slots hold {sum(slot.most for slot in slots)} blocks at most, but blocks asks for up to {most}")
    text = values.get("text", "")
    text = settle_text(source, text if isinstance(text, str) else "", shared)
    _check_frame(source, text)
    languages = tuple(sorted({language for language, _ in texts}))
    made = LayoutFile(source, Layout(named[1], slots, least, most, per_group, languages), texts, text.strip(), shared.brand)
    _check_styles(made)
    return made


def _check_styles(layout: LayoutFile) -> None:
    classes = classes_of(layout.opening)
    for style in sorted({slot.style for slot in layout.layout.slots} - {""}):
        if style not in layout.brand.looks and not any(name.startswith(f"{style}-") for name in classes):
            known = frozenset(layout.brand.looks) - {"default"}
            layout.source.at_key(("slots", "style"), f"brand.toml has no [styles.{style}]: {nearest(style, known)}")


def _slots(source: SourceFile) -> tuple[Slot, ...]:
    tables = source.values.get("slots", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        source.at_key(("slots",), "no slots: add [[slots]] with name, kinds and count = [least, most]")
        return ()
    slots = []
    for table in tables:
        kinds, name = table.get("kinds", []), table.get("name")
        if not isinstance(name, str) or not isinstance(kinds, list) or set(table) - _SLOT or not isinstance(table.get("style", ""), str):
            source.at_key(
                ("slots",), "a slot has a name, a list of kinds (empty: any), count = [least, most], a style and pinned, nothing else"
            )
            continue
        pinned = table.get("pinned", False)
        if pinned is not False and (pinned is not True or not kinds):
            source.at_key(("slots", "pinned"), "pinned is true or false, and only a slot with kinds can be pinned")
            continue
        least, most = _pair(source, ("slots", "count"), table.get("count", [1, 1]))
        slots.append(Slot(name, tuple(map(str, kinds)), least, most, table.get("style", ""), pinned))
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
