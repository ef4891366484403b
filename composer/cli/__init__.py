"""The command line: one command a file, found by file name.

Adding a command: a file here with `register(app)` that adds it with `@app.command(...)` or `app.add_typer(...)`.
Results go to standard output, logs to standard error. Heavy imports belong inside the command's function.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import composer.cli as commands
from composer.cli._context import Context
from composer.discover import discover
from composer.errors import ComposerError, is_out_of_memory


def build() -> typer.Typer:
    """Assemble the command from the files of this folder."""
    app = typer.Typer(
        name="composer",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Personal newsletters: chooses, composes, sends, learns, and can say why.",
    )

    @app.callback()
    def start(
        context: typer.Context,
        config: Annotated[Path | None, typer.Option(help="Configuration file. Default: ./config.toml if there, else the defaults.")] = None,
    ) -> None:
        context.obj = Context(config)

    for command in discover(commands).values():
        command.register(app)
    return app


def main() -> None:
    """Run the command line; a ComposerError becomes its text on standard error and its exit code."""
    gc.set_threshold(100_000, 20, 50)  # collecting while the libraries load made an eighth of a preview
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads wait by spinning: on our small matrices all of it is lost
    try:
        build()()
    except ComposerError as error:
        print(f"composer: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if is_out_of_memory(error):
            _end_for_want_of_memory()
        place = error.filename or "output"
        print(
            f"composer: {place}: {error.strerror or error}\nSee that it is there, that you may use it, and that the disk has room.",
            file=sys.stderr,
        )
        sys.exit(1)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        _end_for_want_of_memory()


def _end_for_want_of_memory() -> NoReturn:
    print("composer: out of memory\nGive it more and run it again; what was begun is taken up where it stopped.", file=sys.stderr)
    sys.exit(1)
