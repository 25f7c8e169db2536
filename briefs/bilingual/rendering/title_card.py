"""Draw a headline with the site's name: the picture of a link preview, and the cover of an issue."""

import io
import subprocess
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final, cast

from PIL import Image, ImageDraw, ImageFont

from briefs.bilingual.text import count_han

from .title_words import split_units

CARD_SIZE: Final = (1200, 630)
COVER_SIZE: Final = (1200, 1800)
_FONT_PATTERN: Final = "Noto Serif CJK TC,Noto Serif TC,Source Han Serif TC,Songti TC,serif:lang=zh-tw:bold"
_PAPER, _INK, _BLUE, _LINE = "#fdfdfb", "#1b1d22", "#24418f", "#bcc6de"
_LEFT, _FOLD = 84, 1096
_RIBBON: Final = ((-26, 0), (26, 0), (26, 26), (0, 12), (-26, 26))
_SITE_BASELINE, _SITE_SIZE = 110, 36
HEADLINE_TOP, HEADLINE_HEIGHT = 160, 400
_WIDTH: Final = 920
_HEADLINE_SIZES: Final = (88, 76, 64, 52, 44)
_COVER_SIZES: Final = (132, 112, 96, 80, 64, 52)
_COVER_TITLES: Final = ((420, 760), (1240, 420))
"""Top and height of the first and of the second title of a cover."""
_LEADING: Final = 1.3


@cache
def find_font() -> tuple[str, int] | None:
    """Return file and face of the font for both languages; None if fontconfig knows none with Chinese."""
    command = ["fc-match", "--format", "%{file}\t%{index}\t%{lang}", _FONT_PATTERN]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    file, face, languages = done.stdout.decode().split("\t")
    return (file, int(face) & 0xFFFF) if "zh-tw" in languages.split("|") else None


def draw_title_card(headline: str, site: str) -> bytes:
    """Return a PNG of CARD_SIZE. Without a font for Chinese, Chinese texts are left out."""
    image, canvas = _draw_paper(CARD_SIZE)
    _draw_line(canvas, site, _SITE_BASELINE)
    _draw_headline(canvas, headline, HEADLINE_TOP, HEADLINE_HEIGHT, _HEADLINE_SIZES)
    return _write_png(image)


@lru_cache(maxsize=64)
def draw_cover(sites: tuple[str, ...], kickers: tuple[str, ...], titles: tuple[str, ...]) -> bytes:
    """Return the cover of an issue as a PNG of COVER_SIZE: each in one or both languages, the larger title first."""
    image, canvas = _draw_paper(COVER_SIZE)
    for n, line in enumerate((*sites, *kickers)):
        _draw_line(canvas, line, _SITE_BASELINE + 56 * n)
    for title, (top, height), sizes in zip(
        titles, _COVER_TITLES, (_COVER_SIZES, _HEADLINE_SIZES), strict=False
    ):
        _draw_headline(canvas, title, top, height, sizes)
    return _write_png(image)


def _draw_paper(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a picture with the fold between its ribbons."""
    image = Image.new("RGB", size, _PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.line([(_FOLD, 0), (_FOLD, size[1])], fill=_LINE, width=2)
    for end, way in ((68, 1), (size[1] - 68, -1)):
        canvas.polygon([(_FOLD + x, end + way * y) for x, y in _RIBBON], fill=_BLUE)
    return image, canvas


def _draw_line(canvas: ImageDraw.ImageDraw, words: str, baseline: int) -> None:
    if find_font() or not count_han(words):
        canvas.text((_LEFT, baseline), words, font=_load_font(_SITE_SIZE), fill=_BLUE, anchor="ls")


def _write_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _load_font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font of this call's own, since threads must not share one; that of Pillow has no Chinese."""
    if font := find_font():
        return ImageFont.truetype(font[0], size, font[1])
    return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))


def _draw_headline(
    canvas: ImageDraw.ImageDraw, headline: str, top: int, height: int, sizes: Sequence[int]
) -> None:
    """Draw the headline at the largest size that fits, in lines of similar length. Cut what no size fits."""
    if not headline or (count_han(headline) and not find_font()):
        return
    units = split_units(headline)
    for size in sizes:
        font = _load_font(size)
        lines, most = break_lines(units, font, _WIDTH), int(height / (size * _LEADING))
        if len(lines) <= most and max(map(font.getlength, lines)) <= _WIDTH:
            break
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
    else:
        lines = _balance_lines(units, font, len(lines))
    leading = size * _LEADING
    middle = top + (height - (len(lines) - 1) * leading) / 2
    for n, line in enumerate(lines):
        canvas.text((_LEFT, middle + n * leading), line, font=font, fill=_INK, anchor="lm")


def _balance_lines(units: Sequence[str], font: ImageFont.FreeTypeFont, count: int) -> list[str]:
    """Return the lines of the least width at which there are no more than `count`."""
    widths = range(_WIDTH // 2, _WIDTH + 1, 20)
    return next(lines for width in widths if len(lines := break_lines(units, font, width)) == count)


def break_lines(units: Sequence[str], font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for unit in units:
        if lines[-1] and font.getlength(f"{lines[-1]}{unit}".rstrip()) > width:
            lines.append("")
        lines[-1] += unit
    return [line.rstrip() for line in lines]
