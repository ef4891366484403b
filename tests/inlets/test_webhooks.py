"""Reports of mail providers, from the request to the database: only what is proved takes effect, once, before it is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert
from starlette.testclient import TestClient

from composer.app import App
from composer.config import Hooks, Settings, Web, load
from composer.discover import discover
from composer.errors import UsageError
from composer.pipeline import hooks as pipeline
from composer.pipeline.hooks import FORGOTTEN_AFTER, providers, secret_of
from composer.pipeline.tidy import tidy
from composer.sources import webhooks
from composer.sources.webhooks import LONGEST_DELAY, Call, Malformed, Unsigned
from composer.store.campaigns import make_edition
from composer.store.consents import granted
from composer.store.engine import DatabaseTrouble, reading, writing
from composer.store.latest_letter import latest_letter
from composer.store.mails import find_mail, list_mails
from composer.store.privacy import erase
from composer.store.tables import OutboxRow
from composer.store.tally import came_in
from composer.web.app import make_web
from composer.web.limits import MOST_BODY, MOST_REPORT
from tests.inbound.test_take_in import events, suppressed
from tests.inlets.reports import (
    LATER,
    PROVIDERS,
    SETTINGS,
    TOPIC,
    Posted,
    mailgun,
    sendgrid_event,
    signed_by_mailgun,
    signed_by_sendgrid,
    sns,
)
from tests.path.rows import KEY, NOW, people, running_edition

ADDRESS = "r1@example.com"
TOKEN = "a-token-of-fifty-letters"
KNOWN = pytest.mark.parametrize("provider", PROVIDERS)
EXPECTED = {
    "hard": ("bounced", "hard", True),
    "soft": ("bounced", "soft", False),
    "policy": ("bounced", "soft", False),
    "delayed": ("deferred", "delayed", False),
    "complaint": ("spam_complaint", "", True),
    "delivered": ("delivered", "", False),
}
"""What is reported -> kind of event, how its value begins, whether the address is suppressed."""


def hooked(engine: Engine, folder: Path) -> App:
    """An installation whose providers' keys are all set."""
    return App(Settings(hooks=Hooks.model_validate(SETTINGS), folder=folder), engine, KEY)


@pytest.fixture
def app(sqlite_engine: Engine, tmp_path: Path) -> App:
    return hooked(sqlite_engine, tmp_path)


def send(app: App) -> list[str]:
    """Letters to r1 and r2 that have left; returns their Message-IDs."""
    numbers = people(app.engine, 2)
    edition = running_edition(app.engine)
    rows = [
        {
            "edition": edition,
            "recipient": number,
            "state": "accepted",
            "message_id": f"<{number}@example.com>",
            "frozen": True,
            "accepted_at": NOW,
        }
        for number in numbers
    ]
    with writing(app.engine) as db:
        db.execute(insert(OutboxRow), rows)
    return [str(row["message_id"]) for row in rows]


@pytest.fixture
def letters(app: App) -> list[str]:
    return send(app)


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(make_web(app, clock=lambda: LATER)) as client:
        yield client


def post(client: TestClient, app: App, provider: str, posted: Posted, secret: str | None = None) -> Any:
    body, headers = posted
    return client.post(f"/hooks/{provider}/{secret_of(app, provider) if secret is None else secret}", content=body, headers=headers)


def told(app: App) -> list[tuple[str, int, str]]:
    return events(app, "bounced", "deferred", "spam_complaint", "delivered", "unsubscribed")


def test_every_provider_is_tested_here() -> None:
    assert providers().keys() == PROVIDERS.keys()


@KNOWN
@pytest.mark.parametrize("what", EXPECTED)
def test_a_report_takes_effect_once(app: App, client: TestClient, letters: list[str], provider: str, what: str) -> None:
    kind, begins, gone = EXPECTED[what]
    for _ in range(2):
        reply = post(client, app, provider, PROVIDERS[provider].report(what, letters[0], ADDRESS))
        assert (reply.status_code, reply.json()) == (200, {"concerned": 1})
    [(found, recipient, value)] = told(app)
    assert (found, recipient) == (kind, 1)
    assert value.startswith(begins)
    assert "@" not in value
    assert suppressed(app, ADDRESS, "r2@example.com") == [gone, False]


@pytest.mark.parametrize("provider", ["postmark", "mailgun", "sendgrid"])
def test_an_opt_out_at_the_provider_ends_the_list_here(app: App, client: TestClient, letters: list[str], provider: str) -> None:
    for message_id in (letters[0], ""):
        assert post(client, app, provider, PROVIDERS[provider].report("unsubscribe", message_id, ADDRESS)).json() == {"concerned": 1}
    with reading(app.engine) as db:
        assert granted(db, [1, 2]) == {1: frozenset({"profiling", "clicks"}), 2: frozenset({"letters", "profiling", "clicks"})}
    assert [row[:2] for row in told(app)] == [("unsubscribed", 1)]


@KNOWN
def test_reports_take_effect_on_both_databases(engine: Engine, tmp_path: Path, provider: str) -> None:
    app = hooked(engine, tmp_path)
    first, _ = send(app)
    with TestClient(make_web(app, clock=lambda: LATER)) as client:
        for message_id in (first, ""):
            assert post(client, app, provider, PROVIDERS[provider].report("hard", message_id, ADDRESS)).json() == {"concerned": 1}
    assert suppressed(app, ADDRESS, "r2@example.com") == [True, False]


@KNOWN
def test_a_report_without_our_message_id_is_about_the_last_letter_to_the_address(
    app: App, client: TestClient, letters: list[str], provider: str
) -> None:
    for message_id in ("", "<another@example.net>"):
        assert post(client, app, provider, PROVIDERS[provider].report("hard", message_id, ADDRESS)).json() == {"concerned": 1}
    assert [row[:2] for row in told(app)] == [("bounced", 1)]
    assert suppressed(app, ADDRESS, "r2@example.com") == [True, False]


def test_of_letters_to_an_address_the_last_before_the_report_counts(engine: Engine, tmp_path: Path) -> None:
    app = hooked(engine, tmp_path)
    send(app)
    with writing(engine) as db:
        another = make_edition(db, 1, NOW).number
        row = {"edition": another, "recipient": 1, "state": "accepted", "message_id": "<later@example.com>", "frozen": True}
        db.execute(insert(OutboxRow), [{**row, "accepted_at": NOW + timedelta(days=2)}])
    day = timedelta(days=1)
    moments = (NOW - day, NOW, NOW + day, NOW + 2 * day, NOW + 32 * day - timedelta(seconds=1), NOW + 32 * day)
    with reading(engine) as db:
        found = [latest_letter(db, app.key, "R1@example.com", at) for at in moments]
    assert found == [None, 1, 1, 3, 3, None]


@KNOWN
@pytest.mark.parametrize("address", ["stranger@example.com", "", "no address", "r1@example.com, r2@example.com", "\0@\ud800"])
def test_a_report_about_a_stranger_touches_nothing(app: App, client: TestClient, letters: list[str], provider: str, address: str) -> None:
    for what in EXPECTED:
        reply = post(client, app, provider, PROVIDERS[provider].report(what, "<nobody@example.com>", address))
        assert reply.status_code in (200, 400)
    assert told(app) == []
    assert suppressed(app, ADDRESS, "r2@example.com") == [False, False]


@KNOWN
def test_a_report_about_somebody_erased_touches_nothing(app: App, client: TestClient, letters: list[str], provider: str) -> None:
    with writing(app.engine) as db:
        erase(db, 1, app.key, LATER)
    for message_id in (letters[0], ""):
        assert post(client, app, provider, PROVIDERS[provider].report("hard", message_id, ADDRESS)).json() == {"concerned": 0}
    assert told(app) == []


@KNOWN
def test_what_we_do_not_count_is_answered_and_changes_nothing(app: App, client: TestClient, letters: list[str], provider: str) -> None:
    assert post(client, app, provider, PROVIDERS[provider].report("open", letters[0], ADDRESS)).json() == {"concerned": 0}
    assert told(app) == []


@KNOWN
def test_unknown_provider_wrong_secret_and_wrong_signature_are_one_404(
    app: App, client: TestClient, letters: list[str], provider: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body, headers = PROVIDERS[provider].report("hard", letters[0], ADDRESS)
    secret = secret_of(app, provider)
    other = next(name for name in PROVIDERS if name != provider)
    answers = [
        client.post(f"/hooks/{place}", content=body, headers=headers)
        for place in (
            f"nobody/{secret_of(app, 'nobody')}",
            f"{provider}/{'a' * len(secret)}",
            f"{provider}/{secret[:-1]}",
            f"{provider}/{secret}x",
            f"{provider}/{secret_of(app, other)}",
            f"{provider}/ä%ff",
            f"_fields/{secret_of(app, '_fields')}",
        )
    ]
    if provider == "ses":
        answers.append(post(client, app, provider, sns({}, topic=TOPIC + "x")))
    elif provider == "mailgun":
        answers.append(post(client, app, provider, (body.replace(b'"token": "', b'"token": "b'), headers)))
    elif provider == "sendgrid":
        answers.append(post(client, app, provider, (body + b" ", headers)))
        answers.append(post(client, app, provider, (body, {})))
    unknown = client.post("/nothing/here")
    assert {(reply.status_code, reply.text) for reply in answers} == {(404, unknown.text)}
    assert [dict(reply.headers) for reply in answers] == [dict(unknown.headers)] * len(answers)
    assert client.get(f"/hooks/{provider}/{secret}").status_code == 405
    assert told(app) == []
    assert secret not in capsys.readouterr().err


def test_a_provider_whose_key_is_not_set_is_unknown(app: App, client: TestClient, letters: list[str]) -> None:
    app.settings = app.settings.model_copy(update={"hooks": Hooks()})
    for provider, file in providers().items():
        reply = post(client, app, provider, PROVIDERS[provider].report("hard", letters[0], ADDRESS))
        assert reply.status_code == (404 if file.NEEDS else 200), provider


@KNOWN
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[1, 2", b'"text"', b"\xff\xfe", b"[" * 5000, b'{"a": 1}', b"[]", b"17"])
def test_what_is_no_report_is_refused_and_changes_nothing(
    app: App, client: TestClient, letters: list[str], provider: str, body: bytes
) -> None:
    reply = post(client, app, provider, (body, {}))
    assert reply.status_code in (400, 404)
    assert told(app) == []


def test_a_batch_is_taken_whole_and_what_is_strange_in_it_stops_nothing(app: App, client: TestClient, letters: list[str]) -> None:
    strange: list[Any] = [None, 17, {}, {"event": 5}, {"event": "bounce", "email": {"a": 1}, "timestamp": "never", "smtp-id": ["x"]}]
    batch = [
        sendgrid_event("hard", letters[0], ADDRESS),
        *strange,
        sendgrid_event("soft", letters[1], "r2@example.com"),
        *[sendgrid_event("open", letters[0], ADDRESS)] * 1000,
    ]
    posted = signed_by_sendgrid(batch)
    assert MOST_BODY < len(posted[0]) < MOST_REPORT
    assert post(client, app, "sendgrid", posted).json() == {"concerned": 2}
    assert [(kind, who) for kind, who, _ in told(app)] == [("bounced", 1), ("bounced", 2)]
    with reading(app.engine) as db:
        assert came_in(db)["bounce"] == 3


def test_providers_are_never_turned_away_for_calling_often(app: App, letters: list[str]) -> None:
    app.settings = app.settings.model_copy(update={"web": Web(rate_limit=1)})
    with TestClient(make_web(app, clock=lambda: LATER)) as client:
        posted = PROVIDERS["postmark"].report("delivered", letters[0], ADDRESS)
        assert [post(client, app, "postmark", posted).status_code for _ in range(5)] == [200] * 5
        assert [client.get("/hooks/postmark/x").status_code for _ in range(2)] == [405, 429]


def test_a_report_that_is_too_long_is_refused(app: App, client: TestClient) -> None:
    assert post(client, app, "postmark", (b" " * (MOST_REPORT + 1), {})).status_code == 413
    assert client.post("/u/x", content=b" " * (MOST_BODY + 1)).status_code == 413


def test_where_the_database_is_away_the_provider_is_asked_to_come_again(
    app: App, client: TestClient, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = mailgun("hard", letters[0], ADDRESS)

    def away(*_: object) -> None:
        raise DatabaseTrouble("the database says: database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "apply", away)
        reply = post(client, app, "mailgun", posted)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "60")
    assert told(app) == []
    assert post(client, app, "mailgun", posted).json() == {"concerned": 1}


def test_mailgun_s_signature_comes_with_one_body_and_in_its_time(app: App, client: TestClient, letters: list[str]) -> None:
    first = {"event": "delivered", "recipient": ADDRESS, "message": {"headers": {"message-id": letters[0].strip("<>")}}}
    forged = {"event": "complained", "recipient": "r2@example.com", "message": {"headers": {"message-id": letters[1].strip("<>")}}}
    assert post(client, app, "mailgun", signed_by_mailgun(first, token=TOKEN)).status_code == 200
    assert post(client, app, "mailgun", signed_by_mailgun(forged, token=TOKEN)).status_code == 404
    assert post(client, app, "mailgun", signed_by_mailgun(first, token=TOKEN)).status_code == 200
    for at in (LATER - LONGEST_DELAY - timedelta(seconds=1), LATER + LONGEST_DELAY + timedelta(seconds=1)):
        assert post(client, app, "mailgun", signed_by_mailgun(forged, at=at, token="another")).status_code == 404
    assert post(client, app, "mailgun", signed_by_mailgun(forged, key="another key", token="another")).status_code == 404
    assert suppressed(app, "r2@example.com") == [False]
    tidy(app, LATER + FORGOTTEN_AFTER)
    assert post(client, app, "mailgun", signed_by_mailgun(forged, token=TOKEN)).status_code == 404
    tidy(app, LATER + FORGOTTEN_AFTER + timedelta(seconds=1))
    assert post(client, app, "mailgun", signed_by_mailgun(forged, token=TOKEN)).status_code == 200


def test_sendgrid_s_signature_is_refused_at_another_time(app: App, client: TestClient, letters: list[str]) -> None:
    old = signed_by_sendgrid([sendgrid_event("hard", letters[0], ADDRESS)], at=LATER - LONGEST_DELAY - timedelta(seconds=1))
    assert post(client, app, "sendgrid", old).status_code == 404
    assert told(app) == []


@pytest.mark.parametrize(
    ("link", "subject"),
    [
        (
            "https://sns.eu-north-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y",
            "Amazon SNS asks to confirm the subscription",
        ),
        ("https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription", "Amazon SNS asks to confirm the subscription"),
        ("http://sns.eu-north-1.amazonaws.com/?x", "A subscription of Amazon SNS that leads elsewhere"),
        ("https://sns.eu-north-1.amazonaws.com@evil.example/?x", "A subscription of Amazon SNS that leads elsewhere"),
        ("https://sns.eu-north-1.amazonaws.com.evil.example/?x", "A subscription of Amazon SNS that leads elsewhere"),
        ("https://169.254.169.254/latest/meta-data", "A subscription of Amazon SNS that leads elsewhere"),
        ("https://evil.example/sns.eu-north-1.amazonaws.com/?x", "A subscription of Amazon SNS that leads elsewhere"),
    ],
)
def test_a_subscription_is_confirmed_by_a_person_and_nothing_is_fetched(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch, link: str, subject: str
) -> None:
    """SSRF: the link comes from outside."""
    posted = sns("You have chosen to subscribe", Type="SubscriptionConfirmation", Token="t", SubscribeURL=link)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: pytest.fail("a name was looked up"))
    for _ in range(2):
        assert post(client, app, "ses", posted).json() == {"concerned": 0}
    with reading(app.engine) as db:
        [row] = list_mails(db)
        found = find_mail(db, row.number)
    assert (row.kind, row.subject) == ("other", subject)
    assert found is not None
    assert (link in found.text) is (subject == "Amazon SNS asks to confirm the subscription")


def test_what_amazon_says_in_plain_words_is_nothing(app: App, client: TestClient) -> None:
    assert post(client, app, "ses", sns("Successfully validated SNS topic for Amazon SES event publishing.")).json() == {"concerned": 0}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(
    {
        name
        for file in (Path(webhooks.__file__).parent).glob("*.py")
        for name in re.findall(r'"([\w-]{2,30})"', file.read_text(encoding="utf-8"))
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_document_breaks_a_reader(data: st.DataObject) -> None:
    """Whatever stands under the names that are read, a reader returns or refuses."""
    shaped = st.dictionaries(st.sampled_from(FIELDS), st.deferred(lambda: shaped) | JSON | st.sampled_from(FIELDS), max_size=6)
    document = data.draw(shaped)
    hooks = Hooks.model_validate(SETTINGS)
    for name, file in discover(webhooks).items():
        if name == "mailgun":
            body, headers = signed_by_mailgun(document)
        elif name == "sendgrid":
            body, headers = signed_by_sendgrid([document])
        elif name == "ses":
            body, headers = sns(document)
        else:
            body, headers = json.dumps(document).encode(), {}
        try:
            found = file.read(Call({key.lower(): value for key, value in headers.items()}, body, LATER), hooks)
        except (Malformed, Unsigned):
            continue
        assert all(isinstance(notice.address, str) for notice in found.notices)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ses_topic", "letters"),
        ("ses_topic", "arn:aws:sns:eu-north-1:1:x"),
        ("sendgrid_key", "-----BEGIN PUBLIC KEY-----"),
        ("sendgrid_key", "x"),
    ],
)
def test_a_key_that_cannot_be_is_refused_when_settings_are_read(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"hooks.{name}: is no"):
        load(None, environ={f"COMPOSER_HOOKS__{name.upper()}": value})
