"""`composer web`: it serves, keeps tokens out of its output, stops when told to, and says when the port is taken."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from composer.domain.tokens import Purpose
from composer.errors import ComposerError
from composer.web.app import make_web
from composer.web.server import make_server
from tests.conftest import REPOSITORY
from tests.web.world import World


@pytest.fixture
def process(world: World) -> Iterator[subprocess.Popen[str]]:
    config = world.app.settings.folder / "config.toml"
    config.write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[library]\nmodules = "{REPOSITORY / "modules"}"\n'
        f'templates = "{REPOSITORY / "templates"}"\n'
    )
    command = [sys.executable, "-m", "composer", "--config", str(config), "web", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    started = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    yield started
    if started.poll() is None:
        started.kill()
        started.communicate()


def test_it_serves_until_told_to_stop_and_keeps_tokens_to_itself(world: World, process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("Pages on http://127.0.0.1:"), line
    base, token = line.split()[2].rstrip("/"), world.token(Purpose.unsubscribe_header)
    answer = httpx2.post(f"{base}/u/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "server" not in answer.headers
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert token not in out + err
    assert "Traceback" not in err
    assert "letters" not in world.granted()


def test_a_port_that_is_taken_is_named(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ComposerError, match=f"127.0.0.1:{port}: cannot listen"):
            make_server(make_web(world.app), "127.0.0.1", port)
