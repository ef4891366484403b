"""How bad a failure is: by its enhanced status code, then by the SMTP code in the diagnostics, then by words.

Most permanent failures are not a dead address; what dispatch.reply_words says of an answer while sending holds here
too. Words that name another cause (full, policy, spam, size) make a failure soft whatever its code: old systems write
5.1.1 over every 550 (RFC 3463, RFC 3464 section 2.3.4).
"""

from __future__ import annotations

import re

from composer.dispatch.mail.texts import ALIVE, DEAD, GONE
from composer.dispatch.reply_words import says_dead
from composer.domain.notice import Severity

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?:^|[\s;:<(\[#])([245]\d\d)(?=[\s\-:;.)\]]|$)")
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, system or address; moved; a domain that takes no mail (RFC 3463 section 3.2, RFC 7505).

5.1.2, no such domain, is dead only here: who reports has asked DNS for as long as it kept the letter.
"""
_PERHAPS_DEAD = frozenset({"5.4.4", "5.7.1"})
"""A host that is not found, a refusal: dead where the words say so."""


def enhanced(text: str) -> str:
    """The most telling enhanced status code in a text: of several the first that is not vague; empty where there is none."""
    codes = [".".join(found.groups()) for found in _ENHANCED.finditer(text[:4_000])]
    return next((code for code in codes if not is_vague(code)), codes[0] if codes else "")


def smtp_code(text: str) -> int:
    """The first SMTP reply code in a text; 0 where there is none."""
    found = _CODE.search(text[:4_000])
    return int(found[1]) if found else 0


def severity(status: str, diagnostic: str) -> Severity:
    """Judge a delivery that failed for good. `status` is the report's own code, `diagnostic` the remote system's words."""
    words = " ".join(diagnostic[:4_000].replace("_", " ").split())
    code = enhanced(words) or status
    if is_vague(code) and not is_vague(status):
        code = status
    if ALIVE.search(words) and not GONE.search(words):
        return Severity.soft
    if code and not is_vague(code):
        return Severity.hard if code in _DEAD or (code in _PERHAPS_DEAD and _names(words)) else Severity.soft
    if code.startswith("4") or 400 <= smtp_code(words) < 500:
        return Severity.soft
    return Severity.hard if _names(words) else Severity.soft


def _names(words: str) -> bool:
    """Whether the words say that nobody has the address, or had it and is gone."""
    return says_dead(550, words) or bool(DEAD.search(words) or GONE.search(words))


def is_vague(code: str) -> bool:
    """Tell whether a code says no cause: there is none, or it ends in 0 as X.0.0, X.1.0 and X.5.0 do."""
    return not code or code.endswith(".0") or code[1:].startswith(".0.")
