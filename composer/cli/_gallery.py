"""Write the gallery: one page with every module, or with one, in all its variants; it needs nothing beside it."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.config import Settings
    from composer.domain.content import ContentModule
    from composer.library import LintFinding, OpenLibrary
    from composer.render.gallery import Shown

_LANGUAGES = {
    "da": "Dansk",
    "de": "Deutsch",
    "en": "English",
    "et": "Eesti",
    "fi": "Suomi",
    "fr": "Français",
    "nb": "Norsk",
    "sv": "Svenska",
}
_KINDS = {"roi": "ROI", "usecase": "Use case"}
_STYLES = {"": "As a card", "lead": "Leading the letter", "row": "As a row", "note": "As a closing note"}


def write_gallery(file: Path, settings: Settings, opened: OpenLibrary, only: ContentModule | None) -> None:
    """Write the page to `file`; UsageError where it cannot be written."""
    page = gallery(settings, opened, only)
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file), do="Name a file in a folder that exists.") from None


def gallery(settings: Settings, opened: OpenLibrary, only: ContentModule | None = None) -> str:
    """Return the page."""
    from composer.render import Press
    from composer.render.gallery import show
    from composer.web.pages import SHIPPED, Pages

    press, sender = Press(opened.compiled), settings.sender
    modules = [only] if only else opened.library.modules
    shown = [show(press, opened.library, one, opened.samples.get(one.name, {}), sender.name, sender.site) for one in modules]
    kinds: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        kinds[one.module.kind].append(one)
    names = {kind: _KINDS.get(kind, kind.replace("-", " ").capitalize()) for kind in kinds}
    templates = settings.path(settings.library.templates)
    sheets = [folder / "static" / "app.css" for folder in (templates, SHIPPED)]
    style = next(sheet for sheet in sheets if sheet.is_file() or sheet == sheets[-1])
    findings, left_out = _findings(opened, only)
    return Pages(templates, {"sender": sender}).render(
        "gallery.html",
        "en",
        heading=shown[0].title if only else "The library",
        summary=_summary(opened, shown),
        style=style.read_text(encoding="utf-8"),
        kinds=kinds,
        kind_names=names,
        findings=findings,
        left_out=left_out,
        labels=_LANGUAGES,
        look_names=_STYLES,
        pictures=_pictures(opened, shown),
        most=max((len(one.variants) for one in shown), default=0),
    )


def _summary(opened: OpenLibrary, shown: list[Shown]) -> str:
    languages = {variant.language for one in shown for variant in one.variants}
    tones = {variant.tone for one in shown for variant in one.variants}
    variants = sum(len(one.variants) for one in shown)
    count = f"{len(shown)} modules" if len(shown) != 1 else "One module"
    return f"{count}, {variants} variants: {len(languages)} languages, {len(tones)} tones. Library version {opened.library.version}."


def _findings(opened: OpenLibrary, only: ContentModule | None) -> tuple[dict[str, list[LintFinding]], list[LintFinding]]:
    """The findings of each module on the page, and those that keep others out of it."""
    of_module: dict[str, list[LintFinding]] = defaultdict(list)
    left_out = []
    for finding in opened.findings:
        name = finding.file.removeprefix("modules/").removesuffix(".mjml")
        if name in opened.library.index:
            of_module[name].append(finding)
        elif only is None and finding.severity == "error":
            left_out.append(finding)
    return of_module, left_out


def _pictures(opened: OpenLibrary, shown: list[Shown]) -> dict[str, str]:
    from composer.render.gallery import property_of, used_pictures

    data = {name: opened.sources.pictures[name] for name in sorted(used_pictures(shown)) if name in opened.sources.pictures}
    return {
        property_of(name): f"data:image/{'png' if name.endswith('.png') else 'jpeg'};base64,{b64encode(content).decode()}"
        for name, content in data.items()
    }
