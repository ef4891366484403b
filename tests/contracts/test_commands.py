"""What every command of the command line keeps to; a new file in composer/cli is tested by being there."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
import typer
from typer.main import get_command

from composer import cli
from composer.cli import build, main
from composer.discover import discover
from tools.document_commands import commands, name_of

FILES = discover(cli)
COMMANDS = {" ".join(path): command for path, command in commands(get_command(build()))}
TALKS = {"demo", "run", "web", "worker"}
"""Commands that run until they are stopped, or play: they need no JSON."""
CLOCKED = ("plan", "preview", "send", "retrain")
"""DESIGN section 7: --now fixes their clock."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_adds_commands_named_after_it(name: str) -> None:
    file: ModuleType = FILES[name]
    app = typer.Typer()
    app.callback()(lambda: None)
    file.register(app)
    added = {path[0] for path, _ in commands(get_command(app))}
    assert added, f"composer/cli/{name}.py registers nothing"
    word = name.rstrip("_").replace("_", "-")
    assert added == {word}, f"composer/cli/{name}.py adds {sorted(added)}: the file is named after its command"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_and_explains_every_word(name: str) -> None:
    command: Any = COMMANDS[name]
    assert command.help, f"composer {name} has no help"
    assert command.help.split("\n\n")[0].rstrip().endswith((".", "!")), f"composer {name}: the help is no sentence"
    silent = [name_of(parameter) for parameter in command.params if not parameter.help]
    assert silent == [], f"composer {name} does not explain {silent}"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.split()[0] not in TALKS])
def test_a_command_can_answer_in_json(name: str) -> None:
    command: Any = COMMANDS[name]
    assert any("--json" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("name", CLOCKED)
def test_the_clock_of_a_command_can_be_fixed(name: str) -> None:
    command: Any = COMMANDS[name]
    assert any("--now" in parameter.opts for parameter in command.params)


def test_help_opens_no_database_and_loads_no_sql() -> None:
    heavy = "{'sqlmodel', 'sqlalchemy', 'numpy', 'mjml'}"
    code = f"import sys; from composer.cli import build; build(); print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]", "heavy imports belong inside the command's function"


def test_sending_loads_nothing_that_only_the_clock_needs() -> None:
    """Cron starts `composer send` every minute; a resolver, the readers of mail and learning cost it a sixth of a start."""
    clock = "{'apscheduler', 'dns', 'composer.dispatch.mail', 'composer.learn'}"
    code = f"import sys; import composer.cli._stopping, composer.pipeline.deliver; print(sorted({clock} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_fault_of_the_machine_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "letters.html")

    monkeypatch.setattr("composer.cli.build", lambda: full)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("composer: letters.html: No space left on device\n")
