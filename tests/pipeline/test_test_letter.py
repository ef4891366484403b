"""A test letter: somebody's letter to an operator, marked, dead, and without a trace."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from composer.app import App
from composer.config import Delivery
from composer.domain.newsletter import Newsletter
from composer.domain.outcome import Verdict
from composer.domain.tokens import Purpose, read_token
from composer.pipeline.plan import plan
from composer.pipeline.preview import preview
from composer.pipeline.test_letter import send_test_letter

from .conftest import NOW, dump


def test_a_test_letter_is_marked_goes_to_the_operator_alone_and_leaves_no_trace(town: App, tmp_path: Path) -> None:
    lines: list[str] = []
    town.settings = town.settings.model_copy(update={"delivery": Delivery(transport="folder", folder=tmp_path / "letters")})
    plan(town, "weekly", NOW, line=lambda line: lines.append(line.recipient_id) if isinstance(line, Newsletter) else None)
    who = lines[0]
    real = preview(town, who, "weekly", NOW).message
    assert real is not None
    before = dump(town)
    assert send_test_letter(town, "weekly", who, "operator@example.com", NOW).verdict is Verdict.accepted
    assert dump(town) == before
    (file,) = (tmp_path / "letters").glob("*.eml")
    sent = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert sent["To"] == "operator@example.com"
    assert sent["Subject"] == f"[TEST] {real.subject}"
    text = sent.get_body(("plain",))
    assert text is not None
    found = re.findall(r"/[upw]/([\w-]{36})", sent["List-Unsubscribe"] + text.get_content())
    assert len(found) >= 4
    assert {read_token(town.key, purpose, token) for purpose in Purpose for token in found} == {None}


def test_a_test_letter_is_dated_when_it_leaves_and_a_second_one_is_another_message(town: App, tmp_path: Path) -> None:
    town.settings = town.settings.model_copy(update={"delivery": Delivery(transport="folder", folder=tmp_path / "letters")})
    lines: list[str] = []
    plan(town, "weekly", NOW, line=lambda line: lines.append(line.recipient_id) if isinstance(line, Newsletter) else None)
    for minute in (0, 1):
        now = NOW - timedelta(days=3) + timedelta(minutes=minute)
        assert send_test_letter(town, "weekly", lines[0], "operator@example.com", now).verdict is Verdict.accepted
    sent = [email.message_from_bytes(file.read_bytes()) for file in (tmp_path / "letters").glob("*.eml")]
    assert {parsedate_to_datetime(one["Date"]) for one in sent} == {NOW - timedelta(days=3), NOW - timedelta(days=3, minutes=-1)}
    assert len({one["Message-ID"] for one in sent}) == 2
