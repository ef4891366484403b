"""Whatever comes is read in bounded time and memory, and harms nobody: sizes, nesting, damage, and mutated samples."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.dispatch.mail import read
from composer.dispatch.mail.structure import DEEPEST, LARGEST, MOST_LEAVES, parse
from composer.domain.notice import NoticeKind
from tests.inbound.test_samples import BY_FILE, SAMPLES, expected, understood

POSTFIX = (SAMPLES / "postfix.eml").read_bytes()
HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail\n"
MEGABYTE = 1024 * 1024


def nested(depth: int) -> bytes:
    parts = (b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(depth))
    return HEAD + b"".join(parts) + b"Content-Type: text/plain\n\n<aino@example.org>: 550 5.1.1 user unknown\n"


def encoded(how: str) -> bytes:
    return HEAD + f"Content-Type: text/plain\nContent-Transfer-Encoding: {how}\n\n".encode()


def returned(letter: bytes) -> bytes:
    return POSTFIX.replace(b"\n\nHello\n", b"\n\n" + letter)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "fifty megabytes returned": lambda: returned(b"x" * 76 + b"\n" + b"Hello world " * (50 * MEGABYTE // 12)),
    "one line of fifty megabytes": lambda: HEAD + b"\n" + b"a" * (50 * MEGABYTE),
    "nested 500 deep": lambda: nested(500),
    "nested 20000 deep": lambda: nested(20_000),
    "the same boundary in itself": lambda: HEAD + (b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n' * 20_000),
    "a million fields": lambda: HEAD + b"X-Field: value\n" * 1_000_000 + b"\nhello\n",
    "a field of a million lines": lambda: HEAD + b"X-Field: value\n" + b" more\n" * 1_000_000 + b"\nhello\n",
    "a million parts": lambda: HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 250_000,
    "a million recipients": lambda: POSTFIX.replace(
        b"Final-Recipient: rfc822; aino@example.org\n",
        b"Final-Recipient: rfc822; aino@example.org\n" + b"\nFinal-Recipient: rfc822; bo@example.net\nAction: failed\n" * 30_000,
    ),
    "addresses and nothing else": lambda: HEAD + b"\n" + b"<a@example.org>:\n" * 100_000,
    "at signs": lambda: HEAD + b"\n" + b"@" * MEGABYTE,
    "one long word and at signs": lambda: HEAD + b"\n" + (b"a" * 127 + b"@") * 8_000,
    "dots and hyphens": lambda: HEAD + b"\n" + b"a@" + b"b-." * 300_000,
    "blanks": lambda: HEAD + b"\nuser" + b" " * MEGABYTE + b"unknown",
    "lines of blanks": lambda: HEAD + b"\n" + (b" " * 70 + b"\n") * 20_000,
    "words": lambda: HEAD + b"\n" + b"user mailbox account address is not the user mailbox account " * 16_000,
    "quota words": lambda: HEAD + b"\n" + b"over exceed quota message delivery will be mailbox " * 16_000,
    "angle brackets": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<" * MEGABYTE,
    "open tags": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<style " * 150_000,
    "styles": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 150_000,
    "encoded words": lambda: HEAD.replace(b"Undelivered", b"=?utf-8?q?" + b"=?a?b?" * 50_000) + b"\n",
    "question marks": lambda: b"Subject: " + b"=?" * 100_000 + b"\n\n",
    "parameters": lambda: HEAD + b"Content-Type: multipart/mixed" + b";a=b" * 100_000 + b"\n\n",
    "quotes": lambda: HEAD + b'Content-Type: multipart/report; boundary="' + b'"' * 100_000 + b"\n\n",
    "brackets in an address": lambda: b"From: " + b"(" * 100_000 + b"<" * 100_000 + b"\n\n",
    "unsubscribe for ever": lambda: b"From: a@example.org\nSubject: re: re: re: " + b"re: " * 100_000 + b"\n\n" + b"please " * 100_000,
    "quoted for ever": lambda: b"From: a@example.org\n\n" + b"> " * 300_000 + b"\n" + b"On a wrote " * 50_000,
    "base64 that is none": lambda: encoded("base64") + b"=A=B!" * 200_000,
    "quoted-printable that is none": lambda: encoded("quoted-printable") + b"=" * MEGABYTE,
    "no charset": lambda: HEAD + b'Content-Type: text/plain; charset="unicode_escape"\n\n' + b"\\N{x} \xff\xfe" * 10_000,
    "punycode": lambda: HEAD + b'Content-Type: text/plain; charset="punycode"\n\n' + b"a" * 100_000 + b"-" + b"b" * 100_000,
    "NUL": lambda: POSTFIX.replace(b"\n", b"\0\n\0"),
    "carriage returns": lambda: POSTFIX.replace(b"\n", b"\r"),
    "random": lambda: bytes(range(256)) * 4_096,
    "nothing": lambda: b"",
    "blank lines": lambda: b"Return-Path: <>\nSubject: failure notice\n\nyour message to:" + b"\n " * 100_000 + b"x",
    "one line end": lambda: b"\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_read_in_bounded_time_and_memory(name: str) -> None:
    raw = HOSTILE[name]()
    tracemalloc.start()
    began = time.process_time()
    said = read(raw)
    spent = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 4, f"{spent:.1f} s"  # tracing makes it several times slower
    assert peak < 24 * MEGABYTE, f"{peak / MEGABYTE:.0f} MiB"
    assert len(said.told) <= 100
    assert len(said.text) <= 20_000


def test_a_report_before_fifty_megabytes_is_understood_and_the_cut_is_told() -> None:
    said = read(HOSTILE["fifty megabytes returned"]())
    assert [(one.address, one.severity) for one in said.told] == [("aino@example.org", "hard")]
    assert said.cut == ("size",)
    assert len(HOSTILE["fifty megabytes returned"]()) > LARGEST


@pytest.mark.parametrize(
    ("name", "limit"),
    [("nested 500 deep", "depth"), ("a million fields", "header"), ("a million parts", "parts"), ("one line of fifty megabytes", "size")],
)
def test_a_limit_that_cuts_is_named(name: str, limit: str) -> None:
    mail = parse(HOSTILE[name]())
    assert limit in mail.cut
    assert len(mail.leaves) <= MOST_LEAVES
    assert all(leaf.depth <= DEEPEST for leaf in mail.leaves)


def test_a_bounce_inside_five_wrappers_is_understood() -> None:
    inner = POSTFIX.partition(b"MIME-Version")[2]
    wrapped = b"Content-Type" + inner.partition(b"Content-Type")[2]
    for level in range(4):
        wrapped = b'Content-Type: multipart/mixed; boundary="w%d"\n\n--w%d\n' % (level, level) + wrapped + b"\n--w%d--\n" % level
    assert understood(HEAD + wrapped) == expected("postfix.eml")


WAYS = st.sampled_from(["cut", "drop", "change", "insert", "double"])
damage = st.lists(
    st.tuples(WAYS, st.integers(0, 10_000), st.integers(1, 200), st.binary(max_size=40)),
    min_size=1,
    max_size=6,
)


def damaged(raw: bytes, steps: list[tuple[str, int, int, bytes]]) -> bytes:
    for how, place, length, new in steps:
        at = place % (len(raw) + 1)
        raw = {
            "cut": raw[:at],
            "drop": raw[:at] + raw[at + length :],
            "change": raw[:at] + new + raw[at + len(new) :],
            "insert": raw[:at] + new + raw[at:],
            "double": raw[:at] + raw[at : at + length] * 3 + raw[at + length :],
        }[how]
    return raw


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(BY_FILE)), damage)
def test_a_damaged_mail_never_fails_and_never_takes_long(name: str, steps: list[tuple[str, int, int, bytes]]) -> None:
    raw = damaged((SAMPLES / name).read_bytes(), steps)
    began = time.process_time()
    said = read(raw, "bounces@example.com")
    assert time.process_time() - began < 1
    assert said.kind in NoticeKind
    assert all("\n" not in one.address and len(one.address) <= 330 for one in said.told)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3_000))
def test_any_bytes_are_some_mail(raw: bytes) -> None:
    said = read(raw)
    assert said.kind in NoticeKind
    assert not said.told or said.kind in (NoticeKind.bounce, NoticeKind.delivered, NoticeKind.complaint, NoticeKind.unsubscribe)
