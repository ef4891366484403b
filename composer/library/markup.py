"""The linter of MJML bodies: everything that MRML would pass through in silence, drop, or die of.

It runs before MRML sees the text. It reads the body as HTML (html.parser never fails and knows every position) and
checks tags, attributes, nesting, links and images against composer.library.vocabulary.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from composer.library.dress import classes_of
from composer.library.finding import Edit, Severity
from composer.library.front_matter import SourceFile
from composer.library.paddings import PADDINGS, bare_parts, is_zero
from composer.library.texts import KEY
from composer.library.vocabulary import (
    ATTRIBUTES,
    CHILDREN,
    EVERY_ATTRIBUTE,
    FORBIDDEN_HTML,
    HOLDS_HTML,
    HTML,
    IN_MODULE,
    REFUSED,
    VOID,
    one_near,
)
from composer.library.whole import is_whole, spaces
from composer.library.wording import vague, weight_of
from composer.render.fields import LINK_FIELDS, TAG, nearest
from composer.render.links import host_of

DEEPEST = 60
"""Nested tags. MRML recurses and kills the whole process at some 1,500."""
MOST_TAGS, MOST_ATTRIBUTES = 3000, 60
"""Of a body, and of one tag."""
_HREF_FIELD = re.compile(r"\{\{\s*(" + "|".join(LINK_FIELDS) + r")\s*\}\}")
_UNQUOTED = re.compile(r"\s([A-Za-z-]+)=(?=[^\s\"'])")
_PLAIN_VALUE = re.compile(r"[^\s\"'<>`=\[\]{}/]+(?=[\s>])")
"""A value that quotes can be put around without asking what was meant."""


def check_markup(source: SourceFile, *, layout: bool, classes: frozenset[str] = frozenset()) -> None:
    """Lint the body of a module, or with `layout` a whole MJML document. `classes` are the mj-class names of the modules' head."""
    for part in (source, *source.parts.values()):
        source.findings += spaces(part) if part.file.endswith(".mjml") else []  # in plain text "-- " is a sign
    if not is_whole(source):
        return
    walker = _Walker(source, layout, classes_of(source.body) if layout else classes)
    try:
        walker.feed(source.body)
        walker.close()
    except _TooBig:
        return
    walker.finish()


class _TooBig(Exception):
    """The body was given up: it has a finding that says so."""


class _Walker(HTMLParser):
    """Walks one body with the stack of open tags."""

    def __init__(self, source: SourceFile, layout: bool, classes: frozenset[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._source, self._layout, self._classes = source, layout, classes
        self._misspelt: dict[int, tuple[int, str]] = {}
        """Where an unknown tag starts -> the number of its finding, and the tag that was meant."""
        self._open: list[tuple[str, int]] = []
        self._lines = [0]
        for line in source.body.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._h1 = self._sections = self._tags = 0
        self._link_text: list[str] | None = None

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _say(self, message: str, *, within: str = "", correct: str = "", severity: Severity = "error") -> None:
        """Report at the present tag, or at the word `within` inside it, which `correct` may replace."""
        text = self.get_starttag_text() or ""
        shift = 0
        if within and (match := re.search(r"[\s\"']" + re.escape(within) + r"(?![\w-])", text, re.IGNORECASE)):
            shift = match.start() + 1
        edits = (self._edit(shift, text[shift : shift + len(within)], correct),) if correct and shift else ()
        self._source.in_body(self._offset() + shift, message, severity, edits)

    def _edit(self, shift: int, old: str, new: str, host: str = "") -> Edit:
        return Edit(*self._source.place(self._offset() + shift), old, new, host)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag(tag, attrs)
        if tag not in VOID:
            self._open.append((tag, self._offset()))
        if tag in ("a", "mj-button"):
            self._link_text = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if tag in ("a", "mj-button") and self._link_text is not None:
            words = " ".join("".join(self._link_text).split()).lower().strip(" .!>»→")
            if not KEY.search(words) and vague(words):
                self._source.in_body(self._offset(), f"the link text '{words}' says nothing: name what is behind it", weight_of(words))
            self._link_text = None
        if self._open and self._open[-1][0] == tag:
            _, offset = self._open.pop()
            self._correct_end(tag, offset)
        elif any(name == tag for name, _ in self._open):
            while self._open[-1][0] != tag:
                name, offset = self._open.pop()
                self._source.in_body(offset, f"<{name}> is not closed: write </{name}> before </{tag}>")
            self._open.pop()
        else:
            meant = one_near(tag, frozenset({self._open[-1][0]})) if self._open and tag not in ATTRIBUTES.keys() | HTML else ""
            edits = (self._edit(2, tag, meant),) if meant and self._source.body[self._offset() + 2 :].startswith(tag) else ()
            self._source.in_body(self._offset(), f"</{tag}> closes nothing: remove it, or open <{tag}> before it", edits=edits)

    def _correct_end(self, tag: str, start: int) -> None:
        """Let the correction of a misspelt tag reach its end tag, the present one."""
        number, meant = self._misspelt.pop(start, (0, ""))
        if meant and self._source.body[self._offset() + 2 :].startswith(tag):
            finding = self._source.findings[number]
            self._source.findings[number] = replace(finding, edits=(*finding.edits, self._edit(2, tag, meant)))

    def handle_data(self, data: str) -> None:
        if self._link_text is not None:
            self._link_text.append(data)
        parent = self._open[-1][0] if self._open else ""
        bare = KEY.sub("", TAG.sub("", data)).strip()
        if bare and (not parent or (parent.startswith("mj") and parent not in HOLDS_HTML)):
            self._source.in_body(self._offset() + data.index(bare[0]), f"text outside a component: '{bare[:30]}'; put it into <mj-text>")

    def finish(self) -> None:
        """Report what is still open at the end, and what a body must have."""
        for name, offset in reversed(self._open):
            self._source.in_body(offset, f"<{name}> is not closed: write </{name}> after its content")
        if self._layout and self._h1 != 1:
            self._source.in_body(0, f"the layout has {self._h1} <h1>: a letter has exactly one, in its layout")
        if not self._layout and not self._sections:
            self._source.in_body(0, "the body has no <mj-section>: a module is one or more mj-section or mj-wrapper")

    def _tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        if len(self._open) >= DEEPEST or self._tags > MOST_TAGS or len(attrs) > MOST_ATTRIBUTES:
            what = f"more than {DEEPEST} nested tags" if self._tags <= MOST_TAGS else f"more than {MOST_TAGS} tags"
            what = f"more than {MOST_ATTRIBUTES} attributes on one tag" if len(attrs) > MOST_ATTRIBUTES else what
            self._say(f"{what}: readers' programs and the compiler break on it; make the body simpler")
            raise _TooBig
        parent = self._open[-1][0] if self._open else ""
        self._quotes()
        names = [name for name, _ in attrs]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._say(f"{name} is given twice on <{tag}>: keep one", within=name)
        if tag.startswith("mj"):
            self._mjml(tag, parent, names)
        else:
            self._html(tag, parent, dict(attrs))
        for name, value in attrs:
            self._attribute(tag, name, value)
        if tag in ("mj-image", "img") and parent != "mj-attributes":
            self._image(tag, dict(attrs))

    def _quotes(self) -> None:
        text = self.get_starttag_text() or ""
        for match in _UNQUOTED.finditer(re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: '"' * len(quoted[0]), text)):
            value = _PLAIN_VALUE.match(text, match.end())
            edits = (self._edit(match.end(), value[0], f'"{value[0]}"'),) if value else ()
            said = f'{match[1]} has a value without quotes: write {match[1]}="..."'
            self._source.in_body(self._offset() + match.start() + 1, said, edits=edits)

    def _unknown(self, tag: str, known: frozenset[str]) -> None:
        meant = one_near(tag, known)
        if meant and (self.get_starttag_text() or "").startswith(f"<{tag}"):
            self._misspelt[self._offset()] = (len(self._source.findings), meant)
        edits = (self._edit(1, tag, meant),) if self._offset() in self._misspelt else ()
        self._source.in_body(self._offset(), f"unknown tag <{tag}>: {nearest(tag, known)}", edits=edits)

    def _mjml(self, tag: str, parent: str, names: list[str]) -> None:
        self._sections += not parent
        in_attributes = parent == "mj-attributes"
        refused = REFUSED.get(tag.removesuffix("-element"))
        if refused:
            self._say(refused)
            return
        if tag not in ATTRIBUTES and not (in_attributes and tag in ("mj-all", "mj-class")):
            self._unknown(tag, frozenset(ATTRIBUTES))
            return
        if in_attributes:
            known = EVERY_ATTRIBUTE | {"name"}
        else:
            known = ATTRIBUTES[tag]
        for name in names:
            if name not in known:
                meant = one_near(name, known - set(names))
                self._say(f"<{tag}> has no attribute '{name}': {nearest(name, known)}", within=name, correct=meant)
        self._nesting(tag, parent)

    def _nesting(self, tag: str, parent: str) -> None:
        if not parent:
            if tag not in ({"mjml"} if self._layout else IN_MODULE):
                self._say(
                    f"<{tag}> cannot stand alone: "
                    + ("a layout is one <mjml> document" if self._layout else "a module is one or more mj-section or mj-wrapper")
                )
        elif (parent in ATTRIBUTES or not parent.startswith("mj")) and tag not in CHILDREN.get(parent, frozenset()):
            homes = [home for home, children in CHILDREN.items() if tag in children and home != "mj-attributes"]
            self._say(f"<{tag}> cannot stand in <{parent}>: it belongs in {' or '.join(f'<{home}>' for home in homes) or 'no other tag'}")

    def _html(self, tag: str, parent: str, attrs: dict[str, str | None]) -> None:
        in_head = any(name == "mj-head" for name, _ in self._open)
        if in_head and parent == "mj-raw" and tag in ("meta", "style"):
            return
        if tag in FORBIDDEN_HTML:
            self._say(f"<{tag}> is refused: mail programs block or break it; use text, links and images")
        elif tag not in HTML:
            self._unknown(tag, HTML | frozenset(ATTRIBUTES))
        elif not any(name in HOLDS_HTML for name, _ in self._open):
            self._say(f"<{tag}> cannot stand here: HTML belongs in <mj-text>, <mj-table> or <mj-raw>")
        if tag == "h1":
            self._h1 += 1
            if not self._layout:
                self._say("<h1> belongs to the layout: a module's headings start at <h2>")

    def _attribute(self, tag: str, name: str, value: str | None) -> None:
        text = (value or "").strip()
        if name.startswith("on") and not tag.startswith("mj"):
            self._say(f"{name} is refused: letters run no scripts; remove it", within=name)
        elif name == "href":
            self._href(text)
        elif name == "mj-class" and self._classes:
            self._look(text)
        elif name in PADDINGS and tag.startswith("mj"):
            self._padding(name, text)
        elif name in ("src", "background-url", "background") and not (
            re.match(r"\{\{ pictures \}\}/[^{}]*$", text) or (re.match(r"https://[^{}]*$", text) and host_of(text))
        ):
            self._secure(name, text, f"{name} must be [[ picture ]] or an https:// address: mail programs show nothing else")
        elif name == "style" and re.search(r"url\s*\(|expression\s*\(|@import", text, re.IGNORECASE):
            self._say("style loads something from outside: remove it", within=name)

    def _padding(self, name: str, text: str) -> None:
        bare = bare_parts(text)
        value = re.search(rf"(?<![\w-]){name}\s*=\s*[\"']?\s*({re.escape(text)})", self.get_starttag_text() or "", re.IGNORECASE)
        if bare and value:
            said = f'{name}="{text}" has a length without a unit, and counts as none in the compiler\'s widths: write {bare[0][1]}px'
            self._say(said, within=name, severity="warning")
            if all(is_zero(part) for _, part in bare):
                edits = tuple(self._edit(value.start(1) + offset, part, f"{part}px") for offset, part in bare)
                self._source.findings[-1] = replace(self._source.findings[-1], edits=edits)

    def _href(self, text: str) -> None:
        rest = _HREF_FIELD.sub("", text)
        if "{" in rest:
            self._say(f"an address may hold only {', '.join(LINK_FIELDS)}: no other field belongs in a link", within="href")
        elif not text:
            self._say("href is empty: write {{ link }} or an https:// address", within="href")
        elif re.match(r"\s*http:", text, re.IGNORECASE):
            self._secure("href", text, "the link is http://: write https://")
        elif not _HREF_FIELD.match(text) and not re.match(r"https://|mailto:|tel:|\[\[", text):
            scheme = re.sub(r"\s+", "", text).split(":")[0][:20]
            self._say(f"'{scheme}' is no link for a letter: write {{{{ link }}}}, https://, mailto: or tel:", within="href")
        elif text.startswith("https://") and not host_of(text):
            self._say("the address has no host that can be read: write https://HOST/...", within="href")
        elif (field := _HREF_FIELD.match(text)) and not re.match(r"[/?#&]|$", text[field.end() :]):
            self._say(f"'{text[field.end() :][:20]}' would become part of the address's host: write / before it", within="href")

    def _secure(self, name: str, address: str, message: str) -> None:
        """Report an address that is not https; on our own site, where https answers, one letter corrects it."""
        self._say(message, within=name)
        at = (self.get_starttag_text() or "").find(address)
        if address.startswith("http://") and at >= 0:
            edit = self._edit(at, "http://", "https://", host_of(address) or "-")
            self._source.findings[-1] = replace(self._source.findings[-1], edits=(edit,))

    def _look(self, text: str) -> None:
        known = self._classes | {name.partition("-")[2] for name in self._classes if "-" in name}
        for word in sorted(set(text.split()) - known):
            self._say(
                f"no mj-class '{word}': {nearest(word, self._classes)}",
                within=word,
                correct=one_near(word, self._classes),
                severity="warning",
            )

    def _image(self, tag: str, attrs: dict[str, str | None]) -> None:
        if attrs.get("alt") is None:
            self._say(f'<{tag}> has no alt: say in words what it shows, or alt="" where it only decorates')
        if not attrs.get("src"):
            self._say(f"<{tag}> has no src: write an https:// address")
        if tag == "img" and not (attrs.get("width") and attrs.get("height")):
            self._say("<img> has no width and height: give both in pixels, so that text does not jump")
