"""Byte-equality: `python -m bench.equality [SLATES]`. Assembled letters against MJML's compile of the whole document.

Every ordered pair of modules, and random slates of four to six over all layouts, languages, variants, styles and calls.
"""

from __future__ import annotations

import sys
import time
from itertools import islice, permutations

from bench.letters_for_compose import real, real_letters
from composer.library.compile import whole_document
from composer.library.layout_file import LayoutFile
from composer.library.module_file import ModuleFile
from composer.library.opening import read_files
from composer.render.fields import environment
from composer.render.head import merge_head

Block = tuple[str, str, str, str]
"""Module, variant, style, call."""


def main() -> None:
    """Compare; exit 1 where one letter differs."""
    slates = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    layouts, modules = read_files(real().sources)
    by_name = {file.module.name: file for file in modules}
    started, differ = time.perf_counter(), 0
    pairs = list(permutations(sorted(by_name), 2))
    for place, names in enumerate(pairs):
        layout = layouts[place % len(layouts)]
        language = min(set(layout.layout.languages).intersection(*(by_name[name].module.languages for name in names)))
        differ += not _same(layout, [(name, "plain", "", "") for name in names], language, by_name)
    print(f"module pairs equal to the whole compile, byte for byte: {len(pairs) - differ:,} of {len(pairs):,}", flush=True)
    off = 0
    for place, (newsletter, _, _) in enumerate(islice(real_letters(), slates)):
        layout = layouts[place % len(layouts)]
        styles = [slot.style for slot in layout.layout.slots]
        blocks = [(block.module, block.variant, styles[min(at, 1)], block.call) for at, block in enumerate(newsletter.blocks)]
        off += not _same(layout, blocks, newsletter.language, by_name)
    print(
        f"random slates equal to the whole compile, byte for byte: {slates - off:,} of {slates:,} ({time.perf_counter() - started:.0f} s)"
    )
    sys.exit(bool(differ or off))


def _same(layout: LayoutFile, blocks: list[Block], language: str, modules: dict[str, ModuleFile]) -> bool:
    compiled = real().compiled
    frame = compiled.frames[layout.layout.name, language]
    some = []
    for name, variant, style, call in blocks:
        for wanted in ((variant, style), ("plain", style), (variant, ""), ("plain", "")):
            if fragment := compiled.fragments.get((name, language, *wanted)):
                some.append((fragment, (modules[name], *wanted, call)))
                break
    rules = set(frame.head).union(*(fragment.head for fragment, _ in some))
    bodies = [_called(fragment.html, fragment.ctas.get(call, fragment.ctas.get("", ""))) for fragment, (_, _, _, call) in some]
    assembled = "".join((frame.html_start, merge_head(rules), frame.html_open, *bodies, frame.html_close))
    return assembled == whole_document(layout, [block for _, block in some], language)


def _called(html: str, call: str) -> str:
    """Merge the call to action as a letter does, and leave every other field open."""
    return html.replace("{{ cta }}", environment(html=True).from_string("{{ cta }}").render(cta=call))


if __name__ == "__main__":
    main()
