"""The template language of letters: merge fields, choices between them, and nothing that computes.

`{{ field }}`, `{{ field or "word" }}` and `{% if field %}...{% elif %}...{% else %}...{% endif %}` with and, or, not, == and !=.
There are no loops, calls, filters, attributes or arithmetic, so a template can neither run long nor reach anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

PERSON_FIELDS = ("first_name", "last_name", "company", "role", "region", "stage")
"""Fields of the recipient. Each may be empty: unknown, or forbidden by the recipient's level."""
LINK_FIELDS = ("link", "unsubscribe_url", "preferences_url", "why_url", "view_url", "privacy_url", "site")
"""Fields that may stand in an href. No other may: an address of a page never holds data about a person."""
BLOCK_FIELDS = ("link", "cta")
"""Fields of one block: where it leads, and the call to action its reader gets. No frame has them."""
FIELDS = frozenset(
    (*PERSON_FIELDS, *LINK_FIELDS, *BLOCK_FIELDS, "greeting", "subject", "preheader", "title", "sender_name", "postal_address", "pictures")
)

LINE_FIELDS = frozenset((*PERSON_FIELDS, "title", "sender_name"))
"""Fields that a subject, a preheader or a greeting may hold: the others are made from these."""

TAG = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}")
"""A whole tag of the template language. Never across another brace, so that a search takes linear time."""
_OPENING = re.compile(r"\{[{%#]")
_DEEPEST, _LONGEST = 20, 60
"""Ifs inside each other, and words in one tag: the parser recurses, and nobody reads more."""
_STATEMENTS = frozenset(
    ("for", "set", "macro", "include", "import", "from", "extends", "block", "call", "filter", "with", "raw", "is", "in")
)
_WORDS = frozenset(("if", "elif", "else", "endif", "and", "or", "not"))
_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
)
_HOW = "a template knows {{ field }}, {{ field or 'word' }} and {% if field %}...{% else %}...{% endif %} only"


def environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    """Return the one environment of letters: sandboxed, strict about unknown fields, escaping in HTML, no globals."""
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True)
    made.globals.clear()
    return made


_PARSER = environment(html=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a template may not hold; `offset` is the character it starts at."""

    offset: int
    message: str


def problems(template: str, known: frozenset[str] = FIELDS) -> list[Problem]:
    """Return everything in `template` that is no merge field from `known`, in order."""
    if "{" not in template:
        return []
    found = [problem for tag in TAG.finditer(template) for problem in _of_tag(tag, known)] or list(_of_structure(template))
    if found:
        return found
    try:
        tree = _PARSER.parse(template)
    except TemplateSyntaxError as error:
        return [Problem(_line_start(template, error.lineno), f"the merge fields cannot be read: {error.message}")]
    for node in _walk(tree):
        if not isinstance(node, _NODES):
            return [Problem(_line_start(template, node.lineno), f"{type(node).__name__} is not allowed: {_HOW}")]
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            return [Problem(_line_start(template, node.lineno), "an if without its else has no value to print: add else 'word'")]
    return []


def unguarded(template: str) -> set[str]:
    """Return the recipient's fields that `template` prints without asking first whether they are empty."""
    return set(_bare(_PARSER.parse(template), frozenset())) if "{{" in template else set()


def nearest(word: str, known: frozenset[str]) -> str:
    """Return a hint naming the known word most like `word`, or the known words where none is near."""
    near = get_close_matches(word, sorted(known), 1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known))}"


def _of_structure(template: str) -> Iterator[Problem]:
    depth = at = 0
    for tag in [*TAG.finditer(template), None]:
        between = _OPENING.search(template, at, tag.start() if tag else len(template))
        if between:
            yield Problem(between.start(), "a merge field that does not end: close it with }} or %}")
            return
        if tag:
            word = re.match(r"\{%[-+]?\s*(\w+)", tag[0])
            depth += {"if": 1, "endif": -1}.get(word[1], 0) if word else 0
            at = tag.end()
            if depth > _DEEPEST:
                yield Problem(tag.start(), f"more than {_DEEPEST} ifs inside each other: make the template simpler")
                return


def _of_tag(tag: re.Match[str], known: frozenset[str]) -> Iterator[Problem]:
    offset = tag.start()
    if tag[0].startswith("{#"):
        return
    try:
        tokens = list(_PARSER.lex(tag[0]))
    except TemplateSyntaxError as error:
        yield Problem(offset, f"the merge field cannot be read: {error.message}")
        return
    if len(tokens) > 2 * _LONGEST:
        yield Problem(offset, f"a tag of more than {_LONGEST} words: make it simpler")
        return
    for _, kind, value in tokens:
        foreign = kind in ("integer", "float", "raw_begin") or (kind == "operator" and value not in ("==", "!="))
        if foreign or (kind == "name" and value in _STATEMENTS):
            yield Problem(offset, f"'{value.strip()}' is not allowed: {_HOW}")
            return
        if kind == "name" and value not in _WORDS and value not in known:
            yield Problem(offset, f"unknown merge field '{value}': {nearest(value, known)}")
            return
        offset += len(value)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _bare(node: nodes.Node, known: frozenset[str]) -> Iterator[str]:
    if isinstance(node, nodes.Name):
        if node.name in PERSON_FIELDS and node.name not in known:
            yield node.name
    elif isinstance(node, nodes.If | nodes.CondExpr):
        asked = known | {n.name for n in _walk(node.test) if isinstance(n, nodes.Name)}
        branches = [*node.body, *node.elif_, *node.else_] if isinstance(node, nodes.If) else [node.expr1, node.expr2]
        for child in branches:
            if child is not None:
                yield from _bare(child, asked)
    elif isinstance(node, nodes.Or):
        yield from _bare(node.right, known)
    else:
        for child in node.iter_child_nodes():
            yield from _bare(child, known)


def _line_start(text: str, line: int) -> int:
    return sum(len(part) + 1 for part in text.split("\n")[: line - 1])
