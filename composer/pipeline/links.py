"""Where a letter's own links lead: read from what was decided and from the library it was decided with, never from the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.content import Library
from composer.domain.tokens import TRAP, Subject, read_click_token
from composer.errors import ComposerError
from composer.pipeline.compose import Composer
from composer.pipeline.foresee import foreseen_letter
from composer.pipeline.letterhead import under_letterhead
from composer.render.links import block_link
from composer.store.campaigns import campaign_of_edition, get_edition
from composer.store.engine import reading
from composer.store.letters import Letter, letter_of


@dataclass(frozen=True, slots=True)
class Link:
    """A block's link: the letter's row number, whose it is, the block, and the address it leads to. `left`: the letter may have left.

    The hidden link has no module, and the position tokens.TRAP.
    """

    subject: Subject
    letter: int
    recipient: int
    module: str
    position: int
    target: str
    left: bool


def find_link(app: App, token: str, now: datetime) -> Link | None:
    """Return the link a click token stands for; None where the token, the letter, its recipient or its block is unknown.

    A letter that waits has the blocks it would have now.
    """
    named = read_click_token(app.keys, token)
    if named is None:
        return None
    subject, position = named
    with reading(app.engine) as db:
        letter = foreseen_letter(app, db, subject, now)
        library = _library(app, db, letter) if letter else None
    if position == TRAP and letter is not None and letter.newsletter is not None:
        site = app.settings.sender.site  # whoever gets there after all is at least somewhere
        return Link(subject, letter.number, letter.recipient, "", TRAP, site, letter.frozen) if site else None
    block = next((b for b in letter.newsletter.blocks if b.position == position), None) if letter and letter.newsletter else None
    if letter is None or library is None or block is None or block.module not in library.index:
        return None
    module = library.modules[library.index[block.module]]
    target = block_link(module.target(block.call), app.settings.sender.site, letter.campaign, module.name, position)
    return Link(subject, letter.number, letter.recipient, module.name, position, target, letter.frozen) if target else None


def _library(app: App, db: Connection, letter: Letter) -> Library | None:
    """The library the letter was decided with. A plan that nobody approved yet has the files as they stand."""
    try:
        return app.frozen_library(db, letter.library_version).library
    except ComposerError:
        return None if letter.frozen else app.library().library


@dataclass(frozen=True, slots=True)
class LetterPage:
    """A letter's HTML part, byte for byte as it was sent, and where its pictures were served from then."""

    html: str
    base_url: str


def letter_page(app: App, subject: Subject) -> LetterPage | None:
    """Return a letter that was sent, composed again from what was frozen; None where nothing is."""
    with reading(app.engine) as db:
        letter = letter_of(db, subject)
        if letter is None or letter.newsletter is None or letter.person is None:
            return None
        edition = get_edition(db, letter.edition)
        campaign = campaign_of_edition(db, edition)
        try:
            opened = app.frozen_library(db, letter.library_version)
        except ComposerError:
            return None
        then = under_letterhead(app, db, letter.letterhead)
    message, _ = Composer(then, campaign, edition, opened).compose(letter.newsletter, letter.person, whole=False)
    return LetterPage(message.html.replace("\n", "\r\n"), then.settings.web.base_url)  # as a mail holds it (RFC 2046 4.1.1)
