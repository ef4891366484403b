"""A campaign file needs only a name, says what is wrong with it, and reads back as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from composer.domain.campaign import Cap, Guards, Window
from composer.errors import ComposerError, UsageError
from composer.store.campaign_file import campaign_of, describe, read_campaign_file


def test_a_name_is_enough() -> None:
    campaign = campaign_of({"name": "weekly"})
    assert (campaign.title, campaign.layout, campaign.modules, campaign.holdout, campaign.cap) == (
        "weekly",
        "newsletter",
        ("*",),
        0.05,
        None,
    )


def test_every_key_is_understood() -> None:
    campaign = campaign_of(
        {
            "name": "spring-1",
            "title": "Spring",
            "list": "topic:storms",
            "audience": {"region": ["Lapland"]},
            "layout": "newsletter",
            "modules": ["guide/*"],
            "window": {"days": "Tue-Thu", "hours": "09:00-16:30"},
            "subject": {"en": "Hi"},
            "policy": {"explore": 0.3, "pool": 4, "keep": 0.5, "explore_hour": 0},
            "experiment": "none",
            "holdout": "none",
            "guards": "none",
            "cap": "2/7d",
            "repeat": "14d",
            "starts": "2026-03-02T06:00:00+02:00",
            "expires": "3d",
        }
    )
    assert campaign.window == Window(days=(1, 2, 3), opens=time(9), closes=time(16, 30))
    assert campaign.cap == Cap(2, timedelta(days=7))
    assert campaign.holdout == 0
    assert campaign.starts == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert (campaign.repeat, campaign.expires) == (timedelta(days=14), timedelta(days=3))
    assert campaign.policy.explore == 0.3


def test_what_is_described_means_the_same_campaign() -> None:
    campaign = campaign_of(
        {"name": "a", "window": {"days": "Sat,Sun", "hours": "10:00-12:00"}, "cap": "1/36h", "repeat": "7d", "expires": "90m"}
    )
    again = describe(campaign)
    again["starts"] = again["starts"] or None
    assert campaign_of(again) == campaign


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"name": "Bad Name"}, "name:"),
        ({}, "name: Field required"),
        ({"name": "a", "windo": "now"}, "unknown key 'windo'"),
        ({"name": "a", "window": "tomorrow"}, 'window: write "now" or'),
        ({"name": "a", "window": {"hours": "18:00-08:00"}}, "the window closes before it opens"),
        ({"name": "a", "window": {"days": "Mo-Fr"}}, "days are written like"),
        ({"name": "a", "cap": "often"}, 'cap: write a cap like "2/7d"'),
        ({"name": "a", "cap": "0/7d"}, 'cap: write a cap like "2/7d"'),
        ({"name": "a", "cap": "1/0d"}, 'cap: write a cap like "2/7d"'),
        ({"name": "a", "repeat": "0d"}, "repeat: Input should be greater than or equal to 1 minute"),
        ({"name": "a", "subject": {"en": "x" * 501}}, "subject.en: String should have at most 500 characters"),
        ({"name": "a", "list": "news"}, 'list: is "letters" or "topic:NAME"'),
        ({"name": "a", "policy": {"explore": 2}}, "policy.explore:"),
        ({"name": "a", "experiment": "subject"}, "experiment:"),
        ({"name": "a", "holdout": 1.5}, "holdout:"),
        ({"name": "a", "repeat": "weekly"}, "repeat: write a duration"),
        ({"name": "a", "audience": {"age": ["30"]}}, "audience.age"),
    ],
)
def test_a_wrong_key_is_refused_by_name(keys: dict[str, object], text: str) -> None:
    with pytest.raises(ComposerError) as refusal:
        campaign_of(keys, where="c.toml")
    assert text in str(refusal.value)
    assert str(refusal.value).startswith("c.toml: ")


@pytest.mark.parametrize(("content", "text"), [(b"name = ", "not TOML"), (b"\xff\xfe", "not UTF-8"), (b"\xef\xbb\xbfname = 'a'", "")])
def test_a_damaged_file_is_refused_and_a_bom_is_not(tmp_path: Path, content: bytes, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(content)
    if not text:
        assert read_campaign_file(file) == {"name": "a"}
        return
    with pytest.raises(ComposerError, match=text):
        read_campaign_file(file)


@pytest.mark.parametrize("name", ["gone.toml", "."])
def test_a_missing_file_is_named_and_a_folder_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(ComposerError, match="cannot read it"):
        read_campaign_file(tmp_path / name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("none", Guards(None, None)),
        ({"complaints": "0.2%"}, Guards(complaints=0.002)),
        ({"bounces": "none"}, Guards(bounces=None)),
        ({"complaints": "1 %", "bounces": "5%"}, Guards(0.01, 0.05)),
    ],
)
def test_guards_are_shares_of_the_letters_and_read_back_as_written(written: Any, meant: Guards) -> None:
    campaign = campaign_of({"name": "a", "guards": written})
    assert campaign.guards == meant
    assert campaign_of({"name": "a", "guards": describe(campaign)["guards"]}).guards == meant


@pytest.mark.parametrize("written", ["off", {"complaints": "0%"}, {"complaints": 0.3}, {"complaint": "1%"}])
def test_guards_that_mean_nothing_are_refused_by_their_key(written: Any) -> None:
    with pytest.raises(UsageError, match="guards: "):
        campaign_of({"name": "a", "guards": written})
