"""Amazon SES, by way of an SNS topic (docs.aws.amazon.com/ses: "Contents of event data that Amazon SES publishes to Amazon SNS").

SNS signs with a certificate that stands under a URL named in the message itself: to check it one must fetch what a
stranger names. So the secret of our URL, which only the subscription holds, and the topic's name stand in for it. A
subscription is confirmed by a person: the link, if it leads to Amazon, is kept among the mails to be read.
"""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import Any

from composer.config import Hooks
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.sources.webhooks import Call, Malformed, Told, Unsigned
from composer.sources.webhooks._fields import failed, inner, judged, listed, mapping, moment, told, word

NEEDS = "hooks.ses_topic"
_AMAZON = re.compile(r"https://sns\.[a-z0-9-]{2,30}\.amazonaws\.com(\.cn)?/\?[\w=&.:%~+/-]{1,2000}", re.ASCII)
_GONE = frozenset({"NoEmail", "Suppressed", "OnAccountSuppressionList"})
"""Sub-types of a permanent bounce that speak of the address, whatever the words."""


def ready(hooks: Hooks) -> bool:
    return bool(hooks.ses_topic)


def read(call: Call, hooks: Hooks) -> Told:
    outer = mapping(call.body)
    if not compare_digest(word(outer, "TopicArn").encode(), hooks.ses_topic.encode()):
        raise Unsigned("another topic")
    match word(outer, "Type"):
        case "SubscriptionConfirmation":
            return Told(strange=(_to_confirm(word(outer, "SubscribeURL")),))
        case "UnsubscribeConfirmation":
            return Told(strange=(("Amazon SNS no longer reports here", "The subscription of the topic was ended."),))
        case "Notification":
            text = inner(outer, "Message")
            # SES says in plain words once that it may publish to the topic.
            return Told(_notices(mapping(text))) if isinstance(text, str) and text.lstrip().startswith("{") else Told()
    raise Malformed("no message of SNS")


def _to_confirm(link: str) -> tuple[str, str]:
    if not _AMAZON.fullmatch(link):
        return (
            "A subscription of Amazon SNS that leads elsewhere",
            "Somebody who knows the URL of the webhook asks to open a link not of Amazon.",
        )
    return "Amazon SNS asks to confirm the subscription", f"Open this link once, then reports about letters come in:\n{link}"


def _notices(event: dict[str, Any]) -> tuple[Notice, ...]:
    mail = inner(event, "mail")
    named = [word(field, "value") for field in listed(mail, "headers") if word(field, "name").lower() == "message-id"]
    message_id = named[0] if named else word(mail, "commonHeaders", "messageId")  # mail.messageId is of SES
    match word(event, "eventType") or word(event, "notificationType"):
        case "Bounce":
            bounce = inner(event, "bounce")
            return tuple(_bounced(bounce, one, message_id) for one in listed(bounce, "bouncedRecipients"))
        case "DeliveryDelay":
            at = moment(word(event, "deliveryDelay", "timestamp"))
            return tuple(
                failed(word(one, "emailAddress"), message_id, Severity.delayed, word(one, "diagnosticCode"), at)
                for one in listed(event, "deliveryDelay", "delayedRecipients")
            )
        case "Complaint" if word(event, "complaint", "complaintFeedbackType") != "not-spam":
            at = moment(word(event, "complaint", "timestamp"))
            kind = word(event, "complaint", "complaintFeedbackType")
            people = listed(event, "complaint", "complainedRecipients")
            return tuple(told(NoticeKind.complaint, word(one, "emailAddress"), message_id, kind, at) for one in people)
        case "Delivery":
            at, words = moment(word(event, "delivery", "timestamp")), word(event, "delivery", "smtpResponse")
            return tuple(told(NoticeKind.delivered, str(one), message_id, words, at) for one in listed(event, "delivery", "recipients"))
        case "Reject":
            people = listed(mail, "destination")
            return tuple(failed(str(one), message_id, Severity.soft, word(event, "reject", "reason"), None) for one in people)
    return ()


def _bounced(bounce: Any, one: Any, message_id: str) -> Notice:
    status, words = word(one, "status"), word(one, "diagnosticCode")
    how = Severity.soft
    if word(bounce, "bounceType") == "Permanent":
        how = Severity.hard if word(bounce, "bounceSubType") in _GONE else judged(Severity.hard, status, words)
    return failed(word(one, "emailAddress"), message_id, how, words or word(bounce, "bounceSubType"), moment(word(bounce, "timestamp")))
