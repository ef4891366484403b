"""Read, lint and compile the library's files, each once: first the templates, then every module on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from composer.domain.fragment import Fragment, Frame
from composer.library.brand import FILE as BRAND
from composer.library.brand import read_brand
from composer.library.compile import compile_fragment, compile_frame
from composer.library.compiler import CompileError
from composer.library.contrast import Surroundings, check_contrast, check_frame, surroundings
from composer.library.dress import classes_of, dressed
from composer.library.finding import LintFinding
from composer.library.front_matter import SourceFile, read_front_matter
from composer.library.judging import judge_fragments, judge_frames
from composer.library.layout_file import LayoutFile, read_layout
from composer.library.lines import check_lines
from composer.library.markup import check_markup
from composer.library.module_file import ModuleFile, read_module
from composer.library.parts import FOLDER as PARTS
from composer.library.parts import Shared, read_parts
from composer.library.survey_file import check_survey, page_keys
from composer.library.twin import check_twin, twin
from composer.library.words import FRAME_FIELDS, check_languages, check_shared_words, check_words

_LARGEST_FRAGMENT = 13_000
"""Bytes of one module's HTML: six of them and a frame of 20,000 stay under the 100,000 of a letter (check M04)."""
_OWN_KEYS = frozenset(("language",))

Fragments = dict[tuple[str, str, str, str], Fragment]


@dataclass(frozen=True)
class Templates:
    """What stands around the modules: everything in templates/newsletter. `layouts` are those without errors.

    Everything draws from the brand: where that is broken nothing else is read, for it would only repeat the fault.
    """

    shared: Shared
    layouts: tuple[LayoutFile, ...]
    frames: Mapping[tuple[str, str], Frame]
    findings: tuple[LintFinding, ...]

    @property
    def opening(self) -> str:
        """The start of a document up to its blocks; modules are compiled behind it."""
        return self.layouts[0].opening if self.layouts else "<mjml><mj-body>"

    @cached_property
    def surroundings(self) -> Surroundings:
        """What is seen around a block: the first layout's frame, in its first language."""
        return surroundings(next(iter(self.frames.values()), None))

    def styles(self, kind: str) -> tuple[str, ...]:
        """The styles a module of this kind can be asked for in: those of the slots that take it, and the plain one."""
        slots = (slot.style for file in self.layouts for slot in file.layout.slots if file.layout.takes(slot, kind))
        return tuple(sorted({"", *slots}))


def read_templates(files: Mapping[str, str]) -> Templates:
    """Read the brand, the parts and the layouts; what is wrong is in the findings."""
    findings: list[LintFinding] = []
    shared = Shared(read_brand(files), read_parts(files, findings))
    check_shared_words(shared.brand.source, shared.brand.texts)
    findings += shared.brand.source.findings
    if shared.brand.source.broken:
        return Templates(shared, (), {}, tuple(sorted(findings)))
    layouts: list[LayoutFile] = []
    frames: dict[tuple[str, str], Frame] = {}
    for file in sorted(name for name in files if name.startswith("templates/")):
        if file == BRAND or file.startswith(PARTS) or not file.endswith(".mjml"):
            continue
        source = read_front_matter(file, files[file])
        layout = read_layout(source, shared)
        if layout and (made := _frames(layout, layouts)):
            frames |= made
            layouts.append(layout)
        findings += source.findings
    # A part stands in several layouts and is told once.
    return Templates(shared, tuple(layouts), frames, tuple(sorted(set(findings))))


def _frames(layout: LayoutFile, others: list[LayoutFile]) -> dict[tuple[str, str], Frame]:
    source = layout.source
    check_markup(source, layout=True)
    check_words(source, layout.texts, layout.text, known=FRAME_FIELDS, own_keys=_OWN_KEYS | {"blocks"}, shared=layout.brand.texts)
    if others and layout.opening != others[0].opening:
        first = others[0].source.file
        source.in_body(0, f"mj-attributes or mj-body differ from {first}: modules are compiled once, so all layouts share them")
    if source.broken:
        return {}
    try:
        made = {(layout.layout.name, language): compile_frame(layout, language) for language in layout.layout.languages}
        check_frame(layout, made)
        return made if judge_frames(layout, made) else {}
    except CompileError as error:
        # compile_frame strips the body, so its first line is the body's first with anything on it.
        skipped = len(source.body) - len(source.body.lstrip())
        lines = source.body.lstrip().split("\n")
        source.in_body(skipped + sum(len(line) + 1 for line in lines[: error.line - 1]), error.message)
        return {}


def read_one(file: str, text: str, templates: Templates, pictures: Mapping[str, bytes]) -> tuple[SourceFile, ModuleFile | None, Fragments]:
    """Read one module. Without fragments it is broken, and its findings say why."""
    source = read_front_matter(file, text)
    module = read_module(source, templates.shared, pictures)
    return source, module, _compile(source, module, templates) if module else {}


def _compile(source: SourceFile, module: ModuleFile, templates: Templates) -> Fragments:
    check_markup(source, layout=False, classes=classes_of(templates.opening))
    check_words(source, module.texts, module.text, own_keys=_OWN_KEYS, unused=page_keys(module.module.survey))
    check_survey(source, module.module.survey, module.text)
    looks = {style: templates.shared.brand.look(style) for style in templates.styles(module.module.kind)}
    if not source.broken:
        check_twin(module, looks)
    if source.broken:
        return {}
    check_lines(module, looks.values())
    languages = frozenset(language for layout in templates.layouts for language in layout.layout.languages)
    if languages:
        check_languages(module, languages)
    made: Fragments = {}
    classes = classes_of(templates.opening)
    try:
        for style, look in looks.items():
            body, text = dressed(source.body, look, classes), twin(module, look)
            for language, variant in module.texts:
                made[module.module.name, language, variant, style] = compile_fragment(
                    module, language, variant, body, text, templates.opening
                )
    except CompileError as error:
        source.add(source.body_line + error.line - 1, error.column, error.message)
    largest = max((len(fragment.html.encode()) for fragment in made.values()), default=0)
    if largest > _LARGEST_FRAGMENT:  # what is so large is not looked at closer: it could take minutes
        source.in_body(0, f"the module is {largest // 1000} kB of HTML, {_LARGEST_FRAGMENT // 1000} are allowed: shorten it, or split it")
        return {}
    check_contrast(module, made, templates.surroundings)
    if not source.broken:
        judge_fragments(module, made)
    return {} if any(finding.severity == "error" for finding in source.findings) else made
