"""Composing a message: the newsletter, the redacted person, and an envelope with this letter's own links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

from sqlalchemy import Connection

from composer.app import App
from composer.domain.audience import Person
from composer.domain.campaign import Campaign, Edition
from composer.domain.consent import LETTERS, TOPIC
from composer.domain.level import Level
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Newsletter
from composer.domain.tokens import (
    TRAP,
    Purpose,
    Subject,
    click_token,
    keyed_id,
    keyed_ids,
    mail_token,
    make_token,
    make_tokens,
    read_mail_token,
    read_token,
    survey_token,
    tag_of,
    tagged,
)
from composer.library import OpenLibrary
from composer.render import Context, Envelope, Press, check, disagreement, render
from composer.store.campaigns import campaign_of_edition, get_edition


def message_id(app: App, edition: Edition, recipient_id: str, purpose: str = "message-id") -> str:
    """The Message-ID of a recipient's letter in an edition: fixed before anything is stored, the same for ever."""
    return f"<{keyed_id(app.key, purpose, edition.key, recipient_id)}@{sender_domain(app)}>"


def message_ids(app: App, edition: Edition, recipients: Sequence[str]) -> list[str]:
    """The Message-IDs of many recipients' letters: the same as one by one, and a few times faster."""
    domain = sender_domain(app)
    return [f"<{keyed}@{domain}>" for keyed in keyed_ids(app.key, "message-id", edition.key, recipients)]


def sender_domain(app: App) -> str:
    return app.settings.sender.address.rpartition("@")[2]


_PURPOSES = (Purpose.unsubscribe_header, Purpose.unsubscribe_body, Purpose.preferences, Purpose.why, Purpose.view)
_KEY_OF_NOBODY = b"a test letter's links open nothing"


@dataclass(frozen=True)
class Composer:
    """Composes the letters of one edition from one library version. Holds the compiled templates."""

    app: App
    campaign: Campaign
    edition: Edition
    opened: OpenLibrary
    mark: str = ""
    """Put before the subject: test letters say that they are one."""
    dead_links: bool = False
    """Test letters carry links that look right and do nothing."""
    leaves: datetime | None = None
    """When a test letter leaves: a date and a signature of next week are refused today, and a second test is another message."""
    to: str = ""
    """Who gets a test letter instead of its reader: known before signing, for the To header is signed."""

    @cached_property
    def press(self) -> Press:
        return Press(self.opened.compiled)

    @cached_property
    def _context(self) -> Context:
        """What the checks of this edition's letters may ask."""
        keys = tuple((signer.selector, signer.domain, signer.key.public_key()) for signer in self.app.signers)
        return Context(self.press, self.opened.library, self._speaks_of, keys)

    def compose(self, newsletter: Newsletter, person: Person, whole: bool = True) -> tuple[Message, tuple[Finding, ...]]:
        """Return the message and what the checks found: `whole` reads its final bytes too. An error event tells where tiers disagree."""
        if self.to:
            person = replace(person, address=self.to)
        envelope = self._envelope(newsletter, person)
        message = render(newsletter, person, self.press, envelope, self.opened.library)
        if self.campaign.relay:
            message = replace(message, relay=self.campaign.relay)
        if self.app.signers:
            from composer.render.dkim import sign  # only where letters are signed

            message = replace(message, data=sign(message.data, self.app.signers, envelope.date))
        findings = check(message, newsletter, person, envelope, self._context, whole)
        if missed := disagreement(findings):
            from composer.logs import log  # so rare that no command should pay for it at its start

            log.error("check_disagreement", message_id=message.message_id, checks=list(missed))
        return message, findings

    def _speaks_of(self, purpose: Purpose, url: str) -> int | None:
        """Whom the address of one of this edition's pages speaks of, by row number."""
        key = self._key
        by_mail = purpose in (Purpose.return_path, Purpose.unsubscribe_mail)
        found = read_mail_token(key, purpose, tag_of(url)) if by_mail else read_token(key, purpose, url.rpartition("/")[2])
        ours = (self.edition.campaign_number, self.edition.scheduled)
        return found.recipient if found and (found.campaign, found.scheduled) == ours else None

    @cached_property
    def _key(self) -> bytes:
        """What this edition's tokens are made with, however often the key is rotated while its letters leave."""
        return _KEY_OF_NOBODY if self.dead_links else self.app.keys.at(self.edition.scheduled)

    @cached_property
    def _same(self) -> dict[str, str]:
        """What the envelopes of the edition's letters share."""
        settings, campaign, domain = self.app.settings, self.campaign, sender_domain(self.app)
        of_list = campaign.list == LETTERS
        return {
            "sender_address": settings.sender.address,
            "sender_name": settings.sender.name,
            "postal_address": settings.sender.postal_address,
            "privacy_url": settings.sender.privacy_url,
            "site": settings.sender.site,
            "base_url": settings.web.base_url,
            "list_id": f"{_label(campaign.list)}.{domain}",
            "list_name": settings.sender.name if of_list else f"{settings.sender.name}: {campaign.list.removeprefix(TOPIC)}",
            "title": campaign.title or campaign.name,
            "pictures_url": f"{settings.web.base_url}/pictures",
            "campaign": campaign.name,
            "reply_to": settings.sender.reply_to,
            "feedback_id": feedback_id(campaign.name, _label(campaign.list), domain),
            "mark": self.mark,
        }

    @cached_property
    def _asking(self) -> frozenset[str]:
        """The modules that ask a question."""
        return frozenset(module.name for module in self.opened.library.modules if module.survey)

    def _envelope(self, newsletter: Newsletter, person: Person) -> Envelope:
        base, bounces = self.app.settings.web.base_url, self.app.settings.inbound.address
        subject = Subject(person.number, self.edition.campaign_number, self.edition.scheduled)
        key = self._key
        clicks = person.level == Level.premium

        purpose = f"test-message-id {self.leaves}" if self.leaves else "message-id"

        header, body, preferences, why, view = make_tokens(key, _PURPOSES, subject)

        def address(purpose: Purpose) -> str:
            return tagged(bounces, mail_token(key, purpose, subject)) if bounces else ""

        return Envelope(
            **self._same,
            message_id=message_id(self.app, self.edition, person.recipient_id, purpose),
            date=self.leaves or newsletter.send_at,
            unsubscribe_header_url=f"{base}/u/{header}",
            unsubscribe_url=f"{base}/u/{body}",
            preferences_url=f"{base}/p/{preferences}",
            why_url=f"{base}/w/{why}",
            view_url=f"{base}/v/{view}",
            survey_urls={
                block.position: f"{base}/s/{survey_token(key, subject, block.position)}"
                for block in newsletter.blocks
                if block.module in self._asking
            },
            return_path=address(Purpose.return_path),
            unsubscribe_mailto=address(Purpose.unsubscribe_mail),
            # The level says it: profiling and clicks are consented to, and chosen.
            click_urls=tuple(f"{base}/c/{click_token(key, subject, block.position)}" for block in newsletter.blocks) if clicks else (),
            trap_url=f"{base}/c/{click_token(key, subject, TRAP)}" if clicks else "",
            open_url=f"{base}/o/{make_token(key, Purpose.open, subject)}.gif" if person.opens else "",
        )


def open_composer(app: App, db: Connection, number: int) -> Composer:
    """Return the composer of an approved edition's letters, by the edition's row number."""
    edition = get_edition(db, number)
    return Composer(app, campaign_of_edition(db, edition), edition, app.frozen_library(db, edition.library_version))


def feedback_id(campaign: str, list_label: str, domain: str) -> str:
    """Return Google's Feedback-ID, `campaign:list:kind:sender`, for every letter of a campaign the same and never a reader's own.

    It is read from the right: the sender's id, 5 to 15 characters, then up to three ids by which complaints are counted.
    No id may stand in two places (support.google.com/mail/answer/6254652): a second one is left out.
    """
    name = re.sub(r"[^a-z0-9]", "", domain.lower())
    sender = name if 5 <= len(name) <= 15 else name[:7] + blake2b(domain.encode(), digest_size=4).hexdigest()
    ids: list[str] = []
    for one in (campaign, list_label, "newsletter"):
        label = re.sub(r"[^A-Za-z0-9_-]+", "-", one)
        ids.append("" if label == sender or label in ids else label)
    return ":".join((*ids, sender))


def _label(list_name: str) -> str:
    """A DNS-like label for List-Id (RFC 2919): letters, or the topic's name."""
    return re.sub(r"[^a-z0-9]+", "-", list_name.removeprefix(TOPIC).lower()).strip("-") or "list"
