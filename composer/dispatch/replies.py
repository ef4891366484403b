"""What a mail server's answer means: try later, stop this letter, suppress the address, or stop the run.

Most 5xx replies are not a dead address: only a refusal of the recipient that names an unknown mailbox suppresses.
Codes: RFC 5321 4.2, RFC 4954 (sign-in), RFC 3463 and RFC 7505 (enhanced codes).
"""

from __future__ import annotations

import re
from enum import StrEnum

from composer.domain.outcome import Outcome, Verdict

_ADDRESS = re.compile(r"<?[^\s<>@,;:]+@[^\s<>@,;]+>?")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_DEAD = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})
_DEAD_CODES = frozenset({550, 551, 553})
_POLICY = re.compile(
    r"polic|spam|block|denied|deny|rejected by|listed|reputation|relay|sender|\bspf\b|dkim|dmarc|authenti|quota|\bfull\b|virus|content"
    r"|\brate\b|limit|too many|tempor|\blater\b|access|permission|banned|\bdns\b|\bhelo\b|client host|\bip\b|suspicious|unsolicited",
    re.IGNORECASE,
)
_SIGN_IN = frozenset({530, 534, 535, 538})
LONGEST = 200


class Stage(StrEnum):
    """How far the dialogue had come when the answer, or the silence, met us."""

    connect = "connect"
    mail = "MAIL"
    rcpt = "RCPT"
    data = "DATA"
    body = "body"
    """The body was begun: without an answer it may have been taken (RFC 1047)."""


def classify(stage: Stage, code: int, text: str, *addresses: str) -> Outcome:
    """Return the verdict on an answer that ends a letter at `stage`; `addresses` are kept out of its text."""
    words = scrub(text, *addresses)
    if stage is Stage.body and 200 <= code < 300:
        return Outcome(Verdict.accepted, code, words)
    if 400 <= code < 500:
        return Outcome(Verdict.unreachable if stage is Stage.connect else Verdict.try_later, code, words)
    if 500 <= code < 600:
        return _refused(stage, code, words)
    return silence(stage, "an answer out of place", code)


def _refused(stage: Stage, code: int, words: str) -> Outcome:
    if code in _SIGN_IN:
        return Outcome(Verdict.paused, code, f"sign-in or TLS is demanded: {words}")
    if stage is Stage.connect:
        return Outcome(Verdict.unreachable, code, words)
    if stage is Stage.mail:  # the sender is the same for every letter: marking recipient after recipient would blame them for it
        return Outcome(Verdict.paused, code, f"the sender was refused: {words}")
    return Outcome(Verdict.refused, code, words, dead_address=stage is Stage.rcpt and _is_dead(code, words))


def _is_dead(code: int, words: str) -> bool:
    enhanced = _ENHANCED.search(words)
    if enhanced:
        return enhanced[1] in _DEAD
    return code in _DEAD_CODES and not _POLICY.search(words)


def silence(stage: Stage, what: str, code: int = 0) -> Outcome:
    """Return the verdict where no answer can be trusted: before the body surely not taken, after it unknown."""
    if stage is Stage.connect:
        return Outcome(Verdict.unreachable, code, what)
    if stage is Stage.body:
        return Outcome(Verdict.unknown, code, f"{what} after the body")
    return Outcome(Verdict.try_later, code, f"{what} at {stage.value}")


def scrub(text: str, *addresses: str) -> str:
    """Return a server's words as one short line without any address, and without the local parts of `addresses`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _ADDRESS.sub("<address>", line)
    for address in addresses:
        local = address.rpartition("@")[0].strip('"')
        if local:
            line = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "<address>", line, flags=re.IGNORECASE)
    return line[:LONGEST]
