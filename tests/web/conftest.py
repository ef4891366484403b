"""Fixtures: the world of tests/web/world.py, opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from composer.app import App
from tests.web.world import World, make_world


@pytest.fixture
def world(app: App, tmp_path: Path) -> World:
    return make_world(app, tmp_path / "inbox")


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with world.client() as client:
        yield client


@pytest.fixture
def unchanged(world: World) -> Iterator[Callable[[], None]]:
    """Call it to hold that nothing was written since the test began; it is also called at the end."""
    before = world.dump()

    def hold() -> None:
        assert world.dump() == before

    yield hold
    hold()
