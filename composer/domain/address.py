"""Mail addresses as people write them: what passes as one, and which spellings lead to one mailbox."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets; the library counts so too."""
_RESERVED = re.compile(r"(?<=[^@])\.(test|invalid|local|localhost)$", re.IGNORECASE)
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
"""Where full stops before the @ mean nothing."""


def fit_address(text: str) -> str:
    """Return the address with its domain as a lower-case A-label (RFC 5890); the part before the @ stays as it is.

    Nothing is asked of DNS, and reserved names pass (RFC 2606): a relay may know them. Text outside ASCII before the @ is
    refused: too few servers take it (RFC 6531). Raises ValueError, whose words hold no part of the address.
    """
    reserved = _RESERVED.search(text)
    try:
        # The library refuses reserved names; .example is the one it takes.
        valid = validate_email(_RESERVED.sub(".example", text), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        # The library quotes parts of the address in parentheses; those never reach a report.
        raise ValueError("is no e-mail address: " + str(error).split(" (")[0].strip().rstrip(".").lower()) from None
    domain = valid.ascii_domain.lower()
    kept = f"{valid.local_part}@{domain.removesuffix('.example') + reserved[0].lower() if reserved else domain}"
    if len(kept) > LONGEST_ADDRESS:  # a reserved name is longer or shorter than the one the library has seen
        raise ValueError("is no e-mail address: the email address is too long")
    return kept


def mailbox_of(address: str) -> str:
    """Return the spelling under which addresses that most likely reach one mailbox are one: no +detail, at Gmail no full stops.

    Only for counting how often somebody is written to. Consent and suppression go by the address itself: a wrong match would
    silence a person there, while here it makes one wait.
    """
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def within_domains(address: str, domains: frozenset[str] | set[str]) -> bool:
    """Tell whether the address is at one of the domains, or at a domain below one."""
    labels = address.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels) - 1))
