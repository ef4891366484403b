"""Plates: what they print is what Jinja's sandbox renders, for any template, any value and any place where pieces meet."""

from __future__ import annotations

from base64 import b64decode
from binascii import a2b_qp
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import escape

from composer.errors import ComposerError
from composer.render.fields import environment, problems
from composer.render.mime import base64_lines, plain, quoted
from composer.render.plate import Ink, Plate, engrave, filled, press
from tests.render.templates import HOSTILE, every_value, templates

SANDBOX = {html: environment(html=html) for html in (True, False)}
CONSTANT = st.sets(st.sampled_from(("sender_name", "title", "site", "first_name", "cta")))


def lines(text: str) -> str:
    """A reader's program sees one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sandboxed(sandbox: Environment, template: str, values: dict[str, str]) -> str:
    return str(sandbox.from_string(template).render(values))


def printed(plate: Plate, values: dict[str, str], *, html: bool) -> tuple[bytes, bytes]:
    """Return what the plate prints in both encodings, as joined pieces."""
    both = []
    for steps, write in ((plate.quoted, quoted), (plate.plain, plain)):
        out: list[bytes] = []
        ink = Ink(values, (lambda text, write=write: write(str(escape(text)))) if html else write)
        with filled():
            press(steps, ink, out)
        both.append(b"".join(out))
    return both[0], both[1]


@given(templates, every_value, CONSTANT, st.booleans())
def test_what_a_plate_prints_is_what_the_sandbox_renders(template: str, values: dict[str, str], constant: set[str], html: bool) -> None:
    assume(not problems(template))
    values = {name: lines(value) for name, value in values.items()}
    expected = lines(sandboxed(SANDBOX[html], template, values))
    plate = engrave(template, {name: values[name] for name in constant}, html=html)
    in_quoted, in_plain = printed(plate, values, html=html)
    assert lines(a2b_qp(in_quoted).decode()) == expected
    assert lines(b64decode(base64_lines(in_plain)).decode()) == expected
    if not html:
        assert lines(plate.line(values)) == expected


@given(st.lists(templates, min_size=1, max_size=4), every_value)
def test_pieces_joined_in_any_order_keep_the_rules_of_lines(sources: list[str], values: dict[str, str]) -> None:
    assume(not any(problems(source) for source in sources))
    pieces = [printed(engrave(source, {}, html=True), values, html=True)[0] for source in sources]
    body = b"".join(pieces)
    assert body.isascii()
    assert body == b"" or body.endswith(b"\r\n")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert b"\n" not in body.replace(b"\r\n", b"")
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert line == line.rstrip(b" \t")
    assert a2b_qp(body) == b"".join(a2b_qp(piece) for piece in pieces)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "template", ["{{ company }}", "a{{ company }}b", "\n{{ company }}\n", "{{ company }}{{ company }}", ".{{ company or 'x' }}."]
)
def test_a_hostile_value_changes_nothing_around_it(template: str, value: str) -> None:
    for html in (True, False):
        expected = sandboxed(SANDBOX[html], template, {"company": lines(value)})
        in_quoted, in_plain = printed(engrave(template, {}, html=html), {"company": value}, html=html)
        assert lines(a2b_qp(in_quoted).decode()) == expected
        assert lines(in_plain.decode()) == expected
        assert not any(line.startswith(b".") or len(line) > 76 for line in in_quoted.split(b"\r\n"))


def test_what_is_constant_is_engraved_and_choices_on_it_are_gone() -> None:
    template = "{% if title == 'a' %}A{{ sender_name or 'we' }}{% elif first_name %}B{% else %}C{% endif %}{{ title }}"
    for title, steps in (("a", 1), ("b", 2)):
        plate = engrave(template, {"title": title, "sender_name": "<x>"}, html=True)
        assert len(plate.steps) == steps
    assert engrave(template, {"title": "a", "sender_name": "<x>"}, html=True).quoted == ([b"A&lt;x&gt;a=\r\n"], ())


@pytest.mark.parametrize(
    "template", ["{% for a in title %}x{% endfor %}", "{{ title|upper }}", "{{ title.x }}", "{{ 'a' if title }}", "{{ title > 'a' }}"]
)
def test_a_plate_refuses_what_is_beyond_the_language(template: str) -> None:
    with pytest.raises(ComposerError, match="beyond the template language"):
        engrave(template, {"title": ""}, html=True)


@pytest.mark.parametrize("template", ["{{ first_name }}", "{% if first_name %}x{% endif %}", "{{ first_name or 'x' }}"])
def test_a_field_without_a_value_stops_the_letter(template: str) -> None:
    plate = engrave(template, {}, html=True)
    for print_it in (partial(printed, plate, {}, html=True), partial(plate.line, {})):
        with pytest.raises(ComposerError, match="merge field without a value"):
            print_it()


def test_base64_is_chosen_where_it_is_smaller_and_by_the_plate_alone() -> None:
    latin, cyrillic = engrave("Plan the week. {{ company }}" * 9, {}, html=False), engrave("План недели. {{ company }}" * 9, {}, html=False)
    assert latin.gain < 0 < cyrillic.gain
    for plate in (latin, cyrillic):
        sizes = [
            len(quoted(text)) - len(base64_lines(plain(text))) for text in ("".join(s.text for s in plate.steps if hasattr(s, "text")),)
        ]
        assert (sizes[0] > 0) == (plate.gain > 0)
