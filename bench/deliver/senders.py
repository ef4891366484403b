"""The senders: each sends its letters into a port, as a process of its own, and is told what it cost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.deliver import installation
from bench.measure import composer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = ("handlebars@4", "nodemailer@10")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: letters sent, wall seconds, CPU seconds of the process and its children, peak MiB. The start of the program is no part.

    `planning`: CPU seconds that went before, where planning is a step of its own.
    """

    letters: int
    seconds: float
    cpu: float
    megabytes: float
    planning: float = 0.0

    @property
    def rate(self) -> float:
        return self.letters / self.seconds

    @property
    def per_thousand(self) -> float:
        """CPU seconds for a thousand letters, planning included."""
        return (self.cpu + self.planning) / self.letters * 1000


class Ours:
    """`composer plan`, then `composer send --due`, on a fresh copy of an installation. What a send with nothing due costs is its start."""

    def __init__(self, title: str, config: Path, letters: int) -> None:
        self.title, self.config, self.letters = title, config, letters

    def run(self, port: int, scratch: Path) -> Cost:
        config = installation.copy(self.config, scratch / "ours")
        planned, unplanned = installation.plan(config), composer(config, "plan", "no-such-campaign")
        os.environ["COMPOSER_SMTP__PORT"] = str(port)
        idle = installation.must(composer(config, "send", "--due", "--now", installation.BEFORE))
        done = installation.must(composer(config, "send", "--due", "--now", installation.NOW, "--json"))
        sent = json.loads(done.output.strip().splitlines()[-1])["accepted"]
        if sent != self.letters:
            sys.exit(f"bench.deliver: {sent} of {self.letters} letters were accepted: {done.output}")
        return Cost(sent, done.seconds - idle.seconds, done.cpu - idle.cpu, done.megabytes, planned.cpu - unplanned.cpu)


class Peer:
    """Another sender's program: it prints what its start cost, and how long sending took."""

    def __init__(self, title: str, command: Sequence[str], letters: int, folder: Path | None = None) -> None:
        self.title, self.command, self.letters, self.folder = title, command, letters, folder

    def run(self, port: int, scratch: Path) -> Cost:
        words = {"PORT": str(port), "FOLDER": str(scratch), "LETTERS": str(self.letters)}
        command = [words.get(word, word) for word in self.command]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=self.folder)
        assert process.stdout
        with process.stdout as out:
            said = out.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"bench.deliver: {self.title} failed")
        told = json.loads(said)
        if told["sent"] != self.letters:
            sys.exit(f"bench.deliver: {self.title} sent {told['sent']} of {self.letters}")
        return Cost(told["sent"], told["seconds"], usage.ru_utime + usage.ru_stime - told["start"], usage.ru_maxrss / 1024)


def peers(material: Path, scratch: Path, quick: bool) -> list[Peer]:
    """Those that can run here; what is left out is said."""
    found = [Peer("our packages, used the obvious way", _python("obvious_way.py", material), 150 if quick else 400)]
    django = ROOT / ".venv" / "senders" / "bin" / "python"
    if django.exists():
        for name in ("django-post_office", "django-mailer"):
            command = [str(django), str(HERE / "peers" / "django_way.py"), name.removeprefix("django-"), str(material)]
            found.append(Peer(name, [*command, "PORT", "LETTERS", "FOLDER"], 200 if quick else 600))
    else:
        print("django-post_office, django-mailer: left out, .venv/senders is not there (make bench-deliver makes it)")
    if node := _node(scratch):
        script = str(HERE / "peers" / "node_way.mjs")
        found.append(Peer("nodemailer pool + handlebars", ["node", script, str(material), "PORT", "LETTERS"], 500 if quick else 1500, node))
    return found


def _python(script: str, material: Path) -> list[str]:
    return [sys.executable, str(HERE / "peers" / script), str(material), "PORT", "LETTERS", "FOLDER"]


def _node(scratch: Path) -> Path | None:
    """A folder with the npm packages, or None where they cannot be had."""
    folder = scratch / "node"
    if shutil.which("node") and shutil.which("npm"):
        folder.mkdir()
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *PACKAGES]
        if subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode == 0:
            return folder
    print("nodemailer: left out, node, npm or the packages are not here")
    return None


def fresh(scratch: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for one run, on the disk that all runs share."""
    return tempfile.TemporaryDirectory(dir=scratch)
