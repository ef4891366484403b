"""DMARC (RFC 9989): the policy that holds for the From address, and whether signature and return path are aligned with it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from composer.dispatch.deliverability.answers import Answer, Asking, Judged, txt_line, unknown

MOST_STEPS = 8
"""Names looked at on the way up (RFC 9989 section 4.10)."""
_POLICIES = frozenset({"none", "quarantine", "reject"})
_TAG = re.compile(r"\s*([A-Za-z]+)\s*=\s*([^;]*?)\s*(?:;|$)")


def tags(text: str) -> Mapping[str, str]:
    """The tags of a record such as "v=DMARC1; p=none", names in lower case, of a repeated one the first."""
    found: dict[str, str] = {}
    for match in _TAG.finditer(text):
        found.setdefault(match[1].lower(), match[2])
    return found


def _records(answer: Answer) -> list[Mapping[str, str]]:
    return [tags(text) for text in answer.values if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]


def _way_up(domain: str) -> list[str]:
    """The domain and its parents; of a long one the middle is left out (RFC 9989 section 4.10)."""
    labels = domain.split(".")
    if len(labels) <= MOST_STEPS:
        return [".".join(labels[start:]) for start in range(len(labels))]
    return [domain, *(".".join(labels[start:]) for start in range(len(labels) - MOST_STEPS + 1, len(labels)))]


def _walk(asking: Asking, domain: str) -> list[tuple[str, Mapping[str, str]]]:
    """The records found from the domain upwards; a name with several counts as one without."""
    found = []
    for name in _way_up(domain):
        records = _records(asking.ask(f"_dmarc.{name}", "TXT"))
        if len(records) == 1:
            found.append((name, records[0]))
            if records[0].get("psd", "u").lower() in ("y", "n"):
                break
    return found


def organisation(asking: Asking, domain: str) -> str:
    """The organisational domain, found by the tree walk: no list of public suffixes is needed."""
    found = _walk(asking, domain)
    if not found:
        return domain
    last, record = found[-1]
    psd = record.get("psd", "u").lower()
    if psd == "y" and last != domain:
        labels = domain.split(".")
        return ".".join(labels[-(len(last.split(".")) + 1) :])
    return last


def judge_dmarc(asking: Asking, domain: str) -> list[Judged]:
    """Judge the policy that receivers find for a From address at `domain`."""
    check, name = f"DMARC {domain}", f"_dmarc.{domain}"
    answer = asking.ask(name, "TXT")
    if answer.failed:
        return [unknown(check, name, "TXT", answer)]
    if len(_records(answer)) > 1:
        return [Judged(check, False, f"{name} has several records: receivers take none of them; make them one")]
    found = _walk(asking, domain)
    if not found:
        record = txt_line(name, f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
        return [Judged(check, False, "there is no policy; Gmail, Yahoo and Outlook ask for one, p=none is enough", record)]
    at, record_tags = found[0] if found[0][0] == domain else found[-1]
    own = at == domain
    policy = record_tags.get("p", "").lower() if own else record_tags.get("sp", record_tags.get("p", "")).lower()
    if policy not in _POLICIES:
        return [Judged(check, False, f"the record of _dmarc.{at} has no p=none, p=quarantine or p=reject: it counts as p=none at best")]
    judged = [Judged(check, True, f"policy {policy}" + ("" if own else f", from _dmarc.{at}"))]
    if "rua" not in record_tags:
        judged.append(
            Judged(f"{check} reports", None, f"no rua= in _dmarc.{at}: add an address, or nobody tells you who else sends in your name")
        )
    return judged


def judge_alignment(asking: Asking, sender: str, signing: str, return_path: str) -> list[Judged]:
    """Judge whether d= of the signature (empty: the relay signs) and the return path belong to the From domain's organisation.

    One of both makes DMARC pass (RFC 9989 section 4.4); Gmail asks bulk senders for one and advises both.
    """
    found = _walk(asking, sender)
    record: Mapping[str, str] = (found[0] if found and found[0][0] == sender else found[-1])[1] if found else {}
    judged = []
    for what, domain, tag in (("signature", signing, "adkim"), ("return path", return_path, "aspf")):
        if not domain:
            continue
        strict = record.get(tag, "r").lower() == "s"
        aligned = domain == sender or (not strict and organisation(asking, domain) == organisation(asking, sender))
        how = f"{domain}, the letters' From address stands at {sender}" + (f" ({tag}=s asks for the very same)" if strict else "")
        judged.append(Judged(f"alignment of the {what}", True if aligned else None, f"{how}: " + ("aligned" if aligned else "not aligned")))
    if judged and not any(one.ok for one in judged) and signing:
        judged = [Judged(one.check, False, f"{one.detail}; DMARC fails for every letter") for one in judged]
    return judged
