"""Which letters are read whole before they leave, and what happens where the whole check sees more than the quick one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from composer.app import App
from composer.config import Checks
from composer.library import OpenLibrary
from composer.pipeline.compose import Composer
from composer.pipeline.deliver import deliver
from composer.pipeline.sampling import Sampling, drawn
from tests.path.by_hand import ByHand
from tests.path.conftest import at, planned
from tests.path.rows import KEY, outbox

IDS = [f"<letter-{number}@example.com>" for number in range(4000)]


def checking(app: App, **checks: Any) -> App:
    """Change which letters are read whole."""
    app.settings = app.settings.model_copy(update={"checks": Checks.model_validate(checks)})
    return app


def with_a_script(library: OpenLibrary) -> OpenLibrary:
    """The same library, but something put a script into every compiled fragment after it was judged."""
    compiled = library.compiled
    fragments = {key: replace(one, html=one.html + "<script>x</script>") for key, one in compiled.fragments.items()}
    return replace(library, compiled=replace(compiled, fragments=fragments))


def test_the_share_hangs_on_the_key_and_the_message_id_and_grows_with_the_setting() -> None:
    few, many = ({one for one in IDS if drawn(KEY, one, share)} for share in (0.02, 0.2))
    assert few < many
    assert 40 <= len(few) <= 130
    assert 650 <= len(many) <= 950
    assert {one for one in IDS if drawn(b"another key" * 3, one, 0.02)} != few
    assert all(drawn(KEY, one, 1) for one in IDS)
    assert not any(drawn(KEY, one, 0) for one in IDS)


def test_the_first_of_every_edition_are_read_whole() -> None:
    sampling = Sampling(Checks(first=2, sample=0), KEY)
    assert [sampling.takes(edition, one) for edition, one in zip((1, 1, 1, 2, 2, 2), IDS, strict=False)] == [True, True, False] * 2
    assert not any(Sampling(Checks(first=0, sample=0), KEY).takes(1, one) for one in IDS)


@pytest.mark.parametrize(
    ("checks", "read"), [({"first": 2, "sample": 0}, 2), ({"first": 0, "sample": 1}, 5), ({"first": 0, "sample": 0}, 0)]
)
async def test_delivery_reads_as_many_letters_whole_as_the_settings_say(
    installation: App, monkeypatch: pytest.MonkeyPatch, checks: dict[str, float], read: int
) -> None:
    asked: list[bool] = []
    compose = Composer.compose

    def listening(self: Composer, newsletter: Any, person: Any, whole: bool = True) -> Any:
        asked.append(whole)
        return compose(self, newsletter, person, whole)

    monkeypatch.setattr(Composer, "compose", listening)
    planned(checking(installation, **checks), 5)
    transport = ByHand(lambda _: None)
    await deliver(installation, at(), transport=transport)
    assert len(transport.taken) == len(asked) == 5
    assert sum(asked) == read


async def test_what_only_the_whole_check_sees_stops_the_letter_and_is_an_error_event_without_a_name(
    installation: App, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(checking(installation, first=1, sample=0), 3)
    installation._versions.update({version: with_a_script(one) for version, one in installation._versions.items()})
    transport = ByHand(lambda _: None)
    report = await deliver(installation, at(), transport=transport)
    assert report.counts == {"refused": 1, "accepted": 2}
    reasons = [row["reason"] for row in outbox(installation.engine) if row["state"] == "refused"]
    assert reasons == ["blocked by a check: H07"]
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "check_disagreement" in line]
    assert [(event["level"], event["checks"]) for event in events] == [("error", ["H07"])]
    assert "@example.com" not in events[0]["message_id"].replace(f"@{installation.settings.sender.address.partition('@')[2]}", "")
    assert "Aino" not in json.dumps(events)
