"""The template language knows fields and choices, and refuses everything that computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.render.fields import environment, problems, unguarded


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a'*500000000 }}",
        "{{ 7*7 }}",
        "{{ first_name.upper() }}",
        "{{ first_name|upper }}",
        "{{ ''.__class__ }}",
        "{{ x }}",
        "{{ self }}",
        "{% for a in first_name %}{% endfor %}",
        "{% set a = 'b' %}",
        "{% include 'x' %}",
        "{% macro a() %}{% endmacro %}",
        "{{ lipsum() }}",
        "{% raw %}{{ x }}{% endraw %}",
        "{{ first_name",
        "{% if first_name %}",
        "{% endif %}",
        "{{ first_name[0] }}",
        "{{ [1] }}",
        "{{ {} }}",
        "{{ first_name ~ company }}",
        "{{ not " + "not " * 5000 + "first_name }}",
        "{{" * 50_000,
        "{% if first_name %}" * 3000 + "{% endif %}" * 3000,
    ],
)
def test_what_computes_or_does_not_end_is_refused(template: str) -> None:
    assert problems(template)


@pytest.mark.parametrize(
    "template",
    [
        "no field",
        "{{ first_name }}",
        "{{ first_name or 'you' }}",
        "{% if company == 'x' and not role %}a{% elif stage != 'b' %}b{% else %}c{% endif %}",
        "{{ first_name if first_name else 'you' }}",
        "{# a note #}",
        "a } b { c",
        "@media { .a{color:red} }",
    ],
)
def test_fields_and_choices_are_allowed(template: str) -> None:
    assert problems(template) == []


def test_a_misspelt_field_is_told_with_its_place_and_the_nearest_name() -> None:
    found = problems("Hei {{ first_nam }}")
    assert [(problem.offset, problem.message) for problem in found] == [(7, "unknown merge field 'first_nam': did you mean 'first_name'?")]


@given(st.text(alphabet="{}%#'\" =!ornotifelsd_namfirst", max_size=60))
def test_whatever_passes_can_be_rendered(template: str) -> None:
    if not problems(template):
        environment(html=True).from_string(template).render({"first_name": "A"} | dict.fromkeys(("site", "role"), "b"))


def test_a_name_that_may_be_empty_must_be_asked_for_first() -> None:
    assert unguarded("Hei {{ first_name }}") == {"first_name"}
    assert unguarded("{% if first_name %}Hei {{ first_name }}{% else %}Hei {{ company }}{% endif %}") == {"company"}
    assert unguarded("{{ first_name or 'you' }}") == set()
