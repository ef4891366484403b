"""Settings: one TOML file, overlaid by the environment, checked as a whole before anything starts.

`COMPOSER_SECTION__NAME` overrides `[section] name`; `COMPOSER_SECTION__NAME_FILE` reads the value from a file
(for secrets). Every setting has its one comment in config.example.toml.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from composer.domain.sender import unfit_address, unfit_name
from composer.domain.sensitive import fit_mark
from composer.errors import UsageError
from composer.spans import Durations, Span, off

PREFIX = "COMPOSER_"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Database(_Section):
    url: str = "sqlite:///var/composer.db"


class LibrarySection(_Section):
    modules: Path = Path("modules")
    templates: Path = Path("templates")
    cache: Annotated[Path | None, BeforeValidator(off)] = Path("var/cache")


class Smtp(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    start_tls: Literal["required", "implicit", "off"] = "required"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=4, ge=1, le=100)
    timeout: Span = timedelta(seconds=60)
    dot_timeout: Span = timedelta(seconds=600)


class Delivery(_Section):
    transport: str = "smtp"
    folder: Path = Path("var/letters")
    retry: Durations = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=8),
        timedelta(days=1),
    )
    lease: Span = timedelta(minutes=15)
    pace: Annotated[float | None, BeforeValidator(off)] = Field(default=None, gt=0, allow_inf_nan=False)
    breaker: Annotated[int | None, BeforeValidator(off)] = Field(default=20, ge=1)
    never_twice: bool = False


class Checks(_Section):
    first: int = Field(default=25, ge=0)
    sample: float = Field(default=0.02, ge=0, le=1, allow_inf_nan=False)


class Web(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8025, ge=0, le=65535)
    base_url: str = "http://127.0.0.1:8025"
    rate_limit: Annotated[int | None, BeforeValidator(off)] = Field(default=120, ge=1)
    trusted_proxies: tuple[str, ...] = ()

    @field_validator("base_url")
    @classmethod
    def _https(cls, url: str) -> str:
        loopback = re.match(r"http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/|$)", url)
        if not url.startswith("https://") and not loopback:
            raise ValueError("must start with https:// (http:// is allowed on loopback only)")
        if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[\w./~%-]*)?", url, re.ASCII):
            raise ValueError("is no address that a path can be put behind, such as https://news.example.com")
        return url.rstrip("/")


class Sender(_Section):
    address: str = "letters@example.com"
    name: str = "Example Company"
    postal_address: str = "Example Company, Example Street 1, 00100 Helsinki, Finland"
    privacy_url: str = "https://www.example.com/privacy"
    site: str = "https://www.example.com"
    reply_to: str = ""

    @field_validator("address", "reply_to")
    @classmethod
    def _bare(cls, address: str, info: ValidationInfo) -> str:
        if (address or info.field_name == "address") and not re.fullmatch(r"[^\s@<>(),:;\"\\\[\]]+@[\w.-]+", address):
            raise ValueError("is not a bare mail address such as letters@example.com")
        if not address.isascii():
            raise ValueError("has letters that headers cannot hold: write its domain in ASCII (xn--...)")
        if info.field_name == "address" and (unfit := unfit_address(address)):
            raise ValueError(unfit)
        return address

    @field_validator("name")
    @classmethod
    def _shown(cls, name: str) -> str:
        if unfit := unfit_name(name):
            raise ValueError(unfit)
        return name

    @field_validator("postal_address")
    @classmethod
    def _postal(cls, address: str) -> str:
        if not address.strip():
            raise ValueError("is empty: every letter carries it")
        return address

    @field_validator("privacy_url", "site")
    @classmethod
    def _web(cls, url: str) -> str:
        if not re.fullmatch(r"https://[^\s\"'<>]+", url):
            raise ValueError("is no web address such as https://www.example.com")
        return url


class Dkim(_Section):
    domain: str = ""
    selector: str = "composer"
    key_file: str = ""
    ed25519_selector: str = "composer-ed25519"
    ed25519_key_file: str = ""

    @field_validator("domain", "selector", "ed25519_selector")
    @classmethod
    def _name(cls, name: str, info: ValidationInfo) -> str:
        if (name or info.field_name != "domain") and not re.fullmatch(r"(?!.{200})[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", name):
            raise ValueError("is no name in DNS such as example.com or composer: letters, digits, hyphens and full stops")
        return name.lower()

    @field_validator("ed25519_key_file")
    @classmethod
    def _beside(cls, file: str, info: ValidationInfo) -> str:
        if file and not info.data.get("key_file"):
            raise ValueError("stands beside an RSA key, never alone: not every receiver knows Ed25519. Set dkim.key_file too")
        return file


class Defaults(_Section):
    language: str = "en"
    time_zone: str = "UTC"
    quiet_from: int = Field(default=21, ge=0, le=23)
    quiet_until: int = Field(default=7, ge=0, le=23)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("is not an IANA time zone such as Europe/Helsinki")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Privacy(_Section):
    sensitive: tuple[Annotated[str, BeforeValidator(fit_mark)], ...] = ()


class Clock(_Section):
    plan: Span = timedelta(minutes=5)
    send: Span = timedelta(seconds=20)
    retrain: Span = timedelta(days=1)


class Settings(_Section):
    """All settings. `folder` is where relative paths start: the folder of the configuration file."""

    database: Database = Database()
    library: LibrarySection = LibrarySection()
    smtp: Smtp = Smtp()
    delivery: Delivery = Delivery()
    checks: Checks = Checks()
    web: Web = Web()
    sender: Sender = Sender()
    dkim: Dkim = Dkim()
    defaults: Defaults = Defaults()
    privacy: Privacy = Privacy()
    clock: Clock = Clock()
    folder: Path = Field(default=Path(), exclude=True)

    def path(self, path: Path) -> Path:
        """Resolve a path of the configuration file against its folder."""
        return path if path.is_absolute() else self.folder / path


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
        _check_known(str(chosen), name, section)
    given = _overlay(values, environ)
    folder = (file or Path("config.toml")).absolute().parent
    try:
        return Settings.model_validate({**values, "folder": folder})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        text = str(first["msg"]).removeprefix("Value error, ")
        where = given.get(".".join(str(part) for part in first["loc"][:2]), str(chosen))
        raise UsageError(f"{place}: {text}", where=where, do=f"Correct {place}; config.example.toml explains it.") from None


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
    known = sections()
    if name not in known:
        raise UsageError(f"unknown setting '{name}'", where=where, do=f"Known: {', '.join(sorted(known))}.")
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
        if not variable.startswith(PREFIX) or not (two or section.split("_")[0] in sections()):
            continue  # other programs have variables of this prefix; ours name a section
        if not two:
            raise UsageError("unknown setting", where=variable, do=f"Write {PREFIX}SECTION__NAME, with two underscores before the name.")
        if name.endswith("_file") and name not in sections().get(section, _Section).model_fields:
            name = name.removesuffix("_file")
            text = _secret(variable, Path(text))
        _check_known(variable, section, {name: text})
        values.setdefault(section, {})[name] = text.split(",") if name in ("trusted_proxies", "sensitive") else text
        given[f"{section}.{name}"] = variable
    return given


def _secret(variable: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"cannot read the file it names ({error.strerror})", where=variable, do="Name a readable file.") from None
    except UnicodeDecodeError:
        raise UsageError("the file it names is not UTF-8", where=variable, do="Save the file as UTF-8 text.") from None
