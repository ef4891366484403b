"""What mail servers write, sorted by what it means: a dead address, a wish for fewer letters, or neither.

Facts, as the systems' own manuals and their public bounce texts have them: Gmail, Outlook and Exchange Online, Yahoo,
iCloud, GMX and web.de, Mail.ru, Yandex, and the gateways and servers before companies' mailboxes (Proofpoint, Mimecast,
Barracuda, Postfix, Exim, qmail, Exchange). Where a text can mean two things the milder reading holds: an address that is
spared costs one more letter, one that is suppressed by mistake costs a reader.
"""

from __future__ import annotations

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
"""RFC 3463: class, subject, detail. qmail writes them at the end, as (#5.1.1)."""

_DEAD_CODES = frozenset({(1, 1), (1, 3), (1, 6), (1, 10)})
"""No such mailbox; a mailbox that cannot be; moved without a new address (RFC 3463); a domain that takes no mail (RFC 7505)."""

_NOBODY = re.compile(
    r"(user|recipient|mailbox|account|address|alias|addressee)\b[^.;:]{0,40}"
    r"\b(unknown|not found|does ?n[o']t exist|does not have|not exist|invalid)"
    r"|(unknown|invalid|illegal|no such|nonexistent|non-existent)( or illegal)? (local )?"
    r"(user|recipient|mailbox|address|alias|account|person|addressee)"
    r"|no mailbox (here )?by that name|no mailbox for|not a valid (mailbox|user|recipient|address)|not a known user|user not local"
    r"|doesn'?t have an? \S+ account|mailbox (is )?unavailable|mailbox not (found|available)|recipient ?not ?found|recipnotfound"
    r"|account (\w+ ){0,8}(is|has been) (\w+ )?(disabled|closed|discontinued|deactivated|terminated|deleted)"
    r"|no longer (exists|available|in use|valid|employed|works)|user (has )?moved",
    re.IGNORECASE,
)
"""Words for a mailbox that nobody has."""

_ABOUT_US = re.compile(
    r"spam|\bblock|blacklist|black list|reputation|\bsender\b|\bspf\b|\bdkim\b|\bdmarc\b|polic|\brate\b"
    r"|\brelay(ing)?\b(?! recipient)|unsolicited|too many|prohibit|authenticat",
    re.IGNORECASE,
)
"""Words about the sender or the letter: with them even a dead address's code does not suppress."""

_IN_DOUBT = re.compile(
    r"rejected by|denied|deny|\blisted\b|quota|\bfull\b|virus|content|limit|tempor|\blater\b|\baccess\b|permission|banned|\bdns\b|\bhelo\b"
    r"|client host|\bip\b|suspicious|verif|storage|inactiv",
    re.IGNORECASE,
)
"""Words that leave it open why a letter was refused: without a dead address's code they spare the address."""

_SLOW_DOWN = re.compile(
    r"too (many|much) (mail|message|connection|concurrent|recipient|session|request|smtp|error|e-?mail|simultaneous)"
    r"|too (fast|quick)"
    r"|(rate|connection|sending|send|hourly|daily|message|tenant|mail|volume)[ -]?(rate )?(limit|quota|threshold|control)s?\b"
    r"|rate[ -]?limit|throttl"
    r"|exceed\w* (the |its |your |their |max\w* )*"
    r"(rate|connection|sending|daily|hourly|message rate|threshold|number of (message|mail|connection))"
    r"|(unusual|unexpected) (rate|volume|traffic)|unusual amount|slow down|server (is )?(too )?busy|excessive (volume|rate|traffic|mail)"
    r"|number of (messages|mails|connections) exceed|too heavy|sent too|temporarily deferred due to"
    r"|maximum (number of )?(concurrent )?connections",
    re.IGNORECASE,
)
"""Words that ask for fewer letters or connections."""

_GREYLISTED = re.compile(r"gr[ea]y ?-?list|grey list|postgrey|internal resources are temporarily unavailable", re.IGNORECASE)
"""A first meeting, not a rate: the letter alone comes back (Mimecast says it in words of its own)."""

_ONE_MAILBOX = re.compile(
    r"receiving mail (too|at a rate)|recipient (thread|mailbox) (limit|is busy)|recipient'?s? (\w+ )?(hourly|rate|message) ?(rate )?limit"
    r"|mailbox (is )?(busy|locked)|rate ?limit exceeded for (the )?(mailbox|recipient)",
    re.IGNORECASE,
)
"""One reader's mailbox gets too much at the moment: that letter comes back, the others go on."""

_SLOW_CODES = frozenset({(7, 28), (7, 232), (7, 233), (7, 650), (7, 705), (4, 5)})
"""Rates by code: Gmail's 7.28 and 4.5, Exchange Online's 7.232, 7.233, 7.650 and 7.705."""

_AFTER_BODY = re.compile(r"delivery error: dd\b", re.IGNORECASE)
"""Yahoo's servers tell of a dead mailbox only after the body, in these words."""


def enhanced(words: str) -> tuple[int, int, int] | None:
    """Return the first enhanced status code (RFC 3463) in a server's words."""
    found = _ENHANCED.search(words)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def says_dead(code: int, words: str) -> bool:
    """Tell whether a refusal of the recipient says that nobody has the address."""
    if not 500 <= code < 600 or _ABOUT_US.search(words) or says_one_mailbox(words):
        return False
    status = enhanced(words)
    if status and status[1:] in _DEAD_CODES:
        return True
    if status and status[1] in (2, 3, 6):  # about a mailbox that exists, the system, the content: repeated failures decide
        return False
    return bool(_NOBODY.search(words)) and not _IN_DOUBT.search(words)


def says_dead_after_body(words: str) -> bool:
    """Tell whether words that came after the body, where refusals are about the letter, still mean a dead address."""
    return bool(_AFTER_BODY.search(words))


def says_about_us(words: str) -> bool:
    """Tell whether a refusal is about the sender or the letter, and so says nothing about the address."""
    return bool(_ABOUT_US.search(words))


def says_one_mailbox(words: str) -> bool:
    """Tell whether one reader's mailbox is too busy, which concerns no other letter."""
    return bool(_ONE_MAILBOX.search(words))


def says_single(words: str) -> bool:
    """Tell whether a letter is put off for its own sake: greylisting, or a mailbox that is full or busy (4.2.x)."""
    status = enhanced(words)
    return bool(_GREYLISTED.search(words) or says_one_mailbox(words) or (status and status[1] == 2))


def says_slow_down(code: int, words: str) -> bool:
    """Tell whether a server asks for fewer letters or connections: 421, 4.7.x, or in words, 5xx included."""
    if _GREYLISTED.search(words) or says_one_mailbox(words):
        return False
    status = enhanced(words)
    if code == 421 or (status and status[1:] in _SLOW_CODES):
        return True
    if 400 <= code < 500 and status and status[1] == 7:
        return True
    return bool(_SLOW_DOWN.search(words))
