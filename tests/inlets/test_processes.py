"""`composer run` and `composer worker` as processes: the ways in are open, SIGTERM ends them with nothing half taken."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from composer.app import App
from composer.store.engine import reading
from composer.store.inlets import find_inlet
from composer.store.tally import came_in
from tests.conftest import REPOSITORY
from tests.inbound._mails import dsn
from tests.inlets.dovecot import CERTIFICATES, Dovecot
from tests.inlets.test_ways_in import free_place
from tests.kept import FOLDER


def until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    for _ in range(3000):
        if holds():
            return
        assert process.poll() is None, process.communicate()
        threading.Event().wait(0.01)
    pytest.fail("it did not come so far")


@pytest.mark.parametrize("command", ["run", "worker"])
def test_mail_comes_in_both_ways_until_the_process_is_told_to_stop(app: App, tmp_path: Path, dovecot: Dovecot, command: str) -> None:
    place = free_place()
    file = tmp_path / "config.toml"
    file.write_text(
        f'[database]\nurl = "sqlite:///composer.db"\n[web]\nport = 0\n[delivery]\ntransport = "folder"\n'
        f'[library]\nmodules = "{REPOSITORY}/modules"\ntemplates = "{REPOSITORY}/templates"\ncache = "{FOLDER}"\n'
        f'[inbound]\naddress = "bounces@example.com"\nlisten = "{place}"\n'
        f'[imap]\nhost = "127.0.0.1"\nport = {dovecot.port}\nusername = "bounces"\nafter = "delete"\n[clock]\nimap = "1s"\n'
    )
    secret = tmp_path / "password"
    secret.write_text(dovecot.password)
    dovecot.put(dsn())
    environment = {**os.environ, "COMPOSER_IMAP__PASSWORD_FILE": str(secret), "SSL_CERT_FILE": str(CERTIFICATES / "authority.pem")}
    process = subprocess.Popen(
        [sys.executable, "-m", "composer", "--config", str(file), command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )

    def told() -> int:
        with reading(app.engine) as db:
            return sum(came_in(db).values()) if find_inlet(db, "listener") else -1

    try:
        until(lambda: told() == 1, process)
        with smtplib.LMTP(place.partition(":")[0], int(place.partition(":")[2])) as lmtp:
            lmtp.sendmail("", ["bounces+token@example.com"], dsn())
        assert told() == 2
        if command == "run":
            assert process.stdout is not None
            url = re.search(r"http://\S+", process.stdout.readline())
            assert url is not None
            assert httpx2.get(f"{url[0]}health").status_code == 200
        assert dovecot.flags() == []
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "@" not in errors
    assert "Traceback" not in errors
