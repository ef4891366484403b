"""What the checks of letters say of a compiled piece, as findings of the linter: tier one of docs/checks.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from composer.domain.content import PLAIN
from composer.domain.fragment import Fragment, Frame
from composer.domain.message import Finding
from composer.library.front_matter import SourceFile
from composer.library.layout_file import LayoutFile
from composer.library.module_file import ModuleFile
from composer.render.check_piece import check_frame as check_compiled_frame
from composer.render.check_piece import check_piece


def judge_fragments(module: ModuleFile, made: Mapping[tuple[str, str, str, str], Fragment]) -> None:
    """Check every fragment of a module; a law is told once, with the first language, tone and style that breaks it."""
    _tell(
        module.source,
        (
            (_where(language, variant, style), finding)
            for (_, language, variant, style), fragment in made.items()
            for finding in check_piece(fragment.html, fragment.text, _calls(fragment, variant, style))
        ),
    )


def _calls(fragment: Fragment, variant: str, style: str) -> Mapping[str, str]:
    """All calls for the plain piece; the others have the same ones in the same place, so their own is enough."""
    return fragment.ctas if (variant, style) == (PLAIN, "") else {stage: call for stage, call in fragment.ctas.items() if not stage}


def judge_frames(layout: LayoutFile, made: Mapping[tuple[str, str], Frame]) -> bool:
    """Check a layout's frame in every language; tell whether letters can be made with it."""
    _tell(
        layout.source, ((language, finding) for (_, language), frame in made.items() for finding in check_compiled_frame(frame, language))
    )
    return not layout.source.broken


def _where(language: str, variant: str, style: str) -> str:
    return ", ".join((language, *((variant,) if variant != PLAIN else ()), *((f"style {style}",) if style else ())))


def _tell(source: SourceFile, found: Iterable[tuple[str, Finding]]) -> None:
    told = set[str]()
    for where, finding in found:
        if finding.check not in told:
            told.add(finding.check)
            source.in_body(0, f"{finding.check} ({where}): {finding.message}", "error" if finding.blocks else "warning")
