"""`composer modules`: list, lint and show the content modules. Needs no database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Context, Json, print_json
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.config import Settings
    from composer.domain.content import ContentModule
    from composer.library import Sources


def register(app: typer.Typer) -> None:
    modules = typer.Typer(no_args_is_help=True, help="The content modules a letter is made of.")
    modules.command("list")(list_modules)
    modules.command("lint")(lint_modules)
    modules.command("show")(show_module)
    app.add_typer(modules, name="modules")


def list_modules(context: typer.Context, json: Json = False) -> None:
    """List the modules that can be used, one row each."""
    from composer.library import open_cache, open_library

    settings = _settings(context)
    library = open_library(_sources(settings), open_cache(settings)).library
    rows = [_row(module) for module in library.modules]
    if json:
        print_json(rows)
        return
    width = max((len(row["module"]) for row in rows), default=0)
    group = max((len(row["group"]) for row in rows), default=0)
    for row in rows:
        marks = [*row["languages"], *row["variants"][1:], *(["generic"] if row["generic"] else [])]
        print(f"{row['module']:<{width}}  {row['group']:<{group}}  {' '.join(marks):<22}  {' '.join(row['interests'])}".rstrip())


def lint_modules(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Correct what is sure, print what was changed, and check again.")] = False,
    json: Json = False,
) -> None:
    """Check every file of the library; exit 1 on any error. A broken module is left out of planning."""
    from composer.library import lint, open_cache

    settings = _settings(context)
    sources = _sources(settings)
    if fix:
        from composer.cli._fix import correct_files

        made = correct_files(settings, sources)
        findings = made.findings
        for finding in made.answered:
            print(f"{finding.file}:{finding.line}:{finding.column}: corrected: {finding.message}", file=sys.stderr if json else sys.stdout)
        for file in made.left:
            print(f"{file}: left as it is: correcting it would bring more errors to light than it takes away", file=sys.stderr)
    else:
        findings = lint(sources, open_cache(settings))
    rows = [{"file": f.file, "line": f.line, "column": f.column, "severity": f.severity, "message": f.message} for f in findings]
    errors = sum(row["severity"] == "error" for row in rows)
    if json:
        print_json(rows)
    else:
        for finding in findings:
            print(finding)
        print(f"errors: {errors}, warnings: {len(rows) - errors}")
    raise typer.Exit(1 if errors else 0)


def show_module(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="KIND/NAME, as `modules list` prints it. Default: every module, with --html.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with the module, or all modules, in every variant to this file.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the text printed. Default: English, else the first it has.")] = None,
    variant: Annotated[str, typer.Option(help="Of the text printed, for example technical.")] = "plain",
    json: Json = False,
) -> None:
    """Show one module: what it is about, whom it suits, and its text. With --html and no name: the gallery of all modules."""
    from composer.cli._gallery import write_gallery
    from composer.library import open_cache, open_library

    settings = _settings(context)
    opened = open_library(_sources(settings), open_cache(settings))
    if name is None:
        if html is None:
            raise UsageError("no module named", where="modules show", do="Name one, or write the gallery of all: --html FILE.")
        write_gallery(html, settings, opened, None)
        count = len(opened.library.modules)
        if json:
            print_json({"file": str(html), "modules": count})
        else:
            print(f"{html}: {count} module{'s' if count != 1 else ''}")
        return
    if name not in opened.library.index:
        broken = next((f for f in opened.findings if f.file == f"modules/{name}.mjml" and f.severity == "error"), None)
        raise UsageError(
            broken.message if broken else "no such module",
            where=f"{broken.file}:{broken.line}" if broken else name,
            do="Run 'composer modules lint'." if broken else "Run 'composer modules list' for the names.",
        )
    module = opened.library.modules[opened.library.index[name]]
    language = language or ("en" if "en" in module.languages else module.languages[0])
    fragment = opened.compiled.fragments.get((name, language, variant, ""))
    if fragment is None:
        raise UsageError(
            f"no text in '{language}', variant '{variant}'",
            where=name,
            do=f"Languages: {', '.join(module.languages)}. Variants: {', '.join(module.variants)}.",
        )
    row = _row(module) | {"language": language, "variant": variant, "text": fragment.text}
    if html:
        write_gallery(html, settings, opened, module)
    if json:
        print_json(row)
        return
    for key, value in row.items():
        if key != "text" and value not in (None, "", []):
            print(f"{key + ':':<13} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    print(f"\n{fragment.text}")


def _settings(context: typer.Context) -> Settings:
    held: Context = context.obj
    return held.settings()


def _sources(settings: Settings) -> Sources:
    from composer.library import read_sources

    return read_sources(settings.path(settings.library.modules), settings.path(settings.library.templates))


def _row(module: ContentModule) -> dict[str, Any]:
    owned = "ever" if module.owned_for is None else f"{module.owned_for.days}d" if module.owned_for else "never"
    return {
        "module": module.name,
        "kind": module.kind,
        "group": module.group,
        "title": module.titles.get("en") or next(iter(module.titles.values()), ""),
        "languages": list(module.languages),
        "variants": list(module.variants),
        "topics": list(module.topics),
        "interests": list(module.interests),
        "regions": list(module.regions),
        "countries": list(module.countries),
        "stages": list(module.stages),
        "roles": list(module.roles),
        "months": list(module.months),
        "valid_from": module.valid_from,
        "valid_until": module.valid_until,
        "owned_for": owned,
        "bought_within": f"{module.bought_within.days}d" if module.bought_within else None,
        "rest": f"{module.rest.days}d",
        "generic": module.generic,
        "url": module.url,
        "picture": module.picture or None,
        "openings": sorted({name for openings in module.openings.values() for name in openings}),
        "calls": sorted({stage for stages in module.calls.values() for stage in stages}),
    }
