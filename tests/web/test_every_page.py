"""The contract of every page, discovered or not: what GET may do, what headers say, what strangers learn."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from markupsafe import escape
from starlette.routing import Route
from starlette.testclient import TestClient

from composer.domain.sources import picture_file
from composer.domain.tokens import Purpose
from composer.web.app import routes
from tests.web.world import NASTY, World

OF_SENT_LETTERS = {"/c/{t}", "/s/{t}", "/v/{t}"}
"""They answer for letters that have left only: tests/pipeline/test_clicks.py looks at them on such."""
OF_PROGRAMS = {"/hooks/{provider}/{secret}", "/api/v1/subscriptions"}
"""There is nothing to look at: tests/inlets/test_webhooks.py, test_api.py."""
PAGES = sorted({route.path for route in routes(with_inbox=True) if isinstance(route, Route)} - OF_SENT_LETTERS - OF_PROGRAMS)
SAME_TITLES = {"/inbox/{name}"}
"""Titled by a letter's own subject."""
PURPOSES = {
    "/u/{t}": Purpose.unsubscribe_body,
    "/p/{t}": Purpose.preferences,
    "/p/{t}/learnt": Purpose.preferences,
    "/p/{t}/address": Purpose.preferences,
    "/p/{t}/rights": Purpose.preferences,
    "/p/{t}/data": Purpose.preferences,
    "/p/{t}/asked": Purpose.preferences,
    "/p/{t}/data.json": Purpose.preferences,
    "/p/{t}/erase": Purpose.preferences,
    "/w/{t}": Purpose.why,
}


def address(world: World, path: str, token: str | None = None) -> str:
    return (
        path.replace("/confirm/{t}", f"/confirm/{token or world.confirmation()}")
        .replace("{t}", token or world.token(PURPOSES.get(path, Purpose.why)))
        .replace("{name}", "0000001")
        .replace("{picture}", _picture(world))
    )


def _picture(world: World) -> str:
    return picture_file(*min(world.app.sources().pictures.items()))


@pytest.mark.parametrize("path", PAGES)
def test_looking_at_a_page_changes_nothing(world: World, client: TestClient, unchanged: Callable[[], None], path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = client.request(method, address(world, path))
        assert answer.status_code in (200, 405), (method, answer.status_code)
    unchanged()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sets_no_cookie_and_allows_nothing_to_run_or_to_frame_it(world: World, client: TestClient, path: str) -> None:
    answer = client.get(address(world, path))
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert policy.startswith("default-src 'none'; ")
    if answer.headers["content-type"].startswith("text/html") and path != "/inbox/{name}/letter":
        assert ("form-action 'self'" in policy) == ("<form" in answer.text), "a page without a form sends none"
        assert ("frame-src 'self'" in policy) == ("<iframe" in answer.text)
    assert "frame-ancestors 'self'" in policy if path == "/inbox/{name}/letter" else "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept = "public, max-age=31536000, immutable" if path == "/pictures/{picture}" else "no-store"
    assert answer.headers["cache-control"] == kept


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if path not in ("/health", "/metrics", "/inbox/{name}/letter", "/pictures/{picture}", "/p/{t}/data.json")],
)
def test_texts_of_hostile_imports_stay_texts(world: World, client: TestClient, path: str) -> None:
    page = client.get(address(world, path)).text
    assert "<script" not in page
    assert not re.search(r"<[^>]+\sstyle=|<style|\son\w+=|javascript:", page), "inline styles and handlers are refused by the policy"


def test_every_page_speaks_every_language(world: World, client: TestClient) -> None:
    """Nothing of a page is left in English or unfilled, bar what an installation or a person wrote."""
    for path in [path for path in PAGES if client.get(address(world, path)).headers["content-type"].startswith("text/html")]:
        if path == "/inbox/{name}/letter":
            continue
        titles = {}
        for language in ("en", "fi", "sv", "de"):
            answer = client.get(f"{address(world, path)}?l={language}")
            assert f'<html lang="{language}" dir="ltr">' in answer.text, path
            plain = answer.text.replace(html.escape(NASTY), "").replace(str(escape(NASTY)), "")
            assert not re.search(r"\{\w+\}|\{\{", plain), (path, language)
            titles[language] = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text)
        assert len({str(title) for title in titles.values()}) == len(titles) or path in SAME_TITLES, (path, titles)


def test_hostile_texts_are_shown_as_they_are(world: World, client: TestClient) -> None:
    escaped = NASTY.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    for path in ("/w/{t}", "/p/{t}", "/p/{t}/data"):
        assert escaped in client.get(address(world, path)).text


@pytest.mark.parametrize("path", PURPOSES)
def test_a_head_request_has_the_headers_of_a_get_and_no_body(world: World, client: TestClient, path: str) -> None:
    head, get = client.head(address(world, path)), client.get(address(world, path))
    assert head.content == b""
    assert head.status_code == get.status_code
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", PURPOSES)
def test_a_token_with_any_character_changed_is_unknown(world: World, client: TestClient, unchanged: Callable[[], None], path: str) -> None:
    token = world.token(PURPOSES[path])
    unknown = client.get(address(world, path, "A" * 36))
    for place in range(len(token)):
        changed = token[:place] + ("B" if token[place] != "B" else "C") + token[place + 1 :]
        answer = client.get(address(world, path, changed))
        assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
        assert client.post(address(world, path, changed), data={"form": "preferences", "level": "none", "daypart": ""}).status_code != 500


@pytest.mark.parametrize("path", PURPOSES)
def test_tokens_of_one_purpose_are_unknown_elsewhere(world: World, client: TestClient, unchanged: Callable[[], None], path: str) -> None:
    own = {Purpose.unsubscribe_header, Purpose.unsubscribe_body} if path == "/u/{t}" else {PURPOSES[path]}
    unknown = client.get(address(world, path, "A" * 36))
    for purpose in set(Purpose) - own:
        answer = client.get(address(world, path, world.token(purpose)))
        assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
        client.post(address(world, path, world.token(purpose)))


@pytest.mark.parametrize("path", ["/p/{t}", "/w/{t}", "/c/{t}", "/v/{t}"])
def test_an_unknown_link_is_a_calm_404(client: TestClient, path: str) -> None:
    answer = client.get(path.replace("{t}", "nonsense"))
    assert answer.status_code == 404
    assert "This link leads nowhere" in answer.text
    assert client.get("/nothing/here").text == answer.text


def test_paths_with_a_slash_too_many_are_not_redirected(world: World, client: TestClient) -> None:
    for path in ("/u/", "/p/", "/c/", "/v/", "//evil.example/", "/inbox/", "/%2e%2e/etc/passwd"):
        answer = client.get(f"http://pages.example.com{path}")
        assert answer.status_code == 404, path
        assert "location" not in answer.headers


def test_pages_answer_by_path_whatever_the_host(world: World, client: TestClient) -> None:
    token = world.token(Purpose.preferences)
    answer = client.get(f"/p/{token}", headers={"host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_a_letter_is_framed_in_a_sandbox_of_its_own(client: TestClient) -> None:
    policy = client.get("/inbox/0000001/letter").headers["content-security-policy"]
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


def test_the_inbox_is_there_only_where_a_folder_was_given(world: World) -> None:
    from composer.web.app import make_web

    with TestClient(make_web(world.app)) as client:
        assert client.get("/inbox").status_code == 404
        assert "/inbox" not in client.get("/").text
