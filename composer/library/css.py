"""As much of CSS as letters use: style elements and style attributes, and which of their declarations win (CSS Cascade 4).

Selectors are a tag, classes, and their descendants and children. Anything else (:hover, [data-ogsc], +) is for one
program or one moment and is left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from composer.library.colours import parse

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE = re.compile(r"<style\b([^>]*)>(.*?)</style>", re.DOTALL)
_CONDITIONAL = re.compile(r"<!--.*?-->", re.DOTALL)
_MEDIA = re.compile(r'media="([^"]*)"')
_COMPOUND = re.compile(r"([A-Za-z][\w-]*|\*)?((?:\.[\w-]+)*)")
_PROPERTY = re.compile(r"[\w-]+")
_IMPORTANT = re.compile(r"!\s*important$")

Declarations = Mapping[str, tuple[str, bool]]
"""Property -> its value, and whether it is !important."""


@dataclass(frozen=True, slots=True)
class Element:
    """An open tag: its name and classes."""

    tag: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One selector with its declarations; `media` are the conditions under which it holds: dark, phone, wide, other."""

    media: frozenset[str]
    steps: tuple[tuple[str, Element], ...]
    """From the element outwards: (" " or ">", what must stand there); the first is the element itself."""
    declarations: Declarations

    @property
    def weight(self) -> tuple[int, int]:
        return sum(len(one.classes) for _, one in self.steps), sum(one.tag not in ("", "*") for _, one in self.steps)

    def matches(self, path: Sequence[Element]) -> bool:
        """Whether the last element of `path` (outermost first) is meant."""
        return _matches(self.steps, path)


@lru_cache(maxsize=4096)
def declarations(text: str) -> Declarations:
    """Read the inside of a style attribute or of a rule's braces; a later declaration of the same property wins."""
    found: dict[str, tuple[str, bool]] = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or not _PROPERTY.fullmatch(name):
            continue
        if important := _IMPORTANT.search(value):
            value = value[: important.start()].rstrip()
        if name == "background":
            name, value = "background-color", _ground(value)  # the shorthand sets the colour too, if only to none
        if important or not found.get(name, ("", False))[1]:
            found[name] = (value, bool(important))
    return found


def _ground(background: str) -> str:
    """The colour in a `background`; a gradient is handed on as it is, so that it is told not to be understood."""
    words = re.findall(r"[\w-]+\((?:[^()]|\([^()]*\))*\)|[^\s,]+", background)
    return next((word for word in words if parse(word) or "gradient(" in word), background if len(words) == 1 else "transparent")


def style_rules(html: str) -> tuple[Rule, ...]:
    """Return the rules of every style element that is not inside an Outlook comment, in order."""
    found: list[Rule] = []
    for attributes, text in _STYLE.findall(_CONDITIONAL.sub("", html)):
        media = _MEDIA.search(attributes)
        found += _rules(_COMMENT.sub("", text), _condition(media[1]) if media else frozenset())
    return tuple(found)


class Sheet:
    """The rules that hold under some conditions, laid out so that only those that may match an element are tried."""

    def __init__(self, rules: Sequence[Rule], active: frozenset[str]) -> None:
        self._rules: dict[str, list[tuple[tuple[int, int], int, Rule]]] = {}
        for order, rule in enumerate(rules):
            if rule.media <= active:
                subject = rule.steps[0][1]
                key = f".{min(subject.classes)}" if subject.classes else subject.tag
                self._rules.setdefault(key, []).append((rule.weight, order, rule))

    def cascade(self, own: Declarations, path: Sequence[Element]) -> dict[str, str]:
        """Return the winning declarations for the last element of `path`; `own` is its style attribute."""
        element = path[-1]
        tried = [*self._rules.get(element.tag, ()), *self._rules.get("*", ())]
        for name in element.classes:
            tried += self._rules.get(f".{name}", ())
        # The weightier one wins, then the later one.
        matched = sorted((weight, order, rule) for weight, order, rule in tried if rule.matches(path)) if tried else []
        sources = (*(rule.declarations for _, _, rule in matched), own)
        winning = {name: value for source in sources for name, (value, important) in source.items() if not important}
        return winning | {name: value for source in sources for name, (value, important) in source.items() if important}


def _rules(text: str, media: frozenset[str]) -> Iterator[Rule]:
    at = 0
    while (brace := text.find("{", at)) >= 0:
        prelude, end = text[at:brace].strip(), _closing(text, brace)
        inside = text[brace + 1 : end]
        at = end + 1
        if prelude.startswith("@media"):
            yield from _rules(inside, media | _condition(prelude))
        elif not prelude.startswith("@"):
            values = declarations(inside)
            for selector in prelude.split(","):
                if steps := _steps(selector.strip()):
                    yield Rule(media, steps, values)


def _closing(text: str, brace: int) -> int:
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, brace):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.start()
    return len(text)


def _condition(media: str) -> frozenset[str]:
    names = {"dark": r"prefers-color-scheme:\s*dark", "phone": r"max-(device-)?width", "wide": r"min-(device-)?width"}
    found = {name for name, pattern in names.items() if re.search(pattern, media)}
    everywhere = re.fullmatch(r"(@media)?\s*(only\s+)?(all|screen)?\s*", media)
    return frozenset(found or (() if everywhere else ("other",)))


def _steps(selector: str) -> tuple[tuple[str, Element], ...]:
    steps: list[tuple[str, Element]] = []
    between = " "
    for word in selector.replace(">", " > ").split():
        if word == ">":
            between = ">"
            continue
        match = _COMPOUND.fullmatch(word)
        if not match:
            return ()
        steps.append((between, Element((match[1] or "").lower(), frozenset(match[2].split(".")[1:]))))
        between = " "
    # Each step is told how it hangs on the one outside it, so inwards-out the relation belongs to the inner one.
    return tuple(reversed(steps))


def _matches(steps: tuple[tuple[str, Element], ...], path: Sequence[Element]) -> bool:
    if not path or not _is(steps[0][1], path[-1]):
        return False
    if len(steps) == 1:
        return True
    if steps[0][0] == ">":
        return _matches(steps[1:], path[:-1])
    if len(steps) == 2:
        tag, classes = steps[1][1].tag, steps[1][1].classes
        return any((not tag or tag in ("*", one.tag)) and classes <= one.classes for one in path[:-1])
    return any(_matches(steps[1:], path[:end]) for end in range(len(path) - 1, 0, -1))


def _is(wanted: Element, there: Element) -> bool:
    return wanted.tag in ("", "*", there.tag) and wanted.classes <= there.classes
