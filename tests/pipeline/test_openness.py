"""The article's "openness brings trust": each mail links to a page that states in words which data chose each block."""

from __future__ import annotations

import email
import email.policy
import html
import re
from pathlib import Path

from composer.app import App
from composer.domain.level import Level

from .test_links import browser
from .test_replay import past

WORDS = {
    "your language, topics and time of day": Level.none,
    "your profile": Level.basic,
    "your orders and returns": Level.standard,
    "your clicks and visits": Level.premium,
}
"""What the page calls the data -> the level that may look at it."""


def test_each_mail_links_to_a_page_that_states_in_words_which_data_chose_each_block(sent: App, letters_sent: Path) -> None:
    library = sent.library().library
    named, silent = set(), 0
    for data, letter in list(past(sent, letters_sent).values())[:8]:
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = [message.get_body((kind,)) for kind in ("plain", "html")]
        links = [re.findall(r"http://127\.0\.0\.1:\d+(/w/[\w-]+)", part.get_content()) for part in parts if part]
        assert len(links) == 2
        assert len({link for part in links for link in part}) == 1, "one page, linked from both parts"
        with browser(sent) as client:
            page = html.unescape(client.get(f"{links[0][0]}?l=en").text)
        blocks = re.findall(r'<li class="card" id="part\d+">(.*?)</li>\s*(?=<li class="card"|</ol>)', page, re.DOTALL)
        assert len(blocks) == len(letter.blocks)
        for block, shown in zip(letter.blocks, blocks, strict=True):
            module = library.modules[library.index[block.module]]
            assert module.title("en") in shown
            assert shown.count("<li>") in (2, 3), "two or three sentences say why"
            said = {words for words in re.findall(r"<b>([^<]+)</b>", shown) if words in WORDS}
            assert all(WORDS[words] <= letter.level for words in said), "nothing above the reader's level is looked at"
            named |= said
            silent += "nothing you did or told us" in shown
    assert len(named) >= 3, named
    assert silent, "and where nothing was looked at, that is said"
