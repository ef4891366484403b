"""Speaking IMAP (RFC 3501): connect with TLS, sign in, and read no more than was asked for.

The standard library's client, with what it leaves open: names and passwords of any letters, capabilities as they are
after signing in, literals of a bounded size, and errors that name the cause and hold none of the server's words, in
which people's addresses may stand.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from composer.config import Imap
from composer.errors import ComposerError, in_short

MOST_AT_ONCE = 5_000
"""Mails asked about in one search: its answer is one line, and the standard library reads lines of a million bytes."""
MOST_MAILS = 1_000_000
"""Mails looked at in one reading, whatever the server says it has; the others have their turn when these are marked."""
GRACE_SECONDS = 5.0
"""How long an answer may take once we were told to stop: less than the clock waits for its rounds."""
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


class MailboxTrouble(ComposerError):
    """The mailbox cannot be read now: unreachable, not trusted, not signed in, or broken off."""


class _Bounded:
    """`read` of imaplib believes any size a server announces."""

    most = 1 << 20

    def read(self, size: int) -> bytes:
        if size > self.most:
            raise imaplib.IMAP4.abort("the answer is larger than what was asked for")
        return super().read(size)  # type: ignore[misc,no-any-return]


class _Clear(_Bounded, imaplib.IMAP4):
    pass


class _Hidden(_Bounded, imaplib.IMAP4_SSL):
    pass


@contextmanager
def signed_in(section: Imap, most: int, stopped: Callable[[], bool]) -> Iterator[imaplib.IMAP4]:
    """A connection with the folder selected, logged out at the end. `most` is the size in bytes of the largest literal.

    Everything that goes wrong within is raised as MailboxTrouble, ComposerErrors as they are. Some seconds after `stopped`
    the connection is cut, so that a server that has fallen silent keeps nobody from ending.
    """
    where = f"{section.host}:{section.port}"
    client: imaplib.IMAP4 | None = None
    whole = False
    try:
        client = _connect(section, where, most)
        with _cut_off(client, stopped):
            _sign_in(client, section, where)
            _select(client, section, where)
            yield client
            whole = True
    except ComposerError:
        raise
    except Exception as error:  # noqa: BLE001 - what imaplib makes of answers that are none has no common name
        raise _told(error, where) from None
    finally:
        if client is not None:
            _leave(client, politely=whole)


@contextmanager
def _cut_off(client: imaplib.IMAP4, stopped: Callable[[], bool]) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            if stopped():
                if not done.wait(GRACE_SECONDS):
                    with suppress(OSError):
                        client.sock.shutdown(socket.SHUT_RDWR)
                return

    threading.Thread(target=watch, name="imap-cut-off", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _connect(section: Imap, where: str, most: int) -> imaplib.IMAP4:
    timeout = section.timeout.total_seconds()
    context = ssl.create_default_context()  # the system's store, or SSL_CERT_FILE
    client: _Clear | _Hidden
    if section.start_tls == "implicit":
        client = _Hidden(section.host, section.port, ssl_context=context, timeout=timeout)
    else:
        client = _Clear(section.host, section.port, timeout=timeout)
    client.most = most
    if section.start_tls == "required":
        if client.state != "NONAUTH" or "STARTTLS" not in client.capabilities:
            client.shutdown()
            raise MailboxTrouble(
                "TLS: the mail server offers none",
                where=where,
                do='Nothing was said to it. Use imap.start_tls = "implicit", or mend it.',
            )
        client.starttls(context)
    return client


def _sign_in(client: imaplib.IMAP4, section: Imap, where: str) -> None:
    if client.state == "AUTH":  # by who we are, as on a socket of the same machine
        return
    name, password = section.username, section.password.get_secret_value()
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: b"\0".join((b"", name.encode(), password.encode())))
        elif "LOGINDISABLED" in client.capabilities or not (name + password).isascii():
            raise MailboxTrouble("the mail server offers no sign-in that we know", where=where, do="It must offer AUTH=PLAIN or LOGIN.")
        else:
            client.login(quoted(name), password)  # the standard library quotes the password, not the name
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise MailboxTrouble(
            "the mail server refuses the user name or the password",
            where=where,
            do="Correct imap.username or imap.password.",
        ) from None
    _, answer = client.capability()
    client.capabilities = tuple(b" ".join(part for part in answer if part).decode("ascii", "replace").upper().split())


def _select(client: imaplib.IMAP4, section: Imap, where: str) -> None:
    try:
        state, _ = client.select(quoted(section.folder))
    except imaplib.IMAP4.readonly:
        raise MailboxTrouble("the folder cannot be written to", where=f"{where} {section.folder}", do="Mails must be marked.") from None
    if state != "OK":
        raise MailboxTrouble("the mail server has no such folder", where=f"{where} {section.folder}", do="Correct imap.folder.")


def _leave(client: imaplib.IMAP4, *, politely: bool) -> None:
    """Say goodbye where somebody listens; the socket is closed in any case."""
    with suppress(Exception):
        if politely:
            client.logout()
    with suppress(Exception):
        client.shutdown()


def _told(error: Exception, where: str) -> MailboxTrouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxTrouble(
            f"TLS: its certificate is not trusted ({error.verify_message})", where=where, do="Nothing was said to it. Mend the certificate."
        )
    if isinstance(error, ssl.SSLError):
        return MailboxTrouble(f"TLS: no agreement ({error.reason or 'broken off'})", where=where, do="See imap.port and imap.start_tls.")
    if isinstance(error, TimeoutError):
        return MailboxTrouble("the mail server does not answer in time", where=where, do="See imap.timeout, host and port.")
    if isinstance(error, OSError):
        return MailboxTrouble(f"the mail server cannot be reached ({error.strerror or 'no answer'})", where=where, do="See imap.host.")
    if isinstance(error, imaplib.IMAP4.error):
        return MailboxTrouble("the connection to the mail server broke", where=where, do="What was not marked is read again.")
    return MailboxTrouble(f"the mail server's answers cannot be read ({in_short(error)})", where=where, do="See its log.")


def quoted(word: str) -> str:
    """An IMAP quoted string."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def search(client: imaplib.IMAP4, *criteria: str) -> list[int]:
    """UIDs of the mails that fit, oldest first."""
    count = min(int(cast("bytes", client.untagged_responses.get("EXISTS", [b"0"])[-1])), MOST_MAILS)
    found: list[int] = []
    for start in range(1, count + 1, MOST_AT_ONCE):
        answer = asked(client, "SEARCH", f"{start}:{min(count, start + MOST_AT_ONCE - 1)}", *criteria)
        found += [int(word) for part in answer if isinstance(part, bytes) for word in part.split()]
    return sorted(set(found))


def sizes(client: imaplib.IMAP4, uids: list[int]) -> dict[int, int]:
    """UID -> size in bytes, of those mails that are still there."""
    found = {}
    for line in asked(client, "FETCH", joined(uids), "(UID RFC822.SIZE)"):
        if isinstance(line, bytes) and (uid := _UID.search(line)) and (size := _SIZE.search(line)):
            found[int(uid[1])] = int(size[1])
    return found


def bodies(client: imaplib.IMAP4, uids: list[int], most: int) -> dict[int, bytes]:
    """UID -> the first `most` bytes of the mail, of those that are still there. Nothing is marked as seen."""
    found = {}
    answer = asked(client, "FETCH", joined(uids), f"(UID BODY.PEEK[]<0.{most}>)")
    for place, part in enumerate(answer):
        if isinstance(part, tuple):
            after = answer[place + 1] if place + 1 < len(answer) and isinstance(answer[place + 1], bytes) else b""
            if uid := _UID.search(part[0]) or _UID.search(after):  # servers may name it on either side of the literal
                found[int(uid[1])] = bytes(part[1])
    return found


def asked(client: imaplib.IMAP4, command: str, *words: str) -> list[Any]:
    """Give a UID command; MailboxTrouble where the server says no."""
    state, answer = client.uid(command, *words)
    if state != "OK":
        raise MailboxTrouble(f"the mail server refuses {command}", where=client.host, do="See its log; mails may be read again.")
    return [part for part in answer if part is not None]


def joined(uids: list[int]) -> str:
    return ",".join(map(str, uids))
