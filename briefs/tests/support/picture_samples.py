"""Create sample pictures, valid and hostile."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS = 0x8825
SECRET = "SECRET-GPS-25.0330N-121.5654E"
"""Contained in every kind of metadata of `photo`."""


def photo(size: tuple[int, int] = (640, 400), kind: str = "JPEG", *, turn: int = 1, seed: int = 0) -> bytes:
    """Return a gradient with EXIF (camera, GPS, comment) and XMP metadata, and a JPEG comment."""
    gradient = Image.linear_gradient("L").resize(size)
    image = Image.merge(
        "RGB", [gradient, gradient.transpose(Image.Transpose.ROTATE_180), Image.new("L", size, seed % 256)]
    )
    exif = Image.Exif()
    exif[0x010F], exif[0x010E], exif[0x0112] = f"Maker {SECRET}", SECRET, turn
    exif.get_ifd(GPS)[1], exif.get_ifd(GPS)[29] = "N", SECRET
    options: dict[str, Any] = {"exif": exif.tobytes(), "xmp": f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()}
    if kind == "JPEG":
        options |= {"comment": SECRET.encode()}
    if kind == "PNG":
        options = {"exif": exif.tobytes()}
    return encode_image(image, kind, **options)


def encode_image(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain_image(
    size: tuple[int, int] = (640, 400), kind: str = "PNG", mode: str = "RGB", colour: Any = 128
) -> bytes:
    return encode_image(Image.new(mode, size, colour), kind)


def png_declaring_size(width: int, height: int, *chunks: bytes, colour: int = 2) -> bytes:
    """Return a PNG that declares this size, whatever its data."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + png_chunk(b"IEND", b"")


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def compressed_zeros(n: int) -> bytes:
    """Return a zlib stream, a thousandth as long, that decompresses to n zeros."""
    compressor, parts = zlib.compressobj(9), []
    for _ in range(n // 1_000_000):
        parts.append(compressor.compress(b"\0" * 1_000_000))
    return b"".join([*parts, compressor.compress(b"\0" * (n % 1_000_000)), compressor.flush()])


def animated_image(n: int, kind: str, size: tuple[int, int] = (400, 300)) -> bytes:
    first = Image.new("L", size, 0)
    return encode_image(
        first, kind, save_all=True, append_images=[Image.new("L", size, i * 90 % 256) for i in range(1, n)]
    )


def jpeg_with_scans(n: int, side: int = 6300) -> bytes:
    """Return a progressive JPEG whose last scan is repeated n times: a small file that takes minutes to decode."""
    data = encode_image(Image.new("L", (side, side), 128), "JPEG", progressive=True, quality=50)
    last = data.split(b"\xff\xda")[-1].removesuffix(b"\xff\xd9")
    return data[:-2] + (b"\xff\xda" + last) * n + b"\xff\xd9"
