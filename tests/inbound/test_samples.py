"""Mails as many systems write them: kind, whom they tell of, and how bad it is. samples/index.toml names each one's system."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from composer.dispatch.mail import read
from composer.domain.notice import NoticeKind

SAMPLES = Path(__file__).parent / "samples"
INDEX: list[dict[str, Any]] = tomllib.loads((SAMPLES / "index.toml").read_text(encoding="utf-8"))["sample"]
BY_FILE = {sample["file"]: sample for sample in INDEX}


def understood(raw: bytes) -> tuple[str, list[tuple[str, str]]]:
    said = read(raw)
    of_failure = [one for one in said.told if one.severity] if said.kind is NoticeKind.bounce else said.told
    told = [(one.address, one.severity.value if one.severity else "") for one in of_failure]
    if said.kind is NoticeKind.unsubscribe and not told:
        told = [(said.sender, "")]
    return said.kind.told_as, told if said.kind is not NoticeKind.delivered else []


def expected(name: str) -> tuple[str, list[tuple[str, str]]]:
    return BY_FILE[name]["kind"], [tuple(one) for one in BY_FILE[name]["recipients"]]


def test_every_sample_is_in_the_index_and_names_its_system() -> None:
    assert sorted(BY_FILE) == sorted(file.name for file in SAMPLES.glob("*.eml"))
    assert all(len(sample["source"]) > 5 for sample in INDEX)
    bounces = [sample for sample in INDEX if sample["kind"] == "bounce" and not sample["file"].startswith("rfc")]
    others = [sample for sample in INDEX if sample["file"].startswith("not-")]
    assert len(bounces) >= 40
    assert len(others) >= 15


@pytest.mark.parametrize("name", sorted(BY_FILE))
def test_a_sample_is_understood(name: str) -> None:
    raw = (SAMPLES / name).read_bytes()
    assert understood(raw) == expected(name), BY_FILE[name]["source"]
    assert understood(raw.replace(b"\n", b"\r\n")) == expected(name), "with CRLF line ends"


def test_a_person_whose_name_is_that_of_a_system_is_a_person() -> None:
    raw = (
        b'From: "Post Office Oy" <matti@firm.example>\nTo: letters@example.com\nSubject: Delivery problem with my order\n'
        b"MIME-Version: 1.0\nDate: Mon, 2 Mar 2026 08:00:00 +0200\n\nYour courier said user unknown: order@firm.example. Please help.\n"
    )
    assert understood(raw) == ("reply", [])
