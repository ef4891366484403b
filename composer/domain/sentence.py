"""A sentence as data: its English words with named blanks, and what stands in the blanks; other languages translate the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is the English sentence, the key of every translation; `fields` are (blank, what stands in it).

    A field that is a sentence itself (a weekday, "something like this") is translated too; a text stands as it is.
    An empty one says nothing and is false.
    """

    text: str
    fields: tuple[tuple[str, str | Sentence], ...] = ()

    def __str__(self) -> str:
        return fill(self.text, {name: str(value) for name, value in self.fields})

    def __bool__(self) -> bool:
        return bool(self.text)

    def leaves(self) -> Iterator[str]:
        """Every text that was put in, however deep."""
        for _, value in self.fields:
            if isinstance(value, Sentence):
                yield from value.leaves()
            else:
                yield value


SILENCE = Sentence("")
"""Nothing to say."""


@lru_cache(maxsize=8192)  # a batch says few different sentences
def say(text: str, **fields: str | Sentence) -> Sentence:
    """Return the sentence. `text` is written out where it is said, as for gettext: tests and translators find it in the source."""
    return Sentence(text, tuple(fields.items()))


def fill(text: str, values: Mapping[str, object]) -> str:
    """Put `values` where `text` names them in braces; other braces, and those inside values, stay what they are."""
    return _BLANK.sub(lambda match: str(values.get(match[1], match[0])), text)


def read_sentence(stored: Any) -> Sentence:
    """Return the sentence that was stored; one stored before sentences had blanks is a text."""
    if isinstance(stored, str):
        return Sentence(stored)
    fields = ((name, value if isinstance(value, str) else read_sentence(value)) for name, value in stored["fields"])
    return Sentence(stored["text"], tuple(fields))
