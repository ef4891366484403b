"""Postmark (postmarkapp.com/developer/webhooks): one event a call, and no signature: the secret of the URL stands for it.

Its MessageID is Postmark's own. A letter is known by the metadata `message-id` (a header X-PM-Metadata-message-id, where
the relay's configuration adds one), else by the address.
"""

from __future__ import annotations

from composer.config import Hooks
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.sources.webhooks import Call, Malformed, Told
from composer.sources.webhooks._fields import failed, inner, judged, mapping, moment, told, word

NEEDS = ""
_FAILED = {
    "HardBounce": Severity.hard,
    "BadEmailAddress": Severity.hard,
    "SoftBounce": Severity.soft,
    "SpamNotification": Severity.soft,
    "VirusNotification": Severity.soft,
    "Blocked": Severity.soft,
    "DMARCPolicy": Severity.soft,
    "Undeliverable": Severity.soft,
    "SMTPApiError": Severity.soft,
    "Unknown": Severity.soft,
    "Transient": Severity.delayed,
    "DnsError": Severity.delayed,
}
"""Type of a Bounce -> what the provider makes of it."""
_SAID = {
    "Unsubscribe": NoticeKind.unsubscribe,
    "AutoResponder": NoticeKind.auto_reply,
    "ChallengeVerification": NoticeKind.auto_reply,
    "SpamComplaint": NoticeKind.complaint,
}


def ready(hooks: Hooks) -> bool:
    return True


def read(call: Call, hooks: Hooks) -> Told:
    event = mapping(call.body)
    kind = word(event, "RecordType") or ("Bounce" if word(event, "Type") else "")
    if not kind:
        raise Malformed("no RecordType")
    notice = _notice(kind, event)
    return Told((notice,) if notice else ())


def _notice(kind: str, event: dict[str, object]) -> Notice | None:
    message_id = word(event, "Metadata", "message-id")
    address = word(event, "Email") or word(event, "Recipient")
    words = word(event, "Details") or word(event, "Description")
    at = moment(word(event, "BouncedAt") or word(event, "ChangedAt") or word(event, "DeliveredAt"))
    if kind == "Delivery":
        return told(NoticeKind.delivered, address, message_id, words, at)
    if kind == "SubscriptionChange":
        why = word(event, "SuppressionReason")
        if inner(event, "SuppressSending") is not True:
            return None
        if why == "ManualSuppression":  # by the recipient, or by somebody at Postmark's desk, who means no opt-out
            return told(NoticeKind.unsubscribe, address, message_id, why, at) if word(event, "Origin") == "Recipient" else None
        kind, event = "Bounce", {"Type": why}
    what = "SpamComplaint" if kind == "SpamComplaint" else word(event, "Type")
    if kind not in ("Bounce", "SpamComplaint"):
        return None
    if said := _SAID.get(what):
        return told(said, address, message_id, words, at)
    if what not in _FAILED:
        return None
    how = _FAILED[what]
    return failed(address, message_id, judged(how, "", words) if how == Severity.hard else how, words or what, at)
