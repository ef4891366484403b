"""Reading a mailbox over IMAP: every mail is taken at least once, and marked only when it has been.

Nothing is remembered between two readings: what is still to be read is what the mailbox itself does not call seen or
deleted. So a break between taking and marking, a folder made anew (UIDVALIDITY, RFC 3501 2.3.1.1) or a restored backup
lead to reading again, never to missing a mail.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from composer.config import Imap
from composer.errors import ComposerError, in_short
from composer.logs import log
from composer.sources.mail import Take, is_ours
from composer.sources.mail._imap import MailboxTrouble, asked, bodies, joined, quoted, search, signed_in, sizes

PART = 256 * 1024
"""Bytes that are read of a mail larger than the limit: its head, and what a report says at its beginning."""
GROUP_BYTES = 8 * 1024 * 1024
GROUP_MAILS = 50
"""What is fetched at once, and at most read again after a break."""
_ENVELOPE = re.compile(
    rb"^(?:Delivered-To|X-Original-To|Envelope-To):[ \t]*<?([^\s<>@]+@[^\s<>@]+)>?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of the mailbox did. `failed` mails stay as they are, to be tried again."""

    taken: int = 0
    failed: int = 0
    whole: bool = True
    """False where it was told to stop before the end."""


def came_for(raw: bytes, address: str) -> str:
    """The address of ours that the delivering system noted in the head, with its token; empty where it noted none."""
    head = re.split(rb"\r?\n\r?\n", raw[:PART], maxsplit=1)[0]
    for match in _ENVELOPE.finditer(head):
        noted = match[1].decode("ascii", "replace")
        if is_ours(address, noted):
            return noted
    return ""


def read_mailbox(section: Imap, address: str, size_limit: int, take: Take, stopped: Callable[[], bool]) -> Reading:
    """Take every mail that is waiting, in groups. `address` is ours, empty where there is none; `size_limit` in bytes.

    Raises MailboxTrouble with the cause in one line; a ComposerError of `take` (the database is away) ends the reading.
    """
    taken = failed = 0
    with signed_in(section, max(size_limit, PART), stopped) as client:
        uids = search(client, *(("UNSEEN",) if section.after == "seen" else ()), "UNDELETED")
        for group, most in _groups(client, uids, size_limit):
            done: list[int] = []
            try:
                for uid, raw in sorted(bodies(client, group, most).items()):
                    if stopped():
                        break
                    try:
                        take(raw, came_for(raw, address))
                        done.append(uid)
                    except ComposerError:
                        raise
                    except Exception as error:  # noqa: BLE001 - one mail's trouble must not keep the others waiting
                        failed += 1
                        log.error("mail_not_taken", way="imap", error=in_short(error))
            finally:
                if done:  # also where the database went away half-way
                    _mark(client, section, done)
                    taken += len(done)
            if stopped():
                return Reading(taken, failed, whole=False)
    return Reading(taken, failed)


def _groups(client: imaplib.IMAP4, uids: list[int], size_limit: int) -> Iterator[tuple[list[int], int]]:
    """Yield mails to fetch at once, and how many bytes of each."""
    for start in range(0, len(uids), GROUP_MAILS):
        found = sizes(client, uids[start : start + GROUP_MAILS])
        for kind, most in ((False, size_limit), (True, PART)):
            group: list[int] = []
            total = 0
            for uid, size in found.items():
                if (size > size_limit) is not kind:
                    continue
                if group and total + min(size, most) > GROUP_BYTES:
                    yield group, most
                    group, total = [], 0
                group.append(uid)
                total += min(size, most)
            if group:
                yield group, most


def _mark(client: imaplib.IMAP4, section: Imap, uids: list[int]) -> None:
    """Do with mails that were taken what `imap.after` says."""
    wanted = joined(uids)
    if section.after == "seen":
        asked(client, "STORE", wanted, "+FLAGS.SILENT", "(\\Seen)")
        return
    if section.after == "move":
        folder = quoted(section.move_to)
        command = "MOVE" if "MOVE" in client.capabilities else "COPY"  # RFC 6851
        if client.uid(command, wanted, folder)[0] != "OK":
            client.create(folder)
            asked(client, command, wanted, folder)
        if command == "MOVE":
            return
    asked(client, "STORE", wanted, "+FLAGS.SILENT", "(\\Deleted)")
    if "UIDPLUS" in client.capabilities:  # RFC 4315; without it what others have marked would go too
        asked(client, "EXPUNGE", wanted)


__all__ = ["MailboxTrouble", "Reading", "came_for", "read_mailbox"]
