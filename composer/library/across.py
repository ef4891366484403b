"""What no file can say of itself: whether the modules that one excludes are there."""

from __future__ import annotations

from collections.abc import Iterable

from composer.domain.content import GROUP, ContentModule
from composer.domain.sources import Sources
from composer.library.finding import LintFinding


def check_across(sources: Sources, modules: Iterable[ContentModule], whole: bool) -> list[LintFinding]:
    """Warn of excluded modules and groups that nobody has; `whole` tells that no module is broken, so that all groups are known."""
    modules = list(modules)
    names = {file.removeprefix("modules/").removesuffix(".mjml") for file in sources.files if file.startswith("modules/")}
    groups = {f"{GROUP}{module.group}" for module in modules}
    found = []
    for module in modules:
        for other in module.excludes:
            if other in names or other in groups or (other.startswith(GROUP) and not whole):
                continue
            file = f"modules/{module.name}.mjml"
            line, column = _place(sources.files[file], other)
            what = f"no module is in {other}" if other.startswith(GROUP) else f"there is no module '{other}'"
            found.append(LintFinding(file, line, column, "warning", f"{what}: correct excludes, or take it out"))
    return found


def _place(text: str, word: str) -> tuple[int, int]:
    """Line and column of a word of `excludes`."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.lstrip().startswith("excludes")), 0)
    return next(((n, line.index(word) + 1) for n, line in enumerate(lines[first:], first + 1) if word in line), (first + 1, 1))
