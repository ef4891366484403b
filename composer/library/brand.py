"""The brand: one file of colours, sizes, styles, tones and shared words that layouts, parts and modules draw from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from composer.domain.content import Voice
from composer.library.front_matter import SourceFile, is_language, read_toml
from composer.library.texts import KEY
from composer.render.fields import nearest, problems

FILE = "templates/newsletter/brand.toml"
TABLES = ("colours", "dark", "type", "shape")
"""Tables whose values are bound as [[ table.key ]] before anything is linted."""
DEFAULT = "default"
LINKS = "links"
"""In a style's text twin: the lines of a module's own twin that lead somewhere."""
DOTTED = re.compile(r"\[\[\s*([A-Za-z_]\w*)\.([A-Za-z_][\w-]*)\s*\]\]", re.ASCII)
"""`[[ table.key ]]`."""
_TEXT_KEYS = frozenset(("subject", "preheader", "title", "cta", LINKS))
"""What a style's text twin may ask for, beside the keys its limits name."""
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_NO_VALUES = ("without", "limits", "text")
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
# A value stands inside an attribute in double quotes, or in a style sheet: neither may be left, and nothing may be loaded.
_VALUE = re.compile(r"[A-Za-z0-9 #%.,()'/+!:-]*")
_DECLARATIONS = re.compile(r"[A-Za-z0-9 #%.,()'/+!:;-]*")
_LOADS = re.compile(r"url\s*\(|expression\s*\(|javascript:|//", re.IGNORECASE)


@dataclass(frozen=True)
class Look:
    """One style of blocks. `values` are bound as [[ style.key ]]; `without` are classes whose elements are left out;
    `limits` are visible characters that fit, by key of the texts; `text` is the text twin of every block in this style,
    empty where a module's own is."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Brand:
    """What brand.toml says; all empty where there is none."""

    source: SourceFile = field(default_factory=lambda: SourceFile(FILE, []))
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Table -> key -> value, of TABLES."""
    looks: Mapping[str, Look] = field(default_factory=dict)
    voices: tuple[Voice, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language -> key -> words that every layout has."""

    def look(self, name: str) -> Look:
        """The style with this name over the default one; the empty name is the default."""
        plain = self.looks.get(DEFAULT, Look())
        if not name:
            return Look("", plain.values, plain.without, plain.limits)
        own = self.looks.get(name, Look(name))
        return Look(name, {**plain.values, **own.values}, own.without, {**plain.limits, **own.limits}, own.text)


def read_brand(files: Mapping[str, str]) -> Brand:
    """Read brand.toml from the library's files; what is wrong goes to `source.findings` and is left out."""
    if FILE not in files:
        return Brand()
    source = read_toml(FILE, files[FILE])
    known = frozenset((*TABLES, "styles", "voice"))
    tables: dict[str, Mapping[str, str]] = {name: {} for name in TABLES}
    texts: dict[str, dict[str, str]] = {}
    for name, table in source.values.items():
        if name not in known and not is_language(name):
            source.at_key((name,), f"unknown table '{name}': {nearest(name, known)}; shared words are a table like [en]")
        elif not isinstance(table, dict):
            source.at_key((name,), f"{name} is a table: write [{name}] on a line of its own and its values below")
        elif name in TABLES:
            tables[name] = _values(source, (name,), table, colours=name in ("colours", "dark"))
        elif is_language(name):
            texts[name] = _words(source, name, table)
    dark = source.values.get("dark", {})
    for missing in sorted(set(tables["colours"]) - set(dark)) if isinstance(dark, dict) and dark else ():
        source.at_key(("dark",), f"[dark] has no {missing}: every colour has its dark twin", "warning")
    return Brand(source, tables, _looks(source, tables), _voices(source), texts)


def _values(source: SourceFile, path: tuple[str, ...], table: Mapping[str, Any], *, colours: bool = False) -> dict[str, str]:
    form = _DECLARATIONS if path[0] == "styles" else _VALUE
    values = {}
    for key, value in table.items():
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        name = ".".join((*path, key))
        if not _NAME.fullmatch(key):
            source.at_key((*path, key), f"'{key}' is no key: small letters, digits, - and _")
        elif not isinstance(text, str):
            source.at_key((*path, key), f"{name} is a text: put it in quotes")
        elif colours and not _COLOUR.fullmatch(text):
            source.at_key((*path, key), f'{name} is no colour: write "#rrggbb"')
        elif not form.fullmatch(text) or _LOADS.search(text):
            bad = next((character for character in text if not form.fullmatch(character)), "an address")
            source.at_key((*path, key), f"{name} holds {bad!r}, which could leave its place in the letter: write a plain value")
        else:
            values[key] = text
    return values


def _looks(source: SourceFile, tables: Mapping[str, Mapping[str, str]]) -> dict[str, Look]:
    looks = {}
    for name, table in _tables(source, "styles").items():
        values = {key: _settled(source, ("styles", name, key), value, tables) for key, value in table.items() if key not in _NO_VALUES}
        without, limits = table.get("without", []), table.get("limits", {})
        if not isinstance(without, list) or not all(isinstance(word, str) for word in without):
            source.at_key(("styles", name, "without"), 'without is a list of mj-class names, like ["picture"]')
            without = []
        if not isinstance(limits, dict) or not all(type(most) is int and most > 0 for most in limits.values()):
            source.at_key(("styles", name, "limits"), "limits is characters by key of the texts, like { title = 70, body = 420 }")
            limits = {}
        text = _text(source, name, table.get("text", ""), frozenset(limits))
        looks[name] = Look(name, _values(source, ("styles", name), values), frozenset(without), dict(limits), text)
    return looks


def _settled(source: SourceFile, path: tuple[str, ...], value: Any, tables: Mapping[str, Mapping[str, str]]) -> Any:
    """Put the brand's own colours and sizes into a style's value: [[ colours.rule ]] is what [colours] says, once."""

    def own(match: re.Match[str]) -> str:
        if match[2] in tables.get(match[1], {}):
            return tables[match[1]][match[2]]
        known = frozenset(f"{table}.{key}" for table, values in tables.items() for key in values)
        source.at_key(path, f"brand.toml has no {match[1]}.{match[2]}: {nearest(f'{match[1]}.{match[2]}', known)}")
        return ""

    return DOTTED.sub(own, value) if isinstance(value, str) else value


def _text(source: SourceFile, name: str, text: Any, limits: frozenset[str]) -> str:
    """The text twin of a style; what is wrong with it is told, and then the modules' own twins stand."""
    path = ("styles", name, "text")
    if not text:
        return ""
    if not isinstance(text, str) or name == DEFAULT:
        source.at_key(path, "text is the text twin of blocks in a style of its own: in the default one stands what each module wrote")
        return ""
    known, asked = _TEXT_KEYS | limits, KEY.findall(text)
    for key in dict.fromkeys(asked):
        if key not in known:
            source.in_text(path, key, f"unknown key [[ {key} ]] in a style's text: {nearest(key, known)}; limits names the others")
    for problem in problems(text):
        source.in_text(path, text[problem.offset :].split("\n")[0][:40], problem.message)
    if asked.count(LINKS) != 1 or not re.search(rf"^\s*\[\[\s*{LINKS}\s*\]\]\s*$", text, re.MULTILINE):
        source.at_key(path, f"write [[ {LINKS} ]] once, on a line of its own: a block's links stand in both parts of a letter")
    return text.strip()


def _voices(source: SourceFile) -> tuple[Voice, ...]:
    voices = []
    for name, table in sorted(_tables(source, "voice").items()):
        for key, value in table.items():
            if key not in ("roles", "stages") or not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                source.at_key(("voice", name, key), 'a voice has roles and stages, lists of words like ["hr", "finance"], and nothing else')
                break
        else:
            voices.append(Voice(name, tuple(table.get("roles", ())), tuple(table.get("stages", ()))))
    return tuple(voices)


def _tables(source: SourceFile, name: str) -> dict[str, Mapping[str, Any]]:
    outer = source.values.get(name, {})
    found: dict[str, Mapping[str, Any]] = {}
    for key, table in outer.items() if isinstance(outer, dict) else ():
        if isinstance(table, dict) and _NAME.fullmatch(key):
            found[key] = table
        else:
            source.at_key((name, key), f"{name}.{key} is a table: write [{name}.{key}], in small letters, and its values below")
    return found


def _words(source: SourceFile, language: str, table: Mapping[str, Any]) -> dict[str, str]:
    for key, value in table.items():
        if not isinstance(value, str):
            source.at_key((language, key), f"[{language}] {key} is a text: put it in quotes")
    return {key: value for key, value in table.items() if isinstance(value, str)}
