"""Compile MJML once per module, language and variant to HTML with the merge fields left in.

Body fragments do not depend on their neighbours, so a letter assembled from them is byte for byte the letter
compiled whole, once the heads are merged (composer.render.head). MRML holds the GIL and dies of deep nesting:
it runs here only, on text that composer.library.markup has passed.
"""

from __future__ import annotations

import re

from mjml import mjml2html

from composer.domain.fragment import Fragment, Frame
from composer.library.finding import position
from composer.library.layout_file import SLOT_OF_BLOCKS, LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.texts import bind_html, bind_text
from composer.render.head import split_head

_OPEN, _CLOSE = "<!--composer:open-->", "<!--composer:close-->"
_ATTRIBUTES = re.compile(r"<mj-attributes>.*?</mj-attributes>", re.DOTALL)
_BODY = re.compile(r"<mj-body\b[^>]*>")


class CompileError(Exception):
    """The compiler refused: `message`, and the line and column in the compiled text where it said them."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def mjml(text: str) -> str:
    """Compile a whole document. `fonts={}`: without it every letter would load fonts from outside."""
    try:
        return mjml2html(text, fonts={})
    except ValueError as error:
        raise _explained(text, str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a Rust panic is no Exception
            raise
        raise CompileError(f"the compiler broke down: {error}") from None


def style_of(layout: LayoutFile) -> str:
    """The layout's mj-attributes and its mj-body tag: what makes modules look like one company. All layouts share them.

    In the form of a document's opening, up to where its blocks may start.
    """
    attributes, body = _ATTRIBUTES.search(layout.source.body), _BODY.search(layout.source.body)
    return f"<mjml><mj-head>{attributes[0] if attributes else ''}</mj-head>{body[0] if body else '<mj-body>'}"


def compile_fragment(module: ModuleFile, language: str, variant: str, style: str) -> Fragment:
    """Compile one module. Raises CompileError with a position in the module's body."""
    texts = {**module.texts[language, variant], "language": language}
    opening = f"{style}<mj-raw>{_OPEN}</mj-raw>"
    body = "\n" + bind_html(module.source.body, texts)
    try:
        html = mjml(f"{opening}{body}<mj-raw>{_CLOSE}</mj-raw></mj-body></mjml>")
    except CompileError as error:
        raise CompileError(error.message, max(error.line - opening.count("\n") - 1, 1), error.column) from None
    head, _, rest = html.partition("</head>")
    _, rules, _ = split_head(head)
    return Fragment(rest.partition(_OPEN)[2].partition(_CLOSE)[0], bind_text(module.text, texts), rules)


def compile_frame(layout: LayoutFile, language: str) -> Frame:
    """Compile a layout around the place where the blocks go. Raises CompileError."""
    texts = {**layout.texts[language, "plain"], "language": language}
    body = bind_html(SLOT_OF_BLOCKS.sub(f"<mj-raw>{_OPEN}</mj-raw>", layout.source.body), texts)
    html = mjml(body.strip())
    head, _, rest = html.partition("</head>")
    before, rules, after = split_head(head)
    opening, _, closing = rest.partition(_OPEN)
    text_open, text_close = re.split(r"\[\[\s*blocks\s*\]\]", bind_text(layout.text, texts), maxsplit=1)
    return Frame(before, f"{after}</head>{opening}", closing, text_open, text_close, rules, dict(texts))


def whole_document(layout: LayoutFile, modules: list[tuple[ModuleFile, str]], language: str) -> str:
    """Compile a letter in one go, the slow way: what assembly from fragments must equal byte for byte."""
    bodies = "".join(
        bind_html(module.source.body, {**module.texts[language, variant], "language": language}) for module, variant in modules
    )
    frame = bind_html(layout.source.body, {**layout.texts[language, "plain"], "language": language})
    return mjml(SLOT_OF_BLOCKS.sub(lambda _: bodies, frame).strip())


def _explained(text: str, message: str) -> CompileError:
    span = re.search(r"(\d+)\.\.(\d+)", message) or re.search(r"position (\d+)", message)
    if not span:
        return CompileError(f"the compiler cannot read it: {message}")
    offset = len(text.encode()[: int(span[1])].decode(errors="ignore"))  # the compiler counts bytes
    return CompileError(f"the compiler cannot read it: {message}", *position(text, offset))
