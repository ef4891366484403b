"""What measures a letter, bound to a layout's end when its library is opened: the picture that counts opens, the link nobody sees.

No author writes them, so none can forget the question that stands around each: without consent the envelope holds no address for
it, and not a byte of it is printed (checks C06 and C07).
"""

from __future__ import annotations

from dataclasses import replace

from composer.domain.fragment import Frame

TRAP = (
    '{% if trap_url %}<div aria-hidden="true" style="display:none;mso-hide:all;max-height:0;overflow:hidden;">'
    '<a href="{{ trap_url }}" rel="nofollow" tabindex="-1"></a></div>{% endif %}'
)
"""Nobody sees, hears or reaches it: it is not shown, has no words, and neither screen readers nor keyboards stop there."""
PIXEL = (
    '{% if open_url %}<img src="{{ open_url }}" alt="" width="1" height="1" '
    'style="display:block;width:1px;height:1px;border:0;">{% endif %}'
)
"""Screen readers pass over a picture with an empty alternative text."""
_END = "</body>"


def measured(frame: Frame) -> Frame:
    """Return the frame with both at the end of its body."""
    before, end, after = frame.html_close.rpartition(_END)
    return replace(frame, html_close=f"{before}{TRAP}{PIXEL}{end}{after}")
