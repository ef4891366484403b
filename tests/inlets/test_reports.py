"""What each provider's rarer words come to: kinds of failure, feedback that is no complaint, opt-outs by whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from composer.config import Hooks
from composer.domain.notice import Notice
from composer.sources.webhooks import Call, mailgun, postmark, sendgrid, ses
from composer.sources.webhooks._fields import moment
from tests.inlets.reports import LATER, SETTINGS, Posted, signed_by_mailgun, signed_by_sendgrid, sns

HOOKS = Hooks.model_validate(SETTINGS)
WHO = "r1@example.com"
Words = list[tuple[str, str]]


def read(file: Any, posted: Posted) -> Words:
    """(kind, severity) of each notice."""
    body, headers = posted
    found = file.read(Call({name.lower(): value for name, value in headers.items()}, body, LATER), HOOKS)
    return [(notice.kind.value, notice.severity.value if notice.severity else "") for notice in found.notices]


def _ses_bounce(kind: str, sub: str, words: str = "", people: int = 1) -> Posted:
    recipients = [{"emailAddress": f"r{n}@example.com"} | ({"diagnosticCode": words} if words else {}) for n in range(people)]
    return sns({"eventType": "Bounce", "mail": {}, "bounce": {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": recipients}})


def _ses_complaint(feedback: str | None) -> Posted:
    complaint: dict[str, Any] = {"complainedRecipients": [{"emailAddress": WHO}]} | (
        {"complaintFeedbackType": feedback} if feedback else {}
    )
    return sns({"notificationType": "Complaint", "mail": {"messageId": "x"}, "complaint": complaint})


@pytest.mark.parametrize(
    ("posted", "found"),
    [
        (_ses_bounce("Permanent", "General"), [("bounce", "hard")]),
        (_ses_bounce("Permanent", "General", "smtp; 554 5.7.1 blocked"), [("bounce", "soft")]),
        (_ses_bounce("Permanent", "NoEmail", "smtp; 554 5.7.1 blocked"), [("bounce", "hard")]),
        (_ses_bounce("Permanent", "OnAccountSuppressionList"), [("bounce", "hard")]),
        (_ses_bounce("Transient", "General", "smtp; 550 5.1.1 user unknown"), [("bounce", "soft")]),
        (_ses_bounce("Undetermined", "Undetermined"), [("bounce", "soft")]),
        (_ses_bounce("Permanent", "General", people=3), [("bounce", "hard")] * 3),
        (_ses_complaint("abuse"), [("complaint", "")]),
        (_ses_complaint(None), [("complaint", "")]),
        (_ses_complaint("not-spam"), []),
        (sns({"eventType": "Reject", "mail": {"destination": [WHO]}, "reject": {"reason": "Bad content"}}), [("bounce", "soft")]),
        (sns({"eventType": "Subscription", "mail": {}}), []),
        (sns("{}"), []),
    ],
)
def test_amazon_ses(posted: Posted, found: Words) -> None:
    assert read(ses, posted) == found


def test_amazon_ses_names_our_message_id_and_not_its_own() -> None:
    mail = {"messageId": "of-ses", "commonHeaders": {"messageId": "<common@example.com>"}}
    for headers, expected in (([], "<common@example.com>"), ([{"name": "Message-Id", "value": "<own@example.com>"}], "<own@example.com>")):
        body, _ = sns({"eventType": "Delivery", "mail": {**mail, "headers": headers}, "delivery": {"recipients": [WHO]}})
        [notice] = ses.read(Call({}, body, LATER), HOOKS).notices
        assert isinstance(notice, Notice)
        assert notice.message_id == expected


def _postmark(**event: Any) -> Posted:
    return json.dumps({"Email": WHO, **event}).encode(), {}


def _change(**event: Any) -> Posted:
    shown = {"RecordType": "SubscriptionChange", "Recipient": WHO, "SuppressSending": True, "Origin": "Recipient"}
    return json.dumps({**shown, **event}).encode(), {}


@pytest.mark.parametrize(
    ("posted", "found"),
    [
        (_postmark(RecordType="Bounce", Type="HardBounce"), [("bounce", "hard")]),
        (_postmark(RecordType="Bounce", Type="HardBounce", Details="smtp;552 5.2.2 over quota"), [("bounce", "soft")]),
        (_postmark(RecordType="Bounce", Type="SpamNotification", Details="550 5.1.1 user unknown"), [("bounce", "soft")]),
        (_postmark(RecordType="Bounce", Type="DnsError"), [("bounce", "delayed")]),
        (_postmark(RecordType="Bounce", Type="AutoResponder"), [("auto_reply", "")]),
        (_postmark(RecordType="Bounce", Type="Unsubscribe"), [("unsubscribe", "")]),
        (_postmark(RecordType="Bounce", Type="SpamComplaint"), [("complaint", "")]),
        (_postmark(Type="HardBounce"), [("bounce", "hard")]),
        (_postmark(RecordType="Bounce", Type="ManuallyDeactivated"), []),
        (_postmark(RecordType="Bounce", Type="OpenRelayTest"), []),
        (_postmark(RecordType="Click"), []),
        (_change(SuppressionReason="ManualSuppression"), [("unsubscribe", "")]),
        (_change(SuppressionReason="ManualSuppression", Origin="Customer"), []),
        (_change(SuppressionReason="HardBounce"), [("bounce", "hard")]),
        (_change(SuppressionReason="SpamComplaint"), [("complaint", "")]),
        (_change(SuppressionReason="ManualSuppression", SuppressSending=False), []),
    ],
)
def test_postmark(posted: Posted, found: Words) -> None:
    assert read(postmark, posted) == found


def _failed(severity: str, reason: str, **status: Any) -> Posted:
    event = {"event": "failed", "severity": severity, "reason": reason, "recipient": WHO, "delivery-status": status}
    return signed_by_mailgun(event)


@pytest.mark.parametrize(
    ("posted", "found"),
    [
        (_failed("permanent", "bounce", code=550, message="5.1.1 no such user"), [("bounce", "hard")]),
        (_failed("permanent", "bounce", code=550, message="5.7.1 policy"), [("bounce", "soft")]),
        (_failed("permanent", "suppress-bounce", code=605, message="Not delivering to previously bounced address"), [("bounce", "hard")]),
        (_failed("permanent", "suppress-unsubscribe", code=606), [("bounce", "soft")]),
        (_failed("permanent", "old", code=602), [("bounce", "soft")]),
        (_failed("temporary", "bounce", code=550, message="5.1.1 no such user"), [("bounce", "delayed")]),
        (signed_by_mailgun({"event": "unsubscribed", "recipient": WHO}), [("unsubscribe", "")]),
        (signed_by_mailgun({"event": "complained", "recipient": WHO}), [("complaint", "")]),
        (signed_by_mailgun({"event": "rejected", "recipient": WHO}), []),
    ],
)
def test_mailgun(posted: Posted, found: Words) -> None:
    assert read(mailgun, posted) == found


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"event": "bounce", "type": "bounce"}, [("bounce", "hard")]),
        ({"event": "bounce", "type": "bounce", "reason": "550 5.2.2 full"}, [("bounce", "soft")]),
        ({"event": "bounce", "type": "blocked", "reason": "550 5.1.1 user unknown"}, [("bounce", "soft")]),
        ({"event": "dropped", "reason": "Bounced Address"}, [("bounce", "hard")]),
        ({"event": "dropped", "reason": "Invalid"}, [("bounce", "hard")]),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, []),
        ({"event": "unsubscribe"}, [("unsubscribe", "")]),
        ({"event": "group_unsubscribe"}, [("unsubscribe", "")]),
        ({"event": "group_resubscribe"}, []),
        ({"event": "processed"}, []),
    ],
)
def test_sendgrid(event: dict[str, str], found: Words) -> None:
    assert read(sendgrid, signed_by_sendgrid([{"email": WHO, **event}])) == found


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1772442000", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("1772442000.5", datetime(2026, 3, 2, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T04:00:00.0000000-05:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T09:00:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("9" * 40, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("²", None),
    ],
)
def test_times_are_read_however_they_are_written(text: str, at: datetime | None) -> None:
    assert moment(text) == at
