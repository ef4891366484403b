"""Find plug-ins by file name: every public file of a package is one plug-in; a folder in it is none."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def discover(package: ModuleType) -> dict[str, ModuleType]:
    """Return {file name: imported file} for `package`, in name order; a leading underscore hides a file."""
    found = sorted(info.name for info in iter_modules(package.__path__) if not info.ispkg and not info.name.startswith("_"))
    return {name: import_module(f"{package.__name__}.{name}") for name in found}
