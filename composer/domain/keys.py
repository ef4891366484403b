"""The ring of secret keys: one that address hashes hang on for ever, and one after another that tokens are made with.

A token speaks of an edition, and the edition's minute says which key made it: the newest one that was in force then. So a letter
that is tried again after a change of keys has the bytes it had, and a key that was stolen forges nothing of a later edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SIZE = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """`first` hashes addresses and makes the tokens of editions before `later`: (from that minute, key), oldest first."""

    first: bytes
    later: tuple[tuple[datetime, bytes], ...] = ()

    def at(self, scheduled: datetime) -> bytes:
        """Return the key that makes and reads the tokens of an edition."""
        return next((key for since, key in reversed(self.later) if since <= scheduled), self.first)

    @property
    def newest_first(self) -> tuple[bytes, ...]:
        """Every key that a token may have been made with."""
        return (*(key for _, key in reversed(self.later)), self.first)

    def rotated(self, key: bytes, since: datetime) -> Keys:
        """Return the ring with one more key, in force from the next whole minute after `since`, and after every other's."""
        minute = since.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = max((begun for begun, _ in self.later), default=None)
        return Keys(self.first, (*self.later, (minute if last is None else max(minute, last + timedelta(minutes=1)), key)))

    def joined(self, other: Keys) -> Keys:
        """Return what either ring holds. ValueError where their first keys differ: two installations."""
        if other.first != self.first:
            raise ValueError("two installations' keys")
        return Keys(self.first, tuple(sorted({*self.later, *other.later})))


def write_keys(keys: Keys) -> str:
    """Return the ring as its file holds it: a key a line in hexadecimal digits, the later ones with the minute they begin at."""
    return "".join([keys.first.hex(), *(f"\n{key.hex()} {since:%Y-%m-%dT%H:%MZ}" for since, key in keys.later)])


def read_keys(text: str) -> Keys:
    """Read the text of a key file; ValueError says what is wrong with it."""
    first, *rest = text.strip().splitlines() or [""]
    later = []
    for line in rest:
        digits, _, since = line.partition(" ")
        try:
            begins = datetime.fromisoformat(since.strip())
        except ValueError:
            raise ValueError("a later key without the minute from which it holds") from None
        later.append((begins.astimezone(UTC), _key(digits)))
    return Keys(_key(first), tuple(sorted(later)))


def _key(digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits.strip())
    except ValueError:
        raise ValueError("not a key: 64 hexadecimal digits expected") from None
    if len(key) != SIZE:
        raise ValueError(f"{len(key)} bytes instead of {SIZE}")
    return key
