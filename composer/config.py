"""Settings: one TOML file, overlaid by the environment, checked as a whole before anything starts.

`COMPOSER_SECTION__NAME` overrides `[section] name`; `COMPOSER_SECTION__NAME_FILE` reads the value from a file
(for secrets). What each section holds stands in sections.py.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from composer.domain.campaign import RELAY
from composer.errors import UsageError
from composer.sections import (
    LISTS,
    Checks,
    Clock,
    Consent,
    Database,
    Defaults,
    Delivery,
    Desk,
    Dkim,
    Dns,
    Hooks,
    Imap,
    Inbound,
    LibrarySection,
    Manners,
    Privacy,
    Retention,
    Section,
    Sender,
    Signup,
    Smtp,
    Tracking,
    Web,
)

__all__ = [
    "PREFIX",
    "Checks",
    "Clock",
    "Consent",
    "Database",
    "Defaults",
    "Delivery",
    "Desk",
    "Dkim",
    "Dns",
    "Hooks",
    "Imap",
    "Inbound",
    "LibrarySection",
    "Manners",
    "Privacy",
    "Retention",
    "Sender",
    "Settings",
    "Signup",
    "Smtp",
    "Tracking",
    "Web",
    "load",
    "sections",
]

PREFIX = "COMPOSER_"
RELAYS = "relays"
"""The one section of sections: each holds what [smtp] holds."""


class Settings(Section):
    """All settings. `folder` is where relative paths start: the folder of the configuration file."""

    database: Database = Database()
    library: LibrarySection = LibrarySection()
    smtp: Smtp = Smtp()
    relays: dict[str, Smtp] = Field(default_factory=dict)
    delivery: Delivery = Delivery()
    manners: Manners = Manners()
    checks: Checks = Checks()
    web: Web = Web()
    desk: Desk = Desk()
    sender: Sender = Sender()
    dkim: Dkim = Dkim()
    dns: Dns = Dns()
    inbound: Inbound = Inbound()
    imap: Imap = Imap()
    hooks: Hooks = Hooks()
    signup: Signup = Signup()
    defaults: Defaults = Defaults()
    privacy: Privacy = Privacy()
    consent: Consent = Consent()
    retention: Retention = Retention()
    tracking: Tracking = Tracking()
    clock: Clock = Clock()
    folder: Path = Field(default=Path(), exclude=True)

    def path(self, path: Path) -> Path:
        """Resolve a path of the configuration file against its folder."""
        return path if path.is_absolute() else self.folder / path

    def relay(self, name: str, where: str) -> Smtp:
        """Return the relay of this name: "smtp" is section [smtp], others are [relays.NAME]. UsageError, at `where`, for an unknown one."""
        if name != "smtp" and name not in self.relays:
            known = ", ".join(["smtp", *sorted(self.relays)])
            raise UsageError(f"there is no relay '{name}'", where=where, do=f"Known: {known}. Others are sections [relays.NAME].")
        return self.relays.get(name, self.smtp)


def sections() -> Mapping[str, type[BaseModel]]:
    """Section name -> its model, in the order of the file."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def load(file: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. `file` None means ./config.toml if it is there, else the defaults.

    Raises UsageError naming the file, the setting and the known ones.
    """
    environ = os.environ if environ is None else environ
    chosen = file or Path("config.toml")
    values: dict[str, Any] = {}
    if file is not None or chosen.exists():
        values = _read(chosen)
    else:
        chosen = Path("defaults")
    for name, section in values.items():
        if name == RELAYS and isinstance(section, dict):
            for relay, inner in section.items():
                _check_known(str(chosen), f"{RELAYS}.{relay}", inner)
        else:
            _check_known(str(chosen), name, section)
    given = _overlay(values, environ)
    folder = (file or Path("config.toml")).absolute().parent
    try:
        settings = Settings.model_validate({**values, "folder": folder})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        text = str(first["msg"]).removeprefix("Value error, ")
        parts = 3 if first["loc"][0] == RELAYS else 2
        where = given.get(".".join(str(part) for part in first["loc"][:parts]), str(chosen))
        raise UsageError(f"{place}: {text}", where=where, do=f"Correct {place}; config.example.toml explains it.") from None
    for relay in settings.delivery.relays:
        settings.relay(relay, f"{given.get('delivery.relays', chosen)}: delivery.relays")
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(
            "no such file", where=str(file), do="Name an existing file with --config, or make one with 'composer init'."
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read it ({error.strerror})", where=str(file), do="Name a readable file with --config.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 at byte {error.start}", where=str(file), do="Save the file as UTF-8.") from None
    except RecursionError:  # tomllib reads values inside values by calling itself
        raise UsageError("too many brackets inside each other", where=str(file), do="Make it simpler.") from None
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python reads
        raise UsageError(f"not TOML: {error}", where=str(file), do="Correct the line; config.example.toml shows the form.") from None


def _check_known(where: str, name: str, section: Any) -> None:
    known: dict[str, type[BaseModel]] = dict(sections())
    if re.fullmatch(rf"{RELAYS}\.{RELAY}", name) and name != f"{RELAYS}.smtp":
        known[name] = Smtp
    elif name.startswith(f"{RELAYS}."):
        raise UsageError(f"unknown setting '{name}'", where=where, do="A relay's name is lower-case letters and digits, and not 'smtp'.")
    if name not in known:
        if name == RELAYS:
            raise UsageError("'relays' holds sections", where=where, do="Write [relays.NAME] on a line of its own and its settings below.")
        raise UsageError(f"unknown setting '{name}'", where=where, do=f"Known: {', '.join(sorted([*known, RELAYS]))}.")
    if not isinstance(section, dict):
        raise UsageError(f"'{name}' is a section", where=where, do=f"Write [{name}] on a line of its own and its settings below.")
    for setting in section:
        if setting not in known[name].model_fields:
            raise UsageError(
                f"unknown setting '{name}.{setting}'", where=where, do=f"Known in [{name}]: {', '.join(sorted(known[name].model_fields))}."
            )


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's settings over the file's; return "section.name" -> the variable that gave it."""
    given = {}
    for variable, text in environ.items():
        section, two, name = variable.removeprefix(PREFIX).lower().partition("__")
        if section == RELAYS and "__" in name:  # COMPOSER_RELAYS__NAME__HOST
            relay, _, name = name.partition("__")
            section = f"{RELAYS}.{relay}"
        if not variable.startswith(PREFIX) or not (two or section.split("_")[0] in sections()):
            continue  # other programs have variables of this prefix; ours name a section
        if not two:
            raise UsageError("unknown setting", where=variable, do=f"Write {PREFIX}SECTION__NAME, with two underscores before the name.")
        known: type[BaseModel] = Smtp if section.startswith(f"{RELAYS}.") else sections().get(section, Section)
        if name.endswith("_file") and name not in known.model_fields:
            name = name.removesuffix("_file")
            text = _secret(variable, Path(text))
        _check_known(variable, section, {name: text})
        place = values
        for part in section.split("."):
            place = place.setdefault(part, {})
        place[name] = text.split(",") if f"{section}.{name}" in LISTS else text
        given[f"{section}.{name}"] = variable
    return given


def _secret(variable: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"cannot read the file it names ({error.strerror})", where=variable, do="Name a readable file.") from None
    except UnicodeDecodeError:
        raise UsageError("the file it names is not UTF-8", where=variable, do="Save the file as UTF-8 text.") from None
