"""DKIM keys in DNS (RFC 6376 section 3.6): is what receivers look up the key that we sign with."""

from __future__ import annotations

import re

from composer.dispatch.deliverability.answers import Asking, Judged, txt_line, unknown
from composer.dispatch.deliverability.dmarc import tags


def judge_key(asking: Asking, name: str, expected: str) -> Judged:
    """Judge the record at `name` (SELECTOR._domainkey.DOMAIN); `expected` is the text it should hold."""
    check, line = f"DKIM {name}", txt_line(name, expected)
    answer = asking.ask(name, "TXT")
    if answer.failed:
        return unknown(check, name, "TXT", answer)
    if not answer.values:
        return Judged(check, False, "there is no record: letters are signed with a key that nobody can look up", line)
    if len(answer.values) > 1:
        return Judged(check, False, f"{len(answer.values)} records stand under one name: leave one", line)
    there, ours = tags(answer.values[0]), tags(expected)
    key = re.sub(r"\s", "", there.get("p", ""))
    if "p" in there and not key:
        return Judged(check, False, "the key is revoked (p= is empty): receivers count our signatures as broken", line)
    if key != ours["p"] or there.get("k", "rsa").lower() != ours["k"]:
        return Judged(check, False, "another key stands there: every signature of ours is broken", line)
    if "y" in there.get("t", "").lower().split(":"):
        return Judged(check, None, "our key, marked as a test (t=y): receivers may treat letters as unsigned; take the mark out", line)
    return Judged(check, True, "our key stands there")
