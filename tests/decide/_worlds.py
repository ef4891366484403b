"""Generated worlds: people and libraries for properties, as hypothesis strategies and as seeded bulk.

Build an Audience directly, without a database: `people(library, n, seed)` is fast and deterministic (a keyed hash, not
a stream), `worlds()` draws a small library, people, campaign, beliefs and moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from composer.decide import eligibility, signals
from composer.decide.draw import uniform
from composer.discover import discover
from composer.domain.audience import Array, Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Cap, Edition, Policy, Window
from composer.domain.choices import FREQUENCIES
from composer.domain.consent import Basis
from composer.domain.content import ContentModule, Layout, Library, Opening, Slot, Voice
from composer.domain.level import Level
from composer.domain.moment import Moment

RULES: dict[str, ModuleType] = discover(eligibility)
SIGNALS: dict[str, ModuleType] = discover(signals)
QUIET = (21, 7)
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
LETTER = Layout("newsletter", (Slot("hero"), Slot("recommendation", (), 3, 4), Slot("closing", (), 0, 1)), languages=("en", "fi"))
INTERESTS = ("category:Planning", "category:Reports", "category:Training", "product:p-1", "product:p-2")
TOPICS = ("energy", "finance", "people")
ROLES, STAGES, REGIONS, COUNTRIES = ("buyer", "owner"), ("discover", "renew"), ("north", "south"), ("FI", "SE")
VOICES = (Voice("business", ("owner",), ("renew",)), Voice("technical", ("buyer",)))
TONES: tuple[tuple[str, ...], ...] = ((), ("technical",), ("technical", "business"))
ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Kathmandu")


@dataclass(frozen=True, repr=False)
class World:
    """Everything `decide` is given."""

    audience: Audience
    library: Library
    campaign: Campaign
    edition: Edition
    moment: Moment
    beliefs: Beliefs

    def decide(self, audience: Audience | None = None, **changes: Any) -> Any:
        from composer.decide import decide

        world = replace(self, **changes)
        return decide(
            audience or world.audience, world.library, world.campaign, world.edition, world.moment, world.beliefs, RULES, SIGNALS, QUIET
        )


def module(name: str, **changes: Any) -> ContentModule:
    """A module with English and Finnish texts, about nothing in particular."""
    texts = {"en": f"About {name}", "fi": f"Aiheesta {name}"}
    values: dict[str, Any] = {
        "kind": name.split("/")[0],
        "group": name,
        "languages": ("en", "fi"),
        "subjects": texts,
        "titles": texts,
        "preheaders": texts,
    }
    return ContentModule(name=name, **{**values, **changes})


def worded(name: str, tones: Sequence[str] = TONES[-1], openings: Sequence[str] = ("question",)) -> dict[str, Any]:
    """What a module has whose English is written in these tones, each with its opening, and opens in these other ways too."""
    ways = {way: Opening(f"{way} {name}", f"{way} before {name}") for way in ("plain", *tones, *openings)}
    return {
        "variants": ("plain", *sorted(tones)),
        "tones": {"en": ("plain", *tones), "fi": ("plain", *tones[:1])},
        "openings": {"en": ways, "fi": {"plain": ways["plain"]}},
        "calls": {"en": STAGES[:1], "fi": STAGES},
    }


def shop(size: int = 47, groups: int = 6) -> Library:
    """A library like a shop's: one interest a module, bought again and again."""
    modules = [
        module(
            f"category/c{i:02}",
            group=f"g{i % groups}",
            interests=(f"category:C{i:02}",),
            owned_for=timedelta(days=3),
            rest=timedelta(days=7),
            topics=TOPICS[i % 3 : i % 3 + 1],
            generic=i % 10 == 0,
            months=(11,) if i % 9 == 0 else (),
        )
        for i in range(size)
    ]
    return Library(tuple(modules), {"newsletter": LETTER}, "shop")


def in_name_order(library: Library) -> Beliefs:
    """Beliefs that tell all modules apart, the first of the alphabet best, by a thousandth each."""
    return Beliefs({"scorer": {"modules": {name: -0.001 * place for place, name in enumerate(library.names)}}})


def blank(library: Library, n: int = 1) -> Audience:
    """People with consent about whom nothing is known, at level premium."""
    modules, interests, topics = len(library.modules), len(library.interests), len(library.topics)
    number = np.arange(1, n + 1, dtype=np.int64)
    words = (("tone", len(library.tones)), ("opening", len(library.openings)))
    nothing, none = Codes.of([""] * n), np.array([""] * n, dtype=object)
    return Audience(
        number=number,
        recipient_id=np.array([f"r{i}" for i in number], dtype=object),
        address=np.array([f"r{i}@example.com" for i in number], dtype=object),
        draw_key=number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15),
        level=np.full(n, Level.premium, dtype=np.int8),
        consented=np.ones(n, dtype=bool),
        opens=np.zeros(n, dtype=bool),
        suppressed=np.zeros(n, dtype=bool),
        duplicate=np.zeros(n, dtype=bool),
        basis=Codes.of(["consent"] * n),
        similar=np.ones((n, modules), dtype=bool),
        restricted=np.zeros(n, dtype=bool),
        sent_lately=np.zeros(n, dtype=np.int16),
        letter_at=np.zeros(n, dtype=np.int64),
        shown_age=np.full((n, modules), np.inf, dtype=np.float32),
        shown=np.zeros((n, modules), dtype=np.int16),
        forgotten=np.zeros((n, modules), dtype=np.int16),
        letters_since=np.full((n, modules), 32_767, dtype=np.int16),
        elsewhere_age=np.full((n, modules), np.inf, dtype=np.float32),
        language=Codes.of(["en"] * n),
        time_zone=Codes.of(["Europe/Helsinki"] * n),
        daypart=nothing,
        frequency=nothing,
        paused_until=np.zeros(n, dtype=np.int64),
        topics=np.zeros((n, topics), dtype=bool),
        asked=np.zeros((n, modules), dtype=np.int8),
        first_name=none,
        last_name=none,
        company=none,
        role=nothing,
        country=nothing,
        region=nothing,
        stage=nothing,
        bought=np.zeros((n, interests), dtype=np.float32),
        bought_decayed=np.zeros((n, interests), dtype=np.float32),
        bought_age=np.full((n, interests), np.inf, dtype=np.float32),
        bought_first_age=np.full((n, interests), np.inf, dtype=np.float32),
        order_days=np.zeros(n, dtype=np.float32),
        order_days_decayed=np.zeros(n, dtype=np.float32),
        returned_age=np.full((n, interests), np.inf, dtype=np.float32),
        clicked=np.zeros((n, modules), dtype=np.float32),
        viewed_age=np.full((n, interests), np.inf, dtype=np.float32),
        ordered_age=np.full(n, np.inf, dtype=np.float32),
        complained_age=np.full(n, np.inf, dtype=np.float32),
        **{f"{axis}_{what}": np.zeros((n, size), dtype=np.float32) for axis, size in words for what in ("clicked", "expected")},
    )


def people(library: Library, n: int, seed: str = "people") -> Audience:
    """Any kind of people, drawn by a keyed hash: every column varies, also in ways that real data would not."""
    base = blank(library, n)

    def draw(purpose: str, columns: int | None = None) -> Array:
        if columns is None:
            return uniform(base.draw_key, seed, purpose)
        return np.stack([uniform(base.draw_key, seed, f"{purpose} {c}") for c in range(columns)], axis=1) if columns else np.zeros((n, 0))

    def words(purpose: str, choices: Sequence[str]) -> Codes:
        return Codes.of([choices[int(u * len(choices))] for u in draw(purpose).tolist()])

    def ages(purpose: str, columns: int, share: float) -> Array:
        age = np.round(draw(f"{purpose} age", columns) * 200, 2)
        return np.where(draw(purpose, columns) < share, age, np.inf).astype(np.float32)

    def around(purpose: str, share: float) -> Array:
        """Instants within fifty days of NOW; none for most."""
        near = int(NOW.timestamp()) + np.round((draw(f"{purpose} at") - 0.7) * 70 * 86_400)
        return np.where(draw(purpose) < share, near, 0).astype(np.int64)

    modules, interests, topics = len(library.modules), len(library.interests), len(library.topics)
    bought = np.floor(draw("bought", interests) * 5) * (draw("buys", interests) < 0.15)
    shown = np.floor(draw("shown", modules) * 4) * (draw("ever shown", modules) < 0.3)
    return replace(
        base,
        level=np.floor(draw("level") * 4).astype(np.int8),
        consented=draw("consented") < 0.9,
        opens=draw("opens") < 0.5,
        suppressed=draw("suppressed") < 0.05,
        duplicate=draw("duplicate") < 0.05,
        basis=words("basis", tuple(Basis)),
        similar=draw("similar", modules) < 0.95,
        restricted=draw("restricted") < 0.02,
        sent_lately=np.floor(draw("sent") * 2.5).astype(np.int16),
        letter_at=around("letter", 0.3),
        shown=shown.astype(np.int16),
        forgotten=(shown * (draw("forgotten", 1) < 0.3) // 2).astype(np.int16),
        shown_age=np.where(shown > 0, np.round(draw("shown age", modules) * 120, 2), np.inf).astype(np.float32),
        letters_since=np.where(shown > 0, np.floor(draw("letters since", modules) * 5), 32_767).astype(np.int16),
        elsewhere_age=ages("elsewhere", modules, 0.1) / np.float32(20),
        language=words("language", ("en", "en", "en", "fi", "fi", "fi-FI", "fi-FI", "xx")),
        time_zone=words("zone", (*ZONES, "", "Mars/Olympus")),
        daypart=words("daypart", ("", "", "morning", "evening")),
        frequency=words("frequency", (*[""] * 7, *FREQUENCIES)),
        paused_until=around("pause", 0.06),
        topics=draw("topics", topics) < 0.3,
        asked=np.where(draw("asks", modules) < 0.2, np.floor(draw("asked", modules) * 4) - 2, 0).astype(np.int8),
        first_name=np.array([f"First{i}" for i in base.number], dtype=object),
        last_name=np.array([f"Last{i}" for i in base.number], dtype=object),
        company=np.array([f"Firm{i}" if i % 2 else "" for i in base.number], dtype=object),
        role=words("role", ("", *ROLES)),
        stage=words("stage", ("", *STAGES)),
        region=words("region", ("", *REGIONS)),
        country=words("country", ("", *COUNTRIES)),
        bought=bought.astype(np.float32),
        bought_decayed=(bought * draw("decay", interests)).astype(np.float32),
        bought_age=np.where(bought > 0, np.round(draw("bought age", interests) * 300, 2), np.inf).astype(np.float32),
        bought_first_age=np.where(bought > 0, 300 + np.round(draw("first age", interests) * 99, 2), np.inf).astype(np.float32),
        order_days_decayed=(bought.max(axis=1, initial=0) * draw("order decay")).astype(np.float32),
        order_days=(bought.max(axis=1, initial=0) + np.floor(draw("days") * 5)).astype(np.float32),
        returned_age=ages("returned", interests, 0.1),
        clicked=np.floor(draw("clicked", modules) * 3).astype(np.float32),
        viewed_age=ages("viewed", interests, 0.2),
        ordered_age=ages("ordered", 1, 0.5)[:, 0],
        complained_age=ages("complained", 1, 0.1)[:, 0],
        tone_clicked=np.floor(draw("tone clicked", len(library.tones)) * 8).astype(np.float32),
        tone_expected=(draw("tone expected", len(library.tones)) * 8).astype(np.float32),
        opening_clicked=np.floor(draw("opening clicked", len(library.openings)) * 8).astype(np.float32),
        opening_expected=(draw("opening expected", len(library.openings)) * 8).astype(np.float32),
    )


def forbidden_changed(audience: Audience, other: Audience) -> Audience:
    """`audience` with every value that a recipient's level forbids taken from `other` (as many people)."""
    changed: dict[str, Any] = {}
    for column in fields(audience):
        needed = column.metadata["level"]
        if needed is None:
            continue
        mine, theirs, hidden = getattr(audience, column.name), getattr(other, column.name), audience.level < needed
        if isinstance(mine, Codes):
            changed[column.name] = Codes.of([theirs.word(r) if hidden[r] else mine.word(r) for r in range(len(audience))])
        else:
            changed[column.name] = np.where(hidden.reshape(-1, *[1] * (mine.ndim - 1)), theirs, mine)
    return replace(audience, **changed)


def _some(words: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple)


@st.composite
def libraries(draw: st.DrawFn, least: int = 0, most: int = 24) -> Library:
    """Small libraries of every shape, none too. Two of three modules are for everybody: with narrow ones alone nobody gets a letter."""
    modules = []
    for i in range(draw(st.one_of(st.integers(least, most), st.integers(12, most)))):
        kind = draw(st.sampled_from(("offer", "story", "survey")))
        narrow = {
            "languages": draw(st.sampled_from((("en", "fi"), ("en",)))),
            "roles": draw(_some(ROLES)),
            "stages": draw(_some(STAGES)),
            "regions": draw(_some(REGIONS)),
            "countries": draw(_some(COUNTRIES)),
            "months": draw(st.sampled_from(((), (11,), (6, 7)))),
            "bought_within": draw(st.sampled_from((None, None, timedelta(days=90)))),
            "valid_until": draw(st.sampled_from((None, NOW, NOW + timedelta(hours=9)))),
            "rest_letters": draw(st.integers(0, 3)),
            "when": draw(st.sampled_from(("", "", "storm"))),
        }
        modules.append(
            module(
                f"{kind}/m{i:02}",
                group=draw(st.sampled_from("abcdef")),
                interests=draw(_some(INTERESTS)),
                topics=draw(_some(TOPICS)),
                owned_for=draw(st.sampled_from((None, timedelta(0), timedelta(days=56)))),
                rest=timedelta(days=draw(st.integers(0, 60))),
                generic=draw(st.booleans()),
                excludes=draw(st.sampled_from(((), ("group:a",), ("story/m01", "offer/m01")))) if i % 5 == 4 else (),
                **(narrow if i % 3 == 2 else {}),
                **(worded(f"m{i:02}", draw(st.sampled_from(TONES)), draw(st.sampled_from(((), ("question",))))) if i % 2 else {}),
            )
        )
    modules.sort(key=lambda m: m.name)
    layout, voices = draw(st.sampled_from((LETTER, BOUND))), draw(st.sampled_from(((), VOICES)))
    return Library(tuple(modules), {"newsletter": layout}, "generated", voices)


BOUND = Layout(
    "newsletter",
    (Slot("hero", ("offer", "story")), Slot("recommendation", (), 2, 4), Slot("closing", ("survey",), 0, 1)),
    languages=("en", "fi"),
)


def learnt(library: Library, seed: str) -> Beliefs:
    """Beliefs about everything, drawn by a keyed hash."""

    def table(names: Sequence[str], purpose: str, low: float, high: float) -> dict[str, float]:
        keys = np.arange(1, len(names) + 1, dtype=np.uint64)
        return {name: round(low + (high - low) * u, 6) for name, u in zip(names, uniform(keys, seed, purpose).tolist(), strict=True)}

    def effects(names: Sequence[str], purpose: str) -> dict[str, list[float]]:
        means, variances = (list(table(names, purpose + what, 0, 0.5).values()) for what in ("mean", "variance"))
        return {name: [mean, variance / 10] for name, mean, variance in zip(names, means, variances, strict=True)}

    interests = library.interests
    strengths = dict.fromkeys(interests, 6.0)
    likings = {have: table(interests, f"liking {have}", -0.3, 0.5) for have in interests}
    return Beliefs(
        {
            "affinity": {"rates": table(interests, "rates", 0.01, 0.5), "usual": 0.1, "strength": strengths, "likings": likings},
            "lately": {"rates": table(interests, "rates", 0.01, 0.5), "usual": 0.1, "strength": strengths},
            "companions": {"pairs": {have: table(interests, have, 0.5, 0.9) for have in interests}},
            "own_clicks": {"rate": 0.07},
            "popularity": {"modules": table(library.names, "popular", 0.01, 0.6)},
            "season": {"months": {interest: list(table([str(m) for m in range(12)], interest, 0.5, 2).values()) for interest in interests}},
            "segment": {"role": {w: table(interests, w, 0.3, 3) for w in ROLES}, "stage": {w: table(interests, w, 0.3, 3) for w in STAGES}},
            "scorer": {
                "base": -4.0,
                "weights": table(tuple(SIGNALS), "weights", -0.5, 4),
                "modules": table(library.names, "effects", -0.5, 0.5),
                "positions": [0.0, -0.1, -0.2],
                "curiosity": table(library.names, "curiosity", 0, 0.3),
                "segments": {
                    axis: {word: table(library.names, f"segment {word}", -0.3, 0.3) for word in words}
                    for axis, words in (("role", ROLES), ("stage", STAGES))
                },
            },
            **{
                axis: {
                    "everybody": effects(names, axis),
                    "role": {w: effects(names, axis + w) for w in ROLES},
                    "stage": {w: effects(names, axis + w) for w in STAGES},
                }
                for axis, names in (("tone", library.tones), ("opening", library.openings))
            },
            "send_time": {"hours": list(table([str(h) for h in range(24)], "hours", 0, 1).values())},
        },
        "learnt",
    )


def weekly(**changes: Any) -> Campaign:
    """A plain campaign; half of the letters explored, so that tests see some."""
    return Campaign(**{"name": "weekly", "policy": Policy(explore=0.5, explore_hour=0.5, explore_words=0.5), "holdout": 0.2, **changes})


def world(audience: Audience, library: Library, **changes: Any) -> World:
    """A world at NOW in which nothing was learnt."""
    values: dict[str, Any] = {
        "campaign": weekly(),
        "edition": Edition("weekly", NOW),
        "moment": Moment(NOW, NOW, "weekly"),
        "beliefs": Beliefs(),
    }
    return World(audience, library, **{**values, **changes})


@st.composite
def worlds(draw: st.DrawFn, least: int = 0, people_most: int = 12) -> World:
    """People, library, campaign, beliefs and moment of any kind."""
    library = draw(libraries(least))
    seed = f"s{draw(st.integers(0, 10_000))}"
    window = draw(
        st.sampled_from(
            (Window(), Window(now=True), Window(days=(1,), opens=time(9, 30), closes=time(12)), Window(opens=time(22), closes=time(6)))
        )
    )
    campaign = weekly(
        window=window,
        holdout=draw(st.sampled_from((0.0, 0.3))),
        cap=draw(st.sampled_from((None, Cap(2, timedelta(days=7))))),
        modules=draw(st.sampled_from((("*",), ("*",), ("offer/*", "story/*")))),
        policy=Policy(
            explore=draw(st.sampled_from((0.0, 0.5, 1.0))),
            pool=draw(st.sampled_from((1, 8))),
            keep=draw(st.sampled_from((0.0, 0.6, 1.0))),
            explore_words=draw(st.sampled_from((0.0, 0.5, 1.0))),
        ),
        subject=draw(st.sampled_from(({}, {}, {"fi": "Uutisia"}))),
    )
    beliefs = draw(st.sampled_from((Beliefs(), learnt(library, seed))))
    return world(people(library, draw(st.integers(1, people_most)), seed), library, campaign=campaign, beliefs=beliefs)
