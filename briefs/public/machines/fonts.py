"""Find fonts for link preview images with fontconfig, once per process.

Without a Chinese font, images have no Chinese text and a warning is logged once.
"""

import logging
import shutil
import subprocess
from functools import cache
from typing import NamedTuple

from PIL import ImageFont

from ...content import Side

log = logging.getLogger(__name__)

_PREFERRED_FAMILIES: dict[Side, tuple[str, ...]] = {
    "zh": (
        *("Songti TC", "Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC"),
        *("PingFang TC", "Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Microsoft JhengHei"),
    ),
    "en": (
        "Iowan Old Style",
        "Palatino Linotype",
        "Palatino",
        "P052",
        "Noto Serif CJK TC",
        "Noto Serif",
        "DejaVu Serif",
    ),
}
_PREFERRED_WEIGHTS: dict[Side, tuple[str, ...]] = {
    "zh": ("Bold", "SemiBold", "Regular"),
    "en": ("Regular", "Book", "Roman"),
}
_FONTCONFIG_PATTERNS: dict[Side, str] = {"zh": ":lang=zh-tw", "en": ":lang=en"}
_NAMED_INSTANCE = 1 << 16


class FontFace(NamedTuple):
    file: str
    face_number: int
    """Index of the face in its file."""


@cache
def find_face(script: Side) -> FontFace | None:
    """Return the preferred face for headlines in this script; None if there is none."""
    listed = _list_faces(_FONTCONFIG_PATTERNS[script])
    best = min(listed, key=lambda row: _rank(script, row[1], row[2]), default=None)
    if best is None and script == "zh":
        log.warning(
            "No font with Chinese was found (fc-list :lang=zh-tw): cards of link previews have no words."
        )
    return best[0] if best else None


@cache
def load_font(script: Side, size: int) -> ImageFont.FreeTypeFont | None:
    """Return the font; None if there is none for Chinese. Latin falls back to Pillow's own."""
    if face := find_face(script):
        return ImageFont.truetype(face.file, size, face.face_number)
    own = ImageFont.load_default(size) if script == "en" else None
    return own if isinstance(own, ImageFont.FreeTypeFont) else None


def _list_faces(pattern: str) -> list[tuple[FontFace, str, str]]:
    program = shutil.which("fc-list")
    if program is None:
        return []
    wanted = "%{file}\t%{index}\t%{family}\t%{style}\n"
    try:
        done = subprocess.run(  # noqa: S603
            [program, "--format", wanted, pattern], capture_output=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.split("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    found = [
        (FontFace(row[0], int(row[1])), row[2], row[3])
        for row in rows
        if len(row) == 4 and row[1].isdecimal()
    ]
    return [
        row
        for row in found
        if row[0].face_number < _NAMED_INSTANCE and row[0].file.endswith((".ttf", ".ttc", ".otf"))
    ]


def _rank(script: Side, family: str, style: str) -> tuple[int, int, str]:
    families, weights = _PREFERRED_FAMILIES[script], _PREFERRED_WEIGHTS[script]
    names, styles = family.split(","), style.split(",")
    by_family = next((n for n, name in enumerate(families) if name in names), len(families))
    by_weight = next((n for n, weight in enumerate(weights) if weight in styles), len(weights))
    return by_family, by_weight, family
