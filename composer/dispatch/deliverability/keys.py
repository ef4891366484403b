"""DKIM key records (RFC 6376 section 3.6.1): whether DNS holds the very key that letters are signed with."""

from __future__ import annotations

import re

from composer.dispatch.deliverability.records import Finding, Records, line


def tags(text: str) -> dict[str, str] | None:
    """Read a tag list, "a=b; c=d" (section 3.2); None where it is none, or names a tag twice."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not part.strip():
            continue
        if not equals or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in found:
            return None
        found[name] = value.strip()
    return found


def dkim_finding(records: Records, name: str, text: str) -> Finding:
    """Judge the record of one selector. `text` is the record as it has to be: its k= and p= are compared with what is there."""
    answer, ours = records.ask(name, "TXT"), tags(text) or {}
    record = line(name, "TXT", text)

    def wrong(says: str) -> Finding:
        return Finding("dkim", name, "TXT", ok=False, detail=says, record=record)

    if answer.trouble:
        return Finding("dkim", name, "TXT", ok=None, detail=f"cannot be looked up: {answer.trouble}")
    if not answer.values:
        return wrong("there is no key, so receivers cannot verify any letter")
    if len(answer.values) > 1:
        return wrong(f"there are {len(answer.values)} records where one must be; a long key stands in one record of several strings")
    there = tags(answer.values[0])
    if there is None or there.get("v", "DKIM1") != "DKIM1" or "p" not in there:
        plain = tags(answer.values[0].replace('"', "").replace("\\", ""))
        if plain and _key(plain) == _key(ours):
            return wrong("has quotation marks or backslashes in its text: the DNS provider wants it without them")
        return wrong("is no DKIM record")
    key = _key(there)
    if not key:
        return wrong("says that the key was withdrawn (p= is empty)")
    if there.get("k", "rsa").lower() != ours.get("k", "rsa"):
        return wrong(f"is a key of another kind (k={there.get('k', 'rsa')})")
    if key != _key(ours):
        cut = _key(ours).startswith(key)
        return wrong(
            "holds only the beginning of the key: cut it into strings of 255 bytes"
            if cut
            else "holds another key than letters are signed with"
        )
    if "sha256" not in there.get("h", "sha256").lower().split(":"):
        return wrong(f"allows no sha256 (h={there['h']}), and letters are signed with it")
    if not {"*", "email"} & set(there.get("s", "*").lower().replace(" ", "").split(":")):
        return wrong(f"is not for mail (s={there['s']})")
    if "y" in there.get("t", "").lower().replace(" ", "").split(":"):
        return wrong("says that signing is only being tried (t=y): receivers may treat letters as unsigned")
    return Finding("dkim", name, "TXT", ok=True, detail="holds the key that letters are signed with")


def _key(found: dict[str, str]) -> str:
    return re.sub(r"\s", "", found.get("p", ""))
