"""Pixels as an address that a browser shows: a PNG inside a data URL."""

from __future__ import annotations

import zlib
from base64 import b64encode
from struct import pack

import numpy as np


def png(pixels: np.ndarray) -> bytes:
    """`(height, width)` grey or `(height, width, 3)` coloured, uint8, as a PNG file. Reference: RFC 2083, 1997."""
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels, dtype=np.uint8).reshape(height, -1)
    unfiltered = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    header = pack(">IIBBBBB", width, height, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(unfiltered, 9)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))


def address(pixels: np.ndarray) -> str:
    """The data URL of such pixels."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def grey_or_colour(image: np.ndarray) -> np.ndarray:
    """`(channels, height, width)`, one channel or three, as uint8; numbers outside of [0, 1] are stretched to it."""
    low, high = min(float(image.min()), 0.0), max(float(image.max()), 1.0)
    found = np.round(255 * (image - low) / (high - low)).astype(np.uint8).transpose(1, 2, 0)
    return np.asarray(found[:, :, 0] if found.shape[2] == 1 else found)
