"""What the repository's library compiles to, kept for one run of the tests: many of them open it with one file changed."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from composer.library import Cache

FOLDER = Path(tempfile.mkdtemp(prefix="composer-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
KEPT = Cache(FOLDER)
