"""Data sets: what they hold, files that are missing or damaged, and downloads that go on where they stopped."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from landscapes.networks.datasets import DATASETS, DatasetError, download, folder
from landscapes.networks.datasets.download import Remote
from tests.landscapes.data_files import write_cifar10, write_mnist


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with small files in the formats of MNIST and CIFAR-10."""
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    write_mnist(tmp_path / "mnist")
    write_cifar10(tmp_path)
    return tmp_path


@pytest.mark.parametrize("key", DATASETS)
def test_every_data_set_is_what_it_says(key: str, data: Path) -> None:
    entry = DATASETS[key]
    assert entry.key == key and entry.title and entry.description and entry.reference and "samples" in entry.ranges
    train, test = entry(samples=12)
    again = entry(samples=12)
    assert len(train) == 12 and len(test) >= 1
    for part, same in zip((train, test), again):
        assert part.inputs.shape == (len(part), *entry.shape) and part.inputs.dtype == np.float32
        assert np.isfinite(part.inputs).all()
        if entry.classes:
            assert part.labels.shape == (len(part),) and part.labels.dtype == np.int64
            assert part.labels.min() >= 0 and part.labels.max() < entry.outputs
        else:
            assert part.labels.shape == (len(part), entry.outputs) and part.labels.dtype == np.float32
        assert np.array_equal(part.inputs, same.inputs) and np.array_equal(part.labels, same.labels)
        with pytest.raises(ValueError, match="read-only"):
            part.inputs[0] = 1
    assert not any(np.array_equal(row, other) for row in train.inputs for other in test.inputs)
    with pytest.raises(ValueError, match=f"{key}.samples must be a whole number"):
        entry(samples=0)
    with pytest.raises(TypeError, match="it has: samples"):
        entry(nosie=1)


@pytest.mark.parametrize("key", [key for key in DATASETS if "noise" in DATASETS[key].ranges])
def test_noise_has_the_deviation_that_it_says_and_the_seed_draws_it(key: str) -> None:
    for part in (0, 1):
        clean, noisy = (DATASETS[key](samples=4000, noise=noise, seed=1)[part] for noise in (0.0, 0.5))
        moved = noisy.inputs - clean.inputs if DATASETS[key].classes else noisy.labels - clean.labels
        assert float(moved.std()) == pytest.approx(0.5, rel=0.05) and abs(float(moved.mean())) < 0.03
        assert not np.array_equal(noisy.inputs, DATASETS[key](samples=4000, noise=0.5, seed=2)[part].inputs)


def test_digits() -> None:
    train, test = DATASETS["digits"]()
    assert (len(train), len(test)) == (1500, 297)
    assert train.inputs.min() == 0 and train.inputs.max() == 1
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(np.concatenate([train.labels, test.labels])).tolist() == counts


def test_formulas_of_what_is_made() -> None:
    spirals = DATASETS["two_spirals"]()[0]
    i = np.arange(97)  # the benchmark's own program: angle = iπ/16, radius = 6.5 (104 - i) / 104
    angle, radius = i * np.pi / 16, 6.5 * (104 - i) / 104
    expected = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    np.testing.assert_allclose(6.5 * spirals.inputs, np.concatenate([expected, -expected]), atol=1e-5)
    assert spirals.labels.tolist() == [0] * 97 + [1] * 97
    rings = DATASETS["circles"](noise=0.0)[1]
    np.testing.assert_allclose(np.hypot(*rings.inputs.T), np.where(rings.labels == 0, 1.0, 0.5), rtol=1e-6)
    moons = DATASETS["moons"](noise=0.0)[0]
    centre = np.where(moons.labels[:, None] == 0, [0, 0], [1, 0.5])
    np.testing.assert_allclose(np.linalg.norm(moons.inputs - centre, axis=1), 1, rtol=1e-6)
    assert ((moons.inputs[:, 1] >= centre[:, 1]) == (moons.labels == 0)).all()
    blobs = DATASETS["blobs"](samples=6000)[0]
    corners = np.stack([blobs.inputs[blobs.labels == k].mean(0) for k in range(3)])
    np.testing.assert_allclose(np.linalg.norm(corners, axis=1), 1, atol=0.03)
    np.testing.assert_allclose(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1), 3**0.5, atol=0.05)
    x, y = (a[:, 0].astype(float) for a in (DATASETS["chebyshev"]()[0].inputs, DATASETS["chebyshev"]()[0].labels))
    np.testing.assert_allclose(y, 8 * x**4 - 8 * x**2 + 1, atol=1e-6)
    assert (len(x), x[0], x[-1]) == (20, -1, 1)


def test_a_teacher_is_a_network_of_its_own_size() -> None:
    """With one hidden unit, y = tanh(w·x), so that atanh(y) is linear in x."""
    train, test = DATASETS["teacher_student"](samples=40, teacher=1)
    w = np.linalg.lstsq(train.inputs, np.arctanh(train.labels.astype(float)), rcond=None)[0]
    np.testing.assert_allclose(np.tanh(test.inputs @ w), test.labels, atol=1e-4)
    assert DATASETS["teacher_student"](samples=4000, teacher=9)[0].labels.var() == pytest.approx(0.4, abs=0.2)


def test_files_give_the_numbers_that_were_written(data: Path) -> None:
    images, labels = write_mnist(data / "mnist")
    train, test = DATASETS["mnist"](samples=30)
    np.testing.assert_array_equal(train.inputs[:, 0], images[:30].astype(np.float32) / 255)
    np.testing.assert_array_equal(train.labels, labels[:30])
    assert len(test) == 30
    (data / "mnist" / "train-images-idx3-ubyte").write_bytes(
        gzip.decompress((data / "mnist" / "train-images-idx3-ubyte.gz").read_bytes())
    )
    (data / "mnist" / "train-images-idx3-ubyte.gz").unlink()  # unpacked by hand
    np.testing.assert_array_equal(DATASETS["mnist"](samples=30)[0].inputs, train.inputs)
    records = write_cifar10(data)
    train = DATASETS["cifar10"](samples=25)[0]
    pixels = records[:25, 1:].reshape(25, 3, 32, 32) / 255
    means, deviations = ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])
    expected = (pixels - np.reshape(means, (3, 1, 1))) / np.reshape(deviations, (3, 1, 1))
    np.testing.assert_allclose(train.inputs, expected, atol=1e-5)
    np.testing.assert_array_equal(train.labels, records[:25, 0])


@pytest.mark.parametrize("key", [key for key in DATASETS if DATASETS[key].remotes])
def test_a_missing_file_says_what_to_do(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=rf"`python -m landscapes.networks.datasets {key}`.*RAVINE_DATA") as told:
        DATASETS[key](samples=10)
    assert str(tmp_path / key) in str(told.value)


def test_the_folder_is_the_environments_or_one_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAVINE_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder() == tmp_path / ".cache" / "ravine"
    monkeypatch.setenv("RAVINE_DATA", "~/elsewhere")
    assert folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("train-images-idx3-ubyte.gz", lambda data: data[: len(data) // 2], "cannot be unpacked"),
        ("train-images-idx3-ubyte.gz", lambda data: b"<html>" + data, "cannot be unpacked"),
        (
            "train-images-idx3-ubyte.gz",
            lambda data: gzip.compress(gzip.decompress(data)[:-1]),
            "40 x 28 x 28 values, and 31,359",
        ),
        ("train-images-idx3-ubyte.gz", lambda data: gzip.compress(b""), "no IDX file"),
        ("train-images-idx3-ubyte.gz", lambda data: gzip.compress(b"\0\0\x0d\1\0\0\0\0"), "no IDX file"),
        ("t10k-labels-idx1-ubyte.gz", lambda data: gzip.compress(b"\0\0\x08\1\0\0\0\2\1\1"), "do not belong together"),
        ("t10k-labels-idx1-ubyte.gz", lambda data: gzip.compress(gzip.decompress(data)[:-1] + b"\x0a"), "up to 10 do not"),
        ("cifar-10-batches-bin/data_batch_1.bin", lambda data: data[:-1], "no whole number of records"),
        ("cifar-10-batches-bin/data_batch_1.bin", lambda data: b"", "no whole number of records"),
        ("cifar-10-batches-bin/test_batch.bin", lambda data: b"\x0a" + data[1:], "labels beyond 9"),
    ],
)
def test_a_damaged_file_is_named_and_what_to_do(name: str, change: object, said: str, data: Path) -> None:
    key = "cifar10" if "cifar" in name else "mnist"
    path = data / name if "cifar" in name else data / key / name
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DatasetError, match=said) as told:
        DATASETS[key](samples=40)
    assert path.name in str(told.value) and f"download it again with `python -m landscapes.networks.datasets {key}`" in str(
        told.value
    )


@dataclass
class Site:
    """A web server with files, which can break off, ignore ranges, or refuse; it writes down the ranges it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    breaks_after: int | None = None
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            whole, wanted = site.files.get(self.path), self.headers["Range"]
            site.asked.append(wanted)
            if whole is None:
                return self.send_error(404)
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and site.ranges else 0
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(whole) - first))
            self.end_headers()
            end = len(whole) if site.breaks_after is None else first + site.breaks_after
            self.wfile.write(whole[first:end])
            return None

        def log_message(self, *given: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


def offered(site: Site, name: str, data: bytes, members: tuple[str, ...] = (), urls: tuple[str, ...] = ()) -> Remote:
    site.files[f"/{name}"] = data
    return Remote(name, (*urls, f"{site.url}/{name}"), hashlib.sha256(data).hexdigest(), len(data), members)


BYTES = np.random.default_rng(0).bytes(700_000)


def test_a_download_reports_its_progress_and_takes_its_name_when_it_is_whole(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    remote, heard = offered(site, "a.bin", BYTES), []

    def hear(name: str, here: int, size: int) -> None:
        heard.append((name, here, size))
        assert not (tmp_path / "some" / "a.bin").exists()

    assert download("some", (remote,), hear) == tmp_path / "some"
    assert (tmp_path / "some" / "a.bin").read_bytes() == BYTES and os.listdir(tmp_path / "some") == ["a.bin"]
    assert [h[0::2] for h in heard] == [("a.bin", len(BYTES))] * len(heard) and len(heard) > 1
    assert [h[1] for h in heard] == sorted(h[1] for h in heard) and heard[-1][1] == len(BYTES)
    download("some", (remote,))
    assert len(site.asked) == 1  # it is there


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_it_stopped(ranges: bool, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a server that knows no ranges: then it begins again, and is still right."""
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    remote = offered(site, "a.bin", BYTES)
    site.breaks_after, site.ranges = 300_000, ranges
    with pytest.raises(DatasetError, match=r"300,000 of 700,000 bytes are here, and it will go on"):
        download("some", (remote,))
    site.breaks_after = None
    download("some", (remote,))
    assert site.asked == [None, "bytes=300000-"]
    assert (tmp_path / "some" / "a.bin").read_bytes() == BYTES


def test_a_wrong_file_is_deleted_and_the_next_server_asked(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    site.files["/bad"] = BYTES[:-1] + b"x"
    with pytest.raises(DatasetError, match="not the file that was expected"):
        download("some", (Remote("a.bin", (f"{site.url}/bad",), hashlib.sha256(BYTES).hexdigest(), len(BYTES)),))
    assert os.listdir(tmp_path / "some") == []
    site.files["/long"] = BYTES + b"x"
    remote = offered(site, "a.bin", BYTES, urls=(f"{site.url}/bad", f"{site.url}/gone", f"{site.url}/long"))
    download("some", (remote,))
    assert (tmp_path / "some" / "a.bin").read_bytes() == BYTES
    with pytest.raises(DatasetError, match="404") as told:
        download("some", (Remote("b.bin", (f"{site.url}/gone",), "0", 1),))
    assert "b.bin could not be downloaded" in str(told.value) and "Try again" in str(told.value)


def test_an_archive_is_unpacked_and_not_kept(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the members named are looked at: one that points out of the folder stays in the archive."""
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("in/one.bin", "../two.bin"):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"12345"))
    remote = offered(site, "all.tar.gz", packed.getvalue(), members=("in/one.bin",))
    download("some", (remote,))
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()] == ["some/in/one.bin"]
    download("some", (remote,))
    assert len(site.asked) == 1
    with pytest.raises(DatasetError, match=r"cannot be unpacked: .*nothing\.bin"):
        download("other", (offered(site, "all.tar.gz", packed.getvalue(), members=("nothing.bin",)),))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"file.*RAVINE_DATA name another folder"):
        download("some", (Remote("a", (), "0", 1),))


def test_the_command_finds_what_is_there_and_names_what_there_is(data: Path) -> None:
    command = [sys.executable, "-m", "landscapes.networks.datasets"]
    done = subprocess.run([*command, "mnist"], capture_output=True, text=True, check=True)
    assert f"MNIST: 40 samples to train on, 40 to test on, in {data / 'mnist'}" in done.stdout
    wrong = subprocess.run([*command, "moons"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "mnist" in wrong.stderr and "cifar10" in wrong.stderr


@pytest.mark.parametrize("key", [key for key in DATASETS if DATASETS[key].remotes])
def test_the_real_data(key: str) -> None:
    """Runs where RAVINE_DATA names a folder with the real files."""
    try:
        train, test = DATASETS[key](samples=10_000)
    except DatasetError:
        pytest.skip(f"the environment's RAVINE_DATA names no folder with {DATASETS[key].title}")
    assert len(train) == len(test) == 10_000
    if key == "mnist":
        assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        assert train.labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
        assert float(train.inputs.mean()) == pytest.approx(0.1307, abs=2e-3)
    else:
        assert np.bincount(test.labels).tolist() == [1000] * 10
        np.testing.assert_allclose(train.inputs.mean((0, 2, 3), dtype=float), 0, atol=0.03)
        np.testing.assert_allclose(train.inputs.std((0, 2, 3), dtype=float), 1, atol=0.03)
