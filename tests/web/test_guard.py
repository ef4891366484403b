"""The guard: limits that never cost an opt-out, clients behind proxies, and faults without traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.errors import UsageError
from composer.sections import Web
from composer.web.clients import WINDOW, Limiter, address_asking, client_of, forwarded_for, networks
from composer.web.limits import MOST_BODY, Limits, Refusal
from tests.web.world import World


def test_too_many_requests_are_asked_to_wait(world: World) -> None:
    with world.client(rate_limit=3) as client:
        assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = client.get(f"/p/{world.token(Purpose.preferences)}")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= WINDOW + 1
        assert "One moment, please" in answer.text
        assert "content-security-policy" in answer.headers


def test_a_busy_server_is_not_taken_for_a_dead_one(world: World) -> None:
    with world.client(rate_limit=1) as client:
        assert [client.get(page).status_code for page in ("/", "/", "/health", "/health")] == [200, 429, 200, 200]


def test_no_limit_costs_an_opt_out(world: World) -> None:
    with world.client(rate_limit=1) as client:
        for _ in range(5):
            client.get("/")
        known = client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
        unknown = [client.post(f"/u/{'A' * 36}") for _ in range(5)]
    assert known.status_code == 200
    assert "letters" not in world.granted()
    assert {answer.status_code for answer in unknown} == {200}, "strangers cannot tell either"


def test_the_limit_counts_clients_apart_behind_a_trusted_proxy(world: World) -> None:
    def ask(client: TestClient, address: str) -> int:
        return client.get("/", headers={"x-forwarded-for": address}).status_code

    with world.client(rate_limit=1, trusted_proxies=("10.0.0.0/8",)) as client:
        assert ask(client, "192.0.2.1") == 200
        assert ask(client, "192.0.2.2") == 429, "the peer is no trusted proxy: its word does not count"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.9", "192.0.2.1", "192.0.2.9"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("10.0.0.1", "[2001:db8:5::1]:4711", "2001:db8:5::/64"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("testclient", "192.0.2.1", "testclient"),
    ],
)
def test_a_forwarded_address_counts_only_from_trusted_proxies(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, networks(["10.0.0.0/8"])) == client


@pytest.mark.parametrize(
    ("header", "addresses"),
    [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ('For="[2001:db8:cafe::17]:4711"', "[2001:db8:cafe::17]:4711"),
        ("for=192.0.2.43, for=198.51.100.17", "192.0.2.43,198.51.100.17"),
        ('proto=https;for="192.0.2.1:80";host="a, for=10.0.0.1"', "192.0.2.1:80"),
        ("for=_hidden, for=unknown, by=10.0.0.1", "_hidden,unknown,unknown"),
        ('for="1.2.3.4, 5.6.7.8"', "1.2.3.4  5.6.7.8"),
        ("", ""),
    ],
)
def test_the_header_of_rfc_7239_is_read_by_its_grammar(header: str, addresses: str) -> None:
    assert forwarded_for(header) == addresses


@pytest.mark.parametrize(("read", "client"), [("x-forwarded-for", "192.0.2.1"), ("forwarded", "192.0.2.2")])
def test_only_the_header_that_our_proxies_write_is_read(read: Literal["x-forwarded-for", "forwarded"], client: str) -> None:
    headers = [
        (b"x-forwarded-for", b"198.51.100.9"),
        (b"x-forwarded-for", b"192.0.2.1"),
        (b"forwarded", b"for=198.51.100.9, for=192.0.2.2"),
    ]
    scope = {"type": "http", "headers": headers, "client": ("10.0.0.1", 1)}
    assert address_asking(scope, Web(trusted_proxies=("10.0.0.0/8",), forwarded=read)) == client
    assert address_asking(scope, Web(forwarded=read)) == "10.0.0.1"
    assert address_asking({**scope, "client": None}, Web(forwarded=read)) == ""


def test_neither_a_forwarded_host_nor_a_scheme_is_believed(world: World) -> None:
    lies = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "ftp",
        "forwarded": "host=evil.example;proto=ftp",
        "host": "evil.example",
    }
    with world.client(trusted_proxies=("0.0.0.0/0",)) as client:
        for purpose, path in ((Purpose.preferences, "p"), (Purpose.why, "w"), (Purpose.unsubscribe_body, "u")):
            page = f"/{path}/{world.token(purpose)}"
            assert client.get(page, headers=lies).text == client.get(page).text


def test_browsers_are_kept_to_https_where_there_is_https(world: World) -> None:
    with world.client(base_url="https://news.example.com") as client:
        assert client.get("/").headers["strict-transport-security"] == "max-age=63072000"
    with world.client() as client:
        assert "strict-transport-security" not in client.get("/").headers


def test_one_persons_pages_have_a_limit_of_their_own_and_letters_links_and_opting_out_have_none(world: World) -> None:
    mine, other = world.token(Purpose.preferences), world.token(Purpose.preferences, 1)
    with world.client(token_limit=2) as client:
        assert [client.get(f"/p/{mine}{end}").status_code for end in ("", "/data", "", "/data.json")] == [200, 200, 429, 429]
        assert client.get(f"/p/{other}").status_code == 200
        assert client.get(f"/p/{'A' * 36}").status_code == 404
        assert {client.get(f"/v/{'A' * 36}").status_code for _ in range(4)} == {404}
        leaving = f"/u/{world.token(Purpose.unsubscribe_header)}"
        assert {client.post(leaving).status_code for _ in range(4)} == {200}


def test_who_comes_when_all_hands_are_full_is_asked_to_come_again_and_may_leave_at_once(world: World) -> None:
    with world.client(at_once=1) as client:
        limits = Limits(Web(at_once=1, rate_limit=None))
        asked = {"type": "http", "method": "GET", "path": "/p/x", "headers": []}
        assert limits.refusal(asked) is None
        limits.at_work = 1
        assert limits.refusal(asked) == Refusal(503, 30)
        assert limits.refusal({**asked, "path": "/health"}) is None
        assert limits.refusal({**asked, "method": "POST", "path": "/u/x"}) is None
        assert client.get("/").status_code == 200
        assert client.get("/").status_code == 200, "who was answered is counted no longer"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/xml", "multipart/mixed; boundary=x"])
def test_what_is_no_form_is_said_to_be_none(world: World, client: TestClient, unchanged: Callable[[], None], kind: str) -> None:
    answer = client.post(f"/p/{world.token(Purpose.preferences)}", content=b"form=preferences&level=none", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "That is not a form" in answer.text


@given(st.text(), st.text())
def test_no_header_breaks_the_reading_of_the_client(peer: str, forwarded: str) -> None:
    client_of(peer, forwarded, networks(["10.0.0.0/8", "::1"]))
    client_of("::1", forwarded_for(forwarded), networks(["::/0", "0.0.0.0/0"]))


def test_a_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(UsageError, match=r"web\.trusted_proxies"):
        networks(["proxy.example.com"])


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 5))
def test_no_window_lets_more_than_the_limit_pass(times: list[float], limit: int) -> None:
    times.sort()
    now = 0.0
    limiter = Limiter(limit, lambda: now)
    passed: dict[int, int] = {}
    for now in times:
        if limiter.wait("a") == 0:
            passed[int(now // WINDOW)] = passed.get(int(now // WINDOW), 0) + 1
    assert all(count <= limit for count in passed.values())


@pytest.mark.parametrize("path", ["/p/{}", "/u/{}", "/"])
def test_a_body_too_large_is_refused_before_it_is_read(world: World, client: TestClient, path: str) -> None:
    answer = client.post(
        path.format(world.token(Purpose.preferences)),
        content=b"x" * (MOST_BODY + 1),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413
    assert "Nothing was changed" in answer.text


def test_a_body_of_unannounced_length_is_counted(world: World, client: TestClient) -> None:
    def endless() -> object:
        yield b"form=preferences&level=none&daypart=&x="
        for _ in range(70):
            yield b"y" * 1024

    answer = client.post(
        f"/p/{world.token(Purpose.preferences)}",
        content=endless(),  # type: ignore[arg-type]
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413
    assert world.recipient().level == "premium"


def test_a_fault_shows_a_page_without_traces_and_logs_no_token(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("bob@example.com")

    monkeypatch.setattr("composer.web.public.why.foreseen_letter", fault)
    token = world.token(Purpose.why)
    answer = client.get(f"/w/{token}")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    said = "".join(capsys.readouterr()) + answer.text
    assert "Traceback" not in said
    assert "bob@example.com" not in said
    assert token not in said


def test_methods_a_page_does_not_know_are_refused_calmly(world: World, client: TestClient) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        answer = client.request(method, f"/p/{world.token(Purpose.preferences)}")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
        assert "does not know this kind of request" in answer.text
