"""A newsletter as JSON and back: what was decided is stored whole, so that it can be explained and replayed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from composer.domain.audience import Person
from composer.domain.level import Level
from composer.domain.newsletter import Block, Choice, ExplorationLog, Newsletter
from composer.domain.reasons import Arm, Source
from composer.domain.sentence import read_sentence


def dump_newsletter(newsletter: Newsletter, person: Person | None = None, letterhead: str = "") -> str:
    """Return one line of JSON; levels by name, times in ISO 8601 UTC.

    `person` is added when the decision is frozen: a retry must send the same bytes, whatever the profile says by then. So is the
    name of the `letterhead` it leaves with (store.letterheads).
    """
    fields = _named(newsletter)
    fields["send_at"] = newsletter.send_at.isoformat()
    if person is not None:
        fields["person"] = _named(person)
    if letterhead:
        fields["letterhead"] = letterhead
    return orjson.dumps(fields).decode()


def _named(noun: Newsletter | Person) -> dict[str, Any]:
    """Field -> value, the level by its name; what lies deeper orjson writes by itself."""
    return {name: getattr(noun, name) for name in noun.__slots__} | {"level": noun.level.name}


def _pairs(values: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, value) for name, value in values)


def _block(fields: dict[str, Any]) -> Block:
    return Block(
        **{
            **fields,
            "source": Source(fields["source"]),
            "terms": _pairs(fields["terms"]),
            "bonus": _pairs(fields.get("bonus", [])),
            "values": _pairs(fields["values"]),
            "reasons": tuple(map(read_sentence, fields["reasons"])),
        }
    )


def _log(fields: dict[str, Any] | None) -> ExplorationLog | None:
    if fields is None:
        return None
    names = {name: tuple(fields.get(name, ())) for name in ("base", "pool", "eligible", "signals")}
    return ExplorationLog(**{**fields, **names, "steps": tuple(map(tuple, fields.get("steps", ())))})


def _choice(fields: dict[str, Any]) -> Choice:
    return Choice(**{**fields, "options": tuple(fields["options"]), "reason": read_sentence(fields["reason"])})


def modules_of(text: str) -> list[str]:
    """The modules of a stored newsletter; none where nothing is stored."""
    return [block["module"] for block in orjson.loads(text)["blocks"]] if text else []


def load_newsletter(text: str) -> Newsletter:
    """Return exactly the newsletter that was dumped."""
    fields = orjson.loads(text)
    fields.pop("person", None)
    fields.pop("letterhead", None)
    hour = fields.pop("send_reason", "")  # one text, before there were sentences
    return Newsletter(
        **{
            **fields,
            "arm": Arm(fields["arm"]),
            "level": Level[fields["level"]],
            "hour_reasons": tuple(map(read_sentence, fields.get("hour_reasons", [hour]))),
            "send_at": datetime.fromisoformat(fields["send_at"]),
            "blocks": tuple(_block(block) for block in fields["blocks"]),
            "tone": _choice(fields["tone"]),
            "opening": _choice(fields["opening"]),
            "log": _log(fields["log"]),
        }
    )


def letterhead_of(text: str) -> str:
    """The name of the letterhead a frozen decision left with; empty where none was kept."""
    name: str = orjson.loads(text).get("letterhead", "")
    return name


def load_person(text: str) -> Person | None:
    """Return the redacted person a frozen decision was made for; None where it is not frozen."""
    fields = orjson.loads(text).get("person")
    return None if fields is None else Person(**{**fields, "level": Level[fields["level"]]})
