"""The Audience: a batch of recipients as NumPy columns, each column marked with the level it needs.

R recipients, M modules (library order), I interests (`library.interests`), T topics (`library.topics`).
Ages are days before the edition's scheduled time, never below zero, infinite where nothing happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from composer.domain.level import Level

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Codes:
    """Words as small numbers: `words[code]`, and -1 for "not known"."""

    codes: Array
    words: tuple[str, ...]

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Codes:
        """Build from words; empty and None become "not known". The words come out sorted."""
        values = list(values)
        words = tuple(sorted(word for word in set(values) if word))
        code: dict[str | None, int] = {None: -1, "": -1, **{word: i for i, word in enumerate(words)}}
        return cls(np.fromiter(map(code.__getitem__, values), dtype=np.int32, count=len(values)), words)

    def known(self) -> Array:
        """bool[R]: whose word is known."""
        return self.codes >= 0

    def word(self, r: int) -> str:
        """The word of recipient `r`, or an empty string."""
        code = int(self.codes[r])
        return self.words[code] if code >= 0 else ""

    def take(self, rows: Array | slice) -> Codes:
        return Codes(self.codes[rows], self.words)

    def blanked(self, rows: Array) -> Codes:
        """The same column with the given rows (bool[R]) forgotten; a word nobody has left is gone too."""
        kept = np.where(rows, -1, self.codes)
        used = np.bincount(kept[kept >= 0], minlength=len(self.words)) > 0
        code = np.append(np.where(used, used.cumsum() - 1, -1), -1).astype(np.int32)
        return Codes(code[kept], tuple(word for word, still in zip(self.words, used.tolist(), strict=True) if still))


def column(level: Level | None, blank: Any = 0) -> Any:
    """Declare a column: the lowest level that may see it (None: never redacted) and the value that says "not known"."""
    return field(metadata={"level": level, "blank": blank})


@dataclass(frozen=True)
class Audience:
    """A batch of recipients. Built by store (or a test), redacted by decide.redact, read by rules, signals and render."""

    # What sending itself needs, and our own log: never redacted.
    number: Array = column(None)
    """int64[R]: the store's row number."""
    recipient_id: Array = column(None)
    """object[R]: the company's own id."""
    address: Array = column(None)
    """object[R]: the e-mail address as imported, domain in lower case."""
    draw_key: Array = column(None)
    """uint64[R]: a hash of recipient_id; every random draw mixes it in."""
    level: Array = column(None)
    """int8[R]: the effective level."""
    consented: Array = column(None)
    """bool[R]: there is a ground for letters of this campaign's list (domain.consent.Basis), consent as a rule."""
    basis: Codes = column(None)
    """The ground, by its word."""
    similar: Array = column(None)
    """bool[R, M]: nothing in the ground forbids the module; own customers are shown only what is like what they bought."""
    opens: Array = column(None)
    """bool[R]: they consent to having opens counted (domain.consent.OPENS)."""
    suppressed: Array = column(None)
    """bool[R]: the address is never written to."""
    duplicate: Array = column(None)
    """bool[R]: another recipient with the same normalised address comes before this one."""
    restricted: Array = column(None)
    """bool[R]: the data may be kept and not used (GDPR article 18)."""
    sent_lately: Array = column(None)
    """int16[R]: letters sent within the campaign's cap period."""
    letter_at: Array = column(None)
    """int64[R], epoch seconds: the newest other letter to the address, or the one on its way; 0 where none is, or none matters."""
    shown_age: Array = column(None)
    """float32[R, M]: days since the module was last shown."""
    shown: Array = column(None)
    """int16[R, M]: how often the module was shown."""
    forgotten: Array = column(None)
    """int16[R, M]: of those showings the ones before the person had what was learnt about them forgotten."""
    letters_since: Array = column(None)
    """int16[R, M]: letters accepted since the module was last shown, of those with `rest_letters`; 32767 where it never was."""
    elsewhere_age: Array = column(None)
    """float32[R, M]: days since another campaign showed the module within this one's `apart`, or has it on its way (0)."""

    # Declared by the recipient: every level.
    language: Codes = column(Level.none)
    time_zone: Codes = column(Level.none)
    daypart: Codes = column(Level.none)
    """morning, midday, afternoon or evening."""
    frequency: Codes = column(Level.none)
    """How seldom letters are wanted (domain.choices.FREQUENCIES)."""
    paused_until: Array = column(Level.none, 0)
    """int64[R], epoch seconds: no letter before; 0 where nobody asked for a pause."""
    topics: Array = column(Level.none, False)
    """bool[R, T]: declared topics."""
    asked: Array = column(Level.none)
    """int8[R, M]: what they asked of the module on a why page (domain.asked): -2 not again, -1 less like it, 1 more, 0 nothing."""

    # Profile.
    first_name: Array = column(Level.basic, "")
    last_name: Array = column(Level.basic, "")
    company: Array = column(Level.basic, "")
    role: Codes = column(Level.basic)
    country: Codes = column(Level.basic)
    region: Codes = column(Level.basic)
    stage: Codes = column(Level.basic)

    # Orders, returns, complaints.
    bought: Array = column(Level.standard, 0.0)
    """float32[R, I]: order days on which the interest was bought."""
    bought_decayed: Array = column(Level.standard, 0.0)
    """float32[R, I]: the same, each day counted 2^(-age / 28 days)."""
    bought_age: Array = column(Level.standard, np.inf)
    """float32[R, I]: days since it was last bought."""
    bought_first_age: Array = column(Level.standard, np.inf)
    """float32[R, I]: days since it was first bought."""
    order_days: Array = column(Level.standard, 0.0)
    """float32[R]: days with any order."""
    order_days_decayed: Array = column(Level.standard, 0.0)
    """float32[R]: the same, each day counted 2^(-age / 28 days)."""
    returned_age: Array = column(Level.standard, np.inf)
    """float32[R, I]: days since it was returned or complained about."""
    ordered_age: Array = column(Level.standard, np.inf)
    """float32[R]: days since the last order of anything."""
    complained_age: Array = column(Level.standard, np.inf)
    """float32[R]: days since anything was returned or complained about."""

    # Clicks, visits and other conduct.
    clicked: Array = column(Level.premium, 0.0)
    """float32[R, M]: clicks on the module."""
    viewed_age: Array = column(Level.premium, np.inf)
    """float32[R, I]: days since it was viewed, carted or wished for."""
    tone_clicked: Array = column(Level.premium, 0.0)
    """float32[R, tones]: clicks on blocks that were written in the tone, by `library.tones`."""
    tone_expected: Array = column(Level.premium, 0.0)
    """float32[R, tones]: the clicks that their scores gave reason to expect."""
    opening_clicked: Array = column(Level.premium, 0.0)
    """float32[R, openings]: clicks in letters that opened so, by `library.openings`."""
    opening_expected: Array = column(Level.premium, 0.0)
    """float32[R, openings]: the clicks that were to be expected there."""

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: Sequence[int] | Array) -> Audience:
        """Return the given rows, in that order."""
        picked = np.asarray(rows, dtype=np.int64)
        return self.map(lambda value: value.take(picked) if isinstance(value, Codes) else value[picked])

    def part(self, start: int, stop: int) -> Audience:
        """Return the rows from `start` to before `stop`, as views: nothing is copied."""
        rows = slice(start, stop)
        return self.map(lambda value: value.take(rows) if isinstance(value, Codes) else value[rows])

    def map(self, change: Callable[[Any], Any]) -> Audience:
        """Return the audience with `change` applied to every column."""
        return replace(self, **{f.name: change(getattr(self, f.name)) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Person:
    """One redacted recipient, as a letter may address them. Values are plain text, never markup."""

    recipient_id: str
    number: int
    address: str
    language: str
    first_name: str
    last_name: str
    company: str
    role: str
    region: str
    stage: str
    level: Level
    opens: bool = False
    """Their letter may carry the picture that counts opens."""


def person(audience: Audience, r: int) -> Person:
    """Read one row of a redacted audience."""
    return Person(
        recipient_id=str(audience.recipient_id[r]),
        number=int(audience.number[r]),
        address=str(audience.address[r]),
        language=audience.language.word(r),
        first_name=str(audience.first_name[r]),
        last_name=str(audience.last_name[r]),
        company=str(audience.company[r]),
        role=audience.role.word(r),
        region=audience.region.word(r),
        stage=audience.stage.word(r),
        opens=bool(audience.opens[r]),
        level=Level(int(audience.level[r])),
    )
