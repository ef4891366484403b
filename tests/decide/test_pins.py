"""Pins and exclusions: laws over generated worlds, and examples of places that are scarce."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.decide.pins import mandatory_places
from composer.decide.pins_fit import pin_problems
from composer.domain.belief import Beliefs
from composer.domain.campaign import Policy
from composer.domain.content import Layout, Library, Slot
from composer.domain.newsletter import Newsletter
from composer.domain.reasons import Skip, Source
from tests.decide._worlds import LETTER, World, blank, in_name_order, module, shop, weekly, world, worlds

PLAIN = weekly(holdout=0.0, policy=Policy(explore=0.0))
TRIED = weekly(holdout=0.0, policy=Policy(explore=1.0))


def library_of(*modules, layout: Layout = LETTER) -> Library:
    return Library(tuple(sorted(modules, key=lambda m: m.name)), {"newsletter": layout}, "test")


def names(letter: Newsletter) -> list[str]:
    return [block.module for block in letter.blocks]


@st.composite
def pinned_worlds(draw: st.DrawFn) -> World:
    """Worlds whose campaign pins some of what the library has, and whose letters are often explored."""
    case = draw(worlds(least=6))
    some = st.lists(st.sampled_from(case.library.names), max_size=3, unique=True).map(tuple)
    policy = replace(case.campaign.policy, explore=draw(st.sampled_from((0.0, 1.0))))
    pins = {"pinned": draw(st.one_of(some, st.just(("story/*",)))), "mandatory": draw(st.one_of(st.just(()), some))}
    return replace(case, campaign=replace(case.campaign, policy=policy, **pins))


@given(pinned_worlds())
def test_modules_that_exclude_each_other_are_never_in_one_letter_whatever_is_drawn(case: World) -> None:
    decided, excludes = case.decide(), case.library.excludes
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if not isinstance(letter, Newsletter):
            continue
        shown = [case.library.index[name] for name in names(letter)]
        assert not excludes[np.ix_(shown, shown)].any()
        base, pool = ([case.library.index[name] for name in part] for part in (letter.log.base, letter.log.pool))
        assert not excludes[np.ix_(pool, base)].any(), "any draw in any place would have been allowed"


@given(pinned_worlds())
def test_a_pin_overrides_no_rule_and_is_never_left_to_chance(case: World) -> None:
    decided = case.decide()
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if not isinstance(letter, Newsletter):
            continue
        assert set(case.campaign.mandatory) <= set(names(letter))
        assert set(names(letter)) <= set(letter.log.eligible)
        for block in letter.blocks:
            if block.source == Source.pinned:
                assert (block.probability, block.position != letter.log.explored_position) == (1.0, True)
                assert block.module in letter.log.base
            assert block.module not in case.campaign.mandatory or block.source == Source.pinned


@given(pinned_worlds())
def test_who_lacks_a_mandatory_block_gets_nothing_and_is_told_so(case: World) -> None:
    decided = case.decide()
    for r in range(len(decided)):
        allowed = decided.candidates.allowed[r]
        missing = [name for name in case.campaign.mandatory if not allowed[case.library.index[name]]]
        if decided.candidates.skip[r] < 0 and missing:
            assert decided.outcome(r).reason == Skip.no_mandatory


@given(pinned_worlds())
def test_of_the_pins_only_what_finds_no_place_or_is_kept_out_is_dropped(case: World) -> None:
    """Where letters have places for any kind, no exclusions and groups of their own, the first pins of the campaign are in."""
    free = tuple(replace(module, excludes=(), group=module.name) for module in case.library.modules)
    decided = case.decide(library=replace(case.library, modules=free, layouts={"newsletter": LETTER}))
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if isinstance(letter, Newsletter):
            wanted = [name for name in dict.fromkeys((*case.campaign.mandatory, *case.campaign.pinned)) if name in letter.log.eligible]
            assert set(wanted[: LETTER.most_blocks]) <= set(letter.log.base)


def test_pins_come_first_in_the_campaigns_order_and_the_rest_as_ever() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdefgh"])
    campaign = replace(PLAIN, pinned=("story/h", "story/g"))
    letter = world(blank(library), library, campaign=campaign, beliefs=in_name_order(library)).decide().outcome(0)
    assert [name[-1] for name in names(letter)] == list("hgabcd")
    assert [block.source for block in letter.blocks] == [Source.pinned] * 2 + [Source.ranked] * 4
    assert letter.blocks[0].reasons[0].text == "This campaign gives it to everybody who may be shown it."


def test_pins_beyond_the_letter_are_dropped_from_the_end_mandatory_ones_kept() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdefgh"])
    campaign = replace(PLAIN, pinned=tuple(f"story/{name}" for name in "hgfedc"), mandatory=("story/b",))
    letter = world(blank(library), library, campaign=campaign).decide().outcome(0)
    assert sorted(name[-1] for name in names(letter)) == list("bdefgh")


def test_of_a_glob_the_best_come_first() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdef"], *[module(f"offer/{name}") for name in "abcdefgh"])
    best = Beliefs({"scorer": {"modules": {"offer/c": 1.0, "offer/f": 2.0, **{f"story/{name}": 5.0 for name in "abcdef"}}}})
    letter = world(blank(library), library, campaign=replace(PLAIN, pinned=("offer/*",)), beliefs=best).decide().outcome(0)
    assert names(letter)[:2] == ["offer/f", "offer/c"]


def test_a_group_is_full_for_pins_too_but_not_for_what_is_mandatory() -> None:
    library = library_of(*[module(f"offer/{name}", group="offers") for name in "abc"], *[module(f"story/{name}") for name in "abcd"])
    offers = tuple(f"offer/{name}" for name in "abc")
    pinned = world(blank(library), library, campaign=replace(PLAIN, pinned=offers)).decide().outcome(0)
    assert sum(name.startswith("offer") for name in names(pinned)) == 2
    mandatory = world(blank(library), library, campaign=replace(PLAIN, mandatory=offers)).decide().outcome(0)
    assert set(offers) <= set(names(mandatory))


def test_a_letter_without_its_mandatory_block_does_not_leave() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdef"], module("notice/terms", countries=("SE",)))
    decided = world(blank(library), library, campaign=replace(PLAIN, mandatory=("notice/terms",))).decide()
    assert decided.outcome(0).reason == Skip.no_mandatory
    assert {loser.rule for loser in decided.explain(0).losers if loser.module == "notice/terms"} == {"place"}


NARROW = Layout(
    "newsletter", (Slot("top", ("notice", "offer")), Slot("bottom", ("notice",)), Slot("rest", (), 2, 4)), languages=("en", "fi")
)


def test_mandatory_blocks_make_room_for_each_other() -> None:
    library = library_of(module("notice/a"), module("offer/b"), *[module(f"story/{name}") for name in "abcd"], layout=NARROW)
    campaign = replace(PLAIN, mandatory=("notice/a", "offer/b"))
    assert mandatory_places(campaign, NARROW, library) == {"offer/b": 0, "notice/a": 1}
    letter = world(blank(library), library, campaign=campaign).decide().outcome(0)
    assert names(letter)[:2] == ["offer/b", "notice/a"]


def test_one_block_that_excludes_four_does_not_cost_the_letter() -> None:
    library = library_of(module("story/a", excludes=("group:others",)), *[module(f"story/{n}", group="others") for n in "bcde"])
    beliefs = Beliefs({"scorer": {"modules": {"story/a": 3.0}}})
    letter = world(blank(library), library, campaign=PLAIN, beliefs=beliefs).decide().outcome(0)
    assert sorted(name[-1] for name in names(letter)) == list("bcde")
    decided = world(blank(library), library, campaign=PLAIN, beliefs=beliefs).decide()
    assert {loser.module: loser.rule for loser in decided.explain(0).losers} == {"story/a": "excludes"}


def test_a_module_may_exclude_its_own_group_and_stays_itself() -> None:
    library = library_of(module("offer/a", group="offers", excludes=("group:offers",)), module("offer/b", group="offers"))
    assert library.excludes.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"mandatory": ("story/z",)}, "mandatory", "there is no module 'story/z'"),
        ({"mandatory": ("story/a",), "modules": ("offer/*",)}, "mandatory", "'story/a' is left out by modules"),
        (
            {"mandatory": tuple(f"story/{n}" for n in "abcdefg")},
            "mandatory",
            "7 blocks are mandatory, but a letter of",
        ),
        ({"mandatory": ("offer/a", "story/g")}, "mandatory", "'offer/a' and 'story/g' exclude each other"),
        ({"pinned": ("nothing/*",)}, "pinned", "no module of the campaign is called like 'nothing/*'"),
    ],
)
def test_pins_that_no_letter_could_hold_are_told_beforehand(changes: dict[str, object], key: str, said: str) -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdefg"], module("offer/a", excludes=("story/g",)))
    problems = list(pin_problems(replace(PLAIN, **changes), library))
    assert [problem[0] for problem in problems] == [key]
    assert problems[0][1].startswith(said)


def test_kinds_without_enough_places_are_told_beforehand() -> None:
    library = library_of(*[module(f"notice/{name}") for name in "abc"], module("story/a"), layout=NARROW)
    three = list(pin_problems(replace(PLAIN, mandatory=("notice/a", "notice/b", "notice/c")), library))
    assert [what for _, what, _ in three] == ["the places of 'newsletter' that take 'notice/c' are needed for other mandatory blocks"]
    closed = replace(NARROW, slots=NARROW.slots[:2], least_blocks=1)
    said = list(pin_problems(replace(PLAIN, mandatory=("story/a",), pinned=("story/*",)), replace(library, layouts={"newsletter": closed})))
    assert [key for key, _, _ in said] == ["mandatory", "pinned"]


def test_what_fits_is_no_problem() -> None:
    library = shop()
    assert list(pin_problems(replace(PLAIN, mandatory=library.names[:3], pinned=("category/*",)), library)) == []


def test_exploration_leaves_pins_alone() -> None:
    library = shop()
    decided = world(blank(library, 300), library, campaign=replace(TRIED, pinned=("category/c40",), mandatory=("category/c41",))).decide()
    for r in range(300):
        letter = decided.outcome(r)
        assert {"category/c40", "category/c41"} <= set(names(letter))
        assert letter.log.unpinned == len(letter.blocks) - 2
        assert letter.log.explored_position


@pytest.mark.parametrize(("other", "blocks"), [("a", "abde"), ("d", "abce")])
def test_what_fills_a_short_letter_is_excluded_by_nothing_in_it(other: str, blocks: str) -> None:
    library = library_of(*[module(f"story/{name}", group="one", excludes=(f"story/{other}",) if name == "c" else ()) for name in "abcde"])
    letter = world(blank(library), library, campaign=PLAIN, beliefs=in_name_order(library)).decide().outcome(0)
    assert [name[-1] for name in names(letter)] == list(blocks)


def test_mandatory_blocks_that_exclude_each_other_are_never_both_put_in() -> None:
    library = library_of(*[module(f"story/{name}") for name in "abcdef"], module("offer/x", excludes=("story/a",)))
    decided = world(blank(library), library, campaign=replace(PLAIN, mandatory=("offer/x", "story/a"))).decide()
    assert decided.outcome(0).reason == Skip.no_mandatory


def test_a_pin_of_the_librarys_very_first_module_stays_in_its_place() -> None:
    library = library_of(*(module(f"story/s{i}") for i in range(8)))
    beliefs = Beliefs({"scorer": {"modules": {name: 0.1 * place for place, name in enumerate(library.names)}}})
    pinned = weekly(holdout=0.0, policy=Policy(explore=0.0), pinned=("story/s0",))
    letter = world(blank(library), library, campaign=pinned, beliefs=beliefs).decide().outcome(0)
    assert isinstance(letter, Newsletter)
    assert "story/s0" in names(letter)
