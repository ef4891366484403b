"""What comes in takes effect: once, for letters of ours only, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from composer.app import App
from composer.domain.message import Message
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.domain.outcome import Outcome, Verdict
from composer.pipeline.inbound import apply, take_in, understand
from composer.pipeline.plan import schedule
from composer.pipeline.report import report
from composer.store.consents import granted, is_suppressed, suppression_version
from composer.store.engine import reading, writing
from composer.store.mails import list_mails
from composer.store.privacy import erase
from composer.store.recipients import address_key
from composer.store.tables import EventRow, OutboxRow
from tests.inbound._mails import BOUNCES, Hand, dsn, field, head_of, note, send, sent, taking, unsubscribe_address
from tests.inbound.test_hostile import damage, damaged
from tests.inbound.test_samples import BY_FILE, SAMPLES
from tests.path.conftest import installation, library
from tests.path.rows import NOW

__all__ = ["installation", "library"]
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)


def events(app: App, *kinds: str) -> list[tuple[str, int, str]]:
    """(kind, recipient, value) in order."""
    table: Any = EventRow.__table__  # type: ignore[attr-defined]
    with reading(app.engine) as db:
        rows = db.execute(select(table.c.kind, table.c.recipient, table.c.value).order_by(table.c.number)).all()
    return [tuple(row) for row in rows if not kinds or row.kind in kinds]


def suppressed(app: App, *addresses: str) -> list[bool]:
    keys = [address_key(app.key, address) for address in addresses]
    with reading(app.engine) as db:
        found = is_suppressed(db, keys)
    return [key in found for key in keys]


def consents(app: App, number: int = 1) -> frozenset[str]:
    with reading(app.engine) as db:
        return granted(db, [number]).get(number, frozenset())


def traces(app: App) -> Any:
    """Everything a mail could have changed."""
    table: Any = OutboxRow.__table__  # type: ignore[attr-defined]
    with reading(app.engine) as db:
        letters = [tuple(row) for row in db.execute(select(table).order_by(table.c.number))]
        version = suppression_version(db)
        kept = [tuple(row) for row in list_mails(db)]
    return events(app), suppressed(app, *(f"r{n}@example.com" for n in range(1, 4))), consents(app), version, letters, kept


def test_a_dead_address_is_suppressed_once(installation: App) -> None:
    [first, _] = sent(installation, 2)
    told = dsn(original=head_of(first))
    [notice] = take_in(installation, told, LATER)
    assert (notice.kind, notice.severity, notice.address, notice.letter) == (NoticeKind.bounce, Severity.hard, "r1@example.com", 1)
    assert suppressed(installation, "r1@example.com", "r2@example.com") == [True, False]
    assert events(installation, "bounced") == [("bounced", 1, "hard: 550 5.1.1 User unknown")]
    before = traces(installation)
    take_in(installation, told, LATER + DAY)
    assert traces(installation) == before


def test_a_delay_and_a_receipt_suppress_nobody(installation: App) -> None:
    [letter] = sent(installation)
    for action, status in (("delayed", "4.4.1"), ("delayed", "5.1.1"), ("delivered", "2.1.5"), ("relayed", "2.1.9")):
        take_in(installation, dsn(action=action, status=status, diagnostic="", original=head_of(letter)), LATER)
    assert [kind for kind, _, _ in events(installation, "deferred", "delivered", "bounced")] == ["deferred", "delivered"]
    assert suppressed(installation, "r1@example.com") == [False]


def test_a_stranger_s_report_touches_nothing(installation: App) -> None:
    taking(installation)
    [letter] = sent(installation)
    before = traces(installation)
    wrong = letter.sender.replace("+", "+b", 1)[: len(letter.sender)]
    forged = (
        head_of(letter).replace(b"Message-ID: <", b"Message-ID: <a").replace(b"/u/", b"/u/A").replace(b"mailto:bounces+", b"mailto:x+a")
    )
    for original in (b"", forged, b"Message-ID: <aaaaaaaaaaaaaaaaaaaaaaaaaa@example.com>\r\n"):
        for to in (BOUNCES, wrong, unsubscribe_address(letter).replace("@", "a@")):
            [notice] = take_in(installation, dsn(original=original, to=to), LATER)
            assert (notice.severity, notice.letter) == (Severity.hard, None)
    assert traces(installation) == before


def test_the_signed_return_path_alone_tells_the_letter(installation: App) -> None:
    taking(installation)
    first, second = sent(installation, 2)
    assert first.sender != second.sender
    assert first.sender.startswith("bounces+")
    assert first.sender.partition("@")[0] not in first.data.decode(), "the return path is no part of the letter"
    [notice] = take_in(installation, dsn(recipient="r2@example.com"), LATER, envelope_to=second.sender.upper())
    assert (notice.letter, notice.severity) == (2, Severity.hard)
    [notice] = take_in(installation, dsn(to=first.sender), LATER)
    assert notice.letter == 1
    assert suppressed(installation, "r1@example.com", "r2@example.com") == [True, True]


def test_no_damage_to_a_mail_makes_it_silence_anybody(installation: App) -> None:
    """Reports about strangers, and about letters of ours with one character of their proof changed, damaged at random."""
    taking(installation)
    letters = sent(installation, 2)
    before = traces(installation)[:4]
    strange = [head_of(one).replace(b"-ID: <", b"-ID: <a").replace(b"/u/", b"/u/A").replace(b"bounces+", b"bounces+b") for one in letters]
    about_ours = [dsn(original=original) for original in strange]
    mails = [*about_ours, *((SAMPLES / name).read_bytes().replace(b"aino@example.org", b"r1@example.com") for name in sorted(BY_FILE))]

    @settings(max_examples=120, deadline=None, database=None)
    @given(st.sampled_from(mails), damage)
    def take(raw: bytes, steps: list[tuple[str, int, int, bytes]]) -> None:
        assert all(notice.letter is None for notice in take_in(installation, damaged(raw, steps), LATER, "letters@example.com"))

    take()
    assert traces(installation)[:4] == before


def test_without_an_inbound_address_letters_leave_as_before(installation: App) -> None:
    [letter] = sent(installation)
    assert letter.sender == installation.settings.sender.address
    assert "mailto:" not in field(letter, "List-Unsubscribe")


@pytest.mark.parametrize(
    ("recipient", "severity"),
    [("R1@Example.COM", "hard"), ("r1@mailbox7.internal.example.net", "hard"), ("somebody@elsewhere.example", "soft")],
)
def test_a_letter_that_was_passed_on_does_not_end_the_address_it_went_to(installation: App, recipient: str, severity: str) -> None:
    taking(installation)
    [letter] = sent(installation)
    [notice] = take_in(installation, dsn(recipient=recipient), LATER, letter.sender)
    assert (notice.severity, notice.letter) == (severity, 1)
    assert suppressed(installation, "r1@example.com") == [severity == "hard"]
    assert suppressed(installation, recipient) == [recipient.lower() == "r1@example.com"]


def test_of_several_recipients_only_ours_is_touched(installation: App) -> None:
    first, _ = sent(installation, 2)
    both = dsn(original=head_of(first)).replace(
        b"Final-Recipient: rfc822; r1@",
        b"Final-Recipient: rfc822; r2@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\nFinal-Recipient: rfc822; r1@",
    )
    notices = take_in(installation, both, LATER)
    assert [(notice.address, notice.letter) for notice in notices] == [("r2@example.com", None), ("r1@example.com", 1)]
    assert suppressed(installation, "r1@example.com", "r2@example.com") == [True, False]


def test_a_report_after_the_refusal_of_the_same_letter_is_one_bounce(installation: App) -> None:
    taking(installation)
    [letter] = sent(installation, hand=Hand(Outcome(Verdict.refused, 550, "5.1.1 no such user", dead_address=True)))
    assert len(events(installation, "bounced")) == 1
    take_in(installation, dsn(), LATER, letter.sender)
    assert len(events(installation, "bounced")) == 1


def test_a_bounce_after_acceptance_is_told_and_the_counts_still_add_up(installation: App) -> None:
    taking(installation)
    letters = sent(installation, 3)
    take_in(installation, dsn(), LATER, letters[0].sender)
    take_in(installation, dsn(status="5.2.2", diagnostic="smtp; 552 mailbox full", recipient="r2@example.com"), LATER, letters[1].sender)
    take_in(installation, dsn(action="delayed", status="4.2.2", recipient="r3@example.com"), LATER, letters[2].sender)
    told = report(installation, "weekly")
    assert told["funnel"]["accepted"] == told["funnel"]["audience"] == 3
    assert told["funnel"]["bounced_later"] == {"hard": 1, "soft": 1}


def soft(app: App, letter: Any, now: datetime) -> None:
    take_in(app, dsn(status="5.2.2", diagnostic="smtp; 552 5.2.2 Mailbox full"), now, letter.sender)


def test_soft_bounces_end_an_address_only_in_a_row_and_over_time(installation: App) -> None:
    taking(installation, soft="3 over 14d")
    [letter] = sent(installation, repeat="7d")
    soft(installation, letter, LATER)
    for week, given_up in ((1, False), (2, True)):
        when = NOW + week * 7 * DAY
        schedule(installation, "weekly", when)
        [letter] = send(installation, when=when)
        soft(installation, letter, when + timedelta(hours=1))
        soft(installation, letter, when + timedelta(hours=2))
        assert suppressed(installation, "r1@example.com") == [given_up]


@pytest.mark.parametrize(("words", "given_up"), [("5.2.2 mailbox full", True), ("5.7.1 your host is blocked for spam", False)])
def test_refusals_while_sending_count_too_but_not_those_for_our_own_sake(installation: App, words: str, given_up: bool) -> None:
    taking(installation, soft="3 over 14d")
    sent(installation, hand=Hand(Outcome(Verdict.refused, 550, words)), repeat="7d")
    for week in (1, 2):
        assert suppressed(installation, "r1@example.com") == [False]
        schedule(installation, "weekly", NOW + week * 7 * DAY)
        send(installation, Hand(Outcome(Verdict.refused, 550, words)), NOW + week * 7 * DAY)
    assert suppressed(installation, "r1@example.com") == [given_up]


def test_a_complaint_ends_list_and_address(installation: App) -> None:
    first, _ = sent(installation, 2)
    arf = (
        b"From: feedback@fbl.example.net\r\nTo: <letters@example.com>\r\nSubject: FW: letter\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n--b\r\n\r\nA complaint.\r\n'
        b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: Loop/1\r\n"
        b"Original-Rcpt-To: redacted@example.com\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + first.data + b"\r\n--b--\r\n"
    )
    for _ in range(2):
        [notice] = take_in(installation, arf, LATER)
        assert (notice.kind, notice.letter) == (NoticeKind.complaint, 1)
        assert suppressed(installation, "r1@example.com", "r2@example.com") == [True, False]
        assert "letters" not in consents(installation)
        assert len(events(installation, "spam_complaint")) == 1
    before = traces(installation)
    take_in(installation, arf.replace(first.data, b"Subject: ours?\r\nTo: r2@example.com\r\n\r\nhello\r\n"), LATER)
    assert traces(installation) == before, "a complaint about a stranger's letter touches nothing"


def test_a_mail_to_its_address_unsubscribes_whoever_sends_it(installation: App) -> None:
    taking(installation)
    first, second = sent(installation, 2)
    assert first.data.count(b"mailto:bounces+") == 1
    mail = note(unsubscribe_address(first), subject="anything", body="Hello", sender="stranger@elsewhere.example")
    for _ in range(2):
        [notice] = take_in(installation, mail, LATER)
        assert (notice.kind, notice.letter) == (NoticeKind.unsubscribe, 1)
    assert "letters" not in consents(installation)
    assert "letters" in consents(installation, 2)
    assert len(events(installation, "unsubscribed")) == 1
    with reading(installation.engine) as db:
        assert not list_mails(db)
    for answer in (
        note(unsubscribe_address(second), "Automatic reply: unsubscribe", "I am away.", Auto_Submitted="auto-replied"),
        note(unsubscribe_address(second), "Out of office", "I am away.", X_Autoreply="yes"),
        note(unsubscribe_address(second).replace("+", "+a"), "unsubscribe"),
        note(second.sender, "hello", "no command"),
        dsn(to=unsubscribe_address(second), action="delayed", status="4.0.0"),
    ):
        take_in(installation, answer, LATER)
    assert "letters" in consents(installation, 2)


def test_who_leaves_by_mail_during_a_run_gets_no_letter_whose_data_had_not_begun(installation: App) -> None:
    taking(installation)
    first, second, third = sent(installation, 3, repeat="7d")
    schedule(installation, "weekly", NOW + 7 * DAY)

    class Leaving(Hand):
        async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]]) -> Outcome:
            if not self.given:  # a mail comes in while the first letter is under way: the third person leaves, the second bounces
                await asyncio.to_thread(take_in, installation, note(unsubscribe_address(third)), NOW + 7 * DAY)
                await asyncio.to_thread(take_in, installation, dsn("r2@example.com"), NOW + 7 * DAY, second.sender)
            return await super().send(message, still_wanted, begun)

    given = send(installation, Leaving(), NOW + 7 * DAY)
    assert [message.recipient for message in given] == [first.recipient]


def test_an_answer_that_only_says_unsubscribe_does(installation: App) -> None:
    first, second = sent(installation, 2)
    take_in(installation, note("letters@example.com", "Re: News", "Unsubscribe", In_Reply_To=first.message_id), LATER)
    assert "letters" not in consents(installation)
    more = "How do I unsubscribe my colleague? I like these letters myself."
    take_in(installation, note("letters@example.com", "Re: News", more, "r2@example.com", In_Reply_To=second.message_id), LATER)
    assert "letters" in consents(installation, 2)


def test_a_command_that_answers_nothing_counts_only_where_its_sender_is_true(installation: App) -> None:
    taking(installation, authserv="mx.example.com")
    sent(installation, 2)
    passed = "mx.example.com; dmarc=pass header.from=example.com"
    take_in(installation, note("letters@example.com"), LATER)
    take_in(installation, note("letters@example.com", Authentication_Results=passed.replace("mx.example.com", "mx.example.net")), LATER)
    take_in(installation, note("letters@example.com", Authentication_Results=passed.replace("pass", "fail")), LATER)
    assert "letters" in consents(installation)
    with reading(installation.engine) as db:
        assert [row.kind for row in list_mails(db)] == ["unsubscribe"], "kept for a person, once"
    take_in(installation, note("letters@example.com", Authentication_Results=passed), LATER)
    assert "letters" not in consents(installation)
    assert "letters" in consents(installation, 2)


def test_what_a_person_wrote_is_kept_once(installation: App) -> None:
    [letter] = sent(installation)
    mail = note("letters@example.com", "Re: News", "Thanks, could you call me?", In_Reply_To=letter.message_id)
    for _ in range(2):
        [notice] = take_in(installation, mail, LATER)
        assert notice.kind is NoticeKind.reply
    with reading(installation.engine) as db:
        [row] = list_mails(db)
    assert (row.kind, row.sender, row.recipient, row.subject) == ("reply", "r1@example.com", "r1", "Re: News")


def test_another_mail_under_the_same_message_id_is_kept_too(installation: App) -> None:
    first, second = (note("letters@example.com", "News", text) for text in ("Could you call me?", "Could you come by?"))
    assert first.partition(b"\r\n\r\n")[0] == second.partition(b"\r\n\r\n")[0]
    for mail in (first, second):
        take_in(installation, mail, LATER)
    with reading(installation.engine) as db:
        assert len(list_mails(db)) == 2


def test_understanding_changes_nothing(installation: App) -> None:
    taking(installation)
    [letter] = sent(installation)
    before = traces(installation)
    [notice] = understand(installation, dsn(), letter.sender)
    assert (notice.letter, notice.severity) == (1, Severity.hard)
    assert traces(installation) == before


def test_a_provider_s_word_is_applied_by_letter_or_message_id_and_for_nobody_else(installation: App) -> None:
    first, second = sent(installation, 2)
    notices = [
        Notice(NoticeKind.bounce, "r1@example.com", Severity.hard, message_id=first.message_id, at=LATER + DAY),
        Notice(NoticeKind.complaint, "r2@example.com", letter=2),
        Notice(NoticeKind.bounce, "r3@example.com", Severity.hard, message_id="<unknown@example.com>"),
        Notice(NoticeKind.bounce, "r3@example.com", Severity.hard),
    ]
    assert apply(installation, notices, LATER) == 2
    assert suppressed(installation, first.recipient, second.recipient, "r3@example.com") == [True, True, False]


def test_nothing_is_told_of_people_who_were_erased(installation: App) -> None:
    taking(installation)
    [letter] = sent(installation)
    with writing(installation.engine) as db:
        erase(db, 1, installation.key, LATER)
    before = traces(installation)
    [notice] = take_in(installation, dsn(), LATER, letter.sender)
    assert notice.letter is None
    take_in(installation, note(unsubscribe_address(letter)), LATER)
    assert traces(installation) == before
