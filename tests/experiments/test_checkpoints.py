import numpy as np
from safetensors.numpy import load_file, save_file

from experiments.jobs.checkpoints import Checkpoints


def write(checkpoints, step):
    """As a training does: whole, under another name first."""
    part = checkpoints.folder / "part"
    save_file({"step": np.array([step])}, part)
    part.replace(checkpoints.newest)
    checkpoints.keep()


def step(path):
    return int(load_file(path)["step"][0])


def test_the_one_before_is_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoint")
    assert checkpoints.mend() == ""
    checkpoints.keep()  # nothing there yet
    for k in (1, 2, 3):
        write(checkpoints, k)
        checkpoints.keep()  # looking twice changes nothing
        assert step(checkpoints.newest) == k
    assert step(tmp_path / "checkpoint" / "previous.safetensors") == 2
    assert checkpoints.mend() == "" and step(checkpoints.newest) == 3


def test_a_broken_checkpoint_falls_back_to_the_one_before_and_is_kept_aside(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.mend()
    for k in (1, 2):
        write(checkpoints, k)
    whole = checkpoints.newest.read_bytes()
    for broken in (whole[:-3], b"", b"\xff" * 64):
        checkpoints.newest.write_bytes(broken)
        assert "went on from the one before" in checkpoints.mend()
        assert step(checkpoints.newest) == 1
        assert [p for p in tmp_path.glob("broken-*") if p.read_bytes() == broken]
        assert checkpoints.mend() == ""
        checkpoints.keep()  # the first report of the run that goes on
        write(checkpoints, 2)
    assert step(tmp_path / "previous.safetensors") == 1


def test_without_one_before_it_begins_anew_and_says_so(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.mend()
    checkpoints.newest.write_bytes(b"cut")
    assert "began anew" in checkpoints.mend()
    assert not checkpoints.newest.exists() and {p.read_bytes() for p in tmp_path.glob("broken-*")} == {b"cut"}


def test_a_checkpoint_that_vanished_falls_back_too(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.mend()
    for k in (1, 2):
        write(checkpoints, k)
    checkpoints.newest.unlink()
    checkpoints.mend()
    assert step(checkpoints.newest) == 2  # the second link to it
    for path in (checkpoints.newest, tmp_path / "seen.safetensors"):
        path.unlink()
    checkpoints.mend()
    assert step(checkpoints.newest) == 1
