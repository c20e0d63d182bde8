"""Where data files lie, and how they get there: downloads with a checksum, that go on where they stopped."""

from __future__ import annotations

import hashlib
import http.client
import os
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK = 2**18
PATIENCE = 30.0  # seconds that a server may stay silent

Heard = Callable[[str, int, int], None]  # a file's name, how many bytes are here, how many there are in all


class DatasetError(ValueError):
    """A data file that is missing, damaged or cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded. `members` are unpacked from it, if it is an archive that is not kept."""

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int
    members: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """What must be there in the end."""
        return self.members or (self.name,)


def folder() -> Path:
    """Where data files are kept: the environment's RAVINE_DATA, or ~/.cache/ravine."""
    return Path(os.environ.get("RAVINE_DATA") or Path.home() / ".cache" / "ravine").expanduser()


def names_of(name: str) -> tuple[str, ...]:
    """What a file may be called on a disk: as it was sent, without its folder, unpacked, and unpacked as some mirrors do."""
    unpacked = name.removesuffix(".gz")
    return tuple(dict.fromkeys((name, name.rsplit("/", maxsplit=1)[-1], unpacked, unpacked.replace("-idx", ".idx"))))


def found(key: str, names: Sequence[str]) -> Path:
    """The first of the files named that lies in the data folder, or in its folder `key`. Raises DatasetError for none."""
    for place in (folder() / key, folder()):
        for name in names:
            if (place / name).is_file():
                return place / name
    raise DatasetError(
        f"{names[0]} is not in {folder() / key}. Download it with `python -m landscapes.networks.datasets {key}`, "
        f"or let the environment's RAVINE_DATA name the folder that holds it."
    )


def damaged(key: str, path: Path, what: str) -> DatasetError:
    """The error for a file that is not what its name says."""
    return DatasetError(
        f"{path} is damaged: {what}. Delete it, then download it again with `python -m landscapes.networks.datasets {key}`."
    )


def download(key: str, remotes: Sequence[Remote], heard: Heard = lambda name, here, size: None) -> Path:
    """Download what is not yet there into the data folder's folder `key`, which is returned.

    What a broken connection or a stopped process left is gone on from. A file takes its name only once it is whole and its
    checksum is right. Raises DatasetError when no server gives it.
    """
    place = folder() / key
    for remote in remotes:
        if all((place / name).is_file() for name in remote.wanted):
            heard(remote.name, remote.size, remote.size)
            continue
        try:
            place.mkdir(parents=True, exist_ok=True)
            path = place / remote.name
            if not (path.is_file() and _sha256(path) == remote.sha256):
                _fetch(remote, path, heard)
            if remote.members:
                _unpack(remote, path)
        except OSError as error:
            raise DatasetError(
                f"{error}. Make room there, or let the environment's RAVINE_DATA name another folder."
            ) from error
    return place


def _fetch(remote: Remote, path: Path, heard: Heard) -> None:
    part = path.with_name(path.name + ".part")
    failures = []
    for url in remote.urls:
        try:
            _receive(remote, url, part, heard)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            failures.append(f"{url}: {error}")
            continue
        if _sha256(part) == remote.sha256:
            part.replace(path)
            return
        part.unlink()
        failures.append(f"{url}: what came is not the file that was expected, and was deleted")
    here = part.stat().st_size if part.exists() else 0
    goes_on = f" {here:,} of {remote.size:,} bytes are here, and it will go on from there." if here else ""
    raise DatasetError(f"{remote.name} could not be downloaded. {'; '.join(failures)}. Try again later.{goes_on}")


def _receive(remote: Remote, url: str, part: Path, heard: Heard) -> None:
    """Append to `part` what it lacks. Raises ConnectionError if the server stops before the end."""
    here = part.stat().st_size if part.exists() else 0
    if here > remote.size:
        part.unlink()
        here = 0
    if here < remote.size:
        request = urllib.request.Request(url, headers={"Range": f"bytes={here}-"} if here else {})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            goes_on = answer.status == http.client.PARTIAL_CONTENT
            here = here if goes_on else 0
            with part.open("ab" if goes_on else "wb") as file:
                while here <= remote.size and (chunk := answer.read(CHUNK)):
                    file.write(chunk)
                    here += len(chunk)
                    heard(remote.name, here, remote.size)
    if here < remote.size:
        raise ConnectionError("the connection ended early")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack(remote: Remote, path: Path) -> None:
    """The archive's members, by their names alone: nothing else in it is looked at. Then the archive goes."""
    try:
        with tarfile.open(path) as archive:
            for name in remote.members:
                source = archive.extractfile(name)
                if source is None:
                    raise KeyError(name)
                target = path.parent / name
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(target.name + ".part")
                part.write_bytes(source.read())
                part.replace(target)
    except (KeyError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be unpacked: {error}. Delete it and try again.") from error
    path.unlink()
