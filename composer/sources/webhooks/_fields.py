"""Reading fields of JSON whose shape nobody guarantees: what is missing or of another kind is empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from composer.dispatch.mail.severity import enhanced, severity, smtp_code
from composer.dispatch.replies import scrub
from composer.domain.notice import Notice, NoticeKind, Severity
from composer.sources.webhooks import Malformed

LONGEST = 2_000


def document(body: bytes | str) -> Any:
    """Read JSON. Raises Malformed."""
    try:
        return orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        raise Malformed("the body is not JSON") from None


def mapping(body: bytes | str) -> dict[str, Any]:
    """Read a JSON object. Raises Malformed."""
    value = document(body)
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    return value


def inner(value: Any, *names: str) -> Any:
    """What stands under the names, one inside the other; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def word(value: Any, *names: str) -> str:
    """A text or number under the names, at most LONGEST characters; empty where there is none."""
    value = inner(value, *names)
    return str(value)[:LONGEST] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def listed(value: Any, *names: str) -> list[Any]:
    value = inner(value, *names)
    return value if isinstance(value, list) else []


def moment(text: str) -> datetime | None:
    """A time as ISO 8601 or seconds since 1970; None for anything else."""
    try:
        at = datetime.fromtimestamp(float(text), UTC) if text.replace(".", "", 1).isdecimal() else datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def bracketed(message_id: str) -> str:
    """A Message-ID with its angle brackets; empty where there is none."""
    bare = message_id.strip().strip("<>")
    return f"<{bare}>" if bare else ""


def judged(otherwise: Severity, status: str, words: str) -> Severity:
    """Our own judgement where the words hold a code, the provider's where they do not: most 5xx are no dead address."""
    known = enhanced(words) or smtp_code(words) or (status and not status.endswith(".0"))
    return severity(status, words) if known else otherwise


def failed(address: str, message_id: str, how: Severity, words: str, at: datetime | None) -> Notice:
    return told(NoticeKind.bounce, address, message_id, words, at, how)


def told(
    kind: NoticeKind, address: str, message_id: str, words: str = "", at: datetime | None = None, how: Severity | None = None
) -> Notice:
    """A notice whose words hold no address."""
    return Notice(kind, address, how, None, bracketed(message_id), scrub(words, address), at)
