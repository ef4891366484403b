"""Providers: families, countries, hosted domains, and whatever else stands behind an @."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.providers import _COUNTRY_WIDE, _FAMILIES, _HOSTS, NOBODY, domain_of, provider_of, registrable


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", "google.com"),
        ("GoogleMail.com.", "google.com"),
        ("hotmail.fr", "microsoft.com"),
        ("live.co.uk", "microsoft.com"),
        ("yahoo.co.jp", "yahoo.com"),
        ("me.com", "apple.com"),
        ("web.de", "gmx.net"),
        ("kolumbus.fi", "elisa.fi"),
        ("news.firm.example", "firm.example"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("live.firm.example", "firm.example"),
        ("news.one.example.com", "one.example.com"),
        ("two.example.com", "two.example.com"),
        ("yahoo.example", "yahoo.com"),
        ("localhost", "localhost"),
        ("com", "com"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:db8::1]", "[ipv6:2001:db8::1]"),
        ("", NOBODY),
    ],
)
def test_a_domain_belongs_to_its_family_or_to_who_registered_it(domain: str, provider: str) -> None:
    assert provider_of(domain) == provider


@pytest.mark.parametrize(
    ("mx", "provider"),
    [
        ("aspmx.l.google.com.", "google.com"),
        ("example-com.mail.protection.outlook.com", "microsoft.com"),
        ("mta5.am0.yahoodns.net", "yahoo.com"),
        ("mxa-00000000.gslb.pphosted.com", "proofpoint.com"),
        ("eu-smtp-inbound-1.mimecast.com", "mimecast.com"),
        ("cluster1.eu.messagelabs.com", "broadcom.com"),
        ("mx.example.net", "example.net"),
        ("", "example.com"),
    ],
)
def test_a_hosted_domain_belongs_to_who_takes_its_mail(mx: str, provider: str) -> None:
    assert provider_of("example.com", (mx,)) == provider


def test_a_familys_domain_is_not_taken_from_it_by_an_mx_host() -> None:
    assert provider_of("gmail.com", ("mx.example.net",)) == "google.com"


@pytest.mark.parametrize("provider", sorted({*_FAMILIES, *_HOSTS.values(), *_COUNTRY_WIDE.values(), "mimecast.com", NOBODY}))
def test_a_providers_name_is_its_own(provider: str) -> None:
    assert provider_of(provider) == provider


@given(st.text(max_size=80))
def test_whatever_stands_behind_an_at_sign_has_one_provider(domain: str) -> None:
    provider = provider_of(domain)
    assert provider
    assert provider.isascii()


@given(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
def test_below_a_registered_domain_all_is_one_provider(label: str) -> None:
    assert provider_of(f"{label}.firm.example") == "firm.example"
    assert registrable(f"{label}.{label}.firm.example") == "firm.example"


def test_the_domain_of_an_address_stands_behind_the_last_at_sign() -> None:
    assert domain_of('"a@b"@example.com') == "example.com"
