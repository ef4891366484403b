"""Compose the six letters of examples/letters and photograph them: `python -m tools.six_letters [--spam] [FOLDER]`.

Each on a desktop, on a phone, in the dark and with images off. `--spam` adds SpamAssassin's verdict on the bytes. `--explain` alone
prints what `preview --explain` says of each, and takes no picture.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright
from rich.console import Console

from composer.app import App, key_file, make_key, open_app
from composer.cli._explained import print_explained
from composer.config import Settings
from composer.domain.condition import Condition
from composer.pipeline.ingest import ingest
from composer.pipeline.preview import Preview, preview
from composer.pipeline.retrain import retrain
from composer.store.campaign_file import read_campaign_file
from composer.store.campaigns import create_campaign
from composer.store.conditions import report_condition
from composer.store.engine import connect, writing
from composer.store.migrate import upgrade
from tools.pictures import CHROMIUM, QUIET

ROOT = Path(__file__).parents[1]
HERE = ROOT / "examples" / "letters"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
"""A Monday in the week of the storm."""
STORM = Condition("storm", "Pirkanmaa", NOW - timedelta(hours=5))
PEOPLE = ("cfo", "hr", "machine-shop", "new-lead", "silent-grower", "storm")
LAYOUTS = ("newsletter", "digest", "announcement")
FORMS = {"desktop": (1100, "light", True), "phone": (390, "light", True), "dark": (700, "dark", True), "no-images": (700, "light", False)}
HOST = "https://letters.northlake.example"


@contextmanager
def installation() -> Iterator[App]:
    """An installation with the six people, in a temporary folder; one campaign a layout, named like it."""
    with tempfile.TemporaryDirectory() as place:
        settings = Settings.model_validate(
            {
                "database": {"url": "sqlite:///composer.db"},
                "library": {"modules": ROOT / "modules", "templates": ROOT / "templates"},
                "web": {"base_url": HOST},
                "sender": {
                    "address": "letters@northlake.example",
                    "name": "Northlake Software",
                    "site": "https://www.example.com",
                    "privacy_url": "https://www.example.com/privacy",
                    "postal_address": "Northlake Software Oy, Example Quay 4, 00100 Helsinki, Finland",
                },
                "defaults": {"time_zone": "Europe/Helsinki"},
                "folder": Path(place),
            }
        )
        make_key(key_file(settings))
        engine = connect(settings.database.url, settings.folder)
        upgrade(engine)
        engine.dispose()
        app = open_app(settings)
        try:
            for kind in ("products", "recipients", "consents", "orders", "events"):
                ingest(app, kind, HERE / f"{kind}.csv", now=NOW)
            keys = read_campaign_file(HERE / "campaign.toml")
            with writing(app.engine) as db:
                report_condition(db, STORM, NOW)
                for layout in LAYOUTS:
                    create_campaign(db, {**keys, "name": layout, "layout": layout}, NOW)
            retrain(app, NOW)
            yield app
        finally:
            app.close()


def letters(app: App, layout: str = "newsletter") -> dict[str, Preview]:
    """Each person's letter in this layout, exactly as it would be sent."""
    return {name: preview(app, name, layout, NOW) for name in PEOPLE}


def serve_pictures(route: Route, app: App) -> None:
    """Answer a page's requests from the library's own pictures; everything else is not there."""
    found = re.fullmatch(re.escape(HOST) + r"/pictures/(.+)\.[0-9a-f]{8}\.(png|jpg)", route.request.url)
    picture = app.library().sources.pictures.get(f"{found[1]}.{found[2]}") if found else None
    if picture is None:
        route.abort()
    else:
        route.fulfill(body=picture, content_type="image/png" if found and found[2] == "png" else "image/jpeg")


def photograph(browser: Browser, app: App, html: str, name: str, folder: Path) -> None:
    """Save the page in every form."""
    for form, (width, scheme, images) in FORMS.items():
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        if images:
            context.route("**/*", lambda route: serve_pictures(route, app))
        else:
            context.route("**/*", lambda route: route.abort())
        page = context.new_page()
        page.set_content(html, wait_until="load")
        page.screenshot(path=folder / f"{name}-{form}.png", full_page=True)
        context.close()


def spam(data: bytes) -> list[tuple[float, str]]:
    """SpamAssassin's rules that this letter hits, without the network: (points, rule), most first."""
    told = subprocess.run(["spamassassin", "-L", "-t"], input=data, capture_output=True, check=True).stdout.decode(errors="replace")
    report = told.rpartition("Content analysis details:")[2]
    return sorted(
        ((float(points), rule) for points, rule in re.findall(r"^\s*(-?\d+\.\d)\s+([A-Z][A-Z0-9_]+)", report, re.MULTILINE)), reverse=True
    )


def explain() -> None:
    """Print the six explanations, each under its person's name."""
    with installation() as app:
        for name, seen in letters(app).items():
            print(f"\n===== {name} =====\n", flush=True)
            print_explained(Console(width=110), seen)


def main() -> None:
    """Write and photograph the letters; with --spam judge them; with --explain explain them instead."""
    parser = argparse.ArgumentParser(prog="python -m tools.six_letters", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var" / "letters", help="where letters and pictures are written")
    parser.add_argument("--spam", action="store_true", help="judge them by SpamAssassin too")
    parser.add_argument("--explain", action="store_true", help="print why each holds what it holds, and write nothing")
    asked = parser.parse_args()
    if asked.explain:
        explain()
        return
    folder = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    worst = 0.0
    with installation() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for layout in LAYOUTS:
            for name, seen in letters(app, layout).items():
                if seen.message is None:
                    sys.exit(f"six_letters: {name} gets no letter in {layout}")
                for finding in seen.findings:
                    print(f"{name} {layout}: {finding.check} {finding.message}")
                stem = name if layout == "newsletter" else f"{name}-{layout}"
                (folder / f"{stem}.eml").write_bytes(seen.message.data)
                (folder / f"{stem}.html").write_text(seen.message.html, encoding="utf-8")
                (folder / f"{stem}.txt").write_text(seen.message.text, encoding="utf-8")
                photograph(browser, app, seen.message.html, stem, folder)
                if asked.spam and layout == "newsletter":
                    rules = spam(seen.message.data)
                    worst = max([worst, *(points for points, _ in rules)])
                    print(
                        f"{name}: {sum(points for points, _ in rules):.1f} points: "
                        + ", ".join(f"{rule} {points}" for points, rule in rules)
                    )
        browser.close()
    if asked.spam:
        print(f"worst single rule: {worst:.1f}")
    print(f"letters and pictures are in {folder}")


if __name__ == "__main__":
    main()
