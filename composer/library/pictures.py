"""Pictures of the letters: read from templates/pictures, checked by their first and last bytes, addressed by their content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from composer.domain.sources import picture_file

LARGEST = 60_000
"""Bytes. Phones load pictures over slow lines, and many letters show two."""
FIELD = "pictures"
"""The merge field with the folder they are served from."""
WIDEST = 4096
"""Pixels. A small file may unpack to gigabytes in the reader's program."""
_ENDS = {"png": b"\0\0\0\0IEND\xae\x42\x60\x82", "jpg": b"\xff\xd9"}
"""What a whole file ends with: the empty chunk IEND (W3C PNG, 11.2.5), the marker EOI (ITU T.81, B.1.1.3)."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(png|jpg)")


def address(name: str, data: bytes) -> str:
    """Return the src of a picture: the folder as a merge field, and a name that changes with the content."""
    return f"{{{{ {FIELD} }}}}/{picture_file(name, data)}"


def read_pictures(folder: Path) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
    """Return the folder's pictures by name, and why the others are none."""
    pictures: dict[str, bytes] = {}
    wrong: dict[str, str] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix in (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"):
            data, why = _read(path, folder)
            if data is None:
                wrong[path.name] = why
            else:
                pictures[path.name] = data
    return pictures, wrong


def read_picture(folder: Path, name: str) -> bytes | None:
    """Return one picture; None where there is none of this name that is fit for letters."""
    return _read(folder / name, folder)[0] if _NAME.fullmatch(name) else None


def _read(path: Path, folder: Path) -> tuple[bytes | None, str]:
    try:
        if not _NAME.fullmatch(path.name):
            return None, "is no PNG or JPEG named in small letters, digits and hyphens: rename it NAME.png or NAME.jpg"
        if not path.resolve().is_relative_to(folder.resolve()):
            return None, "is a link that leads out of its folder: put the file itself here"
        if path.exists() and not path.is_file():  # a pipe would never end
            return None, "is no file: put the picture itself here"
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    except RuntimeError:  # what pathlib makes of ELOOP until Python 3.13
        return None, "is a link that leads to itself: put the file itself here"
    why = trouble(path.name, data)
    return (None, why) if why else (data, "")


def trouble(name: str, data: bytes) -> str:
    """Return why this is no picture for letters, or an empty string."""
    if len(data) > LARGEST:
        return f"is larger than {LARGEST // 1000} kB: draw it with fewer colours, or smaller"
    size = _png_size(data) if name.endswith(".png") else _jpeg_size(data)
    if size is None:
        return f"is no {'PNG' if name.endswith('.png') else 'JPEG'} picture by its first bytes: save it as one"
    width, height = size
    if width != 2 * height or not width:
        return f"is {width} by {height} pixels: letters show pictures twice as wide as high, such as 1232 by 616"
    if width > WIDEST:
        return f"is {width} pixels wide, {WIDEST} are allowed: letters show at most 616, so 1232 are plenty"
    if not data.endswith(_ENDS[name[-3:]]):
        return "is cut off, or has something behind its end: save it again"
    return ""


def _png_size(data: bytes) -> tuple[int, int] | None:
    """W3C PNG, 5.2 and 11.2.1: the signature, then IHDR with width and height as 32-bit numbers."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """ITU T.81, B.1.1 and B.2.2: segments after FF D8, until a frame header (SOF) tells height and width."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if length < 2:
            return None
        at += 2 + length
    return None
