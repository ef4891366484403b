"""The whole check never stops a letter that the tiers before it have let pass, and good letters are never stopped at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.made_letters import NAMES, context, made_letter
from composer.errors import ComposerError
from composer.render import QUICK, WHOLE, check, disagreement
from composer.render.check_piece import check_frame, check_piece
from composer.render.laws import BY_NAME
from tests.checks.faults import AINO, Case, Edit, both, envelope, fragment, frame, good, library, newsletter, person

WORDS = st.text(max_size=40) | st.sampled_from(NAMES) | st.text("None{}%[]<>&\"'=?\r\n\u202e", max_size=12)
ODD = st.sampled_from(
    (
        "", " ", "None", "{{ x }}", "[[ x ]]", "Re: x", "http://elsewhere.example/x", "https://bit.ly/x", "javascript:alert(1)", "x" * 700,
        "https://www.example.com/x", "https://letters.example.com/u/short", "\x00\r\n", "aino.virtanen@example.com", "Ünïcode " * 20,
    )
)  # fmt: skip
PIECES = (
    "<table></table>", "<h1>x</h1>", "<h4>x</h4>", '<img src="x">', "<script>x</script>", "<p>None</p>", "<td>", "</td>", "<!--[if mso]>",
    '<a href="https://bit.ly/x">A way there</a>', '<a href="https://www.example.com/x">A way there</a>', '<a href="{{ link }}">here</a>',
    '<a href="http://x.example">A way there</a>', '<a href="data:x">A way there</a>', "<p>{{ first_name }}</p>", '<p onclick="x">x</p>',
    '<img src="{{ pictures }}/a.png" alt="" width="1" height="1">', "{% if company == 'x' %}<h1>x</h1>{% endif %}", "<p>well</p>",
)  # fmt: skip


def blocked(case: Case, tier: tuple[tuple[str, Callable[..., str]], ...]) -> set[str]:
    return {name for name in case.seen(tier) if BY_NAME[name].stops}


def blocked_early(case: Case) -> set[str]:
    """The ids by which the tiers before the whole check stop the letter or its pieces."""
    compiled = case.context.press._compiled
    newsletter = case.made.newsletter
    found = list(check_frame(compiled.frames[newsletter.layout, newsletter.language], newsletter.language))
    names = {block.module for block in newsletter.blocks}
    for (module, language, _, _), piece in compiled.fragments.items():
        if module in names and language == newsletter.language:
            found += check_piece(piece.html, piece.text, piece.ctas)
    return {finding.check for finding in found if finding.blocks} | blocked(case, QUICK)


def agree(edit: Edit) -> None:
    """Hold that a letter with this damage is stopped early if it is stopped at all. What cannot be rendered is stopped before."""
    try:
        case = edit(good())
    except ComposerError:
        return
    late = blocked(case, WHOLE)
    assert not late or blocked_early(case), late


@given(st.fixed_dictionaries(dict.fromkeys(("first_name", "last_name", "company", "role", "region", "stage"), WORDS)))
def test_no_words_of_a_person_are_stopped_at_all(words: dict[str, str]) -> None:
    case = both(newsletter(subject="{% if first_name %}{{ first_name }}, {% endif %}{{ company or 'a week' }}"), person(**words))(good())
    assert [finding for finding in case.found() if finding.blocks] == []


NAMES_OF_ENVELOPE = ("sender_name", "postal_address", "title", "campaign", "list_name", "mark", "feedback_id")
PAGES_OF_ENVELOPE = ("unsubscribe_url", "preferences_url", "why_url", "view_url", "pictures_url", "unsubscribe_header_url")
URLS_OF_ENVELOPE = ("privacy_url", "site", *PAGES_OF_ENVELOPE)


@given(st.dictionaries(st.sampled_from((*NAMES_OF_ENVELOPE, *URLS_OF_ENVELOPE)), ODD, min_size=1, max_size=2))
def test_the_tiers_agree_about_odd_envelopes(changes: dict[str, str]) -> None:
    agree(envelope(**changes))


@given(st.dictionaries(st.sampled_from(("subject", "preheader")), ODD | WORDS, min_size=1))
def test_the_tiers_agree_about_odd_subjects_and_preheaders(changes: dict[str, str]) -> None:
    agree(newsletter(**changes))


@given(ODD)
def test_the_tiers_agree_about_odd_targets(url: str) -> None:
    def edit(case: Case) -> Case:
        damaged = library(url=url, urls={})(case)
        return envelope()(damaged)

    agree(edit)


@pytest.mark.parametrize("piece", PIECES)
def test_the_tiers_agree_about_damaged_fragments(piece: str) -> None:
    agree(fragment(lambda html: piece + html))
    agree(fragment(lambda html: html + piece, lambda words: words + "\nundefined"))


@pytest.mark.parametrize("piece", PIECES)
def test_the_tiers_agree_about_damaged_frames(piece: str) -> None:
    agree(frame("</body>", piece + "</body>"))


def test_made_letters_have_no_finding_in_any_tier() -> None:
    for number in range(150):
        one = made_letter(number)
        found = check(one.message, one.newsletter, one.person, one.envelope, context())
        assert disagreement(found) == ()
        assert [(finding.check, finding.message) for finding in found if finding.blocks] == [], number


def test_findings_name_nobody() -> None:
    case = both(person(first_name="Aino"), envelope(postal_address="", privacy_url=""))(good())
    messages = " ".join(finding.message for finding in case.found())
    assert messages
    assert AINO.address not in messages
    assert AINO.last_name not in replace(AINO, first_name="x").first_name + messages
