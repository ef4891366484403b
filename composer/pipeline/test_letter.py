"""A test letter: one recipient's message to an operator, marked, with dead links, leaving no trace in the outbox."""

from __future__ import annotations

import asyncio
from datetime import datetime

from email_validator import EmailNotValidError, validate_email

from composer.app import App
from composer.domain.message import Message
from composer.domain.outcome import Outcome
from composer.errors import ComposerError, UsageError
from composer.pipeline.preview import preview
from composer.transports import open_transport

MARK = "[TEST] "


def send_test_letter(app: App, campaign: str, recipient: str, to: str, now: datetime) -> Outcome:
    """Compose the recipient's letter as it would be sent and hand it to the transport for `to` alone.

    UsageError for an address nobody can have; ComposerError where the recipient would get no letter or a check blocks it.
    """
    try:
        address = validate_email(to, check_deliverability=False, test_environment=True).ascii_email or to
    except EmailNotValidError:
        raise UsageError("not an address", where="--to", do="Write it like you@example.com.") from None
    seen = preview(app, recipient, campaign, now, mark=MARK, dead_links=True, to=address)
    if seen.message is None:
        raise ComposerError(
            "this recipient would get no letter", where="test-send", do="'composer preview RECIPIENT --campaign C --explain' says why."
        )
    blocked = [finding for finding in seen.findings if finding.blocks]
    if blocked:
        raise ComposerError(
            f"blocked by check {blocked[0].check}: {blocked[0].message}", where="test-send", do="Mend the module or layout."
        )
    return asyncio.run(_send(app, seen.message))


async def _send(app: App, message: Message) -> Outcome:
    transport = open_transport(app.settings)
    try:
        return await transport.send(message, lambda: True)
    finally:
        await transport.close()
