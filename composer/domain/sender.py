"""What a sender may be called and where it may write from: judged when settings are read, and again on every letter."""

from __future__ import annotations

import re

_MAILBOXES = """
    gmail.com googlemail.com yahoo.com ymail.com aol.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com
    gmx.com gmx.net gmx.de web.de proton.me protonmail.com mail.ru yandex.ru luukku.com
"""
MAILBOX_PROVIDERS = frozenset(_MAILBOXES.split())
"""Domains whose owners let nobody else sign for them: letters from there fail DMARC."""
PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
"""Emoji and dingbats, which Gmail refuses in display names that imitate its marks."""
LONGEST_LOCAL = 64
"""RFC 5321 section 4.5.3.1.1."""
MAIL_TOKEN_LENGTH = 44
"""Characters of a token behind the + of a mail address (domain.tokens)."""


def unfit_name(name: str) -> str:
    """Return what stops letters under this display name, as the end of a sentence; empty: nothing."""
    if not name.strip():
        return "is empty: every letter says who sends it"
    if not name.replace("\u00a0", " ").isprintable():
        return "has a line break or something invisible in it: write it on one line"
    if PICTURES.search(name):
        return "has a picture in it: mailbox providers refuse display names with emoji"
    if re.search(r"\{\{|\{%|\[\[", name):
        return "holds a merge field: it is the same in every letter"
    return ""


def unfit_address(address: str) -> str:
    """Return what stops letters from this bare mail address, as the end of a sentence; empty: nothing."""
    local, _, domain = address.rpartition("@")
    if len(local) > LONGEST_LOCAL:
        return f"has {len(local)} characters before the @: {LONGEST_LOCAL} are allowed (RFC 5321)"
    if domain.lower() in MAILBOX_PROVIDERS:
        return "is a mailbox provider's: nobody else may sign for it; send from a domain of your own"
    return ""
