"""The contract of every job backend: the same tests for each. Runs are real processes; kills are real kills."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from experiments import Experiment, execute
from experiments.jobs import JobError, LocalBackend, State
from experiments.jobs.keeper import Keeper
from experiments.jobs.local import ROOT, Rules, gpus
from experiments.jobs.store import RunFolder, read_json, reports, write_json
from experiments.spec import Choice
from experiments.training_result import TrainingResult
from experiments.trajectory import Trajectory

PATIENCE = 90

SHORT = Experiment(Choice("ravine"), (Choice("sgd", {"lr": 0.01}), Choice("adam"), Choice("newton")), (1.0, -0.5), 50)
LONG = replace(SHORT, optimizers=tuple(Choice("adam", {"lr": 0.001 * (i + 1)}) for i in range(24)), steps=3000)


@pytest.fixture(params=["local"])
def make(request, tmp_path):
    """Makes backends of one kind over one place; all jobs are ended after the test."""
    made = []

    def backend(rules=Rules(grace=20.0), root=tmp_path / "runs"):  # noqa: B008
        made.append(LocalBackend(root, rules))
        return made[-1]

    yield backend
    for each in made:
        if each.root.is_dir():
            until(lambda each=each: end_all(each))


def end_all(backend):
    left = [status.id for status in backend.list() if not status.state.ended or RunFolder(backend.folder(status.id)).alive]
    for job in left:
        if (pid := pid_of(backend, job)) is not None and RunFolder(backend.folder(job)).alive:
            os.killpg(pid, signal.SIGCONT)
        backend.cancel(job)
    return not left


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


def ended(backend, job):
    return until(lambda: (status := backend.status(job)).state.ended and status)


def kinds(backend, job):
    return [event["kind"] for event in backend.events(job)[0]]


def at_work(backend, job, results=2):
    """Wait until the job has left some results and is at the next."""
    until(lambda: kinds(backend, job).count("trajectory") >= results)


def pid_of(backend, job):
    return read_json(backend.folder(job) / "job.json").get("pid")


def result(backend, job):
    experiment, folder = backend.experiment(job), backend.folder(job)
    return [Trajectory.load(folder / f"trajectory-{k}.npz") for k in range(len(experiment.optimizers))]


def assert_is_what_execute_gives(backend, job, only=slice(None)):
    experiment = backend.experiment(job)
    chosen = replace(experiment, optimizers=experiment.optimizers[only])
    for stored, here in zip(result(backend, job)[only], execute(chosen), strict=True):
        np.testing.assert_array_equal(stored.theta, here.theta)
        np.testing.assert_array_equal(stored.loss, here.loss)


def test_a_job_runs_and_leaves_the_experiments_result(make):
    backend = make()
    job = backend.submit(SHORT)
    status = ended(backend, job)
    assert status.state is State.DONE and status.fraction == 1.0 and status.message == ""
    assert status.device == "cpu" and status.attempts == 1 and status.position is None
    assert status.submitted <= status.started <= status.finished
    assert backend.experiment(job).key == SHORT.key
    assert_is_what_execute_gives(backend, job)
    assert kinds(backend, job) == ["started", *["trajectory"] * 3, "done"]


def test_events_are_read_on_from_where_one_was(make):
    backend = make()
    job = backend.submit(SHORT)
    seen, place = [], 0
    while True:
        over = backend.status(job).state.ended and not RunFolder(backend.folder(job)).alive
        fresh, place = backend.events(job, place)
        seen += fresh
        if over:
            break
    assert seen == list(backend.events(job)[0]) and len(seen) == 5
    assert backend.events(job, place) == ((), place)


@pytest.mark.slow
@pytest.mark.slow
def test_one_slot_runs_jobs_one_after_the_other_in_order(make):
    backend = make()
    jobs = [backend.submit(replace(SHORT, seed=k)) for k in range(3)]
    listed = backend.list()
    assert [status.id for status in listed] == jobs[::-1]
    waiting = {status.id: status.position for status in listed if status.state is State.QUEUED}
    assert list(waiting.values()) == sorted(waiting.values(), reverse=True) and set(waiting) == set(jobs[-len(waiting) :])
    done = [ended(backend, job) for job in jobs]
    for earlier, later in pairwise(done):
        assert earlier.finished <= later.started


@pytest.mark.slow
@pytest.mark.slow
def test_gpu_slots_take_a_job_each_and_name_their_device(make):
    backend = make(Rules(gpus=("0", "1"), grace=20.0))
    jobs = [backend.submit(replace(LONG, seed=k, steps=4 * LONG.steps)) for k in range(3)]
    until(lambda: all("trajectory" in kinds(backend, job) for job in jobs[:2]))
    first, second, third = (backend.status(job) for job in jobs)
    assert {first.slot, second.slot} == {"0", "1"}
    assert third.state is State.QUEUED and third.position == 1 and kinds(backend, jobs[2]) == []
    backend.cancel(jobs[0])
    at_work(backend, jobs[2], 1)
    assert backend.status(jobs[2]).slot == first.slot
    assert RunFolder(backend.folder(jobs[1])).alive


def test_cancel_while_queued_never_starts(make):
    backend = make()
    running, queued = backend.submit(LONG), backend.submit(SHORT)
    backend.cancel(queued)
    assert ended(backend, queued).state is State.CANCELLED
    assert "started" not in kinds(backend, queued)
    assert not backend.status(running).state.ended


def test_cancel_while_running_keeps_what_there_is_and_resume_goes_on(make):
    backend = make()
    job = backend.submit(LONG)
    at_work(backend, job)
    backend.cancel(job)
    status = ended(backend, job)
    assert status.state is State.CANCELLED and "can be resumed" in status.message and 0 < status.fraction < 1
    kept = sorted(path.name for path in backend.folder(job).glob("trajectory-*.npz"))
    assert 2 <= len(kept) < 24
    times = {name: (backend.folder(job) / name).stat().st_mtime_ns for name in kept}
    until(lambda: not RunFolder(backend.folder(job)).alive)

    backend.resume(job)
    assert ended(backend, job).state is State.DONE
    assert "resumed" in kinds(backend, job)
    assert {name: (backend.folder(job) / name).stat().st_mtime_ns for name in kept} == times  # not computed again
    assert_is_what_execute_gives(backend, job, slice(0, 24, 23))


def test_a_killed_run_goes_on_by_itself_with_the_same_result(make):
    backend = make()
    job = backend.submit(LONG)
    at_work(backend, job)
    os.killpg(pid_of(backend, job), signal.SIGKILL)
    until(lambda: "resumed" in kinds(backend, job))
    assert "lost" in kinds(backend, job)
    assert ended(backend, job).state is State.DONE
    assert_is_what_execute_gives(backend, job, slice(0, 24, 23))


@pytest.mark.slow
def test_a_run_without_a_sign_of_life_is_ended_and_goes_on(make):
    backend = make(Rules(stale=4.0, grace=20.0))
    job = backend.submit(replace(LONG, steps=2000))
    at_work(backend, job)
    os.killpg(pid_of(backend, job), signal.SIGSTOP)
    assert ended(backend, job).state is State.DONE
    assert "stale" in kinds(backend, job) and "resumed" in kinds(backend, job)


@pytest.mark.slow
def test_a_cancelled_run_that_does_not_end_is_ended_by_force(make):
    backend = make(Rules(grace=0.5))
    job = backend.submit(LONG)
    at_work(backend, job)
    os.killpg(pid_of(backend, job), signal.SIGSTOP)
    backend.cancel(job)
    status = ended(backend, job)
    assert status.state is State.CANCELLED and "by force" in status.message
    assert not RunFolder(backend.folder(job)).alive


@pytest.mark.slow
def test_a_killed_keeper_is_replaced_and_the_run_is_not_started_twice(make):
    backend = make()
    job = backend.submit(LONG)
    at_work(backend, job)
    pid = pid_of(backend, job)
    os.killpg(backend._keeper.pid, signal.SIGKILL)
    backend._keeper.wait()
    assert RunFolder(backend.folder(job)).alive
    later = backend.submit(SHORT)
    assert ended(backend, later).state is State.DONE
    assert pid_of(backend, job) == pid and kinds(backend, job).count("started") == 1
    assert backend.status(job).state is State.DONE and "resumed" not in kinds(backend, job)


def test_another_web_process_sees_the_jobs_and_can_end_them(make):
    first = make()
    job = first.submit(LONG)
    at_work(first, job)
    second = make()
    assert [status.id for status in second.list()] == [job]
    assert second.status(job).state is State.RUNNING and second.events(job)[0]
    second.cancel(job)
    assert ended(second, job).state is State.CANCELLED


def test_jobs_outlive_the_process_that_submitted_them(make, tmp_path):
    backend = make()
    write_json(tmp_path / "spec.json", LONG.as_json())
    submitted = command("submit", tmp_path / "spec.json", "--runs", backend.root)
    job = submitted.stdout.strip()
    assert submitted.returncode == 0
    at_work(backend, job)
    assert backend.status(job).state is State.RUNNING


@pytest.mark.slow
def test_many_submitters_at_once(make):
    backends = [make(Rules(cpu_slots=2)) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        jobs = list(pool.map(lambda k: backends[k % 6].submit(replace(SHORT, seed=k)), range(12)))
    assert len(set(jobs)) == 12
    assert [ended(backends[0], job).state for job in jobs] == [State.DONE] * 12
    for seed, job in enumerate(jobs):
        assert backends[0].experiment(job).seed == seed
        assert kinds(backends[0], job).count("started") == 1


def test_a_broken_spec_is_a_sentence_in_the_status_and_nothing_is_lost(make):
    backend = make()
    running, job = backend.submit(LONG), backend.submit(SHORT)
    spec = backend.folder(job) / "spec.json"
    spec.write_text(spec.read_text().replace('"ravine"', '"canyon"'))
    backend.cancel(running)
    status = ended(backend, job)
    assert status.state is State.FAILED and status.attempts == 1
    assert status.message.startswith("The spec cannot be run: landscape: no 'canyon' here; there are: ")
    with pytest.raises(JobError, match="canyon"):
        backend.experiment(job)
    until(lambda: not RunFolder(backend.folder(job)).alive)
    spec.write_text(spec.read_text().replace('"canyon"', '"ravine"'))
    backend.resume(job)
    assert ended(backend, job).state is State.DONE


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_when_there_is_space(make):
    backend = make()
    blocker, job = backend.submit(LONG), backend.submit(SHORT)
    (backend.folder(job) / "trajectory-1.part").symlink_to("/dev/full")  # writing there fails as a full disk does
    backend.cancel(blocker)
    status = ended(backend, job)
    assert status.state is State.FAILED
    assert status.message == "The disk is full. What was saved is kept: free some space and resume."
    kept = (backend.folder(job) / "trajectory-0.npz").stat().st_mtime_ns
    until(lambda: not RunFolder(backend.folder(job)).alive)
    (backend.folder(job) / "trajectory-1.part").unlink()
    backend.resume(job)
    assert ended(backend, job).state is State.DONE
    assert (backend.folder(job) / "trajectory-0.npz").stat().st_mtime_ns == kept
    assert_is_what_execute_gives(backend, job)


def test_a_broken_result_on_disk_is_computed_again(make):
    backend = make()
    blocker, job = backend.submit(LONG), backend.submit(SHORT)
    (backend.folder(job) / "trajectory-0.npz").write_bytes(b"PK\x03\x04 cut")
    backend.cancel(blocker)
    assert ended(backend, job).state is State.DONE
    assert_is_what_execute_gives(backend, job)


def test_a_place_that_cannot_be_written_is_a_sentence(make, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    for root in (tmp_path / "file" / "runs", Path("/proc/ravine")):
        backend = make(root=root)
        with pytest.raises(JobError, match=r"could not be queued\. Cannot use .*: .*\."):
            backend.submit(SHORT)
        assert backend.list() == ()


def test_a_folder_that_cannot_be_read_is_one_failed_job_among_the_others(make):
    backend = make()
    job = backend.submit(SHORT)
    ended(backend, job)
    (backend.root / "0000-stray").mkdir()
    (backend.root / "0000-stray" / "status.json").write_text("{")
    assert backend.status("0000-stray").state is State.FAILED
    assert "cannot be read" in backend.status("0000-stray").message
    assert backend.status(job).state is State.DONE
    backend.delete("0000-stray")
    assert [status.id for status in backend.list()] == [job]


def test_only_ended_jobs_are_deleted_and_nothing_else_is_reached(make):
    backend = make()
    running, done = backend.submit(LONG), backend.submit(SHORT)
    with pytest.raises(JobError, match="has not ended"):
        backend.delete(running)
    backend.cancel(running)
    ended(backend, done)
    backend.delete(done)
    assert not (backend.root / done).exists()
    for wrong in (done, "..", "../runs", "", ".", "/etc"):
        for action in (backend.status, backend.cancel, backend.delete, backend.resume, backend.events):
            with pytest.raises(JobError, match="There is no job"):
                action(wrong)


def test_a_done_job_is_not_resumed_and_not_cancelled(make):
    backend = make()
    job = backend.submit(SHORT)
    ended(backend, job)
    backend.cancel(job)
    assert backend.status(job).state is State.DONE
    with pytest.raises(JobError, match="is done: there is nothing to resume"):
        backend.resume(job)


def test_a_process_that_always_dies_is_given_up_with_its_last_words(tmp_path, monkeypatch):
    backend = LocalBackend(tmp_path)
    monkeypatch.setattr(LocalBackend, "_ensure_keeper", lambda self: None)
    job = backend.submit(SHORT)
    dies = tmp_path / "dies"
    dies.write_text("#!/bin/sh\necho no such machine\nexit 7\n")
    dies.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dies))
    keeper = Keeper(tmp_path, Rules())
    until(lambda: not keeper.tick())
    status = backend.status(job)
    assert status.state is State.FAILED and status.attempts == 3
    assert status.message == "The process ended 3 times without a word: no such machine"


def test_a_cut_line_among_the_events_costs_only_itself(tmp_path):
    folder = RunFolder(tmp_path)
    folder.append({"kind": "one"})
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"kind": "cut')
    assert [event["kind"] for event in folder.events()[0]] == ["one"]
    folder.append({"kind": "two"})
    assert [event["kind"] for event in folder.events()[0]] == ["one", "two"]


def progress(step, *losses, stage="training"):
    return {"kind": "progress", "stage": stage, "step": step, "loss": losses, "test_accuracy": None}


def test_reports_are_the_progress_and_what_is_repeated_after_a_resume_counts_once():
    events = (
        {"kind": "started"}, progress(0, 2.0, 3.0), progress(10, 1.5, None), progress(20, 1.0, None),
        {"kind": "resumed"}, progress(10, 1.25, None), progress(30, 0.5, 0.0), progress(30, 9.0, 9.0, stage="analysis"),
    )  # fmt: skip
    found = reports(events)
    assert [report["step"] for report in found] == [0, 10, 30]
    assert [report["loss"] for report in found] == [(2.0, 3.0), (1.25, None), (0.5, 0.0)]
    assert reports(()) == []


def test_gpus_are_those_the_process_may_use(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-abc")
    assert gpus() == ("2", "GPU-abc")
    for none in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", none)
        assert gpus() == ()


TRAINING = Experiment(
    Choice("digits_mlp", {"width": 4}), (Choice("sgd", {"lr": 0.1}), Choice("adam", {"lr": 0.01})), None, 1500, batch_size=32
)


def trained_to(backend, job, step):
    """Wait until this start of the job has come that far."""

    def there():
        events = backend.events(job)[0]
        assert not (status := backend.status(job)).state.ended, status.message
        starts = [k for k, event in enumerate(events) if event["kind"] in ("started", "resumed")]
        return starts and any(event.get("step", -1) >= step for event in events[starts[-1] :])

    until(there)


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_training_that_is_cancelled_loses_a_checkpoint_and_is_killed_ends_as_if_nothing_had_been(make, tmp_path, monkeypatch):
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path / "results"))
    write_json(tmp_path / "spec.json", TRAINING.as_json())
    line = [sys.executable, "-m", "experiments", "run", tmp_path / "spec.json", "--out", tmp_path / "undisturbed"]
    undisturbed = subprocess.Popen(line, cwd=ROOT)
    backend = make()
    job = backend.submit(TRAINING)
    newest = backend.folder(job) / "checkpoint" / "training.safetensors"
    for step in (100, 400):
        trained_to(backend, job, step)
        backend.cancel(job)
        status = ended(backend, job)
        assert status.state is State.CANCELLED and "can be resumed" in status.message and step <= status.step < 1500
        until(lambda: not RunFolder(backend.folder(job)).alive)
        if step == 400:
            newest.write_bytes(newest.read_bytes()[:-100])
        backend.resume(job)
    trained_to(backend, job, 600)
    notes = [event["note"] for event in backend.events(job)[0] if event["kind"] == "resumed"]
    assert notes == ["", "The newest checkpoint could not be read; it went on from the one before."]
    os.killpg(pid_of(backend, job), signal.SIGKILL)
    status = ended(backend, job)
    assert status.state is State.DONE and status.device == "cpu" and kinds(backend, job).count("resumed") == 3

    assert undisturbed.wait(PATIENCE) == 0
    here = TrainingResult.load(backend.folder(job) / "result.npz")
    there = TrainingResult.load(tmp_path / "undisturbed" / "result.npz")
    for name in vars(there):
        if name not in ("seconds", "experiment", "calls", "complete", "spectrum_kind"):
            np.testing.assert_array_equal(getattr(here, name), getattr(there, name), err_msg=name)
    assert here.complete and here.spectrum_kind == "exact" and here.experiment.key == TRAINING.key
    for kind, count in there.calls.items():
        np.testing.assert_array_equal(here.calls[kind], count)
    told = reports(backend.events(job)[0])
    np.testing.assert_array_equal([report["step"] for report in told], there.steps)  # what was repeated counts once
    np.testing.assert_array_equal(np.array([report["loss"] for report in told]).T, there.loss)
    assert TrainingResult.load(tmp_path / "results" / f"{TRAINING.key}.npz").complete  # so that its plane can be raced on


def command(*arguments, **options):
    line = [sys.executable, "-m", "experiments", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False, **options)


def test_the_command_runs_a_spec_in_a_folder(tmp_path):
    write_json(tmp_path / "spec.json", SHORT.as_json())
    out = tmp_path / "deep" / "out"
    assert command("run", tmp_path / "spec.json", "--out", out).returncode == 0
    assert read_json(out / "status.json")["state"] == "done"
    again = command("run", tmp_path / "spec.json", "--out", out)
    assert again.returncode == 0 and (out / "events.jsonl").read_text().count('"resumed"') == 1

    write_json(tmp_path / "other.json", replace(SHORT, seed=5).as_json())
    other = command("run", tmp_path / "other.json", "--out", out)
    assert other.returncode == 2 and "belongs to another experiment" in other.stderr


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("{", "is not JSON"),
        ("[]", "does not hold an object"),
        ('{"version": 1}', "The spec cannot be run: optimizers must be a list."),
        (json.dumps(SHORT.as_json() | {"steps": -1}), "steps must be a whole number in [0, 100000], got -1"),
    ],
)
def test_a_broken_spec_is_one_sentence_for_both_commands(tmp_path, text, sentence):
    (tmp_path / "spec.json").write_text(text)
    for arguments in (("run", tmp_path / "spec.json", "--out", tmp_path / "out"), ("submit", tmp_path / "spec.json")):
        said = command(*arguments, env=os.environ | {"RAVINE_RUNS": str(tmp_path / "runs")})
        assert said.returncode == 2 and sentence in said.stderr.splitlines()[-1]
    assert sentence in read_json(tmp_path / "out" / "status.json")["message"]
    assert not (tmp_path / "runs").exists()


def test_the_command_says_that_a_folder_cannot_be_made(tmp_path):
    write_json(tmp_path / "spec.json", SHORT.as_json())
    said = command("run", tmp_path / "spec.json", "--out", tmp_path / "spec.json" / "out")
    assert said.returncode == 2 and said.stderr.count("\n") == 1 and "Cannot use" in said.stderr


@pytest.mark.slow
def test_two_runs_in_one_folder_are_one(tmp_path):
    write_json(tmp_path / "spec.json", replace(LONG, steps=30_000).as_json())  # it must outlast the second's start
    arguments = [sys.executable, "-m", "experiments", "run", tmp_path / "spec.json", "--out", tmp_path / "out"]
    first = subprocess.Popen(arguments, cwd=ROOT)
    until(lambda: RunFolder(tmp_path / "out").events()[0])
    second = command("run", tmp_path / "spec.json", "--out", tmp_path / "out")
    assert second.returncode == 3 and "is being run by another process" in second.stderr
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 0
    assert read_json(tmp_path / "out" / "status.json")["state"] == "cancelled"


@pytest.mark.slow
def test_the_queue_from_the_command_line(make, tmp_path):
    backend = make()
    write_json(tmp_path / "spec.json", SHORT.as_json())
    where = ("--runs", backend.root)
    job = command("submit", tmp_path / "spec.json", *where).stdout.strip()
    ended(backend, job)
    assert job in command("list", *where).stdout
    assert json.loads(command("status", job, *where).stdout)["state"] == "done"
    assert "nothing to resume" in command("resume", job, *where).stderr
    assert command("delete", job, *where).returncode == 0
    assert "There is no job" in command("cancel", job, *where).stderr
