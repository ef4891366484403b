"""Plates: templates engraved once, so that a letter costs its few open values and not its many bytes.

A plate is a template whose constants (the sender, the campaign) are filled in and whose static text is encoded for the
wire beforehand. What stays open are the recipient's values, this letter's links, and the choices that hang on them.
The language is the white list of composer.render.fields, read by Jinja's own parser; Jinja's sandbox stays the
reference: a plate printed and decoded is what the sandbox renders (tests/render/test_plate.py holds this for any template).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from jinja2 import nodes
from markupsafe import escape

from composer.errors import ComposerError
from composer.render.fields import environment
from composer.render.mime import plain, quoted

Values = Mapping[str, str]
Expression = Callable[[Values], str | bool]
Writer = Callable[[str], bytes]
_PARSER = environment(html=False)
_OPERATORS: Mapping[str, Callable[[object, object], bool]] = {"eq": operator.eq, "ne": operator.ne}


PLACED = frozenset(("link", "cta"))
"""Fields that are another in each block of a letter."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A place where an expression's value is printed. `placed`: it hangs on the block it stands in."""

    value: Expression
    placed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """A choice: the first branch whose test holds is printed."""

    branches: tuple[tuple[Expression, tuple[Step, ...]], ...]
    placed: bool


@dataclass(frozen=True, slots=True)
class Static:
    """Text that is the same in every letter; already escaped."""

    text: str


Step = Static | str | Shown | Fork
"""A str is the name of a field."""


@dataclass(frozen=True, slots=True, eq=False)
class InkedFork:
    """A choice whose branches are inked."""

    branches: tuple[tuple[Expression, Inked], ...]
    placed: bool


Open = str | Shown | InkedFork


class Inked(NamedTuple):
    """Steps ready for one encoding: `sheet` is what is printed, with room at every odd place for what is `open`, in order.

    So a letter is printed by copying lists and looking values up, with no line of Python for each of its hundreds of pieces.
    """

    sheet: list[bytes]
    open: tuple[Open, ...]


class Ink(dict[Open, bytes]):
    """One letter's values in one encoding, escaped and encoded when a plate first asks for them.

    `often` keeps what it wrote: titles, names and places come again in other letters. `once` does not: it is for `own`,
    the fields that are this letter's alone.
    """

    __slots__ = ("fields", "often", "once", "own")

    def __init__(self, fields: Values, once: Writer, often: Writer | None = None, own: Collection[str] = ()) -> None:
        self.fields, self.once, self.often, self.own = fields, once, often or once, own

    def __missing__(self, asked: Open) -> bytes:
        if isinstance(asked, str):
            made = self[asked] = (self.once if asked in self.own else self.often)(self.fields[asked])
            return made
        made = self.often(str(asked.value(self.fields))) if isinstance(asked, Shown) else self._chosen(asked)
        if not asked.placed:
            self[asked] = made
        return made

    def _chosen(self, fork: InkedFork) -> bytes:
        for test, branch in fork.branches:
            if test(self.fields):
                out: list[bytes] = []
                press(branch, self, out)
                return b"".join(out)
        return b""


@dataclass(frozen=True)
class Plate:
    """A template with its constants engraved. `quoted` and `plain` are its steps, inked for the two encodings of a body."""

    steps: tuple[Step, ...]

    @cached_property
    def quoted(self) -> Inked:
        return _inked(self.steps, quoted)

    @cached_property
    def plain(self) -> Inked:
        return _inked(self.steps, plain)

    @cached_property
    def gain(self) -> float:
        """Bytes that base64 saves on the static text against quoted-printable; below zero where it costs more."""
        texts = list(_texts(self.steps))
        # RFC 2045 6.8: four characters for three bytes, and a line end for 76 of them.
        return sum(len(quoted(text)) for text in texts) - sum(len(plain(text)) for text in texts) * (4 / 3) * (78 / 76)

    def line(self, values: Values) -> str:
        """Merge a template of one line into text. ComposerError where a field has no value."""
        with filled():
            return "".join(_line(self.steps, values))


@contextmanager
def filled() -> Iterator[None]:
    """Turn a field without a value into the error that names it."""
    try:
        yield
    except KeyError as error:
        raise ComposerError(f"merge field without a value: {error}", where="library", do="Run 'composer modules lint'.") from None


def engrave(template: str, constants: Values, *, html: bool) -> Plate:
    """Return the plate of a template that composer.render.fields.problems passes. In HTML every printed value is escaped.

    Raises ComposerError for anything beyond the template language.
    """
    return Plate(_joined(_steps(_PARSER.parse(template).body, constants, _escaped if html else str)))


def press(inked: Inked, ink: Ink, out: list[bytes]) -> None:
    """Print inked steps onto `out`. KeyError where a field has no value."""
    sheet = inked.sheet.copy()
    if inked.open:
        sheet[1::2] = map(ink.__getitem__, inked.open)
    out += sheet


def _line(steps: Sequence[Step], values: Values) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Static):
            yield step.text
        elif isinstance(step, str):
            yield values[step]
        elif isinstance(step, Shown):
            yield str(step.value(values))
        elif isinstance(step, Fork):
            yield from _line(next((branch for test, branch in step.branches if test(values)), ()), values)


def _escaped(value: object) -> str:
    return str(escape(value))


def _steps(body: Sequence[nodes.Node], constants: Values, shown: Callable[[object], str]) -> Iterator[Step]:
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if isinstance(part, nodes.TemplateData):
                    yield Static(part.data)
                elif _names(part) <= constants.keys():
                    yield Static(shown(_expression(part)(constants)))
                elif isinstance(part, nodes.Name):
                    yield part.name
                else:
                    yield _shown(part)
        elif isinstance(node, nodes.If):
            yield from _fork(node, constants, shown)
        else:
            raise _unknown(node)


_KNOWN: dict[str, Shown] = {}
_MOST_KNOWN = 4096


def _shown(part: nodes.Node) -> Shown:
    """The same expression is the same step in every plate: a letter that asks again finds what it printed."""
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    return _KNOWN.setdefault(repr(part), Shown(_expression(part), bool(_names(part) & PLACED)))


def _fork(node: nodes.If, constants: Values, shown: Callable[[object], str]) -> Iterator[Step]:
    branches: list[tuple[Expression, tuple[Step, ...]]] = []
    for test, body in (*((one.test, one.body) for one in (node, *node.elif_)), (nodes.Const(True), node.else_)):
        asked, steps = _expression(test), _joined(_steps(body, constants, shown))
        if not _names(test) <= constants.keys():
            branches.append((asked, steps))
        elif asked(constants):
            branches.append((_always, steps))
            break
    if branches and branches[0][0] is _always:
        yield from branches[0][1]
    elif any(steps for _, steps in branches):
        yield Fork(tuple(branches), bool(_names(node) & PLACED))


def _always(_: Values) -> bool:
    return True


def _expression(node: nodes.Node) -> Expression:
    match node:
        case nodes.Const(value=constant):
            return lambda _: constant
        case nodes.Name(name=name):
            return operator.itemgetter(name)
        case nodes.Not():
            inner = _expression(node.node)
            return lambda values: not inner(values)
        case nodes.And() | nodes.Or():
            left, right = _expression(node.left), _expression(node.right)
            if isinstance(node, nodes.And):
                return lambda values: left(values) and right(values)
            return lambda values: left(values) or right(values)
        case nodes.CondExpr() if node.expr2 is not None:
            test, first, second = _expression(node.test), _expression(node.expr1), _expression(node.expr2)
            return lambda values: first(values) if test(values) else second(values)
        case nodes.Compare() if all(operand.op in _OPERATORS for operand in node.ops):
            return _comparison(node)
        case _:
            raise _unknown(node)


def _comparison(node: nodes.Compare) -> Expression:
    """`a == b != c` as Python chains it: every neighbouring pair."""
    sides = [_expression(node.expr), *(_expression(operand.expr) for operand in node.ops)]
    pairs = [(sides[at], _OPERATORS[operand.op], sides[at + 1]) for at, operand in enumerate(node.ops)]
    return lambda values: all(same(left(values), right(values)) for left, same, right in pairs)


def _names(node: nodes.Node) -> set[str]:
    own = {node.name} if isinstance(node, nodes.Name) else set()
    return own.union(*(_names(child) for child in node.iter_child_nodes()))


def _unknown(node: nodes.Node) -> ComposerError:
    return ComposerError(f"{type(node).__name__} is beyond the template language", where="library", do="Run 'composer modules lint'.")


def _joined(steps: Iterator[Step]) -> tuple[Step, ...]:
    """Put neighbouring static texts together."""
    made: list[Step] = []
    for step in steps:
        if isinstance(step, Static) and made and isinstance(last := made[-1], Static):
            made[-1] = Static(last.text + step.text)
        elif not isinstance(step, Static) or step.text:
            made.append(step)
    return tuple(made)


def _inked(steps: Sequence[Step], write: Writer) -> Inked:
    sheet: list[bytes] = [b""]
    inside: list[Open] = []
    for step in steps:
        if isinstance(step, Static):
            sheet[-1] += write(step.text)
            continue
        branches = [(test, _inked(branch, write)) for test, branch in step.branches] if isinstance(step, Fork) else []
        inside.append(InkedFork(tuple(branches), step.placed) if isinstance(step, Fork) else step)
        sheet += (b"", b"")
    return Inked(sheet, tuple(inside))


def _texts(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Static):
            yield step.text
        elif isinstance(step, Fork):
            for _, branch in step.branches:
                yield from _texts(branch)
