"""An installation on either database, and a mail server to read from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.inlets.dovecot import CERTIFICATES, Dovecot
from tests.path.conftest import installation, library

__all__ = ["installation", "library"]


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Dovecot]:
    server = Dovecot()
    with server:
        yield server
    server.remove()


@pytest.fixture
def dovecot(imap_server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """A running server with an empty mailbox, whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    shutil.rmtree(imap_server.folder / "mail", ignore_errors=True)
    return imap_server
