"""SPF: which records let an address send, what they cost, and what they say of everybody else."""

from __future__ import annotations

import pytest

from composer.dispatch.deliverability.spf import allows
from tests.dns.zones import chain, found, includes, known, spf, warnings


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 mx -all",
        "v=spf1 a:mail.example.com ~all",
        "V=SPF1  A:mail.example.com/28  -ALL",
        "v=spf1 include:i0.example include:ok.example -all",
        "v=spf1 redirect=ok.example",
        "v=spf1 a:mail.example.com//64 unknown=modifier exp=explain.example -all",
        "v=spf1 exists:%{i}._spf.%{d2}.example ip4:192.0.2.7 -all",
    ],
)
def test_records_that_let_the_address_send_raise_no_warning(text: str) -> None:
    zone = spf(text, **{"i0.example": ("v=spf1 -all",), "ok.example": ("v=spf1 ip4:192.0.2.7 -all",)})
    assert [finding for finding in warnings(zone) if finding.check == "spf"] == []


def test_ten_lookups_are_allowed_and_counted() -> None:
    told = [finding.detail for finding in found(spf(chain(10), **includes(10))) if finding.check == "spf"]
    assert told == ["takes 10 of 10 lookups", "lets 192.0.2.7 send"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("v=spf1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?ip4:192.0.2.7 -all", "neutral"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 redirect=nobody.example", "permerror"),
        ("v=spf1 include:soft.example -all", "fail"),
        ("v=spf1", "neutral"),
        ("v=spf1 bad:term -all", "permerror"),
    ],
)
def test_what_a_record_says_of_an_address(text: str, result: str) -> None:
    records = known(spf(text, **{"soft.example": ("v=spf1 ~all",)}), "example.com")
    assert allows(records, "example.com", "192.0.2.7") == result


def test_an_address_of_the_sixth_version_is_let_send_by_its_network() -> None:
    assert allows(known(spf("v=spf1 ip6:2001:db8::/32 -all"), "example.com"), "example.com", "2001:db8::7") == "pass"


@pytest.mark.parametrize("term", ["a:mail.example.com", "mx", "exists:mail.example.com", "ptr", "include:i0.example", "a:%{d}.example.com"])
def test_every_kind_of_lookup_counts(term: str) -> None:
    zone = spf(f"v=spf1 ip4:192.0.2.7 {' '.join([term] * 11)} -all", **includes(1))
    assert any("it takes 11 lookups" in finding.detail for finding in warnings(zone) if finding.check == "spf")
