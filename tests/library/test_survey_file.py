"""A module's question: the good one is silent, and every slip is told with what to do."""

from __future__ import annotations

import pytest

from composer.domain.survey import LONGEST_TEXT, Answer, revised
from tests.library.small import BODY, FRONT, swapped, told

ASKING = swapped(
    'url = "https://www.example.com/x"\n',
    'answers = ["yes", "no"]\n',
    swapped("[[ cta ]]: {{ link }}", "[[ answer_yes ]]: {{ link }}?a=yes\n[[ answer_no ]]: {{ link }}?a=no", FRONT),
)
ASKING = swapped("\n[en]\n", '\n[follow_up]\nwhy = ["no"]\n\n[en]\n', ASKING)
ASKING = swapped(
    'cta = "Choose a day in May"\n', 'answer_yes = "It went well"\nanswer_no = "It did not"\nask_why = "What went wrong?"\n', ASKING
)
LINKS = swapped(
    '    <mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button>\n',
    "".join(f'    <mj-button mj-class="button" href="{{{{ link }}}}?a={word}">[[ answer_{word} ]]</mj-button>\n' for word in ("yes", "no")),
    BODY,
)


def messages(front: str = ASKING, body: str = LINKS) -> str:
    return "\n".join(f"{severity}: {message}" for _, severity, message in told(front, body))


def test_a_good_question_stays_silent() -> None:
    assert messages() == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["yes", "no"]', '["yes"]', "answers are 2 to 11 different words"),
        ('["yes", "no"]', '["yes", "yes"]', "answers are 2 to 11 different words"),
        ('["yes", "no"]', '["yes", "Not at all"]', "answers are 2 to 11 different words"),
        ('answers = ["yes", "no"]\n', "", "follow_up belongs to a survey"),
        ('why = ["no"]', 'why = ["perhaps"]', "follow_up.why: 'perhaps' is no answer"),
        ('why = ["no"]', 'why = ["no"]\nagain = ["no"]', "follow_up.again: 'no' follows two questions"),
        ('why = ["no"]', 'why = "no"', "follow_up.why is a list of answers"),
        ('answer_no = "It did not"\n', "", "[en] has no answer_no"),
        ('ask_why = "What went wrong?"\n', "", "[en] has no ask_why, which the survey's page says"),
        ("{{ link }}?a=no\n'''", "{{ link }}?a=perhaps\n'''", "in the text twin: no link to the answer 'no'"),
    ],
)
def test_a_slip_in_a_question_is_told(old: str, new: str, said: str) -> None:
    assert f"error: {said}" in messages(swapped(old, new, ASKING))


@pytest.mark.parametrize(("new", "said"), [("?a=maybe", "'maybe' is no answer"), ("", "no link to the answer 'no'")])
def test_a_link_that_answers_nothing_is_told(new: str, said: str) -> None:
    assert f"error: {said}" in messages(body=swapped("?a=no", new, LINKS))


def test_the_newest_answer_stands_and_words_stay_until_others_come() -> None:
    first = revised(None, "no", "why", " It broke. ")
    assert first == Answer("no", "why", "It broke.")
    assert revised(first, "yes", "", "") == Answer("yes", "why", "It broke.")
    assert revised(first, "yes", "well", "Repaired") == Answer("yes", "well", "Repaired")
    assert revised(None, "no", "why", " \0 ") == Answer("no")
    assert len(revised(None, "no", "why", "x\ud800" * LONGEST_TEXT).text.encode()) == LONGEST_TEXT
