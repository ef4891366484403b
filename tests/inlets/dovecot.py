"""A real Dovecot for tests: one user, on free loopback ports, everything in a folder of its own."""

from __future__ import annotations

import mailbox
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from composer.config import Imap

CERTIFICATES = Path(__file__).parents[1] / "transports" / "certificates"
USER, PASSWORD = "bounces", "Salasana: \"ä\\' +=/"  # what quoting and encoding could spoil

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = {hidden}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
mail_fsync = never
maildir_copy_with_hardlinks = yes
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  client_limit = 100
  inet_listener imap {{
    port = {clear}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
protocol imap {{
  imap_capability = {capability}
}}
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass
class Dovecot:
    """Use as a context. `certificate` is a file of tests/transports/certificates without its ending."""

    certificate: str = "trusted"
    password: str = PASSWORD
    capability: str = ""
    """What is offered in place of what Dovecot would; with a leading + beside it."""
    hidden: bool = True
    """Nobody signs in without TLS."""
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="composer-imap-")))
    port: int = 0
    clear: int = 0

    def __enter__(self) -> Dovecot:
        program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            raise RuntimeError("no dovecot: install the package dovecot-imapd")
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = subprocess.run(["id", "-gn", owner.pw_name], check=True, capture_output=True, text=True).stdout.strip()
        self.port, self.clear = _free_port(), _free_port()
        (self.folder / "users").write_text(f"{USER}:{{PLAIN.b64}}{_base64(self.password)}\n")
        shutil.copy(CERTIFICATES / f"{self.certificate}.pem", self.folder / "certificate.pem")
        (self.folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder,
                user=owner.pw_name,
                group=group,
                certificate=self.folder / "certificate.pem",
                hidden="yes" if self.hidden else "no",
                capability=self.capability,
                port=self.port,
                clear=self.clear,
            )
        )
        command = [program, "-F", "-c", str(self.folder / "dovecot.conf")]
        if os.geteuid() == 0:  # as root it would ask for users and folders of its own
            for path in [self.folder, *self.folder.iterdir()]:
                shutil.chown(path, owner.pw_uid, owner.pw_gid)
            command = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", "--", *command]
        self._errors = (self.folder / "errors").open("wb")
        self._process = subprocess.Popen(command, cwd="/", stdout=self._errors, stderr=self._errors, start_new_session=True)
        self._wait()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.clear), 1) as connection:
                    connection.settimeout(10)
                    if connection.recv(100).startswith(b"* OK"):
                        return
            except OSError:
                threading.Event().wait(0.01)
        self.__exit__()
        raise RuntimeError(
            "dovecot did not start: " + "".join(file.read_text() for file in (self.folder / "errors", self.folder / "log") if file.exists())
        )

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # a graceful end takes a second
        self._process.wait()
        self._errors.close()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def imap(self, **settings: Any) -> Imap:
        """The settings that read this mailbox."""
        given = {"host": "127.0.0.1", "port": self.port, "username": USER, "password": self.password, "timeout": "10s"}
        return Imap.model_validate(given | settings)

    def box(self, folder: str = "") -> mailbox.Maildir:
        """The mails as files. Put mails in with `put`: an owner of their own would keep Dovecot from them."""
        return mailbox.Maildir(self.folder / "mail" / (f".{folder}" if folder else ""), create=False)

    def put(self, *mails: bytes) -> None:
        """Deliver mails as a local delivery agent does."""
        new = self.folder / "mail" / "new"
        for name in ("tmp", "cur", "new"):
            place = self.folder / "mail" / name
            if not place.exists():
                place.mkdir(parents=True)
                self._own(place), self._own(place.parent)
        start = len(list(new.iterdir())) + len(list(new.with_name("cur").iterdir()))
        for number, mail in enumerate(mails, start):
            file = new / f"{1_700_000_000 + number}.M{number}.test"
            file.write_bytes(mail)
            self._own(file)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody")
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def flags(self, folder: str = "") -> list[str]:
        """The flags of the mails, S for seen and T for deleted, in the order of delivery."""
        root = self.folder / "mail" / (f".{folder}" if folder else "")
        files = [file for name in ("cur", "new") if (root / name).exists() for file in (root / name).iterdir()]
        return [file.name.partition(":2,")[2] for file in sorted(files, key=lambda file: int(file.name.split(".")[0]))]


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()
