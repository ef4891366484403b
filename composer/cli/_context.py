"""What every command is given, and how it prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from composer.config import Settings, load
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.app import App


@dataclass
class Context:
    """The `--config` of this run; settings and the installation are opened on demand."""

    config: Path | None

    def settings(self) -> Settings:
        return load(self.config)

    @contextmanager
    def open(self) -> Iterator[App]:
        """Open the installation for one command."""
        from composer.app import open_app

        app = open_app(self.settings())
        try:
            yield app
        finally:
            app.close()


def example_library(here: Path) -> Path | None:
    """The folder that holds modules/ and templates/: `here`, or the repository the command runs from; None where neither does."""
    for place in (here, Path(__file__).parents[2]):
        if (place / "modules").is_dir() and (place / "templates" / "newsletter").is_dir():
            return place
    return None


def moment(text: str | None, option: str = "--now") -> datetime:
    """Read the time given with `option`: ISO 8601, UTC where no offset is given; the clock where absent."""
    if text is None:
        return datetime.now(UTC)
    try:
        value = datetime.fromisoformat(text)
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if not 1970 <= value.year < 2200:
            raise ValueError
    except (ValueError, OverflowError):
        raise UsageError(f"'{text}' is not a time", where=option, do="Write it like 2026-11-21T06:00:00Z.") from None
    return value


def print_json(value: Any) -> None:
    """Print one JSON document on one line; times as ISO 8601."""
    sys.stdout.write(orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS).decode() + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


Now = Annotated[str | None, typer.Option("--now", help="Fix the clock: ISO 8601.", metavar="TIME")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
