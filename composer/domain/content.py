"""Content: modules a letter is made of, layouts that hold them, and the library of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from composer.domain.survey import Survey

NEVER_BLOCKS = timedelta(0)
GROUP = "group:"
"""Before a group's name in `excludes`."""


_MERGED = re.compile(r"\{%[^%]*if .*?endif[^%]*%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
PLAIN = "plain"
"""The tone and the opening that every module has; others are named by its author."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a letter that a module leads stands in the inbox."""

    subject: str
    preheader: str


@dataclass(frozen=True, slots=True)
class Voice:
    """A tone (a variant of the texts) and whom it suits before anything was learnt; empty: nobody in particular."""

    name: str
    roles: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentModule:
    """One file of modules/: what it is about, whom it suits, and when it may be shown.

    Empty tuples mean "no restriction". `interests` are the product axis, written `category:NAME` or
    `product:ID`; `topics` are words recipients may declare. `owned_for` is how long a purchase of an
    interest keeps the module away (None: for ever; zero: never). `rest` is the cool-down after it was
    shown. `months` (1-12) is its season. `generic` modules may fill the letter of a person we know nothing about.
    """

    name: str
    """`kind/slug`, the file's path without its ending."""
    kind: str
    group: str
    languages: tuple[str, ...]
    variants: tuple[str, ...] = ("plain",)
    topics: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    months: tuple[int, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    owned_for: timedelta | None = None
    rest: timedelta = timedelta(days=30)
    bought_within: timedelta | None = None
    """Only for those who bought one of its interests (without interests: anything) this lately: thanks, reviews, benefits."""
    rest_letters: int = 0
    """So many letters must have gone to a person before it is shown to them again."""
    excludes: tuple[str, ...] = ()
    """Modules, `kind/slug` or `group:NAME`, that never stand in one letter with it, whichever of the two says so."""
    when: str = ""
    """A condition (storm): it is shown only where and while that is reported."""
    generic: bool = False
    sensitive: bool = False
    """Its reasons name and reveal nothing, nor do those of others with its interests or topics."""
    worth: float = 0.0
    """0 to 1: how much the company wants it shown, beside what the reader wants."""
    url: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Journey stage -> where its link goes instead of `url`."""
    subjects: Mapping[str, str] = field(default_factory=dict)
    """Language -> subject line when this module leads the letter."""
    preheaders: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    openings: Mapping[str, Mapping[str, Opening]] = field(default_factory=dict)
    """Language -> name -> opening, `plain` among them. An opening named like a tone suits whoever gets that tone."""
    tones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language -> those of `variants` it is written in; all of them where the language is not named."""
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language -> the journey stages that have a call to action of their own."""
    picture: str = ""
    """Name of a file in templates/pictures."""
    survey: Survey | None = None
    """Its question, where it asks one: then its link leads to the survey's page."""

    def title(self, language: str) -> str:
        """Its title in the language, else in English, else in any: without what is filled in for a reader. Empty where it has none."""
        written = self.titles.get(language) or self.titles.get("en") or next(iter(self.titles.values()), "")
        return _MERGED.sub("", written).strip()

    def speaks(self, tone: str, language: str) -> bool:
        """Whether it is written in this tone in this language."""
        return tone in self.tones.get(language, self.variants)

    def target(self, call: str) -> str:
        """Where the link of a block with this call to action (a stage, or an empty string) leads."""
        return self.urls.get(call, self.url)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the layout: which kinds may stand there, and how many blocks it takes.

    Without kinds of its own it takes any kind that no other slot of the layout names.
    """

    name: str
    kinds: tuple[str, ...] = ()
    least: int = 1
    most: int = 1
    style: str = ""
    """What its blocks wear: a look defined in brand.toml; empty: the plain one."""
    pinned: bool = False
    """Takes its best candidates before all other slots, however they score: for notices, thanks, a signature."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A letter's frame and its slot policy, in reading order."""

    name: str
    slots: tuple[Slot, ...]
    least_blocks: int = 4
    most_blocks: int = 6
    per_group: int = 2
    languages: tuple[str, ...] = ("en",)

    def style(self, slot: str) -> str:
        """The style of the slot with this name; the plain one where there is no such slot."""
        return next((one.style for one in self.slots if one.name == slot), "")

    def takes(self, slot: Slot, kind: str) -> bool:
        """Whether a module of this kind may stand in the slot."""
        if slot.kinds:
            return kind in slot.kinds
        return not any(kind in other.kinds for other in self.slots)


@dataclass(frozen=True)
class Library:
    """All modules in name order, the layouts, and index arrays over them.

    `version` is a hash of every source file: the same version renders the same bytes.
    """

    modules: tuple[ContentModule, ...]
    layouts: Mapping[str, Layout]
    version: str = ""
    voices: tuple[Voice, ...] = ()
    """What is known beforehand about tones, in name order."""
    private: frozenset[str] = frozenset()
    """Interests and `topic:NAME` that the operator marked sensitive, in any case of letters."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(module.name for module in self.modules)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Module name -> column."""
        return {name: column for column, name in enumerate(self.names)}

    @cached_property
    def interests(self) -> tuple[str, ...]:
        """The product axis of the audience's columns, in name order."""
        return tuple(sorted({interest for module in self.modules for interest in module.interests}))

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topic axis of the audience's declared topics, in name order."""
        return tuple(sorted({topic for module in self.modules for topic in module.topics}))

    @cached_property
    def interest_columns(self) -> tuple[tuple[int, ...], ...]:
        """Per module, its columns on the product axis."""
        column = {interest: i for i, interest in enumerate(self.interests)}
        return tuple(tuple(sorted(column[i] for i in module.interests)) for module in self.modules)

    @cached_property
    def about(self) -> Mapping[str, tuple[int, ...]]:
        """Interest -> the columns of the modules that are about it."""
        columns = enumerate(self.interests)
        return {interest: tuple(m for m, of in enumerate(self.interest_columns) if i in of) for i, interest in columns}

    @cached_property
    def topic_columns(self) -> tuple[tuple[int, ...], ...]:
        """Per module, its columns on the topic axis."""
        column = {topic: i for i, topic in enumerate(self.topics)}
        return tuple(tuple(sorted(column[t] for t in module.topics)) for module in self.modules)

    @cached_property
    def tones(self) -> tuple[str, ...]:
        """The tone axis: plain, then every variant of a module in name order."""
        return PLAIN, *sorted({variant for module in self.modules for variant in module.variants} - {PLAIN})

    @cached_property
    def openings(self) -> tuple[str, ...]:
        """The opening axis: plain, then every other name of an opening in name order."""
        names = {name for module in self.modules for openings in module.openings.values() for name in openings}
        return PLAIN, *sorted(names - {PLAIN})

    def spoken(self, language: str) -> np.ndarray:
        """bool[M, tones]: which modules are written in which tone, in this language."""
        if language not in self._spoken:
            rows = [[module.speaks(tone, language) for tone in self.tones] for module in self.modules]
            self._spoken[language] = np.array(rows, dtype=bool).reshape(len(self.modules), len(self.tones))
        return self._spoken[language]

    def opened(self, language: str) -> np.ndarray:
        """bool[M, openings]: which modules open in which ways, in this language."""
        if language not in self._opened:
            rows = [[name in module.openings.get(language, ()) for name in self.openings] for module in self.modules]
            self._opened[language] = np.array(rows, dtype=bool).reshape(len(self.modules), len(self.openings))
        return self._opened[language]

    @cached_property
    def _spoken(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def _opened(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def groups(self) -> np.ndarray:
        """int32[M]: each module's group as a code; one without a group is a group of its own."""
        words = [module.group or module.name for module in self.modules]
        code = {word: i for i, word in enumerate(sorted(set(words)))}
        return np.array([code[word] for word in words], dtype=np.int32)

    @cached_property
    def marks(self) -> frozenset[str]:
        """Every interest and `topic:NAME` of the modules, in small letters."""
        return frozenset().union(*map(_marks, self.modules))

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """Interests and `topic:NAME` that no reason may give away, in small letters: those marked, and all of a sensitive module."""
        marked = {mark.casefold() for mark in self.private}
        return frozenset(marked.union(*(_marks(module) for module in self.modules if module.sensitive)))

    @cached_property
    def discreet(self) -> tuple[bool, ...]:
        """Per module, whether it is sensitive: then its reasons say nothing about anybody."""
        return tuple(module.sensitive or not self.sensitive.isdisjoint(_marks(module)) for module in self.modules)

    @cached_property
    def _secrets(self) -> re.Pattern[str] | None:
        names = sorted({mark.partition(":")[2] for mark in self.sensitive})
        return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)") if names else None

    def gives_away(self, texts: Iterable[str]) -> bool:
        """Whether any text holds the name of something sensitive, as words of its own."""
        return self._secrets is not None and any(self._secrets.search(text.casefold()) for text in texts)

    @cached_property
    def excludes(self) -> np.ndarray:
        """bool[M, M]: which modules never stand in one letter; symmetric, and no module excludes itself."""
        said = np.zeros((len(self.modules), len(self.modules)), dtype=bool)
        for m, module in enumerate(self.modules):
            if module.excludes:
                said[m] = [other.name in module.excludes or f"{GROUP}{other.group}" in module.excludes for other in self.modules]
        np.fill_diagonal(said, False)
        return said | said.T

    @cached_property
    def has_exclusions(self) -> bool:
        return bool(self.excludes.any())

    def select(self, names: frozenset[str]) -> Library:
        """Return the library without the modules that are not in `names`."""
        return replace(self, modules=tuple(m for m in self.modules if m.name in names))


def _marks(module: ContentModule) -> frozenset[str]:
    """A module's interests and topics as they are marked sensitive."""
    return frozenset(mark.casefold() for mark in (*module.interests, *(f"topic:{topic}" for topic in module.topics)))
