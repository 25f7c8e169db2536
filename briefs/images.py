"""Check uploaded pictures, re-encode them and store the files that readers get.

The type is detected from the content. JPEG, PNG and WebP are accepted, animations refused. Nothing but the
pixels is kept: no EXIF, colour profile, comment or trailing data. The sha256 of the original bytes is the
picture's key and part of its file names.
"""

import hashlib
import io
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, UnidentifiedImageError

from briefs.content import PICTURE_WIDTHS, Picture

MB: Final = 1_000_000
MAX_BYTES: Final = 15 * MB
MAX_PIXELS: Final = {"JPEG": 40 * MB, "MPO": 40 * MB, "PNG": 40 * MB, "WEBP": 12 * MB}
"""Lower for WebP, which is decoded into several buffers at once. (MPO is a JPEG variant from phones.)"""
MAX_SCANS: Final = 40
"""Maximum scans in a JPEG.

A progressive one has about ten; thousands of empty ones take minutes to decode.
"""
MAX_PROFILE_BYTES: Final = 4 * MB
MIN_WIDTH: Final = 320
MAX_HEIGHT_TO_WIDTH, MAX_WIDTH_TO_HEIGHT = 2, 4
"""Maximum height relative to width, and maximum width relative to height."""

REFUSAL_MESSAGES: Final[dict[str, str | Promise]] = {
    "none": _("Choose a picture."),
    "too-large": _("The picture is too large (%(size)s). The limit is %(limit)s."),
    "too-many-pixels": _("The picture has too many pixels. The limit is %(limit)s million."),
    "too-small": _("The picture is too small (%(width)s × %(height)s). It must be %(least)s pixels wide."),
    "too-long": _("The picture is too narrow or too wide (%(width)s × %(height)s). Cut it and upload it again."),
    "moving": _("A moving picture cannot be a cover. Upload a still one."),
    "unknown": _("This is no JPEG, PNG or WebP picture. Save it as one of these and upload it again."),
    "damaged": _("The picture is damaged and cannot be read. Save it anew and upload it again."),
}  # fmt: skip

_ENCODINGS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "webp": ("WEBP", {"quality": 80, "method": 3}),  # 4 takes 1.6 times as long for files of the same size
    "jpg": ("JPEG", {"quality": 82, "progressive": True, "optimize": True}),
}
_FILE_NAME_PATTERN: Final = re.compile(r"([0-9a-f]{64})-[1-9]\d{1,3}\.(webp|jpg)", re.ASCII)
_EXIF_ORIENTATION: Final = 0x0112
_TRANSPOSES: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BAND_HEIGHT: Final = 256
_decoding_lock = threading.Lock()


class PictureRefused(Exception):
    """The picture cannot be accepted. The message tells the editor why."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(code)

    def __str__(self) -> str:
        return str(REFUSAL_MESSAGES[self.code] % self.values if self.values else REFUSAL_MESSAGES[self.code])


@dataclass(frozen=True, slots=True)
class CleanedPicture:
    """Re-encoded files by name. `width` and `height` are those of the largest."""

    key: str
    width: int
    height: int
    files: dict[str, bytes]


def hash_picture(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def picture_file_name(key: str, width: int, extension: str) -> str:
    """Return the file's name, used in its address and in the storage."""
    return f"{key}-{width}.{extension}"


def picture_key_from_file_name(name: str) -> str:
    """Return the key in a file name; empty if the name has another format."""
    match = _FILE_NAME_PATTERN.fullmatch(name)
    return match[1] if match else ""


def format_size(byte_count: int) -> str:
    """Format a size in MB, rounded up: 18.2 MB."""
    return f"{-(-byte_count * 10 // MB) / 10:g} MB"


def check_size(byte_count: int) -> None:
    """Raise PictureRefused if the file is too large. Call before reading the bytes."""
    if byte_count > MAX_BYTES:
        raise PictureRefused("too-large", size=format_size(byte_count), limit=format_size(MAX_BYTES))


def clean(data: bytes) -> CleanedPicture:
    """Return the picture in all widths and both encodings. Raise PictureRefused.

    One picture is processed at a time per process, to limit memory.
    """
    check_size(len(data))
    with _decoding_lock:
        return _encode(hash_picture(data), _decode(data))


def write(cleaned: CleanedPicture) -> None:
    """Store all files, each atomically. Storing the same picture again changes nothing."""
    for name, data in cleaned.files.items():
        _write_file(f"pictures/{name}", data)


def read(name: str) -> bytes:
    """Return the bytes of a stored file. Raise FileNotFoundError."""
    if not picture_key_from_file_name(name):
        raise FileNotFoundError(name)
    with default_storage.open(f"pictures/{name}") as file:
        return bytes(file.read())


def is_stored(picture: Picture) -> bool:
    names = (picture_file_name(picture.key, width, kind) for width in picture.widths for kind in _ENCODINGS)
    return all(default_storage.exists(f"pictures/{name}") for name in names)


def _write_file(name: str, data: bytes) -> None:
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(0o644)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _decode(data: bytes) -> Image.Image:
    """Return the picture upright, in sRGB, without alpha or metadata, and near its final size.

    Pillow raises many exception types for bad data; all become PictureRefused.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            _check_header(image, data)
            return _load_upright(image)
    except PictureRefused:
        raise
    except UnidentifiedImageError as error:
        raise PictureRefused("unknown") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("too-many-pixels", limit=MAX_PIXELS["JPEG"] // MB) from error
    except Exception as error:
        raise PictureRefused("damaged") from error


def _check_header(image: Image.Image, data: bytes) -> None:
    """Check format, size and proportions in the header, before decoding pixels. Raise PictureRefused."""
    kind = image.format or ""
    width, height = image.size
    most = MAX_PIXELS[kind] // (2 if image.mode == "CMYK" else 1)
    if width * height > most:
        raise PictureRefused("too-many-pixels", limit=most // MB)
    if kind in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise PictureRefused("moving")
    if kind in ("JPEG", "MPO") and data.count(b"\xff\xda") > MAX_SCANS:
        raise PictureRefused("damaged")
    if _read_orientation(image) in (5, 6, 7, 8):
        width, height = height, width
    if width < MIN_WIDTH:
        raise PictureRefused("too-small", width=width, height=height, least=MIN_WIDTH)
    if height > MAX_HEIGHT_TO_WIDTH * width or width > MAX_WIDTH_TO_HEIGHT * height:
        raise PictureRefused("too-long", width=width, height=height)


def _read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if missing or unreadable."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:
        return 1


def _load_upright(image: Image.Image) -> Image.Image:
    turn = _read_orientation(image)
    lies = turn in (5, 6, 7, 8)
    across = image.height if lies else image.width
    if image.format in ("JPEG", "MPO"):  # decode at 1/2, 1/4 or 1/8 scale if that is large enough
        image.draft(
            None, (image.width * PICTURE_WIDTHS[-1] // across, image.height * PICTURE_WIDTHS[-1] // across)
        )
    image.load()
    across = image.height if lies else image.width
    profile = image.info.get("icc_profile")
    small = _reduce(image, max(1, across // PICTURE_WIDTHS[-1]))
    small = _convert_to_srgb(small, profile)
    return small.transpose(_TRANSPOSES[turn]) if turn in _TRANSPOSES else small


def _reduce(image: Image.Image, factor: int) -> Image.Image:
    """Return a copy smaller by `factor`, made in bands so that 40 million pixels are not in memory twice."""
    mode = "CMYK" if image.mode == "CMYK" else "RGB"
    width, height = -(-image.width // factor), -(-image.height // factor)
    made = Image.new(mode, (width, height))
    step = factor * max(1, _BAND_HEIGHT // factor)
    for top in range(0, image.height, step):
        band = image.crop((0, top, image.width, min(top + step, image.height)))
        made.paste(_flatten(band, mode).reduce(factor), (0, top // factor))
    return made


def _flatten(band: Image.Image, mode: str) -> Image.Image:
    """Convert to `mode`, with transparent pixels blended onto white."""
    if band.mode.startswith("I;16"):  # 16-bit grey
        band = band.convert("I").point(lambda value: value / 256).convert("L")
    if band.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in band.info:
        band = band.convert("RGBA")
        white = Image.new("RGBA", band.size, "white")
        band = Image.alpha_composite(white, band)
    return band if band.mode == mode else band.convert(mode)


def _convert_to_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """Convert to sRGB by the embedded colour profile. Ignore a broken or oversized profile."""
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if turned is not None:
                image = turned
        except Exception:
            image = image.convert("RGB")
    if image.mode != "RGB":
        image = image.convert("RGB")
    image.info = {}
    return image


def _encode(key: str, image: Image.Image) -> CleanedPicture:
    width = min(image.width, PICTURE_WIDTHS[-1])
    height = max(1, round(image.height * width / image.width))
    files = dict(_encode_files(Picture(key, width, height), image))
    return CleanedPicture(key, width, height, files)


def _encode_files(picture: Picture, image: Image.Image) -> Iterator[tuple[str, bytes]]:
    for width in reversed(picture.widths):
        height = max(1, round(picture.height * width / picture.width))
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        for kind, (encoding, options) in _ENCODINGS.items():
            file = io.BytesIO()
            image.save(file, encoding, **options)
            yield picture_file_name(picture.key, width, kind), file.getvalue()
