"""Take pictures of every page and of a letter from a small demo: `python -m tools.pictures [FOLDER]`.

Each in three forms: desktop, phone, dark. docs/pictures/ holds the few that the README shows.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from composer.demo.life import DemoRun
from composer.demo.run import a_letter, demo, play_week
from composer.web.app import make_web
from composer.web.server import make_server

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
FORMS = {"desktop": (1280, "light"), "phone": (390, "light"), "dark": (1280, "dark")}
PORT = 18025


@contextmanager
def _served(run: DemoRun) -> Iterator[str]:
    server = make_server(make_web(run.app, inbox=run.inbox), "127.0.0.1", PORT)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{PORT}"
    finally:
        server.should_exit = True
        thread.join()


def _pages(run: DemoRun, base: str) -> dict[str, str]:
    """Name -> address: the inbox, one letter, and the links of that letter."""
    chosen = a_letter(run)
    if chosen is None:
        sys.exit("pictures: nobody got a personal letter")
    letter = [file for file in sorted(run.inbox.glob("*.eml")) if f"{chosen.recipient_id}@" in file.read_text()][-1]
    links = dict(re.findall(rf"({re.escape(base)}/([upw])/[A-Za-z0-9_-]{{36}})", letter.read_text().replace("=\n", ""))[::-1])
    named = {kind: url for url, kind in links.items()}
    asked = next((text for file in run.inbox.glob("*.eml") if "/s/" in (text := file.read_text())), "")
    question = re.findall(rf'{re.escape(base)}/s/[\w-]+\?a[^\s"<]+', asked.replace("=\n", "").replace("=3D", "="))
    return {
        "inbox": f"{base}/inbox",
        "mail": f"{base}/inbox/{letter.stem}",
        "letter": f"{base}/inbox/{letter.stem}/letter",
        "unsubscribe": named["u"],
        "preferences": named["p"],
        "why": named["w"],
        **{name: f"{named['p']}/{name}" for name in ("learnt", "asked", "rights", "data", "erase")},
        "subscribe": f"{base}/subscribe",
        "unknown": f"{base}/p/unknown",
        **({"survey": question[0].replace("&amp;", "&")} if question else {}),
        "preferences-fi": f"{named['p']}?l=fi",
        "why-de": f"{named['w']}?l=de",
        "unsubscribe-sv": f"{named['u']}?l=sv",
    }


def _take(browser: Browser, pages: dict[str, str], folder: Path) -> None:
    for form, (width, scheme) in FORMS.items():
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for name, url in pages.items():
            answer = page.goto(url)
            if answer is None or not (answer.ok or name == "unknown"):
                sys.exit(f"pictures: {name} did not open")
            page.screenshot(path=folder / f"{name}-{form}.png", full_page=name not in ("inbox", "mail"))
            if form != "phone" and name in ("mail", "why", "preferences"):
                page.screenshot(path=folder / f"{name}-{form}.jpg", type="jpeg", quality=82)
        context.close()


def main() -> None:
    """Play two weeks of a small demo and photograph it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, demo(Path(place) / "demo", ROOT, 60, PORT) as run:
        for _ in range(2):
            play_week(run, lambda _: None)
        with _served(run) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            _take(browser, _pages(run, base), folder)
            browser.close()
    print(f"{len(FORMS)} forms of each page are in {folder}")


if __name__ == "__main__":
    main()
