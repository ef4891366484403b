"""`composer hooks list`: what an operator gives to a provider."""

from __future__ import annotations

import re
from pathlib import Path

from tests.inlets.reports import PROVIDERS
from tests.path.test_commands import answer, composer, configured

__all__ = ["configured"]


def test_the_urls_are_listed_with_what_is_missing(configured: Path) -> None:
    rows = {row["provider"]: row for row in answer(configured, "hooks", "list", "--json")}
    assert rows.keys() == PROVIDERS.keys()
    assert re.fullmatch(r"http://127\.0\.0\.1:8025/hooks/postmark/[a-z2-7]{26}", rows["postmark"]["url"])
    assert (rows["mailgun"]["url"], rows["mailgun"]["needs"]) == (None, "hooks.mailgun_key")
    assert "mailgun    set hooks.mailgun_key first\n" in composer(configured, "hooks", "list").stdout
