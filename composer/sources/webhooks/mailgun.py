"""Mailgun (documentation.mailgun.com: "Webhooks", "Webhook Payloads"): one event a call, signed by HMAC-SHA256 of time and token.

The signature does not cover the event: a token that came with one body is refused with any other.
"""

from __future__ import annotations

import hmac

from composer.config import Hooks
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.sources.webhooks import LONGEST_DELAY, Call, Malformed, Told, Unsigned
from composer.sources.webhooks._fields import failed, inner, judged, mapping, moment, told, word

NEEDS = "hooks.mailgun_key"
_GONE = frozenset({"suppress-bounce", "hardfail"})
_GAVE_UP = frozenset({"old", "espblock", "greylisted", "suppress-complaint", "suppress-unsubscribe"})
"""Reasons of a permanent failure that say nothing against the address."""


def ready(hooks: Hooks) -> bool:
    return bool(hooks.mailgun_key.get_secret_value())


def read(call: Call, hooks: Hooks) -> Told:
    document = mapping(call.body)
    token = _signed(document, call, hooks.mailgun_key.get_secret_value())
    event = inner(document, "event-data")
    if not isinstance(event, dict):
        raise Malformed("no event-data")
    notice = _notice(event)
    return Told((notice,) if notice else (), once=token)


def _signed(document: dict[str, object], call: Call, key: str) -> str:
    stamp, token = word(document, "signature", "timestamp"), word(document, "signature", "token")
    at = moment(stamp)
    if not token or at is None:
        raise Unsigned("no signature")
    expected = hmac.new(key.encode(), (stamp + token).encode("utf-8", "replace"), "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), word(document, "signature", "signature").encode("utf-8", "replace")):
        raise Unsigned("wrong signature")
    if abs(call.now - at) > LONGEST_DELAY:
        raise Unsigned("signed at another time")
    return token


def _notice(event: dict[str, object]) -> Notice | None:
    address, message_id = word(event, "recipient"), word(event, "message", "headers", "message-id")
    status = word(event, "delivery-status", "enhanced-code")
    words = word(event, "delivery-status", "message") or word(event, "delivery-status", "description")
    words = f"{word(event, 'delivery-status', 'code')} {words}".strip()
    at = moment(word(event, "timestamp"))
    match word(event, "event"):
        case "delivered":
            return told(NoticeKind.delivered, address, message_id, words, at)
        case "complained":
            return told(NoticeKind.complaint, address, message_id, "", at)
        case "unsubscribed":
            return told(NoticeKind.unsubscribe, address, message_id, "", at)
        case "failed":
            reason = word(event, "reason")
            if word(event, "severity") == "temporary":
                how = Severity.delayed  # Mailgun goes on trying
            elif reason in _GONE:
                how = Severity.hard
            else:
                how = Severity.soft if reason in _GAVE_UP else judged(Severity.hard, status, words)
            return failed(address, message_id, how, words or reason, at)
    return None
