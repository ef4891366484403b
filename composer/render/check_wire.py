"""Checks of the wire format and the headers: W, U, L, S and M."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from composer.render.checks import Check, Letter, when
from composer.render.fields import PERSON_FIELDS
from composer.render.headers import clean

_ONCE = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Sender",
    "MIME-Version",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Content-Type",
    "Feedback-ID",
)
_OURS = frozenset(name.lower() for name in (*_ONCE, "DKIM-Signature"))
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{|\{%|\[\[|\b(None|NaN|undefined|null)\b")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_FAKE_REPLY = re.compile(r"\s*(re|fwd?|vs|vl|aw|wg|sv)\s*:", re.IGNORECASE)


def own_words(letter: Letter, text: str) -> str:
    """Return `text` without the person's own words: somebody may be called None, and a name is never a placeholder."""
    values = (clean(getattr(letter.person, name)) for name in PERSON_FIELDS)
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "") if value else text
    return text


def _date(letter: Letter) -> str:
    try:
        return when(parsedate_to_datetime(letter.got.value("Date")) != letter.envelope.date.replace(microsecond=0), "another date")
    except (TypeError, ValueError):
        return "no readable date"


def _encoded_words(letter: Letter) -> str:
    long_word = any(len(word) > 75 for line in letter.got.head_lines for word in _ENCODED.findall(line))
    long_line = any(len(line) > 76 for line in letter.got.head_lines if _ENCODED.search(line))
    return when(long_word or long_line or any(len(line) > 76 for line in letter.got.body_lines), "a longer one")


def _unsubscribe(letter: Letter) -> str:
    value, base = letter.got.value("List-Unsubscribe"), letter.envelope.base_url
    good = value.startswith("<https://") or (urlsplit(base).scheme == "http" and value.startswith(f"<{base}/"))
    return when(not good or not value.endswith(">") or value.count("<") != 1 or " " in value or "=?" in value, "none, or one that is none")


def _opaque(letter: Letter) -> str:
    url = unquote(letter.envelope.unsubscribe_header_url).lower()
    # 22 base64url characters are 132 bits; a shorter last part is readable or can be guessed.
    return when("@" in url or len(urlsplit(url).path.rsplit("/", 1)[-1]) < 22, "a readable or short one")


def _one_address(value: str, address: str) -> bool:
    return re.fullmatch(r'(?:"(?:[^"\\]|\\.)*"|[^"<>,]*)\s*<' + re.escape(address) + ">", value) is not None


CHECKS = (
    Check(
        "W01",
        "Lines end with CRLF, and CR and LF stand nowhere else.",
        lambda x: when(re.search(rb"\r(?!\n)|(?<!\r)\n", x.got.data), "a lone CR or LF"),
    ),
    Check(
        "W02",
        "No line is longer than 998 bytes.",
        lambda x: when(any(len(line) > 998 for line in x.got.data.split(b"\r\n")), "a longer one"),
    ),
    Check(
        "W03",
        "Every header field that may stand once stands once.",
        lambda x: ", ".join(name for name in _ONCE if len(x.got.values(name)) > 1),
    ),
    Check("W04", "The date is the decided time.", _date),
    Check(
        "W05",
        "The Message-ID is <id@domain> and the one that was planned.",
        lambda x: when(x.got.value("Message-ID") != x.message.message_id or not _MESSAGE_ID.fullmatch(x.message.message_id), "another"),
    ),
    Check(
        "W07",
        "From holds one address, the sender's.",
        lambda x: when(not _one_address(x.got.value("From"), x.envelope.sender_address), "something else"),
    ),
    Check(
        "W08",
        "To holds one address, the recipient's; there is no Cc and no Bcc.",
        lambda x: when(x.got.value("To") != f"<{x.message.recipient}>" or x.got.values("Cc") or x.got.values("Bcc"), "something else"),
    ),
    Check("W09", "Encoded words have at most 75 characters, their lines and all body lines at most 76.", _encoded_words),
    Check(
        "W10",
        "Header and body are ASCII; the local part has at most 64 characters and the domain 255.",
        lambda x: when(
            not x.got.data.isascii()
            or len(x.message.recipient.partition("@")[0]) > 64
            or len(x.message.recipient.rpartition("@")[2]) > 255,
            "more",
        ),
    ),
    Check(
        "W11",
        "There is no header field that we do not write.",
        lambda x: when(x.got.stray or {name.lower() for name, _ in x.got.fields} - _OURS, "a foreign field or line"),
    ),
    Check("U01", "List-Unsubscribe is one https address in the clear.", _unsubscribe),
    Check(
        "U03",
        "List-Unsubscribe-Post is List-Unsubscribe=One-Click.",
        lambda x: when(x.got.value("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click", "something else"),
    ),
    Check(
        "U04",
        "The unsubscribe address has at most 74 characters.",
        lambda x: when(len(x.envelope.unsubscribe_header_url) > 74, "more; shorten web.base_url"),
        blocks=False,
    ),
    Check("U05", "The unsubscribe address is opaque: no mail address, and a token of 128 bits or more.", _opaque),
    Check(
        "U06",
        "List-Unsubscribe holds the token made for this letter.",
        lambda x: when(x.got.value("List-Unsubscribe") != f"<{x.envelope.unsubscribe_header_url}>", "another"),
    ),
    Check(
        "L01",
        "List-Id is <label.domain>, at most 255 characters, with a phrase.",
        lambda x: when(not re.search(r"\S\s<[^<>\s]{3,255}>$", x.got.value("List-Id")), "something else"),
    ),
    Check(
        "S01",
        "The subject is not empty and holds no placeholder.",
        lambda x: when(not x.message.subject.strip() or _PLACEHOLDER.search(own_words(x, x.message.subject)), "one of these"),
    ),
    Check(
        "S02", "The subject does not pretend to be a reply.", lambda x: when(_FAKE_REPLY.match(own_words(x, x.message.subject)), "it does")
    ),
    Check(
        "S03",
        "The display name is the sender's name, without the recipient's and without pictures.",
        lambda x: when(re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", x.envelope.sender_name), "a picture"),
    ),
    Check(
        "M01",
        "The body is multipart/alternative: text, then HTML.",
        lambda x: when(
            not x.got.value("Content-Type").startswith("multipart/alternative")
            or [kind for kind, _, _ in x.got.parts] != ["text/plain", "text/html"],
            "something else",
        ),
    ),
    Check(
        "M02",
        "Both parts are UTF-8 and say what was rendered.",
        lambda x: when([charset for _, charset, _ in x.got.parts] != ["utf-8", "utf-8"] or _differs(x), "something else"),
    ),
    Check(
        "M04",
        "The HTML has at most 100,000 bytes, or Gmail cuts off its end.",
        lambda x: when(len(x.message.html.encode()) > 100_000, f"{len(x.message.html.encode())}"),
    ),
    Check("M05", "The message has at most 200,000 bytes.", lambda x: when(len(x.got.data) > 200_000, f"{len(x.got.data)}")),
)


def _differs(letter: Letter) -> bool:
    rendered = (letter.message.text, letter.message.html)
    return any(
        got.rstrip("\n") != sent.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        for got, sent in zip((letter.got.part("text/plain"), letter.got.part("text/html")), rendered, strict=True)
    )
