"""What providers send, written by us from the field names their documentation gives (no sample of theirs is copied).

Amazon SES and SNS: docs.aws.amazon.com/ses, "Contents of event data that Amazon SES publishes to Amazon SNS";
docs.aws.amazon.com/sns, "HTTP/HTTPS subscription confirmation JSON format". Postmark: postmarkapp.com/developer/webhooks.
Mailgun: documentation.mailgun.com, "Webhook Payloads". SendGrid: twilio.com/docs/sendgrid, "Event Webhook Reference".
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.path.rows import NOW

TOPIC = "arn:aws:sns:eu-north-1:123456789012:letters"
MAILGUN_KEY = "a signing key"
SENDGRID_KEY = generate_private_key(SECP256R1())
SETTINGS = {
    "ses_topic": TOPIC,
    "mailgun_key": MAILGUN_KEY,
    "sendgrid_key": b64encode(SENDGRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode(),
}
LATER = NOW + timedelta(hours=1)
ISO = LATER.isoformat().replace("+00:00", "Z")
STAMP = int(LATER.timestamp())
UNKNOWN_USER = "550 5.1.1 user unknown"
FULL = "552 5.2.2 mailbox full"

Posted = tuple[bytes, dict[str, str]]


def sns(message: Any, topic: str = TOPIC, **fields: Any) -> Posted:
    envelope = {
        "Type": "Notification",
        "MessageId": "00000000-0000-4000-8000-000000000001",
        "TopicArn": topic,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": ISO,
        "SignatureVersion": "1",
        "Signature": "bm90IGxvb2tlZCBhdA==",
        "SigningCertURL": "https://sns.eu-north-1.amazonaws.com/x.pem",
        **fields,
    }
    return json.dumps(envelope).encode(), {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": envelope["Type"]}


def _ses(message_id: str, **event: Any) -> Posted:
    mail = {
        "timestamp": NOW.isoformat(),
        "messageId": "0110019-of-ses-000000",
        "source": "letters@example.com",
        "destination": ["r1@example.com"],
        "headers": [{"name": "From", "value": "letters@example.com"}, {"name": "Message-ID", "value": message_id}] if message_id else [],
        "commonHeaders": {"subject": "x"},
    }
    return sns({"mail": mail, **event})


def _ses_bounce(message_id: str, address: str, words: str, kind: str, sub: str) -> Posted:
    recipient = {"emailAddress": address, "action": "failed", "status": words[4:9], "diagnosticCode": f"smtp; {words}"}
    bounce = {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [recipient], "timestamp": ISO, "feedbackId": "1"}
    return _ses(message_id, eventType="Bounce", bounce=bounce)


def ses(what: str, message_id: str, address: str) -> Posted:
    match what:
        case "hard":
            return _ses_bounce(message_id, address, UNKNOWN_USER, "Permanent", "General")
        case "soft":
            return _ses_bounce(message_id, address, FULL, "Transient", "MailboxFull")
        case "policy":
            return _ses_bounce(message_id, address, "550 5.7.1 message rejected as spam", "Permanent", "General")
        case "delayed":
            delay = {
                "delayType": "MailboxFull",
                "timestamp": ISO,
                "delayedRecipients": [{"emailAddress": address, "diagnosticCode": "452 4.2.2"}],
            }
            return _ses(message_id, eventType="DeliveryDelay", deliveryDelay=delay)
        case "complaint":
            complaint = {"complainedRecipients": [{"emailAddress": address}], "complaintFeedbackType": "abuse", "timestamp": ISO}
            return _ses(message_id, notificationType="Complaint", complaint=complaint)
        case "delivered":
            delivery = {"recipients": [address], "smtpResponse": "250 ok", "timestamp": ISO, "reportingMTA": "a.example.net"}
            return _ses(message_id, eventType="Delivery", delivery=delivery)
    return _ses(message_id, eventType="Open", open={"ipAddress": "192.0.2.1"})


def postmark(what: str, message_id: str, address: str) -> Posted:
    shared = {"MessageID": "00000000-0000-4000-8000-00000000000a", "ServerID": 1, "MessageStream": "broadcast"}
    shared["Metadata"] = {"message-id": message_id} if message_id else {}
    kinds = {"hard": ("HardBounce", UNKNOWN_USER), "soft": ("SoftBounce", FULL), "delayed": ("Transient", "451 4.4.1 timed out")}
    kinds |= {"policy": ("HardBounce", "550 5.7.1 message rejected as spam")}
    bounced = {"Email": address, "BouncedAt": ISO, "ID": 42, "Inactive": True, "Subject": "x"}
    if what in kinds:
        kind, words = kinds[what]
        event = {"RecordType": "Bounce", "Type": kind, "TypeCode": 1, "Details": words, **bounced}
    elif what == "complaint":
        event = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Details": "", **bounced}
    elif what == "unsubscribe":
        change = {"Recipient": address, "ChangedAt": ISO, "Origin": "Recipient"}
        event = {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "ManualSuppression", **change}
    elif what == "delivered":
        event = {"RecordType": "Delivery", "Recipient": address, "DeliveredAt": ISO, "Details": "250 ok"}
    else:
        event = {"RecordType": "Open", "Recipient": address, "ReceivedAt": ISO}
    return json.dumps({**event, **shared}).encode(), {"content-type": "application/json"}


def signed_by_mailgun(event: Any, at: datetime = LATER, key: str = MAILGUN_KEY, token: str = "") -> Posted:
    """`token` is drawn from the event where none is given: Mailgun draws one a call."""
    stamp, token = str(int(at.timestamp())), token or sha256(json.dumps(event).encode()).hexdigest()[:50]
    signature = hmac.new(key.encode(), (stamp + token).encode(), "sha256").hexdigest()
    document = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
    return json.dumps(document).encode(), {"content-type": "application/json"}


def mailgun(what: str, message_id: str, address: str) -> Posted:
    event: dict[str, Any] = {"id": "an-event", "timestamp": STAMP + 0.25, "recipient": address, "log-level": "error"}
    event["message"] = {"headers": {"message-id": message_id.strip("<>"), "to": address}} if message_id else {}
    failures = {
        "hard": ("permanent", "bounce", 550, "5.1.1", "5.1.1 user unknown"),
        "soft": ("permanent", "old", 452, "4.2.2", "mailbox full"),
        "policy": ("permanent", "generic", 550, "5.7.1", "5.7.1 message rejected as spam"),
        "delayed": ("temporary", "generic", 451, "4.4.1", "timed out"),
    }
    if what in failures:
        severity, reason, code, enhanced, words = failures[what]
        event |= {"event": "failed", "severity": severity, "reason": reason}
        event["delivery-status"] = {"code": code, "enhanced-code": enhanced, "message": words, "description": "", "attempt-no": 1}
    else:
        event["event"] = {"complaint": "complained", "delivered": "delivered", "unsubscribe": "unsubscribed"}.get(what, "opened")
        event["delivery-status"] = {"code": 250, "message": "OK"}
    return signed_by_mailgun(event)


def signed_by_sendgrid(events: Any, at: datetime = LATER) -> Posted:
    body, stamp = json.dumps(events).encode(), str(int(at.timestamp()))
    signature = SENDGRID_KEY.sign(stamp.encode() + body, ECDSA(SHA256()))
    return body, {
        "content-type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }


def sendgrid_event(what: str, message_id: str, address: str) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": UNKNOWN_USER},
        "soft": {"event": "bounce", "type": "blocked", "status": "5.2.2", "reason": FULL},
        "policy": {"event": "bounce", "type": "bounce", "status": "5.7.1", "reason": "550 5.7.1 message rejected as spam"},
        "delayed": {"event": "deferred", "response": "451 4.4.1 timed out", "attempt": "3"},
        "complaint": {"event": "spamreport"},
        "unsubscribe": {"event": "unsubscribe"},
        "delivered": {"event": "delivered", "response": "250 ok"},
    }
    event = {"email": address, "timestamp": STAMP, "sg_event_id": "an-event", "sg_message_id": "of.sendgrid", "category": ["weekly"]}
    return event | ({"smtp-id": message_id} if message_id else {}) | kinds.get(what, {"event": "open"})


def sendgrid(what: str, message_id: str, address: str) -> Posted:
    return signed_by_sendgrid([sendgrid_event(what, message_id, address)])


@dataclass(frozen=True)
class Provider:
    """How to write a provider's report: (what, Message-ID, address) -> body and headers."""

    report: Callable[[str, str, str], Posted]


PROVIDERS = {"ses": Provider(ses), "postmark": Provider(postmark), "mailgun": Provider(mailgun), "sendgrid": Provider(sendgrid)}
