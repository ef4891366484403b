"""Open a library: read, lint and compile every file once; what is broken stays out and is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from composer.domain.content import ContentModule, Layout, Library, Voice
from composer.domain.fragment import Compiled, Fragment, Frame
from composer.domain.sources import Sources
from composer.errors import UsageError
from composer.library.across import check_across
from composer.library.cache import NOWHERE, Cache, key_of
from composer.library.finding import LintFinding

if TYPE_CHECKING:  # composer.library.files brings the linter and the compiler: not for a library that comes from the cache
    from composer.library.files import Fragments, Templates
    from composer.library.front_matter import SourceFile
    from composer.library.layout_file import LayoutFile
    from composer.library.module_file import ModuleFile


@dataclass(frozen=True)
class OpenLibrary:
    """A library ready for use. `findings` tells what was left out and why, in file order."""

    sources: Sources
    library: Library
    compiled: Compiled
    findings: tuple[LintFinding, ...]
    samples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Module -> merge values its author shows it with."""


@dataclass(frozen=True)
class _Around:
    """What comes of the templates, as the cache keeps it."""

    layouts: tuple[Layout, ...]
    frames: tuple[tuple[str, str, Frame], ...]
    voices: tuple[Voice, ...]
    findings: tuple[LintFinding, ...]
    broken: bool
    """Whether the brand is: then there is nothing to read a module against."""


@dataclass(frozen=True)
class _Module:
    """What comes of one module's file, as the cache keeps it; broken, it has findings only."""

    module: ContentModule | None
    fragments: tuple[tuple[str, str, str, Fragment], ...]
    findings: tuple[LintFinding, ...]
    sample: Mapping[str, str]


def open_library(sources: Sources, kept: Cache = NOWHERE) -> OpenLibrary:
    """Open the library. A broken module is left out and never raises; UsageError where no layout can be used."""
    around, files = _read(sources, kept)
    findings = _findings(sources, around, files)
    if not around.layouts:
        raise _no_layout(findings)
    good = sorted(((file.module, file) for file in files if file.module), key=lambda pair: pair[0].name)
    library = Library(
        tuple(module for module, _ in good), {layout.name: layout for layout in around.layouts}, sources.version, around.voices
    )
    fragments = {(module.name, *key[:3]): key[3] for module, file in good for key in file.fragments}
    frames = {(layout, language): frame for layout, language, frame in around.frames}
    compiled = Compiled(sources.version, fragments, frames)
    return OpenLibrary(sources, library, compiled, findings, {module.name: file.sample for module, file in good})


def _no_layout(findings: tuple[LintFinding, ...]) -> UsageError:
    for finding in findings:  # where the brand is broken they are its own, else those of layouts and parts
        if finding.file.startswith("templates/newsletter/") and finding.severity == "error":
            return UsageError(
                finding.message,
                where=f"{finding.file}:{finding.line}:{finding.column}",
                do="Correct it: without a layout there are no letters.",
            )
    return UsageError("no layout", where="templates/newsletter", do="Add templates/newsletter/newsletter.mjml.")


def lint(sources: Sources, kept: Cache = NOWHERE) -> tuple[LintFinding, ...]:
    """Return every finding, in order of file, line and column. Never raises for what is in the files."""
    around, files = _read(sources, kept)
    findings = _findings(sources, around, files)
    if not around.layouts and not any(finding.file.startswith("templates/newsletter/") for finding in findings):
        missing = LintFinding("templates/newsletter", 1, 1, "error", "no layout: add templates/newsletter/newsletter.mjml")
        findings = tuple(sorted((*findings, missing)))
    return findings


def read_files(sources: Sources) -> tuple[list[LayoutFile], list[ModuleFile]]:
    """Return the layouts and modules that are without errors, as written, never from a cache."""
    from composer.library.files import read_one, read_templates

    templates = read_templates(sources.files)
    read = (read_one(file, sources.files[file], templates, sources.pictures) for file in _modules(sources))
    return list(templates.layouts), [module for _, module, fragments in read if module and fragments]


def _read(sources: Sources, kept: Cache) -> tuple[_Around, list[_Module]]:
    """Read the templates and every module, each from the cache where its key is there."""
    context = key_of(sorted((name, text) for name, text in sources.files.items() if name.startswith("templates/")))
    templates = cache(lambda: _templates(sources))  # read only where something is not in the cache
    around = kept.load(context, _AROUND())
    if fresh := around is None:
        around = _around(templates())
        kept.save(context, _AROUND(), around)
    drawn = {name: sha256(data).hexdigest() for name, data in sources.pictures.items()}
    files = []
    for name in () if around.broken else _modules(sources):
        text = sources.files[name]
        # A module may name any picture that its text holds; one it misses is told with the names there are.
        seen = sorted((picture, digest) for picture, digest in drawn.items() if picture in text)
        key = key_of(context, name, text, seen, sorted(drawn) if not seen else [])
        module = kept.load(key, _MODULE())
        if module is None:
            fresh = True
            module = _fresh(name, sources, templates())
            kept.save(key, _MODULE(), module)
        files.append(module)
    if fresh:
        kept.trim()
    return around, files


def _modules(sources: Sources) -> list[str]:
    return sorted(name for name in sources.files if name.startswith("modules/"))


def _findings(sources: Sources, around: _Around, files: list[_Module]) -> tuple[LintFinding, ...]:
    unreadable = [LintFinding(file, 1, 1, "error", f"the file {why}") for file, why in sources.unreadable.items()]
    across = check_across(sources, (file.module for file in files if file.module), all(file.module for file in files))
    return tuple(sorted((*unreadable, *around.findings, *across, *(finding for file in files for finding in file.findings))))


def _templates(sources: Sources) -> Templates:
    from composer.library.files import read_templates

    return read_templates(sources.files)


def _fresh(name: str, sources: Sources, templates: Templates) -> _Module:
    from composer.library.files import read_one

    return _module(*read_one(name, sources.files[name], templates, sources.pictures))


def _around(templates: Templates) -> _Around:
    brand = templates.shared.brand
    frames = tuple((layout, language, frame) for (layout, language), frame in templates.frames.items())
    return _Around(tuple(file.layout for file in templates.layouts), frames, brand.voices, templates.findings, brand.source.broken)


def _module(source: SourceFile, module: ModuleFile | None, fragments: Fragments) -> _Module:
    if module is None or not fragments:
        return _Module(None, (), tuple(source.findings), {})
    kept = tuple((language, variant, style, fragment) for (_, language, variant, style), fragment in fragments.items())
    return _Module(module.module, kept, tuple(source.findings), module.sample)


_AROUND = cache(lambda: TypeAdapter(_Around))
_MODULE = cache(lambda: TypeAdapter(_Module))
