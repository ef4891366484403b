"""The mailbox, read from a real Dovecot: at least once each, marked only when taken, and every trouble named in one line."""

from __future__ import annotations

import imaplib
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from composer.config import Imap
from composer.errors import ComposerError
from composer.sources.mail import Take
from composer.sources.mail._imap import _connect as _imap_connect
from composer.sources.mail.mailbox import GROUP_MAILS, PART, MailboxTrouble, Reading, came_for, read_mailbox
from tests.inlets.dovecot import CERTIFICATES, PASSWORD, USER, Dovecot

ADDRESS = "bounces@example.com"
LIMIT = 1_000_000


def mail(number: int = 0, body: str = "Hello") -> bytes:
    return f"Delivered-To: <bounces+t{number}@example.com>\r\nSubject: {number}\r\n\r\n{body}\r\n".encode()


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))


class Taken:
    """Keeps what was taken; `trouble` is raised for the mail of that subject."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str]] = []
        self.trouble: dict[bytes, BaseException] = {}

    def __call__(self, raw: bytes, recipient: str) -> None:
        subject = raw.partition(b"Subject: ")[2].partition(b"\r\n")[0]
        if subject in self.trouble:
            raise self.trouble[subject]
        self.mails.append((raw, recipient))

    @property
    def subjects(self) -> list[int]:
        return [int(raw.partition(b"Subject: ")[2].partition(b"\r\n")[0]) for raw, _ in self.mails]


def read(section: Imap, take: Take, size_limit: int = LIMIT) -> Reading:
    return read_mailbox(section, ADDRESS, size_limit, take, lambda: False)


def test_every_mail_is_taken_once_with_the_address_it_came_for(dovecot: Dovecot) -> None:
    dovecot.put(mail(0), mail(1))
    taken = Taken()
    assert read(dovecot.imap(), taken) == Reading(2)
    assert taken.mails == [(mail(0), "bounces+t0@example.com"), (mail(1), "bounces+t1@example.com")]
    assert dovecot.flags() == ["S", "S"]
    assert read(dovecot.imap(), taken) == Reading(0)
    dovecot.put(mail(2))
    assert read(dovecot.imap(), taken) == Reading(1)
    assert taken.subjects == [0, 1, 2]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"Delivered-To: bounces+T@example.com\r\n", "bounces+T@example.com"),
        (b"X-Original-To: Bounces+T@Example.com\n", "Bounces+T@Example.com"),
        (b"Subject: x\r\nDelivered-To: me@example.org\r\nEnvelope-To: <bounces+T@example.com>\r\n", "bounces+T@example.com"),
        (b"Delivered-To: bounces+T@example.org\r\n", ""),
        (b"Subject: x\r\n\r\nDelivered-To: bounces+T@example.com\r\n", ""),
        (b"To: bounces+T@example.com\r\n", ""),
        (b"", ""),
        (b"\xff" * 100, ""),
    ],
)
def test_the_address_is_read_from_what_the_delivering_system_noted(head: bytes, found: str) -> None:
    assert came_for(head, ADDRESS) == found


@pytest.mark.parametrize(
    "line", [b"@" * 20_000 + b"<", b"a@" * 10_000 + b" x", b" " * 20_000 + b"x", b"a" * 20_000, b"a@b" + b" " * 20_000 + b"x"]
)
def test_a_field_that_names_no_address_is_read_in_a_moment(line: bytes) -> None:
    """Whoever writes the mail chooses its fields, and the expression holds the interpreter."""
    begun = time.process_time()
    assert came_for(b"Delivered-To: " + line + b"\r\nDelivered-To: bounces+T@example.com\r\n\r\n", ADDRESS) == "bounces+T@example.com"
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("capability", ["", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
@pytest.mark.parametrize("after", ["delete", "move"])
def test_what_was_taken_is_deleted_or_moved_with_any_server(after: str, capability: str) -> None:
    """MOVE (RFC 6851) and UIDPLUS (RFC 4315) are used where they are offered; without UIDPLUS nothing is expunged."""
    server = Dovecot(capability=capability)
    with server:
        server.put(mail(0), mail(1))
        taken = Taken()
        section = server.imap(after=after, move_to="Done by Composer")
        assert read(section, taken) == Reading(2)
        gone = capability != "IMAP4rev1"
        assert server.flags() == ([] if gone else ["T", "T"])
        if after == "move":
            assert len(server.flags("Done by Composer")) == 2
        assert read(section, taken) == Reading(0)
    server.remove()


def test_a_mail_that_cannot_be_taken_stays_and_keeps_nobody_waiting(dovecot: Dovecot, capsys: pytest.CaptureFixture[str]) -> None:
    dovecot.put(*map(mail, range(3)))
    taken = Taken()
    taken.trouble = {b"1": RuntimeError("secret@example.org")}
    assert read(dovecot.imap(), taken) == Reading(2, failed=1)
    assert dovecot.flags() == ["S", "", "S"]
    assert "secret@" not in capsys.readouterr().err
    taken.trouble = {}
    assert read(dovecot.imap(), taken) == Reading(1)
    assert taken.subjects == [0, 2, 1]


def test_where_the_database_goes_away_what_was_taken_is_marked_and_the_rest_waits(dovecot: Dovecot) -> None:
    dovecot.put(*map(mail, range(3)))
    taken = Taken()
    taken.trouble = {b"1": ComposerError("the database says: disk I/O error")}
    with pytest.raises(ComposerError, match="disk I/O error"):
        read(dovecot.imap(), taken)
    assert (taken.subjects, dovecot.flags()) == ([0], ["S", "", ""])


def test_a_kill_between_taking_and_marking_leads_to_reading_again(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least once: the second taking is the business of `take`, which changes nothing then."""
    dovecot.put(mail(0), mail(1))
    taken = Taken()
    with monkeypatch.context() as patch:
        patch.setattr("composer.sources.mail.mailbox._mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            read(dovecot.imap(), taken)
    assert dovecot.flags() == ["", ""]
    assert read(dovecot.imap(), taken) == Reading(2)
    assert taken.subjects == [0, 1, 0, 1]


def test_a_folder_made_anew_is_read_as_it_is(dovecot: Dovecot) -> None:
    """UIDVALIDITY changes and the UIDs begin again: what is marked stays marked, what is new is read."""
    dovecot.put(mail(0), mail(1))
    taken = Taken()
    read(dovecot.imap(), taken)
    for file in (dovecot.folder / "mail").glob("dovecot*"):
        file.unlink()
    dovecot.put(mail(2))
    assert read(dovecot.imap(), taken) == Reading(1)
    assert taken.subjects == [0, 1, 2]


def test_a_huge_mail_is_read_in_part(dovecot: Dovecot) -> None:
    huge = mail(0, "x" * 70 + "\r\n") + (b"y" * 70 + b"\r\n") * 40_000
    dovecot.put(huge, mail(1))
    taken = Taken()
    assert read(dovecot.imap(), taken) == Reading(2)
    assert [(len(raw), to) for raw, to in sorted(taken.mails, key=lambda kept: -len(kept[0]))] == [
        (PART, "bounces+t0@example.com"),
        (len(mail(1)), "bounces+t1@example.com"),
    ]
    assert huge.startswith(next(raw for raw, _ in taken.mails if len(raw) == PART))
    assert dovecot.flags() == ["S", "S"]


PLAIN = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    b"SELECT": b"* 1 EXISTS\r\n",
    b"SEARCH": b"* SEARCH 1\r\n",
    b"SIZE": b"* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n",
    b"BODY": b"* 1 FETCH (UID 1 BODY[]<0> {3}\r\nabc)\r\n",
}
"""What a server answers to a command that holds the word, before its OK."""


class odd_server:  # noqa: N801 - used as a context
    """An IMAP server that answers as PLAIN says, and otherwise where told."""

    def __init__(self, **answers: bytes) -> None:
        self.answers = {**PLAIN, **{name.encode(): answer for name, answer in answers.items()}}
        self.marked: list[bytes] = []
        self.signed_in: list[bytes] = []

    def __enter__(self) -> odd_server:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.section = Imap(host="127.0.0.1", port=self.listening.getsockname()[1], start_tls="off", username="a", timeout="5s")
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()
        self.thread.join(10)

    def _serve(self) -> None:
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as talk, suppress(OSError):
            talk.write(b"* OK hello\r\n")
            for line in talk:
                word = next((word for word in self.answers if word in line), b"")
                self.marked += [line] if b"STORE" in line else []
                self.signed_in += [line.partition(b" ")[2]] if b"LOGIN" in line else []
                talk.write(self.answers.get(word, b"") + line.partition(b" ")[0] + b" OK done\r\n")


def test_a_server_of_few_words_is_read() -> None:
    taken = Taken()
    with odd_server() as server:
        assert read(server.section, taken) == Reading(1)
    assert taken.mails == [(b"abc", "")]
    assert [line.partition(b" ")[2] for line in server.marked] == [b"UID STORE 1 +FLAGS.SILENT (\\Seen)\r\n"]


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ({"BODY": b"* 1 FETCH (UID 1 BODY[]<0> {2147483648}\r\n"}, "the connection to the mail server broke"),  # nothing of it is read
        ({"BODY": b"* 1 FETCH (UID 1 BODY[]<0> {99999999999999999999999}\r\n"}, "the connection to the mail server broke"),
        ({"SEARCH": b"* SEARCH one two\r\n"}, "answers cannot be read"),
        ({"SEARCH": b"* SEARCH " + b"1 " * 600_000 + b"\r\n"}, "the connection to the mail server broke"),
        ({"SELECT": b"\xff\xfe\0\r\n"}, "the connection to the mail server broke"),
        ({"CAPABILITY": b"* CAPABILITY \xff\r\n"}, "cannot be read|broke"),
        ({"SELECT": b"* BYE\r\n"}, "the connection to the mail server broke"),
    ],
)
def test_answers_that_are_none_are_told_and_nothing_is_marked(answers: dict[str, bytes], cause: str) -> None:
    with odd_server(**answers) as server, pytest.raises(MailboxTrouble, match=cause) as trouble:
        read(server.section, Taken())
    assert "\n" not in trouble.value.what
    assert server.marked == []


@pytest.mark.parametrize(
    "answers",
    [
        {"SELECT": b""},
        {"SEARCH": b""},
        {"SEARCH": b"* SEARCH\r\n"},
        {"SIZE": b""},
        {"SIZE": b"* 1 FETCH (FLAGS (\\Seen))\r\n"},
        {"BODY": b"* 1 FETCH (UID 1 BODY[] NIL)\r\n"},
        {"BODY": b"* 1 FETCH (BODY[]<0> {3}\r\nabc)\r\n"},
        {"BODY": b"* 1 EXPUNGE\r\n"},
    ],
)
def test_a_mail_that_is_not_there_or_has_no_name_is_left_alone(answers: dict[str, bytes]) -> None:
    taken = Taken()
    with odd_server(**answers) as server:
        assert read(server.section, taken) == Reading(0)
    assert (taken.mails, server.marked) == ([], [])


def test_a_name_is_quoted_and_commands_nothing() -> None:
    with odd_server() as server:
        section = Imap.model_validate({**server.section.model_dump(), "username": 'a b"\\ {3}', "password": 'c"d'})
        read(section, Taken())
    assert server.signed_in == [b'LOGIN "a b\\"\\\\ {3}" "c\\"d"\r\n']


def test_a_mail_is_known_by_a_uid_on_either_side_of_its_body() -> None:
    taken = Taken()
    with odd_server(BODY=b"* 1 FETCH (BODY[]<0> {3}\r\nabc FLAGS () UID 1)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n") as server:
        assert read(server.section, taken) == Reading(1)
    assert taken.mails == [(b"abc", "")]


def test_a_backlog_is_read_in_groups_and_stopping_keeps_what_was_taken(dovecot: Dovecot) -> None:
    dovecot.put(*map(mail, range(3 * GROUP_MAILS)))
    taken = Taken()
    found = read_mailbox(dovecot.imap(), ADDRESS, LIMIT, taken, lambda: len(taken.mails) >= GROUP_MAILS + 7)
    assert found == Reading(GROUP_MAILS + 7, whole=False)
    assert dovecot.flags().count("S") == GROUP_MAILS + 7
    assert read(dovecot.imap(), taken) == Reading(2 * GROUP_MAILS - 7)
    assert taken.subjects == list(range(3 * GROUP_MAILS))


def test_a_connection_that_breaks_half_way_is_taken_up_again(dovecot: Dovecot) -> None:
    """A wire that is cut after so many bytes, in either direction: nothing is lost, whatever was read is read again at most."""
    dovecot.put(*map(mail, range(2 * GROUP_MAILS)))
    taken = Taken()
    for budget in (50, 400, 3000, 9000):
        with cut_after(dovecot.clear, budget) as port, pytest.raises(MailboxTrouble):
            read(dovecot.imap(port=port, start_tls="required"), taken)
    read(dovecot.imap(), taken)
    assert sorted(set(taken.subjects)) == list(range(2 * GROUP_MAILS))
    assert dovecot.flags().count("S") == 2 * GROUP_MAILS


class cut_after:  # noqa: N801 - used as a context
    """A relay on loopback that closes both sides after `budget` bytes of the server's."""

    def __init__(self, port: int, budget: int) -> None:
        self.target, self.budget = port, budget

    def __enter__(self) -> int:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._relay, daemon=True)
        self.thread.start()
        return int(self.listening.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.listening.close()
        self.thread.join(10)

    def _relay(self) -> None:
        client, _ = self.listening.accept()
        server = socket.create_connection(("127.0.0.1", self.target))

        def forward() -> None:
            while data := _received(client):
                server.sendall(data)

        with client, server:
            other = threading.Thread(target=forward, daemon=True)
            other.start()
            while self.budget > 0 and (data := _received(server)):
                client.sendall(data[: self.budget])
                self.budget -= len(data)
            for end in (client, server):
                end.shutdown(socket.SHUT_RDWR)
            other.join(10)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(4096)
    except OSError:
        return b""


@pytest.mark.parametrize("start_tls", ["implicit", "required"])
@pytest.mark.parametrize(("certificate", "cause"), [("expired", "has expired"), ("self-signed", "self-signed"), ("wrong-name", "mismatch")])
def test_a_certificate_that_is_not_right_is_named_and_no_password_is_said(certificate: str, cause: str, start_tls: str) -> None:
    server = Dovecot(certificate=certificate)
    with server:
        section = server.imap(start_tls=start_tls, port=server.port if start_tls == "implicit" else server.clear)
        with pytest.raises(MailboxTrouble, match=f"TLS: its certificate is not trusted .*{cause}") as trouble:
            read(section, Taken())
        assert "\n" not in trouble.value.what
        assert "user=<bounces>" not in server.log
    server.remove()


def test_a_server_without_tls_is_told_nothing(dovecot: Dovecot) -> None:
    said: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb", buffering=0) as talk:
                talk.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] stripped\r\n")
                for line in talk:
                    said.append(line)
                    talk.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + line.partition(b" ")[0] + b" OK done\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(MailboxTrouble, match="TLS: the mail server offers none"):
            read(dovecot.imap(port=listening.getsockname()[1], start_tls="required"), Taken())
        thread.join(10)
    assert all(b"CAPABILITY" in line for line in said)


@pytest.mark.parametrize("offered", [True, False])
def test_names_and_passwords_of_any_letters_sign_in(offered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUTHENTICATE PLAIN takes every letter; where it is not offered, LOGIN takes what is ASCII."""

    def connect(*words: Any) -> imaplib.IMAP4:
        client = _imap_connect(*words)
        client.capabilities = tuple(word for word in client.capabilities if offered or not word.startswith("AUTH="))
        return client

    monkeypatch.setattr("composer.sources.mail._imap._connect", connect)
    server = Dovecot(password=PASSWORD if offered else 'a "b\\ c')
    with server:
        server.put(mail(0))
        assert read(server.imap(), Taken()) == Reading(1)
        assert read(server.imap(start_tls="required", port=server.clear), Taken()) == Reading(0)
        with pytest.raises(MailboxTrouble, match="refuses the user name" if offered else "offers no sign-in"):
            read(server.imap(username="ä"), Taken())
    server.remove()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"password": "wrong"}, "refuses the user name or the password"),
        ({"username": 'x" "y'}, "refuses the user name or the password"),
        ({"folder": "Nowhere"}, "has no such folder"),
        ({"port": 1}, r"cannot be reached \(Connection refused\)"),
        ({"host": "no.such.host.invalid"}, "cannot be reached"),
    ],
)
def test_every_trouble_has_one_line_with_its_cause_and_no_secret(dovecot: Dovecot, change: dict[str, Any], cause: str) -> None:
    dovecot.put(mail(0))
    with pytest.raises(MailboxTrouble, match=cause) as trouble:
        read(dovecot.imap(**change), Taken())
    assert "\n" not in trouble.value.what
    assert trouble.value.do
    assert not {USER, PASSWORD, "wrong"} & set(str(trouble.value).split())
    assert dovecot.flags() == [""]


def test_a_silent_server_keeps_nobody_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.sources.mail._imap.GRACE_SECONDS", 0.1)
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"* OK hello\r\n")
                tag = connection.recv(1000).partition(b" ")[0]
                connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                while connection.recv(1000):  # a name and a password, which are never answered
                    stopped.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        section = Imap(host="127.0.0.1", port=listening.getsockname()[1], start_tls="off", username="a", timeout="20s")
        with pytest.raises(MailboxTrouble, match="broke"):
            read_mailbox(section, ADDRESS, LIMIT, Taken(), stopped.is_set)
        thread.join(10)


def test_a_server_that_falls_silent_is_left(dovecot: Dovecot) -> None:
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(MailboxTrouble, match="does not answer in time"):
        read(dovecot.imap(port=listening.getsockname()[1], timeout="0.2s"), Taken())
    assert time.monotonic() - begun < 10, "imap.timeout is 30 s where nothing is set"
