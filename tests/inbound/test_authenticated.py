"""Whose word counts for a sender: only our own server's verdict, never words that a stranger brought into its field."""

from __future__ import annotations

import pytest

from composer.dispatch.mail import read

AINO = "Aino <aino@example.org>"


def _by(results: str, sender: str = AINO) -> str:
    return read(f"Authentication-Results: {results}\nFrom: {sender}\nSubject: unsubscribe\n\n".encode()).authenticated_by


@pytest.mark.parametrize(
    "results",
    [
        "mx.example.com; dmarc=pass header.from=example.org",
        "mx.example.com 1; spf=pass smtp.mailfrom=example.org;\n dmarc=pass (p=none (sp=none) dis=none) header.from=Example.org",
        'MX.example.com; dkim=pass reason="good; very" header.d=example.org; dmarc=pass (policy=reject) header.from=example.org',
    ],
)
def test_a_pass_for_the_senders_domain_counts(results: str) -> None:
    assert _by(results) == "mx.example.com"
    assert _by(results, '"Aino@example.org" <aino@example.org>') == "mx.example.com"


@pytest.mark.parametrize(
    "results",
    [
        "mx.example.com; dmarc=fail header.from=example.org",
        "mx.example.com; dmarc=pass header.from=example.net",
        "mx.example.com; spf=pass smtp.mailfrom=dmarc=pass@example.net; dmarc=fail header.from=example.org",
        "mx.example.com; spf=pass (domain of dmarc=pass@example.net) smtp.helo=dmarc=pass; dmarc=none header.from=example.org",
        'mx.example.com; spf=pass smtp.mailfrom="; dmarc=pass header.from=example.org"@example.net; dmarc=fail header.from=example.org',
        "mx.example.com; dmarc=pass header.from=example.org; dmarc=fail header.from=example.org",
        "mx.example.com; dmarc=pass x=header.from=example.org header.from=example.net",
        "mx.example.com; dmarc=fail (dmarc=pass header.from=example.org",
        "mx.example.com; dmarc=passed header.from=example.org",
        "mx.example.com; none",
        "",
    ],
)
def test_words_of_a_stranger_in_the_field_do_not(results: str) -> None:
    assert _by(results) == ""


@pytest.mark.parametrize(
    "sender",
    [
        '"<aino@example.org>" <somebody@example.org>',
        "aino@example.org <somebody@example.org>",
        "=?utf-8?q?<aino@example.org>?= <somebody@example.org>",
        "aino@example.org, somebody@example.org",
        "aino@example.org\nFrom: somebody@example.org",
    ],
)
def test_a_name_that_looks_like_anothers_address_is_nobody(sender: str) -> None:
    assert _by("mx.example.com; dmarc=pass header.from=example.org", sender) == ""
