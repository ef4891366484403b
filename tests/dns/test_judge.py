"""What is found in DNS: a table of records, and what each makes of the letters of one sender."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.deliverability import Setup, judge
from composer.dispatch.deliverability.dmarc import organisation
from composer.dispatch.deliverability.records import MOST_QUESTIONS, Answer, Question, Records, line
from tests.dns.zones import (
    DMARC,
    ED,
    ED_NAME,
    GOOD,
    RSA,
    RSA_LINE,
    RSA_NAME,
    RSA_STRINGS,
    SETUP,
    Zone,
    answers,
    chain,
    dmarc,
    found,
    includes,
    mx,
    ptr,
    rsa,
    spf,
    warnings,
)

NO_ANSWER = Answer(trouble="no answer in time")


def test_records_as_they_should_be_raise_no_warning() -> None:
    assert warnings(GOOD) == []
    assert {finding.check for finding in found(GOOD)} == {
        "spf",
        "dkim",
        "dmarc",
        "alignment",
        "ptr",
        "mx",
        "links",
        "targets",
        "mta-sts",
        "tls-rpt",
    }


CASES: dict[str, tuple[Zone, str, str, str]] = {
    # zone, check, words of the finding, words of the record to add
    "no spf": (
        {**GOOD, ("example.com", "TXT"): ("x",)},
        "spf",
        "there is no SPF record",
        'example.com. IN TXT "v=spf1 ip4:192.0.2.7 ~all"',
    ),
    "two spf": (
        {**GOOD, ("example.com", "TXT"): ("v=spf1 ip4:192.0.2.7 -all", "v=spf1 mx -all")},
        "spf",
        "2 SPF records",
        '"v=spf1 ip4:192.0.2.7 mx ~all"',
    ),
    "whole world": (spf("v=spf1 +all"), "spf", "the whole world may send", '"v=spf1 ~all"'),
    "all without a sign": (spf("v=spf1 all"), "spf", "the whole world may send", '"v=spf1 ~all"'),
    "whole world behind redirect": (spf("v=spf1 redirect=r.example", **{"r.example": ("v=spf1 +all",)}), "spf", "the whole world", ""),
    "no end": (spf("v=spf1 ip4:192.0.2.7"), "spf", "end it in ~all", '"v=spf1 ip4:192.0.2.7 ~all"'),
    "neutral end": (spf("v=spf1 ip4:192.0.2.7 ?all"), "spf", "end it in ~all", '"v=spf1 ip4:192.0.2.7 ~all"'),
    "not covered": (
        spf("v=spf1 mx:other.example -all"),
        "spf",
        "does not let 192.0.2.7 send: fail",
        '"v=spf1 mx:other.example ip4:192.0.2.7 -all"',
    ),
    "no term": (spf("v=spf1 ipv4:192.0.2.7 -all"), "spf", "'ipv4:192.0.2.7' is no term", ""),
    "not an address": (spf("v=spf1 ip4:192.0.2.777 -all"), "spf", "'ip4:192.0.2.777' is no term", ""),
    "wrong kind of address": (spf("v=spf1 ip6:192.0.2.7 -all"), "spf", "is no term", ""),
    "eleven lookups": (spf(chain(11), **includes(11)), "spf", "it takes 11 lookups; receivers stop at 10", ""),
    "includes itself": (spf("v=spf1 include:example.com -all"), "spf", "example.com includes itself", ""),
    "circle": (
        spf(
            "v=spf1 include:a.example -all", **{"a.example": ("v=spf1 include:b.example -all",), "b.example": ("v=spf1 include:a.example",)}
        ),
        "spf",
        "a.example includes itself",
        "",
    ),
    "circle of redirects": (
        spf("v=spf1 redirect=a.example", **{"a.example": ("v=spf1 redirect=a.example",)}),
        "spf",
        "includes itself",
        "",
    ),
    "include of nothing": (spf("v=spf1 include:a.example -all"), "spf", "a.example has no SPF record", ""),
    "three void": (spf("v=spf1 a:a.example a:b.example a:c.example ip4:192.0.2.7 -all"), "spf", "3 of its lookups find nothing", ""),
    "two redirects": (spf("v=spf1 redirect=a.example redirect=b.example", **includes(0)), "spf", "'redirect=' stands there twice", ""),
    "ptr": (spf("v=spf1 ptr ip4:192.0.2.7 -all"), "spf", "uses ptr", ""),
    "unknown include": (
        {**spf("v=spf1 include:a.example ip4:192.0.2.7 -all"), ("a.example", "TXT"): NO_ANSWER},
        "spf",
        "a.example, which it names, cannot be looked up",
        "",
    ),
    "spf in trouble": ({**GOOD, ("example.com", "TXT"): Answer(trouble="the name servers fail")}, "spf", "the name servers fail", ""),
    "no key": (rsa(), "dkim", "there is no key", RSA_LINE),
    "withdrawn": (rsa("v=DKIM1; p="), "dkim", "was withdrawn", RSA_LINE),
    "other key": (rsa("v=DKIM1; p=AAAA"), "dkim", "holds another key", RSA_LINE),
    "cut key": (rsa(RSA[:255]), "dkim", "only the beginning of the key", RSA_LINE),
    "key in two records": (rsa(*RSA_STRINGS), "dkim", "2 records where one must be", RSA_LINE),
    "tried": (rsa(RSA.replace("k=", "t=y; k=")), "dkim", "t=y", RSA_LINE),
    "only sha1": (rsa(RSA.replace("k=", "h=sha1; k=")), "dkim", "no sha256", RSA_LINE),
    "not for mail": (rsa(RSA.replace("k=", "s=tlsrpt; k=")), "dkim", "not for mail", RSA_LINE),
    "quoted": (rsa(RSA.replace(";", "\\;")), "dkim", "backslashes", RSA_LINE),
    "no dkim record": (rsa("hello"), "dkim", "is no DKIM record", RSA_LINE),
    "rsa for ed25519": ({**GOOD, (ED_NAME, "TXT"): (RSA,)}, "dkim", "of another kind (k=rsa)", line(ED_NAME, "TXT", ED)),
    "ed25519 withdrawn": ({**GOOD, (ED_NAME, "TXT"): ("v=DKIM1; k=ed25519; p=",)}, "dkim", "withdrawn", line(ED_NAME, "TXT", ED)),
    "no dmarc": (
        dmarc(),
        "dmarc",
        "there is no DMARC record",
        '_dmarc.example.com. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"',
    ),
    "two dmarc": (dmarc("v=DMARC1; p=none", "v=DMARC1; p=reject"), "dmarc", "2 DMARC records", "v=DMARC1; p=none"),
    "no dmarc record": (dmarc("p=none; v=DMARC1"), "dmarc", "must begin with v=DMARC1", "v=DMARC1; p=none"),
    "no policy": (
        dmarc("v=DMARC1; p=off; rua=mailto:d@example.com"),
        "dmarc",
        "p=off is no policy",
        "p=none; rua=mailto:d@example.com",
    ),
    "no reports": (
        dmarc("v=DMARC1; p=reject"),
        "dmarc",
        "asks for no reports",
        '"v=DMARC1; p=reject; rua=mailto:dmarc@example.com"',
    ),
    "reports to strangers": (
        dmarc("v=DMARC1; p=none; rua=mailto:d@reports.example"),
        "dmarc",
        "has not agreed",
        'example.com._report._dmarc.reports.example. IN TXT "v=DMARC1"',
    ),
    "reports to the web": (dmarc("v=DMARC1; p=none; rua=https://example.com"), "dmarc", "is no mailto:", ""),
    "dmarc in trouble": ({**GOOD, DMARC: NO_ANSWER}, "dmarc", "no answer in time", ""),
    "no ptr": (
        ptr(),
        "ptr",
        "192.0.2.7 has no name",
        "7.2.0.192.in-addr.arpa. IN PTR mail.example.com.",
    ),
    "ptr that leads elsewhere": (
        ptr("news.example.com"),
        "ptr",
        "does not lead back",
        "news.example.com. IN A 192.0.2.7",
    ),
    "ptr in trouble": ({**GOOD, ("7.2.0.192.in-addr.arpa", "PTR"): NO_ANSWER}, "ptr", "no answer in time", ""),
    "no mx": (mx(), "mx", "neither MX nor address", "example.com. IN MX 10 mail.example.com."),
    "address in place of mx": (
        mx(**{"example.com": ("192.0.2.7",)}),
        "mx",
        "there is no MX",
        "IN MX 10",
    ),
    "takes no mail": (mx("0 ."), "mx", "takes no mail (RFC 7505)", "IN MX 10"),
    "dead mx": (
        mx("1 a.example"),
        "mx",
        "none of its hosts has an address",
        "IN A",
    ),
    "dead end": ({**GOOD, ("www.example.com", "AAAA"): ()}, "targets", "readers come to a dead end", ""),
    "no host of links": ({**GOOD, ("news.example.com", "A"): ()}, "links", "nobody could unsubscribe", "news.example.com. IN A"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_warned_about_with_the_record_to_add(name: str) -> None:
    zone, check, words, record = CASES[name]
    told = [finding for finding in warnings(zone) if finding.check == check and words in finding.detail]
    assert len(told) == 1, warnings(zone)
    assert record in told[0].record
    assert bool(record) == bool(told[0].record)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("v=spf1 include:a.example -all", ("a.example", "TXT")),
        ("v=spf1 a:a.example -all", ("a.example", "A")),
        ("v=spf1 mx:a.example -all", ("a.example", "MX")),
        ("v=spf1 mx -all", ("mail.example.com", "A")),
        ("v=spf1 redirect=a.example", ("a.example", "TXT")),
    ],
)
def test_what_could_not_be_looked_up_forbids_no_address(text: str, lost: tuple[str, str]) -> None:
    """A resolver that was slow once is no reason to advise another record."""
    told = [finding for finding in warnings({**spf(text), lost: NO_ANSWER}) if finding.check == "spf" and "192.0.2.7" in finding.detail]
    assert [(finding.ok, finding.record) for finding in told] == [(None, "")]
    assert "is not known" in told[0].detail


def test_a_lookup_that_failed_behind_what_suits_is_not_needed() -> None:
    assert not any(
        "192.0.2.7" in finding.detail for finding in warnings({**spf("v=spf1 mx a:a.example -all"), ("a.example", "A"): NO_ANSWER})
    )


def sub(**changes: object) -> Setup:
    values = {name: getattr(SETUP, name) for name in Setup.__slots__}
    return Setup(**{**values, **changes})  # type: ignore[arg-type]


def test_a_policy_of_the_domain_above_holds_with_its_sp() -> None:
    zone: Zone = dmarc("v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@example.com")
    told = [finding.detail for finding in found(zone, sub(sender="post.example.com")) if finding.check == "dmarc"]
    assert told == ["p=reject, and sp=quarantine for post.example.com"]


@pytest.mark.parametrize(
    ("tags", "changes", "words"),
    [
        ("adkim=s", {"signs": ("post.example.com",)}, "sign as example.com itself (adkim=s)"),
        ("aspf=s", {"return_path": "bounces.example.com"}, "take a return path at example.com itself (aspf=s)"),
        ("p=none", {"signs": (), "keys": (), "return_path": "other.example"}, "the return path's domain other.example does not count"),
        ("p=none", {"signs": ("other.example",)}, "sign as example.com"),
    ],
)
def test_what_is_not_aligned_with_the_from_domain_is_told(tags: str, changes: dict[str, object], words: str) -> None:
    zone: Zone = dmarc(f"v=DMARC1; rua=mailto:d@example.com; {tags}")
    assert any(words in finding.detail for finding in warnings(zone, sub(**changes)) if finding.check == "alignment")


@pytest.mark.parametrize(
    "changes", [{"signs": ("post.example.com",)}, {"return_path": "bounces.example.com"}, {"sender": "post.example.com"}]
)
def test_domains_of_one_organisation_are_aligned(changes: dict[str, object]) -> None:
    assert [finding for finding in warnings(GOOD, sub(**changes)) if finding.check == "alignment"] == []


def test_a_relay_is_judged_by_its_addresses_with_a_doubt() -> None:
    zone: Zone = {**GOOD, ("relay.example", "A"): ("203.0.113.4", "10.0.0.1")}
    told = [finding.detail for finding in warnings(zone, sub(sends_from=(), relays=("relay.example",)))]
    assert told == [
        "does not let 203.0.113.4 send: fail (relay.example; where it sends from others, name them in dns.sends_from)",
        "203.0.113.4 has no name: whoever gave you the address sets this record",
    ]
    assert [finding.check for finding in warnings(GOOD, sub(sends_from=(), relays=("gone.example",)))] == ["spf", "relay"]
    assert len(warnings(GOOD, sub(sends_from=(), relays=("203.0.113.4",)))) == 2


def test_a_long_record_is_printed_in_strings_of_255_bytes() -> None:
    printed = RSA_LINE
    strings = printed.split('"')[1::2]
    assert "".join(strings) == RSA
    assert max(map(len, strings)) <= 255


WORDS = st.sampled_from(
    [
        "v=spf1",
        "all",
        "-all",
        "include:a.example",
        "include:example.com",
        "a",
        "mx",
        "a:%{d}",
        "ip4:1.2.3.4/33",
        "redirect=a.example",
        "exists:x/",
    ]
) | st.text(max_size=12)


@given(st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=10).map(" ".join), st.text(max_size=60))
def test_whatever_stands_in_dns_the_judge_ends_and_asks_in_bounds(first: str, second: str, other: str) -> None:
    texts = {("example.com", "TXT"): (f"v=spf1 {first}",), ("a.example", "TXT"): (f"v=spf1 {second}",)}
    zone: Zone = {**GOOD, **texts, (RSA_NAME, "TXT"): (other,), DMARC: (f"v=DMARC1;{other}",), ("example.com", "MX"): (other or ".",)}
    records = Records({})
    asked: dict[Question, Answer] = {}
    for _ in range(40):
        records = Records(asked)
        judge(SETUP, records)
        asked |= answers(zone, records.wanted)
    assert not records.wanted
    assert len(asked) <= MOST_QUESTIONS


def test_below_a_public_suffix_domains_are_strangers_to_each_other() -> None:
    zone: Zone = {**dmarc(), ("_dmarc.com", "TXT"): ("v=DMARC1; psd=y; p=none; rua=mailto:d@example.com",)}
    told = [
        finding.detail for finding in warnings(zone, sub(signs=("another.com",), return_path="another.com")) if finding.check == "alignment"
    ]
    assert [words.split(":")[0] for words in told] == [
        "the signature of another.com does not count",
        "the return path's domain another.com does not count",
    ]


def test_of_several_policies_above_the_organisations_holds() -> None:
    zone: Zone = {**GOOD, ("_dmarc.b.example.com", "TXT"): ("v=DMARC1; p=reject; rua=mailto:d@example.com",)}
    told = [finding.detail for finding in found(zone, sub(sender="a.b.example.com")) if finding.check == "dmarc"]
    assert told == ["p=none: reports only, and sp=none for a.b.example.com"]


def test_the_policy_of_a_public_suffix_holds_only_where_the_organisation_has_none() -> None:
    suffix: Zone = {("_dmarc.com", "TXT"): ("v=DMARC1; psd=y; p=reject; rua=mailto:d@registry.com",)}
    for zone, policy in (({**GOOD, **suffix}, "p=none: reports only, and sp=none"), ({**dmarc(), **suffix}, "p=reject, and sp=reject")):
        told = [finding.detail for finding in found(zone, sub(sender="post.example.com")) if finding.check == "dmarc" and finding.ok]
        assert told == [f"{policy} for post.example.com"]


def test_the_walk_ends_at_a_public_suffix() -> None:
    texts = {"_dmarc.co.example": "v=DMARC1; psd=y; p=none", "_dmarc.example": "v=DMARC1; p=none"}
    names = ["_dmarc.a.shop.co.example", "_dmarc.shop.co.example", *texts]
    known = {Question(name, "TXT"): Answer((texts[name],) if name in texts else ()) for name in names}
    assert organisation(Records(known), "a.shop.co.example") == "shop.co.example"


def test_one_check_asks_so_many_questions_and_no_more() -> None:
    records = Records({})
    troubles = [records.ask(f"n{number}.example", "A").trouble for number in range(MOST_QUESTIONS + 5)]
    assert len(records.wanted) == MOST_QUESTIONS
    assert troubles[-5:] == ["too many questions"] * 5
