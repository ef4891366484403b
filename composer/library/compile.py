"""Compile MJML once per module, language and variant to HTML with the merge fields left in.

Body fragments do not depend on their neighbours, so a letter assembled from them is byte for byte the letter
compiled whole, once the heads are merged (composer.render.head). What is compiled has passed composer.library.markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from composer.domain.content import PLAIN
from composer.domain.fragment import Fragment, Frame
from composer.library.compiler import CompileError, mjml
from composer.library.dress import classes_of, dressed
from composer.library.layout_file import SLOT_OF_BLOCKS, LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.texts import bind_html, bind_text
from composer.render.head import split_head

_OPEN, _CLOSE = "<!--composer:open-->", "<!--composer:close-->"


def compile_fragment(module: ModuleFile, language: str, variant: str, body: str, text: str, opening: str) -> Fragment:
    """Compile one module: its body dressed in a style, and `text`, its twin there.

    Raises CompileError with a position in the module's body.
    """
    start = f"{opening}<mj-raw>{_OPEN}</mj-raw>"
    texts = _open_call(module.texts[language, variant], language)
    try:
        html = mjml(f"{start}\n{bind_html(body, texts)}<mj-raw>{_CLOSE}</mj-raw></mj-body></mjml>")
    except CompileError as error:
        raise CompileError(error.message, max(error.line - start.count("\n") - 1, 1), error.column) from None
    head, _, rest = html.partition("</head>")
    _, rules, _ = split_head(head)
    return Fragment(rest.partition(_OPEN)[2].partition(_CLOSE)[0], bind_text(text, texts), rules, calls_of(module, language, variant))


def calls_of(module: ModuleFile, language: str, variant: str) -> dict[str, str]:
    """Return the calls to action by journey stage; the empty stage is the text's own. A stage's call wins over a tone's."""
    own = {"": module.texts[language, variant]["cta"]} if "cta" in module.texts[language, variant] else {}
    return {stage: " ".join(call.split()) for stage, call in (own | dict(module.calls.get(language, {}))).items()}


def compile_frame(layout: LayoutFile, language: str) -> Frame:
    """Compile a layout around the place where the blocks go. Raises CompileError."""
    texts = {**layout.texts[language, PLAIN], "language": language}
    body = bind_html(SLOT_OF_BLOCKS.sub(f"<mj-raw>{_OPEN}</mj-raw>", layout.source.body), texts)
    html = mjml(body.strip())
    head, _, rest = html.partition("</head>")
    before, rules, after = split_head(head)
    opening, _, closing = rest.partition(_OPEN)
    text_open, text_close = re.split(r"\[\[\s*blocks\s*\]\]", bind_text(layout.text, texts), maxsplit=1)
    return Frame(before, f"{after}</head>{opening}", closing, text_open, text_close, rules, dict(texts))


def whole_document(layout: LayoutFile, blocks: Iterable[tuple[ModuleFile, str, str, str]], language: str) -> str:
    """Compile a letter in one go, the slow way: what assembly from fragments must equal byte for byte."""
    return mjml(document(layout, blocks, language))


def document(layout: LayoutFile, blocks: Iterable[tuple[ModuleFile, str, str, str]], language: str) -> str:
    """Return a whole letter as one MJML document.

    A block is its module, variant, style and call (a journey stage, or an empty string); the call is bound before compiling.
    """
    classes, bodies = classes_of(layout.opening), []
    for module, variant, style, call in blocks:
        calls = calls_of(module, language, variant)
        texts = {**module.texts[language, variant], "language": language}
        if calls:
            texts["cta"] = calls.get(call, calls.get("", ""))
        bodies.append(bind_html(dressed(module.source.body, layout.brand.look(style), classes), texts))
    frame = bind_html(layout.source.body, {**layout.texts[language, PLAIN], "language": language})
    return SLOT_OF_BLOCKS.sub(lambda _: "".join(bodies), frame).strip()


def _open_call(texts: Mapping[str, str], language: str) -> dict[str, str]:
    bound = {**texts, "language": language}
    return bound | {"cta": "{{ cta }}"} if "cta" in texts else bound
