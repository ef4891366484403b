"""The words of MJML that letters use: which tag stands in which, and which attributes each has (mjml.io, MJML 4).

MRML passes misspelt tags and attributes through in silence, so the linter checks against this table.
"""

from __future__ import annotations

_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_INNER_BORDER = "inner-border inner-border-top inner-border-right inner-border-bottom inner-border-left inner-border-radius"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_BACKGROUND = (
    "background-color background-url background-repeat background-size background-position background-position-x background-position-y"
)
_EVERY = "css-class mj-class"

_ATTRIBUTES = {
    "mjml": "lang dir",
    "mj-head": "",
    "mj-title": "",
    "mj-preview": "",
    "mj-attributes": "",
    "mj-style": "",
    "mj-body": "background-color width css-class",
    "mj-raw": "",
    "mj-section": f"{_EVERY} {_PADDING} {_BORDER} {_BACKGROUND} direction full-width text-align",
    "mj-wrapper": f"{_EVERY} {_PADDING} {_BORDER} {_BACKGROUND} full-width text-align",
    "mj-group": f"{_EVERY} background-color direction vertical-align width",
    "mj-column": f"{_EVERY} {_PADDING} {_BORDER} {_INNER_BORDER} background-color direction inner-background-color vertical-align width",
    "mj-text": f"{_EVERY} {_PADDING} {_FONT} align container-background-color height",
    "mj-button": f"{_EVERY} {_PADDING} {_BORDER} {_FONT} align background-color container-background-color height href inner-padding "
    "name rel target text-align title vertical-align width",
    "mj-image": f"{_EVERY} {_PADDING} {_BORDER} align alt container-background-color fluid-on-mobile font-size height href max-height "
    "name rel src target title width",
    "mj-divider": f"{_EVERY} {_PADDING} align border-color border-style border-width container-background-color width",
    "mj-spacer": f"{_EVERY} {_PADDING} container-background-color height",
    "mj-table": f"{_EVERY} {_PADDING} {_FONT} align border cellpadding cellspacing container-background-color role table-layout width",
}
ATTRIBUTES = {tag: frozenset(words.split()) for tag, words in _ATTRIBUTES.items()}
"""Tag -> its attributes. mj-all, mj-class and the tags inside mj-attributes take any of them."""
EVERY_ATTRIBUTE = frozenset().union(*ATTRIBUTES.values())

_IN_COLUMN = "mj-text mj-button mj-image mj-divider mj-spacer mj-table mj-raw"
_IN_BODY = "mj-section mj-wrapper mj-raw"
CHILDREN = {
    "mjml": frozenset(("mj-head", "mj-body")),
    "mj-head": frozenset(("mj-title", "mj-preview", "mj-attributes", "mj-style", "mj-raw")),
    "mj-attributes": frozenset((*ATTRIBUTES, "mj-all", "mj-class"))
    - {"mjml", "mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-style"},
    "mj-body": frozenset(_IN_BODY.split()),
    "mj-wrapper": frozenset(("mj-section", "mj-raw")),
    "mj-section": frozenset(("mj-column", "mj-group", "mj-raw")),
    "mj-group": frozenset(("mj-column", "mj-raw")),
    "mj-column": frozenset(_IN_COLUMN.split()),
}
"""Tag -> the MJML tags that may stand directly in it. The other tags hold text and HTML, or nothing."""
HOLDS_HTML = frozenset(("mj-text", "mj-button", "mj-table", "mj-raw", "mj-title", "mj-preview", "mj-style"))
IN_MODULE = frozenset(("mj-section", "mj-wrapper"))

REFUSED = {
    "mj-include": "mj-include is refused: write the content into this file",
    "mj-hero": "mj-hero is refused: the compiler makes tables of it that screen readers read out (H04); use mj-section",
    "mj-carousel": "mj-carousel is refused: most mail programs show it broken; use mj-image",
    "mj-accordion": "mj-accordion is refused: most mail programs show it broken; use mj-text",
    "mj-navbar": "mj-navbar is refused: most mail programs show it broken; use links in mj-text",
    "mj-social": "mj-social is refused: it loads icons from outside; use links in mj-text",
    "mj-font": "mj-font is refused: it loads a font from outside and tells who reads; use fonts readers have",
    "mj-breakpoint": "mj-breakpoint is refused: every layout breaks at 480px, so that modules fit all of them",
    "mj-html-attributes": "mj-html-attributes is refused: the compiler does not know it; write the attribute where it belongs",
}

_HTML = """a abbr b blockquote br code del div em h1 h2 h3 h4 hr i img ins li ol p s small span strong sub sup
table tbody td tfoot th thead tr u ul"""
HTML = frozenset(_HTML.split())
VOID = frozenset(("br", "hr", "img", "meta"))
_FORBIDDEN = """script iframe form object embed base link style video audio svg input button select textarea canvas
picture source frame frameset applet math template"""
FORBIDDEN_HTML = frozenset(_FORBIDDEN.split())


def one_near(word: str, known: frozenset[str]) -> str:
    """Return the only known word that is one slip away (a letter wrong, missing, too many, or two swapped), else nothing."""
    near = [other for other in known if _one_slip(word, other)]
    return near[0] if len(near) == 1 else ""


def _one_slip(one: str, other: str) -> bool:
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    swapped = shorter[at : at + 2] == longer[at : at + 2][::-1] and shorter[at + 2 :] == longer[at + 2 :]
    return swapped or shorter[at + 1 :] == longer[at + 1 :]
