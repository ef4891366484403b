"""What a mail server's answer means: try later, stop this letter, suppress the address, or stop the run.

Most 5xx replies are not a dead address: only a refusal of the recipient that names an unknown mailbox suppresses.
Codes: RFC 5321 4.2, RFC 4954 (sign-in), RFC 3463 and RFC 7505 (enhanced codes).
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum

from composer.dispatch.reply_words import enhanced, says_dead, says_dead_after_body, says_one_mailbox, says_single, says_slow_down
from composer.domain.outcome import Outcome, Verdict

_ADDRESS = re.compile(r"<?[^\s<>@,;:]+@[^\s<>@,;]+>?")
_SIGN_IN = frozenset({530, 534, 535, 538})
_OUT_OF_TURN, _TOO_LARGE = 503, 552
LONGEST = 200
"""Characters of a server's words that are kept."""
READ = 2_000
"""Characters of a server's words that are read."""


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
    words = scrub(text, *addresses, longest=READ)
    outcome = _judged(stage, code, words)
    return outcome if len(outcome.text) <= LONGEST else replace(outcome, text=outcome.text[:LONGEST])


def _judged(stage: Stage, code: int, words: str) -> Outcome:
    if stage is Stage.body and 200 <= code < 300:
        return Outcome(Verdict.accepted, code, words)
    if 400 <= code < 500:
        verdict = Verdict.unreachable if stage is Stage.connect else Verdict.try_later
        return Outcome(verdict, code, words, single=says_single(words), throttled=says_slow_down(code, words))
    if 500 <= code < 600:
        return _refused(stage, code, words)
    return silence(stage, "an answer out of place", code)


def _refused(stage: Stage, code: int, words: str) -> Outcome:
    throttled = says_slow_down(code, words)
    if code in _SIGN_IN:
        return Outcome(Verdict.paused, code, f"sign-in or TLS is demanded: {words}")
    if stage is Stage.connect:
        return Outcome(Verdict.unreachable, code, words, throttled=throttled)
    if throttled or says_one_mailbox(words) or code == _OUT_OF_TURN:  # a rate that is told as final is none: later the letter passes
        return Outcome(Verdict.try_later, code, words, single=says_single(words), throttled=throttled)
    if stage is Stage.mail and not _is_too_large(code, words):
        # The sender is the same for every letter: marking recipient after recipient would blame them for it.
        return Outcome(Verdict.paused, code, f"the sender was refused: {words}")
    dead = says_dead(code, words) if stage is Stage.rcpt else stage is Stage.body and says_dead_after_body(words)
    return Outcome(Verdict.refused, code, words, dead_address=dead)


def _is_too_large(code: int, words: str) -> bool:
    """A letter over the server's limit, told at MAIL where SIZE was announced (RFC 1870): about this letter, not the sender."""
    status = enhanced(words)
    return status[1:] in ((3, 4), (2, 3)) if status else code == _TOO_LARGE


def silence(stage: Stage, what: str, code: int = 0) -> Outcome:
    """Return the verdict where no answer can be trusted: before the body surely not taken, after it unknown."""
    if stage is Stage.connect:
        return Outcome(Verdict.unreachable, code, what)
    if stage is Stage.body:
        return Outcome(Verdict.unknown, code, f"{what} after the body")
    return Outcome(Verdict.try_later, code, f"{what} at {stage.value}")


def scrub(text: str, *addresses: str, longest: int = LONGEST) -> str:
    """Return a server's words as one short line without any address, and without the local parts of `addresses`."""
    line = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(line.split())
    line = _ADDRESS.sub("<address>", line) if "@" in line else line
    small = line.lower()
    for address in addresses:
        local = address.rpartition("@")[0].strip('"')
        if local and local.lower() in small:  # to make a pattern costs more than the whole letter
            line = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "<address>", line, flags=re.IGNORECASE)
    return line[:longest]
