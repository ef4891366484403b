"""Words in mails: charsets, encoded words, addresses. Whatever is broken is read as well as it goes, in linear time."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp

_CHARSET = re.compile(
    r"(utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?1|windows-?\d{3,4}|cp-?\d{3,4}|koi8-?[ru]|gb2312|gbk|gb18030|big5|shift_?jis|euc-?jp"
    r"|iso-?2022-?(?:jp|kr)|euc-?kr|ks_c_5601-1987|tis-620|macintosh)",
    re.IGNORECASE,
)
"""What is decoded. Python knows more, among them codecs that are slow, warn, or are no charsets."""
_ENCODED = re.compile(r"=\?([\w.-]{1,40})(?:\*[\w-]{0,10})?\?([bBqQ])\?([^?\s]{0,400})\?=")
_BETWEEN = re.compile(r"(\?=)[ \t]{1,20}(?==\?)")
_LOCAL = r"[^\s<>@,;:()\[\]\"\\\u3000-\u303f\uff00-\uff20\u201c\u201d]{1,128}"
ADDRESS = re.compile(rf"(?:\"[^\"\s<>]{{1,128}}\"|{_LOCAL})@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,8}}[^\W\d_][\w-]{{0,61}}[^\W_]")
"""A mail address with a domain of at least two labels, wherever it stands in a text."""


def alternatives(words: str) -> str:
    """One expression of the lines; a blank stands for any run of blanks, a blank with a question mark also for none."""
    return "|".join(line.strip().replace(" ?", r"\s*").replace(" ", r"\s+") for line in words.strip().splitlines())


def any_of(words: str) -> re.Pattern[str]:
    """The pattern of `alternatives`, in whatever case."""
    return re.compile(alternatives(words), re.IGNORECASE)


def as_text(data: bytes, charset: str) -> str:
    """Decode with the charset named where it is one, else as UTF-8, else as windows-1252 with holes; LF line ends."""
    named = charset.strip().lower()
    for name in ([named] if _CHARSET.fullmatch(named) else []) + ["utf-8"]:
        try:
            return data.decode(name).replace("\r\n", "\n").replace("\0", "")
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace").replace("\r\n", "\n").replace("\0", "")


def decoded_words(value: str) -> str:
    """Undo RFC 2047's encoded words in a header value of at most 2,000 characters."""
    value = _BETWEEN.sub(r"\1", value[:2_000])
    return _ENCODED.sub(lambda found: _decoded(found[1], found[2], found[3]), value)


def _decoded(charset: str, how: str, text: str) -> str:
    data = text.encode("ascii", "replace")
    try:
        plain = a2b_base64(data + b"=" * (-len(data) % 4)) if how in "bB" else a2b_qp(data, header=True)
    except Error:
        return text
    return as_text(plain, charset)


def unwrapped(text: str) -> str:
    """Without blanks, a pair of quotes, and angle brackets around it."""
    text = text.strip()
    return (text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text).strip("<>").strip()


def address_in(text: str) -> str:
    """The first mail address in a text, in angle brackets if one stands in them; empty where there is none."""
    found = re.search(rf"<\s{{0,3}}(?:mailto:)?({ADDRESS.pattern})\s{{0,3}}>", text[:4_000]) or ADDRESS.search(text[:4_000])
    return found[found.lastindex or 0].strip("'").rstrip(".") if found else ""
