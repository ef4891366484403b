"""Write docs/cli.md from the commands themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from composer.cli import build

FILE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"

INTRODUCTION = """\
# Commands

`composer [--config FILE] COMMAND`; `python -m composer` is the same. Without `--config` it is `./config.toml` where there is one, else the
defaults. Results go to standard output, logs to standard error. With `--json` a command prints one JSON document, or one JSON object a line
where there may be many. `--now TIME` fixes the clock: ISO 8601, UTC where no offset is given.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | failed, or something was refused; the message says what, where and what to do |
| 2 | wrong usage or configuration: nothing was started |
| 3 | a guard refused |

This page is written by `make docs` from the commands' own help.
"""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, command) for every command that does something, groups opened."""
    if isinstance(command, TyperGroup):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], (*path, name))
    else:
        yield path, command


def name_of(parameter: Any) -> str:
    """An argument's NAME, or an option's longest spelling with its value."""
    if isinstance(parameter, TyperArgument):
        return str(parameter.metavar or parameter.name).upper() + ("..." if parameter.nargs == -1 else "")
    flag = max(parameter.opts, key=len)
    return str(flag if parameter.is_flag else f"{flag} {parameter.metavar or _value(parameter)}")


def _value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(choice.value) for choice in kind)
    return {int: "N", float: "X", Path: "FILE"}.get(kind, "TEXT")


def _row(parameter: Any) -> str:
    default = parameter.default
    told = default is None or default is False or default == () or callable(default) or "Default:" in (parameter.help or "")
    text = (parameter.help or "") + ("" if told else f" Default: {default.value if isinstance(default, Enum) else default}.")
    cells = [cell.replace("|", "\\|") for cell in (f"`{name_of(parameter)}`", text)]
    return f"| {cells[0]} | {cells[1]} |"


def _usage(path: tuple[str, ...], parameters: list[Any]) -> str:
    arguments = [parameter for parameter in parameters if isinstance(parameter, TyperArgument)]
    options = [parameter for parameter in parameters if not isinstance(parameter, TyperArgument)]
    words = [name_of(p) if p.required else f"[{name_of(p)}]" for p in arguments + options]
    return " ".join(["composer", *path, *words])


def reference() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for path, command in commands(get_command(build())):
        parameters = [parameter for parameter in command.params if parameter.name != "help" and not getattr(parameter, "hidden", False)]
        rows = "".join(f"{_row(parameter)}\n" for parameter in parameters)
        table = f"\n| | |\n| --- | --- |\n{rows}" if rows else ""
        text = inspect.cleandoc(command.help or "").replace("\f", "")
        parts.append(f"## composer {' '.join(path)}\n\n```\n{_usage(path, parameters)}\n```\n\n{text}\n{table}")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
