"""Picture intake: accepted pictures are re-encoded and stored whole."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms

from briefs import images
from briefs.images import clean

from .support.picture_samples import SECRET, encode_image, photo, plain_image

KINDS = ("JPEG", "PNG", "WEBP")


def open_image(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# Accepted pictures


@pytest.mark.parametrize(
    ("kind", "size", "widths"),
    [
        pytest.param("JPEG", (2400, 1500), [640, 1280, 1920], marks=pytest.mark.heavy),
        ("PNG", (1280, 800), [640, 1280]),
        ("WEBP", (1000, 600), [640, 1000]),
        ("JPEG", (320, 200), [320]),
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


@pytest.mark.parametrize(("turn", "kind"), [*((turn, "JPEG") for turn in range(1, 9)), (6, "PNG")])
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


@pytest.mark.parametrize(
    "name",
    ["", "..", "../settings.py", f"{'a' * 64}-640.png", f"{'A' * 64}-640.webp", f"{'a' * 63}-640.jpg", f"{'a' * 64}-0640.jpg",
     f"{'a' * 64}-640.jpg\n", f"{'a' * 64}-6４0.jpg", f"/{'a' * 64}-640.jpg"],
)  # fmt: skip
def test_invalid_picture_name_opens_nothing(name: str) -> None:
    assert images.picture_key_from_file_name(name) == ""
    with pytest.raises(FileNotFoundError):
        images.read(name)
