"""The guard: limits that never cost an opt-out, clients behind proxies, and faults without traces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.errors import UsageError
from composer.web.clients import WINDOW, Limiter, client_of, networks
from composer.web.guard import MOST_BODY
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
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("testclient", "192.0.2.1", "testclient"),
    ],
)
def test_a_forwarded_address_counts_only_from_trusted_proxies(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, networks(["10.0.0.0/8"])) == client


@given(st.text(), st.text())
def test_no_header_breaks_the_reading_of_the_client(peer: str, forwarded: str) -> None:
    client_of(peer, forwarded, networks(["10.0.0.0/8", "::1"]))


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
