"""The campaign file: what may stand in it, and the Campaign it means.

Only `name` is needed. The same text, as JSON, is what the store keeps, so a campaign reads back as it was written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from composer.domain.campaign import APART, RELAY, Campaign, Cap, Guards, Policy, Window
from composer.domain.consent import LETTERS, TOPIC
from composer.errors import UsageError
from composer.spans import Duration, duration

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_POLICY = Policy()


def _none(value: object) -> object:
    return None if value == "none" else value


def _cap(value: object) -> object:
    """Read "2/7d": two letters in seven days."""
    if value == "none" or value is None or isinstance(value, Cap):
        return None if value == "none" else value
    match = re.fullmatch(r"(\d+)/(.+)", str(value))
    cap = Cap(int(match[1]), duration(match[2])) if match else Cap(0, timedelta(0))
    if cap.letters < 1 or not cap.period:
        raise ValueError('write a cap like "2/7d" (two letters in seven days) or "none"')
    return cap


def _guards(value: object) -> object:
    """Read { complaints = "0.3%", bounces = "10%" }; "none" for all or for one."""
    if isinstance(value, Guards):
        return value
    if value == "none":
        return Guards(None, None)
    if not isinstance(value, dict) or not set(value) <= {"complaints", "bounces"}:
        raise ValueError('write { complaints = "0.3%", bounces = "10%" } or "none"')
    shares: dict[str, float | None] = {}
    for name, text in value.items():
        match = re.fullmatch(r"(\d{1,2}(?:\.\d{1,4})?)\s*%", str(text))
        if text != "none" and (not match or not float(match[1])):
            raise ValueError(f'{name} is a share like "0.3%", or "none"')
        shares[name] = float(match[1]) / 100 if match else None
    return Guards(**shares)


def _days(text: str) -> tuple[int, ...]:
    days: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f'days are written like "Mon-Fri" or "Tue,Thu"; known: {", ".join(DAYS)}')
        start, end = DAYS.index(first), DAYS.index(last or first)
        days += [day % 7 for day in range(start, (end if end >= start else end + 7) + 1)]
    return tuple(sorted(set(days)))


def _window(value: object) -> object:
    if isinstance(value, Window):
        return value
    if value == "now":
        return Window(now=True)
    if not isinstance(value, dict) or not set(value) <= {"days", "hours"}:
        raise ValueError('write "now" or { days = "Mon-Fri", hours = "08:00-18:00" }')
    days = _days(str(value.get("days", "Mon-Sun")))
    match = re.fullmatch(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", str(value.get("hours", "07:00-20:00")))
    if not match:
        raise ValueError('hours are written like "08:00-18:00"')
    numbers = [int(part) for part in match.groups()]
    opens, closes = time(numbers[0], numbers[1]), time(numbers[2] % 24, numbers[3])
    if closes <= opens and closes != time(0):
        raise ValueError("the window closes before it opens")
    return Window(days=days, opens=opens, closes=closes)


def _moment(value: object) -> object:
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(parsed, datetime):
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    return parsed


def _list_name(value: object) -> object:
    text = str(value)
    if text != LETTERS and not (text.startswith(TOPIC) and len(text) > len(TOPIC)):
        raise ValueError('is "letters" or "topic:NAME"')
    return text


class _PolicyKeys(BaseModel):
    model_config = ConfigDict(extra="forbid")

    explore: float = Field(default=_POLICY.explore, ge=0, le=1)
    pool: int = Field(default=_POLICY.pool, ge=1, le=50)
    keep: float = Field(default=_POLICY.keep, ge=0, le=1)
    explore_hour: float = Field(default=_POLICY.explore_hour, ge=0, le=1)
    explore_words: float = Field(default=_POLICY.explore_words, ge=0, le=1)


class CampaignKeys(BaseModel):
    """Every key of a campaign file, with its default."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    title: str = Field(default="", max_length=120)
    list: Annotated[str, BeforeValidator(_list_name)] = LETTERS
    audience: dict[Literal["language", "country", "region", "role", "stage"], tuple[str, ...]] = {}
    layout: str = "newsletter"
    modules: tuple[str, ...] = ("*",)
    pinned: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    apart: Annotated[Duration | None, BeforeValidator(_none)] = APART
    window: Annotated[Window, BeforeValidator(_window)] = Window()
    subject: dict[str, Annotated[str, Field(max_length=500)]] = {}
    policy: _PolicyKeys = _PolicyKeys()
    experiment: Literal["none"] = "none"
    """Experiments beside the hold-out are not built yet."""
    holdout: Annotated[float | None, BeforeValidator(_none)] = Field(default=0.05, ge=0, lt=1)
    guards: Annotated[Guards, BeforeValidator(_guards)] = Guards()
    cap: Annotated[Cap | None, BeforeValidator(_cap)] = None
    repeat: Annotated[timedelta | None, BeforeValidator(lambda v: None if v in (None, "none") else duration(v))] = Field(
        default=None, ge=timedelta(minutes=1)
    )
    """Editions are told apart by the minute."""
    starts: Annotated[datetime | None, BeforeValidator(_moment)] = None
    relay: str = Field(default="", pattern=rf"^({RELAY})?$")
    expires: Annotated[Duration | None, BeforeValidator(_none)] = None


def read_campaign_file(file: Path) -> dict[str, Any]:
    """Read and check a campaign file; return its keys as JSON-safe values. UsageError names the key and what to write."""
    where = str(file)
    try:
        keys = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read it ({error.strerror})", where=where, do="Name an existing campaign file.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 at byte {error.start}", where=where, do="Save the file as UTF-8.") from None
    except RecursionError:  # tomllib reads values inside values by calling itself
        raise UsageError("too many brackets inside each other", where=where, do="Make it simpler.") from None
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python reads
        raise UsageError(f"not TOML: {error}", where=where, do="Correct the line.") from None
    plain = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in keys.items()}
    campaign_of(plain, where=where)
    return plain


def campaign_of(keys: Mapping[str, Any], *, where: str = "campaign", **stored: Any) -> Campaign:
    """Return the Campaign that the keys mean; `stored` adds number and state."""
    try:
        read = CampaignKeys.model_validate(dict(keys))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(CampaignKeys.model_fields))
            raise UsageError(f"unknown key '{place}'", where=where, do=f"Known: {known}.") from None
        text = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{place}: {text}", where=where, do=f"Correct {place}; docs/campaigns.md explains it.") from None
    return Campaign(
        name=read.name,
        title=read.title or read.name,
        list=read.list,
        audience={str(column): words for column, words in read.audience.items()},
        layout=read.layout,
        modules=read.modules,
        pinned=read.pinned,
        mandatory=read.mandatory,
        apart=read.apart,
        window=read.window,
        subject=read.subject,
        policy=Policy(**read.policy.model_dump()),
        holdout=read.holdout or 0.0,
        guards=read.guards,
        cap=read.cap,
        repeat=read.repeat,
        starts=read.starts,
        relay=read.relay,
        expires=read.expires,
        **stored,
    )


def describe(campaign: Campaign) -> dict[str, Any]:
    """Return every key with the value in force, as a campaign file would write it."""
    window = campaign.window
    return {
        "name": campaign.name,
        "title": campaign.title,
        "list": campaign.list,
        "audience": {column: list(words) for column, words in campaign.audience.items()},
        "layout": campaign.layout,
        "modules": list(campaign.modules),
        "pinned": list(campaign.pinned),
        "mandatory": list(campaign.mandatory),
        "apart": _written(campaign.apart) if campaign.apart else "none",
        "window": "now"
        if window.now
        else {"days": ",".join(DAYS[day] for day in window.days), "hours": f"{window.opens:%H:%M}-{window.closes:%H:%M}"},
        "subject": dict(campaign.subject),
        "policy": {
            "explore": campaign.policy.explore,
            "pool": campaign.policy.pool,
            "keep": campaign.policy.keep,
            "explore_hour": campaign.policy.explore_hour,
            "explore_words": campaign.policy.explore_words,
        },
        "experiment": "none",
        "holdout": campaign.holdout or "none",
        "guards": _guarded(campaign.guards),
        "cap": f"{campaign.cap.letters}/{_written(campaign.cap.period)}" if campaign.cap else "none",
        "repeat": _written(campaign.repeat) if campaign.repeat else "none",
        "starts": campaign.starts,
        "relay": campaign.relay,
        "expires": _written(campaign.expires) if campaign.expires else "none",
    }


def _guarded(guards: Guards) -> Any:
    if guards == Guards(None, None):
        return "none"
    shares = {"complaints": guards.complaints, "bounces": guards.bounces}
    return {name: "none" if share is None else f"{share * 100:.4g}%" for name, share in shares.items()}


def _written(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
