"""Checks of the final bytes as a message: lines, parts and encodings, what they say against what the templates mean, and the signature."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

from composer.domain.tokens import Purpose
from composer.errors import ComposerError
from composer.render.case import Check, Letter, when
from composer.render.check_head import HEAD
from composer.render.headers import clean
from composer.render.letter import reference
from composer.render.received import decoded


def _line_ends(letter: Letter) -> str:
    data = letter.message.data
    return when(not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"), "a lone CR or LF in the body")


def _date(letter: Letter) -> str:
    try:
        apart = parsedate_to_datetime(letter.got.value("Date")) - letter.envelope.date
    except (TypeError, ValueError):
        return "no readable date"
    return when(abs(apart) >= timedelta(seconds=1), "another date")


def _body_lines(letter: Letter) -> str:
    return when(any(len(line) > 76 for part in letter.got.parts for line in part.lines), "a longer one in the body")


def _subject(letter: Letter) -> str:
    return when(decoded(letter.got.value("Subject")) != clean(letter.message.subject), "another than was decided")


def _structure(letter: Letter) -> str:
    kinds = [part.kind for part in letter.got.parts]
    right = letter.got.value("Content-Type").startswith("multipart/alternative") and kinds == ["text/plain", "text/html"]
    return when(not right, "something else")


def _means(letter: Letter) -> str:
    context = letter.context
    try:
        html, text = reference(letter.newsletter, letter.person, context.press, letter.envelope, context.library)
    except ComposerError:
        return "the templates cannot be rendered in the plain way"
    apart = [
        kind
        for kind, meant in (("text/plain", text), ("text/html", html))
        if letter.got.part(kind).rstrip("\n") != meant.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    ]
    return ", ".join(apart)


def _declared(letter: Letter) -> str:
    parts = letter.got.parts
    right = all(part.charset == "utf-8" and part.encoding in ("quoted-printable", "base64") for part in parts)
    return when(not right or any("\ufffd" in part.text for part in parts), "something else")


def _token(letter: Letter) -> str:
    speaks_of = letter.context.speaks_of
    url = letter.got.value("List-Unsubscribe").partition(">")[0].removeprefix("<")
    return when(speaks_of and speaks_of(Purpose.unsubscribe_header, url) != letter.newsletter.recipient_number, "somebody else's")


def _mail_token(letter: Letter) -> str:
    speaks_of, address = letter.context.speaks_of, letter.envelope.unsubscribe_mailto
    written = letter.got.value("List-Unsubscribe").partition("<mailto:")[2].partition("?")[0]
    speaks = address and speaks_of and speaks_of(Purpose.unsubscribe_mail, written) != letter.newsletter.recipient_number
    return when(speaks, "somebody else's")


def _return_token(letter: Letter) -> str:
    speaks_of, own = letter.context.speaks_of, letter.envelope.return_path
    speaks = own and speaks_of and speaks_of(Purpose.return_path, letter.message.sender) != letter.newsletter.recipient_number
    return when(speaks, "somebody else's")


def _html_size(letter: Letter) -> str:
    size = len(letter.got.part("text/html").encode())
    return when(size > 100_000, f"{size}")


_ALSO: dict[str, Check] = {
    "W01": _line_ends,
    "W02": lambda x: when(any(len(line) > 998 for line in x.message.data.split(b"\r\n")), "a longer one in the body"),
    "W04": _date,
    "W09": _body_lines,
    "W10": lambda x: when(not x.message.data.isascii(), "more"),
    "U06": _token,
    "U07": _mail_token,
    "A07": _return_token,
    "S01": _subject,
}
"""What a law demands of the bytes beyond what every letter's header was judged by."""


def _both(quick: Check, also: Check | None) -> Check:
    return (lambda letter: quick(letter) or also(letter)) if also else quick


BYTES: tuple[tuple[str, Check], ...] = (
    *((name, _both(check, _ALSO.get(name))) for name, check in HEAD),
    ("M01", _structure),
    ("M02", _means),
    ("M03", _declared),
    ("M04", _html_size),
)
