"""The check-up: configuration, library, database, plug-ins, and whether every count adds up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from composer.app import App
from composer.config import Settings
from composer.domain.adding_up import wrong_sum
from composer.domain.campaign import Edition, EditionState
from composer.domain.outcome import OutboxState
from composer.domain.tokens import TOKEN_LENGTH
from composer.store.campaigns import get_edition
from composer.store.crooked import crooked_letters, ended_too_soon
from composer.store.engine import reading
from composer.store.inlets import inlets
from composer.store.mails import count_waiting
from composer.store.migrate import revision
from composer.store.plans import is_planned
from composer.store.reports import EditionCount, edition_counts

LONGEST_URL = 74
"""A one-click URL longer than this is mangled by common software: seen from 76 on."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One thing looked at. `ok` None means: not wrong, but read it."""

    check: str
    ok: bool | None
    detail: str


def check_up(app: App) -> Iterator[CheckLine]:
    """Look at everything an installation hangs on; a line each."""
    yield from _settings(app)
    yield from _library(app)
    with reading(app.engine) as db:
        yield from _inlets(app, db)
        yield CheckLine("database", True, f"{app.engine.dialect.name}, schema {revision(app.engine)}")
        crooked = crooked_letters(db)
        for counts in edition_counts(db):
            edition = get_edition(db, counts.edition)
            if edition.state == EditionState.planned and not is_planned(db, edition.number):
                yield CheckLine(f"plan {edition.key}", None, "was broken off: plan the campaign again")
            yield _adds_up(edition, is_planned(db, edition.number), counts, crooked.get(edition.number, []))
        for name in ended_too_soon(db):
            yield CheckLine(f"campaign {name}", False, "is finished, though an edition of it is not")
    yield CheckLine("rules", bool(app.rules), ", ".join(app.rules))
    yield CheckLine("signals", bool(app.signals), ", ".join(app.signals))


def _settings(app: App) -> Iterator[CheckLine]:
    settings = app.settings
    url = len(settings.web.base_url) + len("/u/") + TOKEN_LENGTH
    yield CheckLine(
        "unsubscribe links",
        url <= LONGEST_URL,
        f"{url} characters" + ("" if url <= LONGEST_URL else f": shorten web.base_url by {url - LONGEST_URL}"),
    )
    example = settings.sender.address.endswith("@example.com")
    yield CheckLine(
        "sender",
        None if example else True,
        "still the example address: set [sender]" if example else "address, postal address and privacy page are set",
    )
    if settings.delivery.transport == "smtp":
        yield from _relays(settings)
    yield _signing(app)
    if marks := settings.privacy.sensitive:
        missing = ", ".join(mark for mark in marks if mark.casefold() not in app.library().library.marks)
        told = f"no module has {missing}: is it spelt as in the modules?" if missing else f"{len(marks)} subjects of which no reason tells"
        yield CheckLine("sensitive", None if missing else True, told)


def _inlets(app: App, db: Connection) -> Iterator[CheckLine]:
    """How the ways in are doing that the configuration opens, and what waits to be read."""
    section, found = app.settings.inbound, inlets(db)
    for name, place in (("listener", section.listen), ("imap", app.settings.imap.host)):
        if not place:
            continue
        inlet = found.get(name)
        if inlet is None:
            yield CheckLine(name, None, f"{place}: not opened yet; 'composer run' or 'composer worker' does")
            continue
        told = f"{inlet.at:%Y-%m-%d %H:%M} UTC"
        told = f"{inlet.error} ({told}, {inlet.failures} in a row)" if inlet.error else f"{place}, last {told}" + f" {inlet.told}".rstrip()
        yield CheckLine(name, None if inlet.error else True, told)
    if waiting := count_waiting(db):
        counts = ", ".join(f"{count} {kind}" for kind, count in waiting.items())
        yield CheckLine("replies", None, f"{counts} to be read: 'composer replies list'")


def _relays(settings: Settings) -> Iterator[CheckLine]:
    """A line each for the mail servers that letters go to. Nothing is connected, and no secret is told."""
    order = settings.delivery.relays
    for name, section in {"smtp": settings.smtp, **settings.relays}.items():
        if name in order:
            use = "first" if order.index(name) == 0 else f"stands in as number {order.index(name) + 1}"
        else:
            use = "for campaigns that name it"
        safe = {"required": "STARTTLS", "implicit": "TLS", "off": "no TLS"}[section.start_tls]
        signs_in = "signs in" if section.username else "no sign-in"
        if name in order or name != "smtp":
            yield CheckLine(
                f"relay {name}", None if section.start_tls == "off" else True, f"{section.host}:{section.port}, {safe}, {signs_in}; {use}"
            )


def _signing(app: App) -> CheckLine:
    if not app.signers:
        return CheckLine("signing", None, "letters are not signed here: let the relay do it, or see 'composer dkim key'")
    section = app.settings.dkim
    for name in filter(None, (section.key_file, section.ed25519_key_file)):
        file = app.settings.path(Path(name))
        if file.stat().st_mode & 0o077:
            return CheckLine("signing", None, f"{file} can be read by others, who could sign as you: chmod 600 {file}")
    names = ", ".join(f"{signer.kind} {signer.selector}._domainkey.{signer.domain}" for signer in app.signers)
    return CheckLine("signing", True, f"{names}; 'composer dkim record' prints what DNS must hold")


def _library(app: App) -> Iterator[CheckLine]:
    opened = app.library()
    errors = [finding for finding in opened.findings if finding.severity == "error"]
    detail = f"{len(opened.library.modules)} modules, {len(opened.library.layouts)} layouts, version {opened.sources.version}"
    yield CheckLine(
        "library",
        not errors and bool(opened.library.modules),
        detail + (f"; {len(errors)} errors: 'composer modules lint' lists them" if errors else ""),
    )


def _adds_up(edition: Edition, whole: bool, counts: EditionCount, crooked: list[str]) -> CheckLine:
    """audience = accepted + skipped + failed + unknown + waiting, and each accepted letter left its impressions."""
    states, check = counts.states, f"counts {edition.key}"
    accepted = states.get(OutboxState.accepted, 0)
    told = ", ".join(f"{n} {state}" for state, n in sorted(states.items())) or "nothing planned"
    audience = edition.audience if whole else sum(states.values())
    wrong = [wrong_sum(audience, states, finished=edition.state == EditionState.finished), *crooked]
    if accepted != counts.accepted_with_impressions:
        wrong.append(f"{accepted - counts.accepted_with_impressions} accepted letters without impressions")
    if wrong := [one for one in wrong if one]:
        return CheckLine(check, False, f"{told}: {'; '.join(wrong)}")
    return CheckLine(check, True, f"audience {sum(states.values())} = {told}")
