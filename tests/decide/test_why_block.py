"""Why a block is in a letter: two or three sentences, true, different, and none that gives anything sensitive away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.decide.why_block import DISCREET, LEAST, MOST, Standing, why_block
from composer.domain.audience import Codes
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Source
from composer.domain.sentence import SILENCE, Sentence, say
from tests.decide._sentences import all_sentences
from tests.decide._worlds import INTERESTS, LETTER, TOPICS, World, blank, learnt, module, people, weekly, world, worlds

STANDINGS = st.builds(
    Standing,
    ahead=st.integers(0, 40),
    level=st.integers(1, 3),
    among=st.integers(41, 60),
    pool=st.integers(1, 8),
    kept=st.booleans(),
)
SAID = st.sampled_from((SILENCE, say("One."), say("Two."), say("Three."), say("Popular with other readers.")))
MARKS = (*INTERESTS, *(f"topic:{topic}" for topic in TOPICS))
NAMES = {mark.partition(":")[2].casefold() for mark in MARKS}


def reasons(case: World) -> list[tuple[str, tuple[Sentence, ...]]]:
    decided = case.decide()
    letters = [decided.outcome(r) for r in range(len(decided))]
    return [(block.module, block.reasons) for letter in letters if isinstance(letter, Newsletter) for block in letter.blocks]


LIFTED = st.lists(st.tuples(st.just("affinity"), SAID), max_size=4)


@given(st.sampled_from(Source), st.booleans(), STANDINGS, LIFTED, st.lists(SAID, max_size=3))
def test_two_or_three_different_sentences_whatever_speaks(
    source: Source, general: bool, standing: Standing, lifted: list[tuple[str, Sentence]], true: list[Sentence]
) -> None:
    found = why_block(source, general, standing, (), lifted, true)
    assert LEAST <= len(found) <= MOST
    assert len(set(found)) == len(found)
    assert all(found)
    spoken = [sentence for _, sentence in lifted if sentence]
    assert source is not Source.ranked or general or not spoken or found[0] == spoken[0]


@pytest.mark.parametrize(("source", "signal"), [(Source.segment, "segment"), (Source.popular, "popularity"), (Source.seasonal, "season")])
def test_a_fallback_and_the_signal_it_went_by_do_not_say_the_same_twice(source: Source, signal: str) -> None:
    found = why_block(source, False, Standing(0, 1, 9), (), [(signal, say("The same again.")), ("novelty", say("It is new."))], [])
    assert say("The same again.") not in found
    assert say("It is new.") in found


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (Standing(0, 1, 38), "Of the 38 pieces that could be shown to you it fits best."),
        (Standing(1, 1, 38), "Of the 38 pieces that could be shown to you only one fits better."),
        (Standing(4, 1, 38), "Of the 38 pieces that could be shown to you only 4 fit better."),
        (Standing(30, 1, 38), "Of what was left for its place it fits you best."),
        (Standing(0, 5, 38), "Several pieces fit you equally well, and it is this one's turn."),
        (Standing(30, 1, 38, kept=True), "This place in the letter is kept for pieces of this kind."),
    ],
)
def test_where_little_speaks_the_standing_is_told(standing: Standing, says: str) -> None:
    assert [str(one) for one in why_block(Source.ranked, False, standing, (), [("novelty", say("It is new."))], [])] == ["It is new.", says]


def test_the_standing_that_is_told_is_the_true_one() -> None:
    modules = [module(f"story/m{i:02}", group=f"g{i}", interests=INTERESTS[:1] if i == 7 else ()) for i in range(12)]
    library = Library(tuple(modules), {"newsletter": LETTER})
    person = blank(library)
    person = replace(person, bought=np.array([[1.0, 0, 0, 0, 0][: len(library.interests)]], dtype=np.float32))
    decided = world(person, library, campaign=weekly(holdout=0.0)).decide()
    keys = decided.scores.keys[0] // 1000
    best = decided.outcome(0).blocks[0]
    assert best.module == "story/m07"
    assert (keys > keys[7]).sum() == 0
    page, row = decided._page(0)
    assert (page.ahead[row][0], page.level[row][0], page.among[row]) == (0, 1, 12)
    assert page.level[row][1] == 11 - (len(decided.outcome(0).blocks) - 2), "of eleven equals those that are shown had their turn"


def test_what_was_named_already_waits_for_what_else_speaks() -> None:
    often, lately = say("You often buy {what}.", what="tea"), say("You bought {what} recently.", what="tea")
    popular, shown = say("Popular with other readers."), Standing(0, 1, 9)
    lifted = [("affinity", often), ("recency", lately), ("popularity", popular)]
    assert why_block(Source.ranked, False, shown, (), lifted, []) == (often, popular)
    assert why_block(Source.ranked, False, shown, (), lifted[:2], []) == (often, lately)


def test_a_notice_for_a_region_says_that_it_is_for_people_there() -> None:
    storm = module("notice/storm", regions=("north",))
    library = Library((*(module(f"story/m{i:02}", group=f"g{i}") for i in range(8)), storm), {"newsletter": LETTER})
    case = world(replace(blank(library), region=Codes.of(["north"])), library, campaign=weekly(holdout=0.0))
    known = replace(case, beliefs=Beliefs({"scorer": {"modules": {"notice/storm": 1.0}}}))
    assert dict(reasons(known))["notice/storm"][0] == say("It is for people where you are.")


@given(worlds(), st.sets(st.sampled_from(MARKS)), st.booleans())
def test_nothing_sensitive_is_ever_said(case: World, marks: set[str], upper: bool) -> None:
    library = replace(case.library, private=frozenset(mark.upper() if upper else mark for mark in marks))
    names = {mark.partition(":")[2].casefold() for mark in marks}
    for name, said in reasons(World(**{**vars(case), "library": library})):
        about = library.modules[library.index[name]]
        touched = marks & {*about.interests, *(f"topic:{topic}" for topic in about.topics)}
        for words in (leaf.casefold() for sentence in said for leaf in sentence.leaves()):
            assert not any(secret in words for secret in names), words
        assert (said == DISCREET) == bool(touched)


def test_everything_sensitive_in_a_world_that_would_tell_much() -> None:
    """The law above, where there is most to give away: everybody bought and everything was learnt."""
    about = {"owned_for": timedelta(0), "rest": timedelta(0)}
    modules = [
        module(f"story/m{i:02}", group=f"g{i}", interests=INTERESTS[i % 5 :][:1], topics=TOPICS[i % 3 :][:1], **about) for i in range(14)
    ]
    library = Library(tuple(modules), {"newsletter": LETTER})
    case = world(people(library, 60), library, campaign=weekly(holdout=0.0), beliefs=learnt(library, "much"))
    told = " ".join(str(sentence) for _, said in reasons(case) for sentence in said).casefold()
    assert {"planning", "reports", "training"} <= {name for name in NAMES if name in told}
    hidden = World(**{**vars(case), "library": replace(library, private=frozenset(("category:Planning",)))})
    told = " ".join(str(sentence) for _, said in reasons(hidden) for sentence in said).casefold()
    assert "planning" not in told
    assert "reports" in told


def test_a_sensitive_module_hides_its_interests_everywhere() -> None:
    shy = module("story/shy", group="s", interests=("category:Planning",), sensitive=True)
    open_ = [module(f"story/m{i:02}", group=f"g{i}", interests=INTERESTS[1:2], owned_for=timedelta(0)) for i in range(8)]
    library = Library((*open_, shy), {"newsletter": LETTER})
    assert library.discreet == (False,) * 8 + (True,)
    case = world(people(library, 40), library, campaign=weekly(holdout=0.0), beliefs=learnt(library, "shy"))
    told = " ".join(str(sentence) for _, said in reasons(case) for sentence in said)
    assert "Planning" not in told
    assert "Reports" in told


@given(worlds(), st.sets(st.sampled_from(MARKS), min_size=1))
def test_what_is_sensitive_is_chosen_as_before(case: World, marks: set[str]) -> None:
    quiet = World(**{**vars(case), "library": replace(case.library, private=frozenset(marks))})
    assert [name for name, _ in reasons(quiet)] == [name for name, _ in reasons(case)]


@given(worlds(least=8))
def test_the_general_letter_claims_nothing_about_the_reader(case: World) -> None:
    for _, said in reasons(World(**{**vars(case), "campaign": weekly(holdout=1.0)})):
        told = " ".join(map(str, said))
        assert "general letter" in told
        assert "You " not in told
        assert "fits you" not in told


def test_no_sentence_speaks_of_what_a_purchase_might_mean() -> None:
    """Reasons say what somebody did or said, or what is true of the piece; never what that could tell about them."""
    inferring = ("health", "money", "debt", "afford", "family", "child", "pregnan", "lonely", "religio", "probably", "seem")
    assert not [words for words in all_sentences() if any(word in words.lower() for word in inferring)]
