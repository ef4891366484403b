"""Header fields, written by ourselves: from a value there is no way to a second header line.

The standard library on Python 3.11.7 decodes encoded words inside values and writes their CR and LF out
(CVE-2024-6923), and encodes long List-Unsubscribe values so that receivers no longer see a link. So: whatever could
be read as an encoded word, a control or a line end is cleaned or encoded here, and every line is ASCII.
"""

from __future__ import annotations

import re
from base64 import b64encode

from composer.errors import ComposerError

WIDTH = 76
"""RFC 2047 section 2: a line that holds an encoded word is at most 76 characters long."""
_WORD_BYTES = 45
"""Bytes in one encoded word: 60 base64 characters and 12 around them stay under the 75 of RFC 2047."""
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_ATOM = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")


def clean(text: str) -> str:
    """Return `text` on one line: controls, line and paragraph separators and direction marks become spaces, runs collapse."""
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text  # nearly every value: a printable text has no blank but the space, and nothing invisible
    return " ".join(_INVISIBLE.sub(" ", text).split())


def unstructured(name: str, text: str) -> str:
    """Return `name: text` folded (RFC 5322 section 2.2.3), as encoded words where ASCII cannot say it or could be misread."""
    text = clean(text)
    line = f"{name}: {text}"
    if text.isascii() and "=?" not in text and all(len(word) < WIDTH for word in text.split(" ")):
        return _fold(line)
    return _lines(f"{name}:", _encoded_words(text, first=WIDTH - len(name) - 2))


def mailbox(name: str, phrase: str, bracketed: str) -> str:
    """Return `name: phrase <bracketed>` (RFC 5322 section 3.4, RFC 2919); without a phrase only the brackets."""
    token(name, bracketed)
    phrase = clean(phrase)
    if not phrase:
        words = []
    elif phrase.isascii() and "=?" not in phrase and len(phrase) < WIDTH - len(name) - 4:
        quoted = phrase.replace("\\", "\\\\").replace('"', '\\"')
        words = [phrase if _ATOM.fullmatch(phrase) else f'"{quoted}"']
    else:
        words = _encoded_words(phrase, first=WIDTH - len(name) - 2)
    return _lines(f"{name}:", [*words, f"<{bracketed}>"])


def raw(name: str, value: str) -> str:
    """Return `name: value` on one line. Only for values that we make; ComposerError where one is not printable ASCII."""
    line = f"{name}: {value}"
    if not re.fullmatch(r"[\x20-\x7e]{1,990}", line):
        raise ComposerError(
            f"the value of {name} is not printable ASCII of at most 990 characters",
            where="headers",
            do="Correct the setting it is made from.",
        )
    return line


def token(name: str, value: str) -> str:
    """Return `value` if it can stand between angle brackets; ComposerError where it has spaces, brackets or other than ASCII."""
    if not re.fullmatch(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}", value):
        raise ComposerError(
            f"the value of {name} cannot stand between angle brackets",
            where="headers",
            do="It must be printable ASCII without spaces and angle brackets.",
        )
    return value


def _encoded_words(text: str, first: int) -> list[str]:
    words, piece, room = [], b"", min(_WORD_BYTES, (first - 12) // 4 * 3)
    for character in text:
        encoded = character.encode()
        if len(piece) + len(encoded) > room:  # a character is never split: RFC 2047 section 5
            words.append(piece)
            piece, room = b"", _WORD_BYTES
        piece += encoded
    return [f"=?utf-8?b?{b64encode(word).decode()}?=" for word in (*words, piece) if word]


def _lines(start: str, parts: list[str]) -> str:
    lines = [start]
    for part in parts:
        if len(lines[-1]) + 1 + len(part) > WIDTH and lines[-1] != start:
            lines.append("")
        lines[-1] += " " + part
    return "\r\n".join(lines)


def _fold(line: str) -> str:
    lines = [""]
    for word in line.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if len(joined) > WIDTH and len(lines[-1].split()) > 0:
            lines.append(" " + word)
        else:
            lines[-1] = joined
    return "\r\n".join(lines)
