"""Picture intake: accepted pictures are re-encoded, hostile ones are refused or made harmless, and both at bounded cost."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.storage import InMemoryStorage, default_storage
from django.utils import translation
from PIL import Image, ImageCms, ImageFile

from briefs import images
from briefs.images import PictureRefused, clean

from .support import picture_samples
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


def open_image(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def refusal_code(data: bytes) -> str:
    with pytest.raises(PictureRefused) as error:
        clean(data)
    assert str(error.value).endswith(".")
    return error.value.code


# Accepted pictures


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("size", "widths"),
    [
        pytest.param((2400, 1500), [640, 1280, 1920], marks=pytest.mark.heavy),
        ((1280, 800), [640, 1280]),
        ((1000, 600), [640, 1000]),
        ((320, 200), [320]),
    ],
)
def test_picture_is_stored_in_up_to_three_widths_and_two_formats(
    kind: str, size: tuple[int, int], widths: list[int]
) -> None:
    cleaned = clean(photo(size, kind))
    assert cleaned.key == hashlib.sha256(photo(size, kind)).hexdigest()
    assert set(cleaned.files) == {
        f"{cleaned.key}-{width}.{end}" for width in widths for end in ("webp", "jpg")
    }
    for name, data in cleaned.files.items():
        image = open_image(data)
        width = int(name.split("-")[1].split(".")[0])
        assert image.format == {"webp": "WEBP", "jpg": "JPEG"}[name.rpartition(".")[2]]
        assert image.size == (width, round(width * cleaned.height / cleaned.width))
        assert image.mode == "RGB"
    assert cleaned.width == max(widths)


@pytest.mark.parametrize("kind", KINDS)
def test_stored_files_contain_no_metadata(kind: str) -> None:
    data = photo((700, 500), kind)
    assert SECRET.encode() in data
    cleaned = clean(data)
    for file in cleaned.files.values():
        for part in (SECRET, "Maker", "Exif", "EXIF", "xmp", "XMP", "ICC", "http", "Adobe", "GPS"):
            assert part.encode() not in file, part
        assert not open_image(file).getexif()
        assert set(open_image(file).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression", "background", "loop", "timestamp", "duration"}  # fmt: skip


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_orientation_is_applied(turn: int, kind: str) -> None:
    """The red corner ends up where a viewer that honours EXIF would show it."""
    image = Image.new("RGB", (800, 400), "blue")
    image.paste("red", (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = turn
    cleaned = clean(encode_image(image, kind, exif=exif.tobytes()))
    upright = open_image(cleaned.files[f"{cleaned.key}-{cleaned.width}.jpg"])
    assert upright.size == ((800, 400) if turn < 5 else (400, 800))
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    red_corner = {1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3}[turn]
    for n, (x, y) in enumerate(corners):
        pixel: Any = upright.getpixel(
            (round(5 + x * (upright.width - 11)), round(5 + y * (upright.height - 11)))
        )
        assert (pixel[0] > 128) == (n == red_corner), (turn, n)


@pytest.mark.heavy
def test_exif_orientation_is_applied_to_large_picture() -> None:
    cleaned = clean(photo((4600, 2300), turn=6))
    assert (cleaned.width, cleaned.height) == (1920, 3840)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 128), (255, 127, 127)),
        ("P", 0, (0, 0, 0)),
        ("I;16", 0x8000, (128, 128, 128)),
        ("RGB", (10, 200, 30), (10, 200, 30)),
    ],
)
def test_colour_mode_is_converted_to_rgb_on_white(
    mode: str, colour: Any, expected: tuple[int, int, int]
) -> None:
    cleaned = clean(plain_image(mode=mode, colour=colour))
    pixel: Any = open_image(cleaned.files[f"{cleaned.key}-640.webp"]).getpixel((320, 200))
    assert all(abs(a - b) <= 4 for a, b in zip(pixel, expected, strict=True)), pixel


def test_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (640, 400), 7)
    image.putpalette([0, 0, 200] * 256)
    cleaned = clean(encode_image(image, "PNG", transparency=7))
    assert min(open_image(cleaned.files[f"{cleaned.key}-640.jpg"]).getpixel((9, 9))) > 250  # type: ignore[arg-type]


def test_cmyk_and_colour_profiles_become_plain_rgb() -> None:
    cmyk = clean(plain_image(kind="JPEG", mode="CMYK", colour=(0, 255, 255, 0)))
    pixel: Any = open_image(cmyk.files[f"{cmyk.key}-640.jpg"]).getpixel((320, 200))
    assert pixel[0] > 200
    assert max(pixel[1:]) < 60
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, xyz, b"no profile", b"\0" * 200, srgb[:300]):
        cleaned = clean(encode_image(Image.new("RGB", (400, 300), (10, 200, 30)), "PNG", icc_profile=profile))
        assert (
            images._decode(encode_image(Image.new("RGB", (400, 300)), "PNG", icc_profile=profile)).info == {}
        )
        for file in cleaned.files.values():
            assert b"ICC" not in file
            assert b"acsp" not in file


def test_multi_picture_file_is_reduced_to_its_first_picture() -> None:
    first, second = Image.new("RGB", (640, 480), "red"), Image.new("RGB", (640, 480), "blue")
    cleaned = clean(encode_image(first, "MPO", save_all=True, append_images=[second]))
    pixel: Any = open_image(cleaned.files[f"{cleaned.key}-640.jpg"]).getpixel((9, 9))
    assert pixel[0] > 200


# Refused files

REFUSED_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "unknown"),
    "text": (lambda: b"GIF, or not", "unknown"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "unknown"),
    "html called a picture": (lambda: b"<!doctype html><img src=x onerror=alert(1)>", "unknown"),
    "gif": (lambda: plain_image(kind="GIF", mode="P"), "unknown"),
    "tiff": (lambda: plain_image(kind="TIFF"), "unknown"),
    "bmp": (lambda: plain_image(kind="BMP"), "unknown"),
    "ico": (lambda: plain_image(kind="ICO"), "unknown"),
    "avif": (lambda: plain_image(kind="AVIF"), "unknown"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 400\n", "unknown"),
    "a png that moves": (lambda: animated_image(3, "PNG"), "moving"),
    "a webp that moves": (lambda: animated_image(3, "WEBP"), "moving"),
    "50,000 × 50,000": (
        lambda: png_declaring_size(50_000, 50_000, png_chunk(b"IDAT", compressed_zeros(MB))),
        "too-many-pixels",
    ),
    "41 million": (lambda: png_declaring_size(8_200, 5_001), "too-many-pixels"),
    "100 million": (lambda: png_declaring_size(10_000, 10_000), "too-many-pixels"),
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


def test_file_too_large_is_refused_naming_its_size() -> None:
    with pytest.raises(
        PictureRefused, match=r"^The picture is too large \(18\.2 MB\)\. The limit is 15 MB\.$"
    ):
        images.check_size(18_200_000)
    images.check_size(15_000_000)


# Hostile data that re-encoding removes


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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", APPENDED_DATA)
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


def test_pillow_does_not_load_truncated_images() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


# Memory and time

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
    "jpeg, 40 million": (lambda: gradient((7300, 5400), "RGB", "JPEG"), "taken"),
    "jpeg, progressive, whole colour": (
        lambda: gradient((7300, 5400), "RGB", "JPEG", progressive=True, subsampling=0),
        "taken",
    ),
    "jpeg, print colours, progressive": (
        lambda: gradient((5000, 3900), "CMYK", "JPEG", progressive=True),
        "taken",
    ),
    "png, 39 million": (lambda: gradient((7300, 5400), "RGB", "PNG", compress_level=1), "taken"),
    "png, 39 million, alpha": (lambda: gradient((7300, 5400), "RGBA", "PNG", compress_level=1), "taken"),
    "png, tall, alpha": (lambda: gradient((3839, 7600), "RGBA", "PNG", compress_level=1), "taken"),
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
    "gif, 10,000 frames": (lambda: animated_image(10_000, "GIF", (60, 60)), "unknown"),
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
def test_expensive_picture_stays_within_memory_and_time_limits(name: str, tmp_path: Path) -> None:
    """At most 400 MB and 3 s of CPU time, measured in a separate process. CPU time, since other tests run in parallel."""
    make_file, expected = EXPENSIVE_FILES[name]
    path = tmp_path / "picture"
    path.write_bytes(make_file())
    assert path.stat().st_size <= images.MAX_BYTES
    command = [sys.executable, "-c", MEASURE_SCRIPT, str(path)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=True)
    result, megabytes, seconds = json.loads(process.stdout)
    print(f"{name}: {result}, {megabytes} MB, {seconds:.2f} s")  # noqa: T201
    assert result == expected
    assert megabytes <= 400
    assert seconds <= 3


# Storage


@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (images.Path, "replace")])
def test_interrupted_write_leaves_only_complete_files(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    """Interrupt the write at each step in turn: every file that exists under its name is complete."""
    cleaned = clean(photo((1300, 800), seed=len(name)))
    original, calls_left = getattr(owner, name), 0

    def interrupt(*arguments: Any) -> Any:
        nonlocal calls_left
        calls_left -= 1
        if calls_left < 0:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(owner, name, interrupt)
    for step in range(len(cleaned.files)):
        calls_left = step
        with pytest.raises(KeyboardInterrupt):
            images.write(cleaned)
        existing = {name for name in cleaned.files if default_storage.exists(f"pictures/{name}")}
        assert len(existing) == step
        assert all(images.read(name) == cleaned.files[name] for name in existing)
    monkeypatch.undo()
    images.write(cleaned)
    assert all(images.read(name) == data for name, data in cleaned.files.items())
    folder = Path(default_storage.path("pictures"))
    assert [p.name for p in folder.iterdir() if p.name.startswith(".")] == []


def test_remote_storage_keeps_one_file_per_name(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = InMemoryStorage()
    monkeypatch.setattr(images, "default_storage", remote)
    monkeypatch.setattr(
        images, "Path", Mock(side_effect=NotImplementedError)
    )  # remote storages have no `path`
    cleaned = clean(photo())
    images.write(cleaned)
    images.write(cleaned)
    assert set(remote.listdir("pictures")[1]) == set(cleaned.files)
    assert all(images.read(name) == data for name, data in cleaned.files.items())


@pytest.mark.parametrize(
    "name",
    ["", "..", "../settings.py", f"{'a' * 64}-640.png", f"{'A' * 64}-640.webp", f"{'a' * 63}-640.jpg", f"{'a' * 64}-0640.jpg",
     f"{'a' * 64}-640.jpg\n", f"{'a' * 64}-6４0.jpg", f"/{'a' * 64}-640.jpg"],
)  # fmt: skip
def test_invalid_picture_name_opens_nothing(name: str) -> None:
    assert images.picture_key_from_file_name(name) == ""
    with pytest.raises(FileNotFoundError):
        images.read(name)


def test_sample_photo_contains_secret_metadata() -> None:
    assert picture_samples.SECRET.encode() in photo()
