"""Nothing in the repository names a package host or a path of the machine it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written apart, so that this file does not find itself.
HOSTS = re.compile(r"(py" + r"pi|pythonhosted|npm" + r"js|deb\.deb" + r"ian|files\.pyth" + r"on)\.[a-z]+", re.IGNORECASE)
PATHS = re.compile(r"(?<![\w.~:/-])/(wo" + r"rk|ro" + r"ot|fa" + r"rm|ho" + r"me/\w+)/")
BINARY = {".png", ".gz", ".woff2", ".ico", ".gif", ".jpg"}


def files() -> list[Path]:
    """Every file git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in names if file.is_file() and file.suffix not in BINARY]


def found(pattern: re.Pattern[str]) -> list[str]:
    hits = []
    for file in files():
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                hits.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return hits


def test_no_package_host_is_named() -> None:
    assert found(HOSTS) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert found(PATHS) == []


@pytest.mark.parametrize("line", ["see https://py" + "pi.org/x", "cd /wo" + "rk/main", "'/ro" + "ot/x'"])
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert HOSTS.search(line) or PATHS.search(line)


def test_the_locked_requirements_hold_no_address() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text(encoding="utf-8")
        assert "://" not in text, f"{file.name} names an address"
        pins = re.findall(r"^[a-z0-9][\w.\[\],-]*==", text, re.MULTILINE | re.IGNORECASE)
        assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)), f"{file.name}: not all pinned"
