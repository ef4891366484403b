"""Twilio SendGrid (twilio.com/docs/sendgrid: "Event Webhook Reference"): batches of events, signed by ECDSA over time and body.

`smtp-id` is our Message-ID. Some kinds of event (complaints, unsubscribes) may come without: those are known by the address.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Any

from composer.config import Hooks
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.sources.webhooks import LONGEST_DELAY, Call, Malformed, Told, Unsigned
from composer.sources.webhooks._fields import document, failed, judged, moment, told, word

NEEDS = "hooks.sendgrid_key"
SIGNATURE, STAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
_DROPPED = {
    "bounced address": Severity.hard,
    "invalid": Severity.hard,
}
"""Reason of a letter that SendGrid did not try -> what it says of the address; other reasons speak of something else."""


def ready(hooks: Hooks) -> bool:
    return bool(hooks.sendgrid_key)


def read(call: Call, hooks: Hooks) -> Told:
    _check(call, hooks.sendgrid_key)
    events = document(call.body)
    if not isinstance(events, list):
        raise Malformed("the body is not a JSON array")
    return Told(tuple(notice for event in events if (notice := _notice(event))))


def _check(call: Call, key: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    stamp = call.headers.get(STAMP, "")
    at = moment(stamp)
    if at is None:
        raise Unsigned("no signature")
    try:
        public = load_der_public_key(b64decode(key, validate=True))
        if not isinstance(public, EllipticCurvePublicKey):
            raise Unsigned("hooks.sendgrid_key is no key of the kind that SendGrid shows")
        public.verify(b64decode(call.headers.get(SIGNATURE, ""), validate=True), stamp.encode() + call.body, ECDSA(SHA256()))
    except InvalidSignature:
        raise Unsigned("wrong signature") from None
    except (Error, ValueError):
        raise Unsigned("no signature, or hooks.sendgrid_key is not the key that SendGrid shows") from None
    if abs(call.now - at) > LONGEST_DELAY:
        raise Unsigned("signed at another time")


def _notice(event: Any) -> Notice | None:
    address, message_id = word(event, "email"), word(event, "smtp-id")
    words = word(event, "reason") or word(event, "response")
    at = moment(word(event, "timestamp"))
    match word(event, "event"):
        case "delivered":
            return told(NoticeKind.delivered, address, message_id, words, at)
        case "deferred":
            return failed(address, message_id, Severity.delayed, words, at)
        case "bounce":
            # "blocked" is a refusal of this letter: a full mailbox, a policy, a list.
            hard = word(event, "type") != "blocked"
            return failed(address, message_id, judged(Severity.hard, word(event, "status"), words) if hard else Severity.soft, words, at)
        case "dropped" if how := _DROPPED.get(word(event, "reason").lower()):
            return failed(address, message_id, how, words, at)
        case "spamreport":
            return told(NoticeKind.complaint, address, message_id, "", at)
        case "unsubscribe" | "group_unsubscribe":
            return told(NoticeKind.unsubscribe, address, message_id, "", at)
    return None
