"""Pictures that are refused or made harmless, and what the costliest of them cost."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from PIL import Image

from briefs import images
from briefs.images import PictureRefused, clean

from .support.picture_samples import (
    SECRET,
    animated_image,
    compressed_zeros,
    encode_image,
    jpeg_with_scans,
    photo,
    plain_image,
    png_chunk,
    png_declaring_size,
)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


MB = 1_000_000
KINDS = ("JPEG", "PNG", "WEBP")


def refusal_code(data: bytes) -> str:
    with pytest.raises(PictureRefused) as error:
        clean(data)
    assert str(error.value).endswith(".")
    return error.value.code


REFUSED_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "unknown"),
    "text": (lambda: b"GIF, or not", "unknown"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "unknown"),
    "gif": (lambda: plain_image(kind="GIF", mode="P"), "unknown"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 400\n", "unknown"),
    "a png that moves": (lambda: animated_image(3, "PNG"), "moving"),
    "a webp that moves": (lambda: animated_image(3, "WEBP"), "moving"),
    "50,000 × 50,000": (
        lambda: png_declaring_size(50_000, 50_000, png_chunk(b"IDAT", compressed_zeros(MB))),
        "too-many-pixels",
    ),
    "41 million": (lambda: png_declaring_size(8_200, 5_001), "too-many-pixels"),
    "a webp of 13 million": (lambda: plain_image((4001, 3251), "WEBP"), "too-many-pixels"),
    "print colours, 21 million": (lambda: plain_image((5001, 4200), "JPEG", "CMYK"), "too-many-pixels"),
    "a stamp": (lambda: plain_image((319, 200)), "too-small"),
    "a strip": (lambda: plain_image((2001, 500)), "too-long"),
    "a tower": (lambda: plain_image((400, 801)), "too-long"),
    "a tower by EXIF": (lambda: photo((900, 400), turn=6), "too-long"),
    "empty png": (lambda: png_declaring_size(400, 300), "damaged"),
    "cut jpeg": (lambda: photo()[:-3000], "damaged"),
    "cut png": (lambda: photo(kind="PNG")[:-900], "damaged"),
    "cut webp": (lambda: photo(kind="WEBP")[:-900], "damaged"),
    "a thousand scans": (lambda: jpeg_with_scans(1000), "damaged"),
    "a profile of 5 MB": (
        lambda: encode_image(Image.new("RGB", (400, 300)), "PNG", icc_profile=b"x" * 5 * MB),
        "damaged",
    ),
    "text that unpacks to 200 MB": (
        lambda: png_declaring_size(400, 300, png_chunk(b"zTXt", b"k\0\0" + compressed_zeros(200 * MB))),
        "damaged",
    ),
    "16 MB": (lambda: photo() + b"\0" * 16 * MB, "too-large"),
}


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_unacceptable_file_is_refused_with_a_sentence(name: str) -> None:
    make_file, code = REFUSED_FILES[name]
    assert refusal_code(make_file()) == code


def zip_with_script() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("TAIL.html", f"<script>{SECRET}</script>")
    return file.getvalue()


APPENDED_DATA = {
    "html": f"<script>alert('{SECRET}')</script>".encode(),
    "pdf": f"%PDF-1.7 {SECRET}".encode(),
    "zip": zip_with_script(),
}


@pytest.mark.parametrize(("kind", "tail"), list(zip(KINDS, APPENDED_DATA, strict=True)))
def test_data_appended_to_picture_is_dropped(kind: str, tail: str) -> None:
    cleaned = clean(plain_image(kind=kind) + APPENDED_DATA[tail])
    for file in cleaned.files.values():
        assert SECRET.encode() not in file
        assert b"TAIL" not in file
        assert b"PDF" not in file


def test_script_in_jpeg_comment_is_dropped() -> None:
    data = encode_image(Image.new("RGB", (640, 400)), "JPEG", comment=f"*/=alert('{SECRET}')/*".encode())
    assert all(b"alert" not in file for file in clean(data).files.values())


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow warns about it
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0" + b"\xff" * 500, b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0", b"x" * 60_000]
)
def test_invalid_exif_is_ignored(exif: bytes) -> None:
    assert clean(encode_image(Image.new("RGB", (640, 400)), "JPEG", exif=exif)).width == 640


MEASURE_SCRIPT = """
import json, re, sys, time
from django.conf import settings; settings.configure()
import django.forms, django.test
from briefs import images
data = open(sys.argv[1], "rb").read()
began = time.process_time()
try:
    said = sorted(len(file) for file in images.clean(data).files.values())[-1] > 0 and "taken"
except images.PictureRefused as refused:
    said = refused.code
print(json.dumps([said, int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024, time.process_time() - began]))
"""


def gradient(size: tuple[int, int], bands: str, kind: str, **options: Any) -> bytes:
    grey = Image.linear_gradient("L").resize(size)
    return encode_image(Image.merge(bands, [grey] * len(bands)), kind, **options)


EXPENSIVE_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "jpeg, progressive, whole colour": (
        lambda: gradient((7300, 5400), "RGB", "JPEG", progressive=True, subsampling=0),
        "taken",
    ),
    "jpeg, print colours, progressive": (
        lambda: gradient((5000, 3900), "CMYK", "JPEG", progressive=True),
        "taken",
    ),
    "png, 39 million, alpha": (lambda: gradient((7300, 5400), "RGBA", "PNG", compress_level=1), "taken"),
    "webp, 12 million, alpha, lossless": (
        lambda: gradient((4000, 3000), "RGBA", "WEBP", lossless=True, method=0),
        "taken",
    ),
    "jpeg, as many scans as may be": (lambda: jpeg_with_scans(33), "taken"),
    "jpeg, 3,000 scans": (lambda: jpeg_with_scans(3000), "damaged"),
    "pixel bomb": (
        lambda: png_declaring_size(50_000, 50_000, png_chunk(b"IDAT", compressed_zeros(100 * MB))),
        "too-many-pixels",
    ),
    "webp, 2,000 frames": (lambda: animated_image(2_000, "WEBP", (400, 300)), "moving"),
    "png, 10,000 frames": (lambda: animated_image(10_000, "PNG", (60, 60)), "moving"),
    "text bomb": (
        lambda: png_declaring_size(400, 300, *[png_chunk(b"zTXt", b"k\0\0" + compressed_zeros(900 * MB))]),
        "damaged",
    ),
    "profile bomb": (
        lambda: png_declaring_size(400, 300, png_chunk(b"iCCP", b"k\0\0" + compressed_zeros(900 * MB))),
        "damaged",
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", EXPENSIVE_FILES)
def test_expensive_picture_stays_within_memory_limit(name: str, tmp_path: Path) -> None:
    """At most 400 MB in a process of its own, which must end."""
    make_file, expected = EXPENSIVE_FILES[name]
    path = tmp_path / "picture"
    path.write_bytes(make_file())
    assert path.stat().st_size <= images.MAX_BYTES
    command = [sys.executable, "-c", MEASURE_SCRIPT, str(path)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=True)
    result, megabytes, seconds = json.loads(process.stdout)
    print(f"{name}: {result}, {megabytes} MB, {seconds:.2f} s of processor time")  # noqa: T201
    assert result == expected
    assert megabytes <= 400
