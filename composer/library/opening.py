"""Open a library: read, lint and compile every file once; what is broken stays out and is told."""

from __future__ import annotations

from dataclasses import dataclass

from composer.domain.content import Library
from composer.domain.fragment import Compiled, Fragment, Frame
from composer.domain.sources import Sources
from composer.errors import UsageError
from composer.library.compile import CompileError, compile_fragment, compile_frame, style_of
from composer.library.finding import LintFinding
from composer.library.front_matter import SourceFile, read_front_matter
from composer.library.layout_file import LayoutFile, read_layout
from composer.library.markup import check_markup
from composer.library.module_file import ModuleFile, read_module
from composer.library.words import FRAME_FIELDS, check_languages, check_reading, check_words

_LARGEST_FRAGMENT = 13_000
"""Bytes of one module's HTML: six of them and a frame of 20,000 stay under the 100,000 of a letter (check M04)."""
_OWN_KEYS = frozenset(("language",))


@dataclass(frozen=True)
class OpenLibrary:
    """A library ready for use. `findings` tells what was left out and why, in file order."""

    sources: Sources
    library: Library
    compiled: Compiled
    findings: tuple[LintFinding, ...]


def open_library(sources: Sources) -> OpenLibrary:
    """Open the library. A broken module is left out and never raises; UsageError where no layout can be used."""
    findings = [LintFinding(file, 1, 1, "error", f"the file {why}") for file, why in sources.unreadable.items()]
    layouts, frames = _layouts(sources, findings)
    modules, fragments = _modules(sources, layouts, findings)
    findings.sort()
    if not layouts:
        raise _no_layout(findings)
    content = tuple(sorted((file.module for file in modules), key=lambda module: module.name))
    library = Library(content, {file.layout.name: file.layout for file in layouts}, sources.version)
    return OpenLibrary(sources, library, Compiled(sources.version, fragments, frames), tuple(findings))


def _no_layout(findings: list[LintFinding]) -> UsageError:
    for finding in findings:
        if finding.file.startswith("templates/") and finding.severity == "error":
            return UsageError(
                finding.message,
                where=f"{finding.file}:{finding.line}:{finding.column}",
                do="Correct it: without a layout there are no letters.",
            )
    return UsageError("no layout", where="templates/newsletter", do="Add templates/newsletter/letter.mjml.")


def lint(sources: Sources) -> tuple[LintFinding, ...]:
    """Return every finding, in order of file, line and column. Never raises for what is in the files."""
    findings = [LintFinding(file, 1, 1, "error", f"the file {why}") for file, why in sources.unreadable.items()]
    layouts, _ = _layouts(sources, findings)
    if not layouts and not any(finding.file.startswith("templates/") for finding in findings):
        findings.append(LintFinding("templates/newsletter", 1, 1, "error", "no layout: add templates/newsletter/letter.mjml"))
    _modules(sources, layouts, findings)
    return tuple(sorted(findings))


def read_files(sources: Sources) -> tuple[list[LayoutFile], list[ModuleFile]]:
    """Return the layouts and modules that are without errors, as written."""
    layouts, _ = _layouts(sources, [])
    return layouts, _modules(sources, layouts, [])[0]


def _layouts(sources: Sources, findings: list[LintFinding]) -> tuple[list[LayoutFile], dict[tuple[str, str], Frame]]:
    layouts: list[LayoutFile] = []
    frames: dict[tuple[str, str], Frame] = {}
    for file in sorted(name for name in sources.files if name.startswith("templates/")):
        source = read_front_matter(file, sources.files[file])
        layout = read_layout(source)
        if layout:
            check_markup(source, layout=True)
            check_words(source, layout.texts, layout.text, known=FRAME_FIELDS, own_keys=_OWN_KEYS | {"blocks"})
            if layouts and style_of(layout) != style_of(layouts[0]):
                source.in_body(
                    0,
                    f"mj-attributes or mj-body differ from {layouts[0].source.file}: modules are compiled once, so all layouts share them",
                )
            if not source.broken and (made := _frames(layout)):
                frames |= made
                layouts.append(layout)
        findings += source.findings
    return layouts, frames


def _frames(layout: LayoutFile) -> dict[tuple[str, str], Frame]:
    try:
        return {(layout.layout.name, language): compile_frame(layout, language) for language in layout.layout.languages}
    except CompileError as error:
        layout.source.add(layout.source.body_line + error.line - 1, error.column, error.message)
        return {}


def _modules(
    sources: Sources,
    layouts: list[LayoutFile],
    findings: list[LintFinding],
) -> tuple[list[ModuleFile], dict[tuple[str, str, str, str], Fragment]]:
    style = style_of(layouts[0]) if layouts else "<mjml><mj-body>"
    languages = frozenset(language for layout in layouts for language in layout.layout.languages)
    modules: list[ModuleFile] = []
    fragments: dict[tuple[str, str, str, str], Fragment] = {}
    for file in sorted(name for name in sources.files if name.startswith("modules/")):
        source = read_front_matter(file, sources.files[file])
        module = read_module(source)
        if module and (made := _compile(source, module, style, languages)):
            modules.append(module)
            fragments |= made
        findings += source.findings
    return modules, fragments


def _compile(source: SourceFile, module: ModuleFile, style: str, languages: frozenset[str]) -> dict[tuple[str, str, str, str], Fragment]:
    check_markup(source, layout=False)
    check_words(source, module.texts, module.text, own_keys=_OWN_KEYS)
    if source.broken:
        return {}
    check_reading(module)
    if languages:
        check_languages(module, languages)
    made: dict[tuple[str, str, str, str], Fragment] = {}
    for language, variant in module.texts:
        try:
            made[module.module.name, language, variant, ""] = compile_fragment(module, language, variant, style)
        except CompileError as error:
            source.add(source.body_line + error.line - 1, error.column, error.message)
            break
    largest = max((len(fragment.html.encode()) for fragment in made.values()), default=0)
    if largest > _LARGEST_FRAGMENT:
        source.in_body(0, f"the module is {largest // 1000} kB of HTML, {_LARGEST_FRAGMENT // 1000} are allowed: shorten it, or split it")
    return made if not _has_error(source.findings) else {}


def _has_error(findings: list[LintFinding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
