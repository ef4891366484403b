"""npm's mjml and nodemailer's composer over the same letters: `python -m bench.node`. Left out without node and npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from bench.letters_for_compose import Letter, heavy, heavy_letters
from bench.obvious import Obvious, values

PACKAGES = ("mjml@5", "nodemailer@10")
LETTERS = 40


def main() -> None:
    """Install the packages into a folder that is thrown away, and print what they cost."""
    if not shutil.which("node") or not shutil.which("npm"):
        print("npm mjml and nodemailer: left out, node or npm is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, *PACKAGES]
        done = subprocess.run(install, cwd=folder, capture_output=True, check=False)
        if done.returncode:
            print("npm mjml and nodemailer: left out, npm cannot install them here")
            return
        file = Path(folder) / "letters.json"
        file.write_text(json.dumps(list(map(_letter, islice(heavy_letters(), LETTERS)))), encoding="utf-8")
        script = Path(__file__).with_name("node.mjs")
        run = subprocess.run(["node", str(script), str(file)], cwd=folder, capture_output=True, check=False)
        if run.returncode:
            sys.exit(f"bench.node: {run.stderr.decode()[-400:]}")
        found = json.loads(run.stdout)
    for name, what in (("mjml", "MJML to HTML, one letter"), ("compose", "HTML and text to MIME bytes, one letter")):
        package = {"mjml": "mjml", "compose": "nodemailer"}[name]
        title = f"npm {package} {found['versions'][package]}: {what}"
        print(f"{title:<62} {found[name]:10.0f} us")


_OBVIOUS = Obvious(heavy())


def _letter(letter: Letter) -> dict[str, object]:
    """Merge as the obvious way does: node is timed with what would be its templates' output."""
    newsletter, person, envelope = letter
    fields = values(letter)
    message = {
        "from": f"{envelope.sender_name} <{envelope.sender_address}>",
        "to": person.address,
        "subject": newsletter.subject,
        "messageId": envelope.message_id,
        "date": envelope.date.isoformat(),
        "headers": {"List-Id": f"<{envelope.list_id}>", "List-Unsubscribe": f"<{envelope.unsubscribe_header_url}>"},
        "text": _OBVIOUS.text.render(fields),
        "html": _OBVIOUS.html.render(fields),
    }
    return {"mjml": _OBVIOUS.template.render(fields), "message": message}


if __name__ == "__main__":
    main()
