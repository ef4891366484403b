"""A library, a person, a newsletter and an envelope that tests of letters share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from composer.domain.audience import Person
from composer.domain.level import Level
from composer.domain.newsletter import Block, Newsletter
from composer.domain.reasons import Arm, Source
from composer.library import OpenLibrary, open_library, read_sources
from composer.render import Context, Envelope, Press
from tests.kept import KEPT

REPOSITORY = Path(__file__).parents[2]
SEND_AT = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
BLOCKS = (
    "usecase/bottleneck-first",
    "feature/replay-at-night",
    "roi/late-order",
    "offer/one-line-one-month",
    "service/ask-an-engineer",
    "survey/what-next",
)
PERSON = Person(
    "r-1001", 7, "aino.virtanen@example.com", "fi", "Aino", "Virtanen", "Konepaja & Pojat Oy", "operations", "", "", Level.premium
)
ENVELOPE = Envelope(
    sender_address="letters@example.com",
    sender_name="Example Company",
    postal_address="Example Company, Example Street 1, 00100 Helsinki, Finland",
    privacy_url="https://www.example.com/privacy",
    site="https://www.example.com",
    base_url="https://letters.example.com",
    list_id="letters.example.com",
    list_name="Example Company letters",
    title="Notes from the plant",
    message_id="<k3y@example.com>",
    date=SEND_AT,
    campaign="weekly",
    unsubscribe_header_url="https://letters.example.com/u/" + "h" * 36,
    unsubscribe_url="https://letters.example.com/u/" + "b" * 36,
    preferences_url="https://letters.example.com/p/" + "p" * 36,
    why_url="https://letters.example.com/w/" + "w" * 36,
    view_url="https://letters.example.com/v/" + "v" * 36,
    pictures_url="https://letters.example.com/pictures",
    return_path="bounces+" + "r" * 44 + "@example.com",
    unsubscribe_mailto="bounces+" + "u" * 44 + "@example.com",
)


@cache
def opened() -> OpenLibrary:
    """The library of the repository, compiled once a test process."""
    return open_library(read_sources(REPOSITORY / "modules", REPOSITORY / "templates"), KEPT)


@cache
def press() -> Press:
    return Press(opened().compiled)


@cache
def context() -> Context:
    """What the checks of these letters may ask. Their tokens mean nothing, so nobody reads them."""
    return Context(press(), opened().library)


def newsletter(names: tuple[str, ...] = BLOCKS, language: str = "fi", variant: str = "plain", subject: str = "") -> Newsletter:
    """A newsletter of the given modules; the first one gives the subject."""
    leading = opened().library.modules[opened().library.index[names[0]]]
    blocks = tuple(Block(name, variant, place, "recommendation", Source.ranked, 0.1, 1.0) for place, name in enumerate(names, 1))
    return Newsletter(
        "r-1001",
        7,
        "weekly@2026-11-24T06:00Z",
        Arm.personal,
        Level.premium,
        language,
        "newsletter",
        blocks,
        subject or leading.subjects[language],
        leading.preheaders[language],
        SEND_AT,
        "",
    )


def person(**changes: str) -> Person:
    return replace(PERSON, **changes)
