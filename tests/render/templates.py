"""Generated templates and values: everything the template language allows, and every text that could do harm."""

from __future__ import annotations

from hypothesis import strategies as st

from composer.render.fields import FIELDS

NAMES = ("first_name", "company", "role", "sender_name", "title", "link", "cta", "greeting")
HOSTILE = (
    "",
    ".",
    "..",
    ". a",
    "From me",
    "=?utf-8?q?x=0D=0ABcc:_evil=40example.org?=",
    "x\r\nBcc: evil@example.org",
    "\n.\n",
    "a\nFrom b",
    "\u2028\u0085\x00",
    "\u202eabc",
    "{{7*7}}",
    "{% if x %}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' & \"",
    "--=_boundary",
    "=",
    "=3D",
    "a=",
    " ",
    "trailing ",
    "a blank \nat the end of a line \t\n ",
    "x" * 74,
    "x" * 75,
    "x" * 76,
    "ä" * 40,
    "=" * 80,
    "x" * 74 + ".",
    "y" * 10_000,
    "\U0001f680",
    "Иван",
    "None",
)
values = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
every_value = st.fixed_dictionaries(dict.fromkeys(sorted(FIELDS), values))
_static = st.one_of(
    st.sampled_from((".", "\n", "\n.", " \n", "\t", "=", "From ", "ä", "<p>", "a { b } c", "%}", "\r\n", " ", ".mj-column{", "x" * 80)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}%#"), max_size=90),
)
_word = st.sampled_from(("'you'", "'a<b'", '"ä & b"', "''", "'.'", "'From x'", "'a' 'b'"))
_term = st.one_of(st.sampled_from(NAMES), _word)
_test = st.recursive(
    _term,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from((" or ", " and ", " == ", " != ")), inner).map("".join), inner.map("not {}".format)
    ),
    max_leaves=5,
)
_expression = st.one_of(_test, st.tuples(_test, _test, _test).map(lambda three: "{} if {} else {}".format(*three)))
_tag = st.one_of(_expression.map("{{{{ {} }}}}".format), st.just("{# a note #}"), _expression.map("{{{{- {} -}}}}".format))
_piece = st.one_of(_static, _tag)


def _choice(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    branch = st.tuples(_test, inner)
    return st.tuples(branch, st.lists(branch, max_size=2), st.none() | inner, st.sampled_from(("", "-"))).map(_written)


def _written(parts: tuple[tuple[str, str], list[tuple[str, str]], str | None, str]) -> str:
    (test, body), others, last, dash = parts
    made = f"{{% if {test} {dash}%}}{body}"
    made += "".join(f"{{%{dash} elif {test} %}}{body}" for test, body in others)
    return made + (f"{{% else %}}{last}" if last is not None else "") + f"{{%{dash} endif %}}"


templates = st.recursive(_piece, lambda inner: st.one_of(st.lists(inner, max_size=5).map("".join), _choice(inner)), max_leaves=12)
"""Sources that composer.render.fields.problems passes."""
