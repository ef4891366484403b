"""Open a library: read, lint and compile every file once; what is broken stays out and is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from composer.domain.content import Library
from composer.domain.fragment import Compiled, Fragment, Frame
from composer.domain.sources import Sources
from composer.errors import UsageError
from composer.library.brand import FILE as BRAND
from composer.library.brand import read_brand
from composer.library.compile import compile_fragment, compile_frame
from composer.library.compiler import CompileError
from composer.library.finding import LintFinding
from composer.library.front_matter import SourceFile, read_front_matter
from composer.library.layout_file import LayoutFile, read_layout
from composer.library.markup import check_markup
from composer.library.module_file import ModuleFile, read_module
from composer.library.parts import FOLDER as PARTS
from composer.library.parts import Shared, read_parts
from composer.library.words import FRAME_FIELDS, check_languages, check_reading, check_shared_words, check_words

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
    samples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Module -> merge values its author shows it with."""


def open_library(sources: Sources) -> OpenLibrary:
    """Open the library. A broken module is left out and never raises; UsageError where no layout can be used."""
    reading = _read(sources)
    if not reading.layouts:
        raise _no_layout(reading.findings)
    modules = tuple(sorted((file.module for file in reading.modules), key=lambda module: module.name))
    layouts = {file.layout.name: file.layout for file in reading.layouts}
    library = Library(modules, layouts, sources.version, reading.shared.brand.voices)
    compiled = Compiled(sources.version, reading.fragments, reading.frames)
    samples = {file.module.name: file.sample for file in reading.modules}
    return OpenLibrary(sources, library, compiled, tuple(reading.findings), samples)


def _no_layout(findings: list[LintFinding]) -> UsageError:
    for finding in findings:
        if finding.file.startswith("templates/") and finding.severity == "error":
            return UsageError(
                finding.message,
                where=f"{finding.file}:{finding.line}:{finding.column}",
                do="Correct it: without a layout there are no letters.",
            )
    return UsageError("no layout", where="templates/newsletter", do="Add templates/newsletter/newsletter.mjml.")


def lint(sources: Sources) -> tuple[LintFinding, ...]:
    """Return every finding, in order of file, line and column. Never raises for what is in the files."""
    reading = _read(sources)
    if not reading.layouts and not any(finding.file.startswith("templates/newsletter/") for finding in reading.findings):
        reading.findings.append(LintFinding("templates/newsletter", 1, 1, "error", "no layout: add templates/newsletter/newsletter.mjml"))
    return tuple(sorted(reading.findings))


def read_files(sources: Sources) -> tuple[list[LayoutFile], list[ModuleFile]]:
    """Return the layouts and modules that are without errors, as written."""
    reading = _read(sources)
    return reading.layouts, reading.modules


@dataclass
class _Reading:
    """Everything that comes of reading the sources once."""

    sources: Sources
    shared: Shared
    findings: list[LintFinding]
    layouts: list[LayoutFile] = field(default_factory=list)
    frames: dict[tuple[str, str], Frame] = field(default_factory=dict)
    modules: list[ModuleFile] = field(default_factory=list)
    fragments: dict[tuple[str, str, str, str], Fragment] = field(default_factory=dict)


def _read(sources: Sources) -> _Reading:
    findings = [LintFinding(file, 1, 1, "error", f"the file {why}") for file, why in sources.unreadable.items()]
    shared = Shared(read_brand(sources.files), read_parts(sources.files, findings))
    reading = _Reading(sources, shared, findings)
    check_shared_words(shared.brand.source, shared.brand.texts)
    findings += shared.brand.source.findings
    _layouts(reading)
    _modules(reading)
    findings[:] = sorted(set(findings))  # a part stands in several layouts and is told once
    return reading


def _layouts(reading: _Reading) -> None:
    for file in sorted(name for name in reading.sources.files if name.startswith("templates/")):
        if file == BRAND or file.startswith(PARTS) or not file.endswith(".mjml"):
            continue
        source = read_front_matter(file, reading.sources.files[file])
        layout = read_layout(source, reading.shared)
        if layout:
            check_markup(source, layout=True)
            check_words(source, layout.texts, layout.text, known=FRAME_FIELDS, own_keys=_OWN_KEYS | {"blocks"}, shared=layout.brand.texts)
            if reading.layouts and layout.opening != reading.layouts[0].opening:
                first = reading.layouts[0].source.file
                source.in_body(0, f"mj-attributes or mj-body differ from {first}: modules are compiled once, so all layouts share them")
            if not source.broken and (made := _frames(layout)):
                reading.frames |= made
                reading.layouts.append(layout)
        reading.findings += source.findings


def _frames(layout: LayoutFile) -> dict[tuple[str, str], Frame]:
    try:
        return {(layout.layout.name, language): compile_frame(layout, language) for language in layout.layout.languages}
    except CompileError as error:
        lines = layout.source.body.lstrip().split("\n")
        skipped = len(layout.source.body) - len(layout.source.body.lstrip())
        layout.source.in_body(skipped + sum(len(line) + 1 for line in lines[: error.line - 1]), error.message)
        return {}


def _modules(reading: _Reading) -> None:
    for file in sorted(name for name in reading.sources.files if name.startswith("modules/")):
        source = read_front_matter(file, reading.sources.files[file])
        module = read_module(source, reading.shared, reading.sources.pictures)
        if module and (made := _compile(source, module, reading)):
            reading.modules.append(module)
            reading.fragments |= made
        reading.findings += source.findings


def _styles(module: ModuleFile, layouts: list[LayoutFile]) -> list[str]:
    """The styles a module can be asked for in: those of the slots that take it, and the plain one."""
    kind = module.module.kind
    return sorted({"", *(slot.style for file in layouts for slot in file.layout.slots if file.layout.takes(slot, kind))})


def _compile(source: SourceFile, module: ModuleFile, reading: _Reading) -> dict[tuple[str, str, str, str], Fragment]:
    check_markup(source, layout=False)
    check_words(source, module.texts, module.text, own_keys=_OWN_KEYS)
    if source.broken:
        return {}
    check_reading(module)
    languages = frozenset(language for layout in reading.layouts for language in layout.layout.languages)
    if languages:
        check_languages(module, languages)
    opening = reading.layouts[0].opening if reading.layouts else "<mjml><mj-body>"
    made: dict[tuple[str, str, str, str], Fragment] = {}
    try:
        for style in _styles(module, reading.layouts):
            look = reading.shared.brand.look(style)
            for language, variant in module.texts:
                made[module.module.name, language, variant, style] = compile_fragment(module, language, variant, look, opening)
    except CompileError as error:
        source.add(source.body_line + error.line - 1, error.column, error.message)
    largest = max((len(fragment.html.encode()) for fragment in made.values()), default=0)
    if largest > _LARGEST_FRAGMENT:
        source.in_body(0, f"the module is {largest // 1000} kB of HTML, {_LARGEST_FRAGMENT // 1000} are allowed: shorten it, or split it")
    return made if not _has_error(source.findings) else {}


def _has_error(findings: list[LintFinding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
