"""Messages over a pipe: a JSON header and raw arrays. No pickle, so nothing that arrives is ever executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from struct import Struct
from typing import Any, Protocol, runtime_checkable

import numpy as np

_LENGTHS = Struct("<4sIQ")
_MAGIC = b"RVN1"
_ALIGN = 16  # arrays start on multiples of this, so that a view of the body is as fast as an array of its own

Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


@runtime_checkable
class Writable(Protocol):
    def write(self, data: bytes | memoryview, /) -> object: ...
    def flush(self) -> object: ...


class FrameError(ValueError):
    """Bytes that are not a message."""


def write_frame(stream: Writable, header: Mapping[str, Any], arrays: Arrays | None = None) -> None:
    """Send one message. Not safe for several threads at once: the caller holds a lock."""
    layout: list[list[Any]] = []
    parts: list[bytes | memoryview] = []
    offset = 0
    for name, array in (arrays or {}).items():
        flat = np.ascontiguousarray(array)
        if flat.dtype.kind not in "biuf":
            raise TypeError(f"an array of {flat.dtype} does not travel; numbers and booleans do")
        padding = -flat.nbytes % _ALIGN
        layout.append([name, flat.dtype.str, list(np.shape(array)), offset])
        parts += [flat.reshape(-1).view(np.uint8).data, bytes(padding)]
        offset += flat.nbytes + padding
    head = json.dumps({**header, "arrays": layout}).encode()
    stream.write(_LENGTHS.pack(_MAGIC, len(head), offset) + head)
    for part in parts:
        stream.write(part)
    stream.flush()


def read_frame(stream: Readable) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The next message, or None where the stream ends between two. The arrays are read-only views of what was received.

    Raises FrameError for a stream that ends inside a message or carries something else.
    """
    start = stream.read(_LENGTHS.size)
    if not start:
        return None
    if len(start) < _LENGTHS.size:
        raise FrameError("the stream ended inside a message")
    magic, head_length, body_length = _LENGTHS.unpack(start)
    if magic != _MAGIC:
        raise FrameError(f"not a message: it starts with {magic!r}")
    head, body = stream.read(head_length), stream.read(body_length)
    if len(head) < head_length or len(body) < body_length:
        raise FrameError("the stream ended inside a message")
    header = json.loads(head)
    arrays = {
        name: np.frombuffer(body, dtype, count=int(np.prod(shape)), offset=offset).reshape(shape)
        for name, dtype, shape, offset in header.pop("arrays")
    }
    return header, arrays
