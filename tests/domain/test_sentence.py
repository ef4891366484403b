"""Sentences as data: read in English, stored and read back."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.sentence import SILENCE, Sentence, read_sentence, say

WORDS = st.text(max_size=20)
SENTENCES = st.recursive(
    WORDS.map(Sentence),
    lambda part: st.builds(Sentence, WORDS, st.lists(st.tuples(WORDS, st.one_of(WORDS, part)), max_size=3).map(tuple)),
    max_leaves=6,
)


def test_blanks_are_filled_and_braces_inside_values_stay() -> None:
    assert str(say("You bought {what} before, on {day}.", what="{day} {x}", day=say("a {kind} day", kind="good"))) == (
        "You bought {day} {x} before, on a good day."
    )


def test_silence_is_false_and_a_sentence_is_true() -> None:
    assert not SILENCE
    assert say("A good place to start.")


@given(SENTENCES)
def test_what_was_stored_is_read_back(sentence: Sentence) -> None:
    assert read_sentence(orjson.loads(orjson.dumps(sentence))) == sentence
    str(sentence)


def test_a_text_stored_before_sentences_had_blanks_is_a_sentence() -> None:
    assert read_sentence("You often buy Tools.") == Sentence("You often buy Tools.")


@given(SENTENCES)
def test_the_leaves_are_what_was_put_in(sentence: Sentence) -> None:
    leaves = list(sentence.leaves())
    assert all(isinstance(leaf, str) for leaf in leaves)
    assert leaves or all(isinstance(value, Sentence) for _, value in sentence.fields)
