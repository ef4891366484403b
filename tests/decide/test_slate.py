"""The slate, the fallback and the words around it, by example."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from composer.decide.redact import forbidden_columns, redact
from composer.domain.audience import Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Cap, Policy
from composer.domain.content import Library, Slot
from composer.domain.language import lookup
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Skip, Source
from composer.domain.sentence import say
from composer.errors import UsageError
from tests.decide._worlds import LETTER, NOW, blank, in_name_order, module, shop, weekly, world

PLAIN = weekly(holdout=0.0, policy=Policy(explore=0.0))


def library_of(*modules) -> Library:
    return Library(tuple(sorted(modules, key=lambda m: m.name)), {"newsletter": LETTER}, "test")


def test_equals_take_turns_over_readers_and_keep_their_turn() -> None:
    library = library_of(*[module(f"story/{name}") for name in "hgfedcba"])
    decided = world(blank(library, 4000), library, campaign=PLAIN).decide()
    first = Counter(decided.outcome(r).blocks[0].module for r in range(4000))
    assert set(first) == set(library.names)
    assert all(abs(count - 500) < 5 * 500**0.5 for count in first.values())
    again = world(blank(library, 4000).take([17]), library, campaign=PLAIN).decide().outcome(0)
    assert [block.module for block in again.blocks] == [block.module for block in decided.outcome(17).blocks]
    assert {block.score for block in again.blocks} == {again.blocks[0].score}, "a turn is no difference in worth"


def test_what_tells_modules_apart_comes_before_turns() -> None:
    library = library_of(*[module(f"story/{name}") for name in "fedcba"])
    decided = world(blank(library, 200), library, campaign=PLAIN, beliefs=in_name_order(library)).decide()
    assert {"".join(block.module[-1] for block in decided.outcome(r).blocks) for r in range(200)} == {"abcdef"}


def test_in_the_holdout_equals_stand_by_name() -> None:
    library = library_of(*[module(f"story/{name}") for name in "fedcba"])
    decided = world(blank(library, 50), library, campaign=replace(PLAIN, holdout=1.0)).decide()
    assert {"".join(block.module[-1] for block in decided.outcome(r).blocks) for r in range(50)} == {"abcdef"}


def test_blocks_beyond_four_must_be_worth_it() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdef"])
    beliefs = Beliefs({"scorer": {"modules": {"story/a": 2.0, "story/b": 1.9, "story/c": 0.2, "story/d": 0.1, "story/e": 0.0}}})
    letter = world(blank(library), library, campaign=PLAIN, beliefs=beliefs).decide().outcome(0)
    assert [block.module[-1] for block in letter.blocks] == list("abcd")


def test_a_pinned_slot_is_filled_however_its_candidate_scores_and_changes_nothing_for_the_others() -> None:
    notice, closing = Slot("notice", ("notice",), 0, 1, pinned=True), Slot("closing", ("signature",), 0, 1, pinned=True)
    layout = replace(LETTER, slots=(notice, Slot("hero"), Slot("recommendation", (), 3, 5), closing))
    stories = [module(f"story/{name}") for name in "abcdefg"]
    weak = {"notice/storm": -5.0, "signature/anna": -5.0, "story/a": 2.0, "story/b": 1.9, "story/c": 0.2, "story/d": 0.1}
    library = replace(library_of(*stories, module("notice/storm"), module("signature/anna")), layouts={"newsletter": layout})
    letter = world(blank(library), library, campaign=PLAIN, beliefs=Beliefs({"scorer": {"modules": weak}})).decide().outcome(0)
    assert [block.module for block in letter.blocks] == ["notice/storm", "story/a", "story/b", "story/c", "story/d", "signature/anna"]
    free = replace(layout, slots=tuple(replace(slot, pinned=False) for slot in layout.slots))
    loose = replace(library, layouts={"newsletter": free})
    letter = world(blank(loose), loose, campaign=PLAIN, beliefs=Beliefs({"scorer": {"modules": weak}})).decide().outcome(0)
    assert [block.module for block in letter.blocks] == ["story/a", "story/b", "story/c", "story/d"]


def test_one_group_for_all_relaxes_the_cap_and_says_so() -> None:
    library = library_of(*[module(f"story/{name}", group="one", generic=True) for name in "abcde"])
    letter = world(blank(library), library, campaign=PLAIN).decide().outcome(0)
    assert [block.source for block in letter.blocks] == [Source.ranked] * 2 + [Source.generic] * 2
    assert letter.blocks[3].reasons[0] == say("A good place to start.")


def test_the_chain_goes_from_segment_to_popular_to_season_to_generic() -> None:
    modules = [module(f"story/{n}", group="one", interests=(f"category:{n}",)) for n in "abcde"]
    modules[4] = replace(modules[4], generic=True)
    library = library_of(*[replace(m, months=(11,)) if m.name == "story/d" else m for m in modules])
    beliefs = Beliefs(
        {
            "segment": {"role": {"buyer": {"category:b": 3.0}}},
            "popularity": {"modules": {"story/a": 0.01, "story/b": 0.01, "story/c": 0.4}},
            "scorer": {"weights": {"segment": 0.01, "popularity": 0.01, "season": 0.01}, "modules": {"story/a": 2.0, "story/e": 1.0}},
        }
    )
    person = replace(blank(library), role=Codes.of(["buyer"]))
    letter = world(person, library, campaign=PLAIN, beliefs=beliefs).decide().outcome(0)
    sources = {block.module[-1]: block.source for block in letter.blocks}
    assert sources == {"a": Source.ranked, "e": Source.ranked, "b": Source.segment, "c": Source.popular}


def test_too_few_blocks_is_said_not_padded() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abc"])
    assert world(blank(library), library).decide().outcome(0).reason == Skip.too_few_blocks


def test_an_explanation_names_the_rule_that_removed_each_loser() -> None:
    library = library_of(
        *[module(f"story/{name}") for name in "abcdefg"],
        module("story/old", valid_until=NOW),
        module("offer/far", countries=("SE",)),
        module("story/fi", languages=("fi",)),
    )
    decided = world(blank(library), library, campaign=replace(PLAIN, modules=("story/*",)), beliefs=in_name_order(library)).decide()
    losers = {loser.module: loser.rule for loser in decided.explain(0).losers}
    assert losers == {"story/old": "dates", "offer/far": "campaign", "story/fi": "language", "story/g": ""}
    assert decided.explain(0).redacted == ()


def test_dates_are_judged_at_the_send_time() -> None:
    soon = module("story/soon", valid_from=NOW + timedelta(days=2))
    ends = module("story/ends", valid_until=NOW + timedelta(hours=20))
    library = library_of(*[module(f"story/{name}") for name in "abcd"], soon, ends)
    from datetime import time

    from composer.domain.campaign import Window

    monday = replace(PLAIN, window=Window(days=(0,), opens=time(9), closes=time(12)))  # NOW is a Friday
    losers = {loser.module: loser.rule for loser in world(blank(library), library, campaign=monday).decide().explain(0).losers}
    assert losers["story/ends"] == "dates"
    assert losers.get("story/soon", "") == ""


MONTHLY, LAST_WEEK = Codes.of(["monthly"]), np.array([int(NOW.timestamp()) - 7 * 86_400])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consented": np.array([False]), "suppressed": np.array([True])}, Skip.no_consent),
        ({"suppressed": np.array([True])}, Skip.suppressed),
        ({"restricted": np.array([True])}, Skip.restricted),
        ({"paused_until": np.array([int(NOW.timestamp()) + 10 * 86_400]), "frequency": MONTHLY, "letter_at": LAST_WEEK}, Skip.paused),
        ({"frequency": MONTHLY, "letter_at": LAST_WEEK, "duplicate": np.array([True])}, Skip.fewer),
        ({"duplicate": np.array([True])}, Skip.same_address),
        ({"sent_lately": np.array([2], dtype=np.int16)}, Skip.over_cap),
        ({"language": Codes.of(["xx"])}, Skip.no_language),
    ],
)
def test_who_gets_nothing_is_told_one_reason(changes: dict[str, object], reason: Skip) -> None:
    library = shop()
    campaign = weekly(cap=Cap(2, timedelta(days=7)))
    assert world(replace(blank(library), **changes), library, campaign=campaign).decide().outcome(0).reason == reason


def test_the_subject_is_the_campaigns_own_else_the_leading_blocks() -> None:
    library = shop()
    letter = world(blank(library), library, campaign=PLAIN).decide().outcome(0)
    assert letter.subject == f"About {letter.blocks[0].module}"
    own = world(blank(library), library, campaign=replace(PLAIN, subject={"en": "News"})).decide().outcome(0)
    assert own.subject == "News"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("FI-fi", "fi"),
        ("zh-Hant-TW", "zh-Hant"),
        ("sv", ""),
        ("", ""),
    ],
)
def test_the_nearest_language_is_found(wanted: str, found: str) -> None:
    assert lookup(wanted, ("en", "fi", "zh-Hant")) == found


def test_a_regional_language_is_written_in_its_base_language() -> None:
    library = shop()
    letter = world(replace(blank(library), language=Codes.of(["fi-FI"])), library).decide().outcome(0)
    assert letter.language == "fi"


def test_every_column_declares_its_level_and_its_blank() -> None:
    for name, column in Audience.__dataclass_fields__.items():
        assert {"level", "blank"} <= set(column.metadata), name


def test_what_a_level_forbids_is_blank() -> None:
    library = shop()
    person = replace(
        blank(library),
        level=np.array([Level.none], dtype=np.int8),
        first_name=np.array(["Ann"], dtype=object),
        role=Codes.of(["buyer"]),
        order_days=np.array([3], dtype=np.float32),
    )
    seen = redact(person)
    assert (seen.first_name[0], seen.role.word(0), seen.role.words, seen.order_days[0]) == ("", "", (), 0)
    assert "first_name" in forbidden_columns(Level.none)
    assert forbidden_columns(Level.premium) == ()


def test_an_unknown_layout_is_named_with_the_known_ones() -> None:
    library = shop()
    with pytest.raises(UsageError, match="no layout 'poster'"):
        world(blank(library), library, campaign=weekly(layout="poster")).decide()


def test_a_letter_knows_its_beliefs_and_policy() -> None:
    library = shop()
    letter = world(blank(library), library, campaign=PLAIN).decide().outcome(0)
    assert isinstance(letter, Newsletter)
    assert (letter.log.policy, letter.log.beliefs) == ("greedy-1", "prior")
