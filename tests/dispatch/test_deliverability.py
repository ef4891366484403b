"""What DNS says about a sender, judged: answers in, findings with the record to add out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.dispatch.deliverability import Answer, Facts, Judged, Question, judge

KEY = "v=DKIM1; k=rsa; p=QUJD"
FACTS = Facts(
    sender="example.com",
    return_path="bounce.example.com",
    keys=(("composer._domainkey.example.com", KEY),),
    signing="example.com",
    addresses=("192.0.2.7",),
    pages="news.example.com",
)
GOOD: Mapping[Question, Sequence[str]] = {
    ("bounce.example.com", "TXT"): ["v=spf1 ip4:192.0.2.0/28 -all"],
    ("composer._domainkey.example.com", "TXT"): [KEY],
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@example.com"],
    ("7.2.0.192.in-addr.arpa", "PTR"): ["mail.example.com."],
    ("mail.example.com", "A"): ["192.0.2.7"],
    ("example.com", "MX"): ["mail.example.com."],
    ("bounce.example.com", "MX"): ["mail.example.com."],
    ("news.example.com", "A"): ["192.0.2.8"],
}


def judged(changed: Mapping[Question, Sequence[str] | str], facts: Facts = FACTS) -> dict[str, Judged]:
    """Judge the good world with some answers changed: a list of values, or why there is no answer."""
    world: dict[Question, Sequence[str] | str] = {**GOOD, **changed}

    def answer(question: Question) -> Answer:
        found = world.get(question, ())
        return Answer(failed=found) if isinstance(found, str) else Answer(tuple(found))

    known: dict[Question, Answer] = {}
    for _ in range(40):
        found, still_open = judge(facts, known)
        if not still_open:
            return {one.check: one for one in found}
        known |= {question: answer(question) for question in still_open}
    raise AssertionError("the judges never stop asking")


def test_a_sender_with_everything_in_place_is_told_so() -> None:
    assert {check: one.ok for check, one in judged({}).items()} == {
        "SPF bounce.example.com": True,
        "DKIM composer._domainkey.example.com": True,
        "DMARC example.com": True,
        "alignment of the signature": True,
        "alignment of the return path": True,
        "PTR 192.0.2.7": True,
        "MX example.com": True,
        "MX bounce.example.com": True,
        "pages news.example.com": True,
    }


SPF = ("bounce.example.com", "TXT")
CHAIN = {(f"s{n}.example.net", "TXT"): [f"v=spf1 include:s{n + 1}.example.net -all"] for n in range(1, 12)}


@pytest.mark.parametrize(
    ("answers", "ok", "words"),
    [
        ({SPF: []}, False, "there is no SPF record"),
        ({SPF: ["some other text"]}, False, "there is no SPF record"),
        ({SPF: ["v=spf1 -all", "v=spf1 ~all"]}, False, "2 SPF records"),
        ({SPF: ["v=spf1 +all"]}, False, "everybody in the world"),
        ({SPF: ["v=spf1 all"]}, False, "everybody in the world"),
        ({SPF: ["v=spf1 ip4:192.0.2.7 wrong:term -all"]}, False, "'wrong:term' is no SPF term"),
        ({SPF: ["v=spf1 ip4:192.0.2.777 -all"]}, False, "no network"),
        ({SPF: ["v=spf1 -all"]}, None, "does not name 192.0.2.7"),
        ({SPF: ["v=spf1 ?ip4:192.0.2.7 -all"]}, None, "does not name 192.0.2.7"),
        ({SPF: ["v=spf1 include:spf.example.net -all"]}, False, "include of spf.example.net, which has no SPF record"),
        (
            {SPF: ["v=spf1 include:spf.example.net -all"], ("spf.example.net", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]},
            True,
            "1 of 10 look-ups",
        ),
        (
            {SPF: ["v=spf1 -include:spf.example.net -all"], ("spf.example.net", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]},
            None,
            "does not name",
        ),
        (
            {SPF: ["v=spf1 redirect=spf.example.net"], ("spf.example.net", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]},
            True,
            "1 of 10",
        ),
        ({SPF: ["v=spf1 a:mail.example.com -all"]}, True, "is there"),
        ({SPF: ["v=spf1 mx -all"]}, True, "is there"),
        ({SPF: ["v=spf1 include:bounce.example.com -all"]}, False, "round in a circle"),
        ({SPF: ["v=spf1 include:s1.example.net -all"], **CHAIN}, False, "receivers stop at 10"),
        (
            {SPF: ["v=spf1 a:n1.example.net a:n2.example.net a:n3.example.net ip4:192.0.2.7 -all"]},
            False,
            "3 of its names have no address",
        ),
        ({SPF: ["v=spf1 exists:%{i}.example.net -all"]}, None, "depend on the letter"),
        ({SPF: "no DNS server answered in time"}, None, "could not be looked up"),
        ({SPF: ["v=spf1 include:spf.example.net -all"], ("spf.example.net", "TXT"): "SERVFAIL"}, None, "could not be looked up"),
    ],
)
def test_spf(answers: Mapping[Question, Sequence[str] | str], ok: bool | None, words: str) -> None:
    found = judged(answers)["SPF bounce.example.com"]
    assert found.ok is ok
    assert words in found.detail


def test_a_missing_record_is_written_out() -> None:
    assert judged({SPF: []})["SPF bounce.example.com"].record == 'bounce.example.com. IN TXT "v=spf1 ip4:192.0.2.7 ~all"'
    assert judged({SPF: ["v=spf1 -all"]})["SPF bounce.example.com"].record == 'bounce.example.com. IN TXT "v=spf1 ip4:192.0.2.7 -all"'


DKIM = ("composer._domainkey.example.com", "TXT")


@pytest.mark.parametrize(
    ("values", "ok", "words"),
    [
        ([], False, "nobody can look up"),
        (["v=DKIM1; k=rsa; p="], False, "revoked"),
        (["v=DKIM1; k=rsa; p=WFla"], False, "another key"),
        (["v=DKIM1; k=ed25519; p=QUJD"], False, "another key"),
        (["v=DKIM1; p=QU JD"], True, "our key"),
        (["v=DKIM1; t=y; p=QUJD"], None, "marked as a test"),
        ([KEY, KEY], False, "2 records"),
    ],
)
def test_dkim(values: list[str], ok: bool | None, words: str) -> None:
    found = judged({DKIM: values})["DKIM composer._domainkey.example.com"]
    assert found.ok is ok
    assert words in found.detail
    assert bool(found.record) is (ok is not True)


DMARC = ("_dmarc.example.com", "TXT")


@pytest.mark.parametrize(
    ("values", "ok", "words"),
    [
        ([], False, "there is no policy"),
        (["v=DMARC1; p=reject; rua=mailto:a@example.com"], True, "policy reject"),
        (["v=DMARC1; p=all"], False, "no p=none"),
        (["v=DMARC1; p=none", "v=DMARC1; p=none"], False, "several records"),
        (["v=DMARC10; p=none"], False, "there is no policy"),
    ],
)
def test_dmarc(values: list[str], ok: bool, words: str) -> None:
    found = judged({DMARC: values})["DMARC example.com"]
    assert found.ok is ok
    assert words in found.detail


def test_a_policy_is_found_by_walking_up_and_its_subdomain_policy_counts() -> None:
    deep = replace(FACTS, sender="a.b.example.com", signing="", return_path="a.b.example.com")
    above = {DMARC: ["v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@example.com"]}
    assert judged(above, deep)["DMARC a.b.example.com"].detail == "policy quarantine, from _dmarc.example.com"


def test_without_reports_nobody_hears_of_others() -> None:
    assert judged({DMARC: ["v=DMARC1; p=none"]})["DMARC example.com reports"].ok is None


@pytest.mark.parametrize(
    ("policy", "signing", "return_path", "signature", "path"),
    [
        ("v=DMARC1; p=none", "example.com", "bounce.example.com", True, True),
        ("v=DMARC1; p=none; aspf=s", "example.com", "bounce.example.com", True, None),
        ("v=DMARC1; p=none", "example.net", "bounce.example.com", None, True),
        ("v=DMARC1; p=none", "example.net", "bounce.example.net", False, False),
        ("v=DMARC1; p=none; adkim=s", "mail.example.com", "bounce.example.net", False, False),
    ],
)
def test_alignment(policy: str, signing: str, return_path: str, signature: bool | None, path: bool | None) -> None:
    found = judged({DMARC: [policy]}, replace(FACTS, signing=signing, return_path=return_path))
    assert found["alignment of the signature"].ok is signature
    assert found["alignment of the return path"].ok is path


def test_domains_below_a_public_suffix_are_strangers() -> None:
    suffix = {DMARC: [], ("_dmarc.com", "TXT"): ["v=DMARC1; psd=y; p=none"]}
    found = judged(suffix, replace(FACTS, signing="another.com", return_path="another.com"))
    assert found["alignment of the signature"].ok is False


@pytest.mark.parametrize(
    ("answers", "check", "ok", "words"),
    [
        ({("7.2.0.192.in-addr.arpa", "PTR"): []}, "PTR 192.0.2.7", False, "has no name"),
        ({("mail.example.com", "A"): ["192.0.2.9"]}, "PTR 192.0.2.7", False, "does not lead back"),
        ({("7.2.0.192.in-addr.arpa", "PTR"): "time-out"}, "PTR 192.0.2.7", None, "could not be looked up"),
        ({("example.com", "MX"): ["."]}, "MX example.com", False, "null MX"),
        ({("example.com", "MX"): []}, "MX example.com", False, "neither MX nor address"),
        ({("example.com", "MX"): [], ("example.com", "A"): ["192.0.2.1"]}, "MX example.com", True, "without an MX"),
        ({("bounce.example.com", "MX"): ["gone.example.com."]}, "MX bounce.example.com", False, "gone.example.com has no address"),
        ({("news.example.com", "A"): []}, "pages news.example.com", False, "nobody can unsubscribe"),
        ({("news.example.com", "A"): [], ("news.example.com", "AAAA"): ["2001:db8::8"]}, "pages news.example.com", True, "address"),
    ],
)
def test_hosts(answers: Mapping[Question, Sequence[str] | str], check: str, ok: bool | None, words: str) -> None:
    found = judged(answers)[check]
    assert found.ok is ok
    assert words in found.detail


@given(st.lists(st.text(alphabet="v=spf1 ilncude:a.m/x+-~all%{}redt4602", max_size=80), max_size=3))
def test_no_record_whatever_it_holds_makes_the_judges_fail_or_ask_for_ever(values: list[str]) -> None:
    judged({SPF: [f"v=spf1 {text}" for text in values], DMARC: [f"v=DMARC1;{text}" for text in values], DKIM: values})
