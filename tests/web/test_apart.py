"""Strangers and operators have an application each: what one serves, the other does not know."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Literal

import httpx2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.web.app import found, make_desk, make_public, make_site, make_web
from composer.web.site import Site
from tests.conftest import REPOSITORY
from tests.web.world import NOW, World

OF_OPERATORS = ("/metrics", "/inbox", "/inbox/0000001")


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world.app, world.inbox, lambda: NOW)


def test_the_public_application_knows_nothing_of_operators(site: Site) -> None:
    with TestClient(make_public(site)) as client:
        assert {path: client.get(path).status_code for path in OF_OPERATORS} == dict.fromkeys(OF_OPERATORS, 404)
        assert client.get("/health").status_code == 200


def test_the_desk_knows_no_recipients_page(world: World, site: Site) -> None:
    token = world.token(Purpose.preferences)
    with TestClient(make_desk(site)) as client:
        assert {client.get(path).status_code for path in (f"/p/{token}", f"/p/{token}/data", "/", "/c/x")} == {404}
        assert client.post(f"/u/{world.token(Purpose.unsubscribe_header)}").status_code == 404
        assert {path: client.get(path).status_code for path in (*OF_OPERATORS, "/health")} == dict.fromkeys((*OF_OPERATORS, "/health"), 200)
    assert "letters" in world.granted()


@pytest.mark.parametrize(("serve", "status"), [("with_pages", 200), ("apart", 404), ("off", 404)])
def test_the_desk_is_behind_the_pages_door_only_where_the_setting_says_so(
    world: World, serve: Literal["with_pages", "apart", "off"], status: int
) -> None:
    desk = world.app.settings.desk.model_copy(update={"serve": serve})
    app = dataclasses.replace(world.app, settings=world.app.settings.model_copy(update={"desk": desk}))
    with TestClient(make_web(app, world.inbox, lambda: NOW)) as client:
        assert {client.get(path).status_code for path in OF_OPERATORS} == {status}
        assert client.get(f"/p/{world.token(Purpose.preferences)}").status_code == 200


def test_every_page_of_recipients_is_in_the_public_application_alone() -> None:
    from composer.web import api, desk, public

    public_paths = {route.path for route in found(public, api) if isinstance(route, Route)}
    desk_paths = {route.path for route in found(desk) if isinstance(route, Route)}
    assert public_paths.isdisjoint(desk_paths)
    assert "/metrics" in desk_paths
    assert not {path for path in public_paths if path.startswith("/desk")}


def test_apart_the_desk_has_an_address_of_its_own_and_stops_with_the_pages(world: World, unchanged: Callable[[], None]) -> None:
    config = world.app.settings.folder / "config.toml"
    config.write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[library]\nmodules = "{REPOSITORY / "modules"}"\n'
        f'templates = "{REPOSITORY / "templates"}"\n[desk]\nserve = "apart"\nport = 0\n'
    )
    command = [sys.executable, "-m", "composer", "--config", str(config), "web", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    try:
        assert process.stderr is not None
        desk, pages = (re.search(r"http://[^ \n]+", process.stderr.readline()) for _ in range(2))
        assert desk is not None
        assert pages is not None
        assert httpx2.get(f"{desk[0]}metrics").status_code == 200
        assert httpx2.get(f"{pages[0]}metrics").status_code == 404
        assert httpx2.get(f"{desk[0]}").status_code == 404
        assert httpx2.get(f"{pages[0]}").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
