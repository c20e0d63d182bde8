import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments import Experiment, slices
from experiments.race import enter
from experiments.spec import Choice
from experiments.turns import Turns
from experiments.worker import ROOT, RequestError, WorkerError, Workers

TABLE = "tests.experiments.worker_table:REQUESTS"
PATIENCE = 30  # seconds after which a test gives up; nothing asserts how fast it is


@pytest.fixture
def workers():
    made = Workers(TABLE, cache_bytes=200_000)
    yield made
    made.close()


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def alive(pid):
    """Whether the process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def lines(path):
    return path.read_text().split() if path.exists() else []


def test_a_race_in_the_worker_is_the_race_here(workers):
    experiment = Experiment(Choice("ravine"), (Choice("sgd", {"lr": 0.01}), Choice("adam"), Choice("newton")), (1.0, -0.5), 40)
    call = workers.submit("race", {"experiment": experiment.as_json()})
    entrants = call.result(PATIENCE)
    assert len(entrants) == 3
    for index, entrant in enumerate(entrants):
        here = enter(experiment.solo(index))
        for name, array in here.as_arrays().items():
            np.testing.assert_array_equal(entrant.as_arrays()[name], array)
    assert [p.meta["done"] for p in call.progress] == [1, 2, 3]


def test_an_answer_waits_until_what_it_needs_is_loaded_as_a_whole():
    """Two threads in one circular import can be given half a module."""
    workers = Workers("tests.experiments.worker_table:SLOW_TO_START")
    try:
        assert workers.submit("whole", {}).result(PATIENCE) == {"whole": True}
    finally:
        workers.close()


@pytest.mark.timeout(240)
def test_a_training_streams_its_losses_and_answers_with_the_result_or_with_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))
    digits = Choice("digits_mlp", {"width": 2})
    experiment = Experiment(digits, (Choice("sgd", {"lr": 0.1}), Choice("adam")), None, 20, batch_size=100)
    workers = Workers()
    try:
        call = workers.submit("train", {"experiment": experiment.as_json()})
        reports = [p.meta for p in call.updates() if p.meta["stage"] == "training"]
        result = call.result(PATIENCE)
        assert result.experiment.key == experiment.key and result.complete and result.spectrum_kind == "exact"
        np.testing.assert_array_equal([r["step"] for r in reports], result.steps)
        np.testing.assert_array_equal(np.transpose([r["loss"] for r in reports]), result.loss)
        stored = slices.stored(experiment)
        for name in ("loss", "ends", "theta", "heights", "eigenvalues", "coordinates", "finite"):
            np.testing.assert_array_equal(getattr(stored, name), getattr(result, name))
        assert stored.calls.keys() == result.calls.keys()

        longer = replace(experiment, steps=50_000)
        call = workers.submit("train", {"experiment": longer.as_json()})
        until(lambda: len(call.progress) > 2)
        call.stop()
        part = call.result(PATIENCE)
        assert not part.complete and 0 < part.steps[-1] < 50_000 and slices.stored(longer) is None
    finally:
        workers.close()


def test_progress_streams_with_arrays(workers):
    call = workers.submit("count", {"to": 5})
    reports = list(call.updates())
    assert [p.meta["at"] for p in reports] == [0, 1, 2, 3, 4]
    assert [int(p.arrays["square"]) for p in reports] == [0, 1, 4, 9, 16]
    assert call.result(PATIENCE)["reached"] == 4 and call.done and not call.running


def test_prints_do_not_break_the_pipe_and_large_answers_come_whole(workers):
    meta, arrays = workers.submit("echo", {"n": 300_000, "text": "ü", "none": None}).result(PATIENCE)
    assert meta["arguments"] == {"n": 300_000, "text": "ü", "none": None}
    np.testing.assert_array_equal(arrays["a"], np.arange(300_000.0))
    assert arrays["b"].sum() == 150_000 and not arrays["a"].flags.writeable


def test_an_error_is_a_sentence_and_the_child_goes_on(workers):
    pid = workers.submit("count", {"to": 1}).result(PATIENCE)["pid"]
    with pytest.raises(RequestError, match=r"^three is not an even number$"):
        workers.submit("refuse", {}).result(PATIENCE)
    assert workers.submit("count", {"to": 2}).result(PATIENCE)["pid"] == pid


def test_wrong_requests_are_refused_at_once(workers):
    with pytest.raises(KeyError, match="no request 'format_disk'; there are: count"):
        workers.submit("format_disk", {})
    with pytest.raises(TypeError):
        workers.submit("count", {"to": object()})
    with pytest.raises(RequestError, match="KeyError"):
        workers.submit("count", {}).result(PATIENCE)


def test_thirty_visitors_with_one_question_are_one_computation(workers, tmp_path):
    path = tmp_path / "log"
    ask = {"path": str(path), "line": "once", "pause": 0.2}
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda i: workers.submit("log", ask, f"visitor {i}").result(PATIENCE), range(30)))
    assert answers == [{"line": "once"}] * 30
    assert lines(path) == ["once"]
    assert workers.submit("log", ask).result(PATIENCE) == {"line": "once"}  # kept
    assert lines(path) == ["once"]


def test_many_threads_with_many_questions_each_get_their_own(workers):
    def ask(i):
        meta, arrays = workers.submit("echo", {"n": i, "i": i}, str(i % 5)).result(PATIENCE)
        return meta["arguments"]["i"] == i and len(arrays["a"]) == i

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))


def test_the_cache_is_bounded(workers, tmp_path):
    path = tmp_path / "log"
    ask = {"path": str(path), "line": "x"}
    workers.submit("log", ask).result(PATIENCE)
    for n in range(10_000, 10_030):  # each keeps 90 kB of 200
        workers.submit("echo", {"n": n}).result(PATIENCE)
    workers.submit("log", ask).result(PATIENCE)
    assert lines(path) == ["x", "x"]
    assert workers._lanes["short"]._answers._total <= 200_000


def test_callers_are_served_in_turn(workers, tmp_path):
    path = tmp_path / "log"
    blocker = workers.submit("count", {"to": 3, "pause": 0.1}, "greedy")
    greedy = [workers.submit("log", {"path": str(path), "line": f"greedy{i}"}, "greedy") for i in range(5)]
    modest = [workers.submit("log", {"path": str(path), "line": f"modest{i}"}, "modest") for i in range(2)]
    for call in (blocker, *greedy, *modest):
        call.result(PATIENCE)
    assert lines(path) == ["greedy0", "modest0", "greedy1", "modest1", "greedy2", "greedy3", "greedy4"]


def test_a_long_request_does_not_stand_before_a_short_one(workers):
    long = workers.submit("long", {"to": 10_000, "pause": 0.01})
    until(lambda: long.progress)
    workers.submit("count", {"to": 1}).result(PATIENCE)
    assert not long.done and long.running
    pids = workers.pids()
    assert pids["long"] != pids["short"]
    long.cancel()


def test_cancel_between_steps(workers):
    call = workers.submit("count", {"to": 10_000, "pause": 0.01})
    pid = next(iter(call.updates())) and workers.pids()["short"]
    call.cancel()
    with pytest.raises(CancelledError):
        call.result(PATIENCE)
    assert call.done
    assert workers.submit("count", {"to": 1}).result(PATIENCE)["pid"] == pid  # the same child, at once free


def test_cancel_while_waiting_never_runs(workers, tmp_path):
    path = tmp_path / "log"
    blocker = workers.submit("count", {"to": 20, "pause": 0.01})
    waiting = workers.submit("log", {"path": str(path), "line": "never"})
    assert not waiting.running
    waiting.cancel()
    with pytest.raises(CancelledError):
        waiting.result(PATIENCE)
    blocker.result(PATIENCE)
    workers.submit("count", {"to": 1}).result(PATIENCE)
    assert lines(path) == []


def test_cancelling_a_shared_question_leaves_it_to_the_others(workers):
    ask = {"to": 30, "pause": 0.01}
    assert not workers.asked("count", ask)
    one, two = workers.submit("count", ask, "one"), workers.submit("count", ask, "two")
    one.cancel()
    one.cancel()  # a second click counts once
    assert workers.asked("count", ask) and not workers.asked("count", ask | {"to": 29})
    assert two.result(PATIENCE)["reached"] == 29
    assert not workers.asked("count", ask)
    with pytest.raises(CancelledError):
        one.result(PATIENCE)


@pytest.mark.slow
def test_stop_keeps_what_there_is_and_the_part_is_not_taken_for_the_whole(workers):
    ask = {"to": 100, "pause": 0.01, "keep": True}
    call = workers.submit("count", ask)
    until(lambda: len(call.progress) > 3)
    call.stop()
    part = call.result(PATIENCE)
    assert 3 < part["reached"] < 99
    assert workers.submit("count", ask).result(PATIENCE)["reached"] == 99


def test_a_cancelled_request_that_does_not_look_up_is_ended_with_its_process(workers):
    call = workers.submit("deaf", {})
    until(lambda: call.progress)
    pid = workers.pids()["short"]
    call.cancel()
    assert workers.submit("count", {"to": 1}).result(PATIENCE)["pid"] != pid
    assert not alive(pid)


def test_a_crash_fails_its_caller_with_a_sentence_and_the_next_is_answered(workers):
    crash = workers.submit("die", {}, "one")
    after = workers.submit("count", {"to": 1}, "two")
    with pytest.raises(WorkerError, match="was ended by signal 9 while it was at 'die'"):
        crash.result(PATIENCE)
    assert after.result(PATIENCE)["reached"] == 0


def test_a_child_killed_while_idle_is_replaced(workers):
    first = workers.submit("count", {"to": 1}).result(PATIENCE)["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    assert workers.submit("count", {"to": 2}).result(PATIENCE)["pid"] != first


def test_a_process_started_again_looks_where_the_first_one_did(monkeypatch):
    monkeypatch.setenv("RAVINE_DATA", "here")
    workers = Workers(TABLE)
    try:
        monkeypatch.setenv("RAVINE_DATA", "there")
        asked = {"names": ["RAVINE_DATA"]}
        assert workers.submit("environment", asked).result(PATIENCE) == {"RAVINE_DATA": "here"}
        with pytest.raises(WorkerError):
            workers.submit("die", {}).result(PATIENCE)
        assert workers.submit("environment", asked | {"again": True}).result(PATIENCE) == {"RAVINE_DATA": "here"}
    finally:
        workers.close()


@pytest.mark.slow
def test_torch_runs_on_one_thread(workers):
    workers.submit("count", {"to": 1}).result(PATIENCE)
    until(lambda: workers.submit("threads", {"at": time.monotonic()}).result(PATIENCE)["threads"] == 1)


@pytest.mark.slow
def test_a_timeout_is_a_timeout_and_the_answer_still_comes(workers):
    call = workers.submit("count", {"to": 20, "pause": 0.01})
    with pytest.raises(TimeoutError, match="not answered yet"):
        call.result(0.01)
    assert call.result(PATIENCE)["reached"] == 19


def test_closing_fails_the_waiting_and_ends_the_children(workers):
    running, waiting = workers.submit("deaf", {}), workers.submit("count", {"to": 1})
    until(lambda: running.progress)
    pid = workers.pids()["short"]
    workers.close()
    for call in (running, waiting):
        with pytest.raises(WorkerError):
            call.result(PATIENCE)
    assert not alive(pid)
    with pytest.raises(WorkerError, match="closed"):
        workers.submit("count", {"to": 1})


PARENT = f"""
import time
from experiments.worker import Workers
workers = Workers({TABLE!r})
call = workers.submit("deaf", {{}})
next(iter(call.updates()))
print(workers.pids()["short"], flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_no_orphan_when_the_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(child))


def test_a_table_that_cannot_be_loaded_by_the_child_fails_its_callers_and_does_not_spin(workers, monkeypatch):
    monkeypatch.setattr(workers._lanes["short"], "_table", "no.such.module:REQUESTS")
    calls = [workers.submit("count", {"to": n}, str(n)) for n in range(3)]
    for call in calls:
        with pytest.raises(WorkerError, match="ended with code 1"):
            call.result(PATIENCE)
    assert workers.pids()["short"] is None


def test_asking_loads_no_torch_and_no_streamlit():
    program = "import sys, experiments.worker as w; w.Workers(); print([m for m in ('torch', 'streamlit') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_close_from_another_thread_while_callers_wait(workers):
    call = workers.submit("deaf", {})
    until(lambda: call.progress)
    threading.Timer(0.1, workers.close).start()
    with pytest.raises(WorkerError):
        call.result(PATIENCE)


def test_in_a_lane_of_turns_nobody_waits_for_anothers_long_request(workers):
    long = [workers.submit("turn", {"to": 10**7, "n": n}, f"visitor {n}") for n in range(3)]
    until(lambda: all(len(call.progress) > 2 for call in long))  # all are at it
    queued = workers.submit("turn", {"to": 3}, "visitor 0")
    for n in range(5):
        assert workers.submit("turn", {"to": 3, "n": n}, f"another {n}").result(PATIENCE)["reached"] == 2
    assert not any(call.done for call in long) and not queued.done, "one of each visitor at a time"
    seen = [len(call.progress) for call in long]
    until(lambda: all(len(call.progress) > before for call, before in zip(long, seen)))
    long[0].cancel()
    assert queued.result(PATIENCE)["reached"] == 2
    pid = workers.pids()["turns"]
    os.kill(pid, signal.SIGKILL)
    for call in long[1:]:
        with pytest.raises(WorkerError):
            call.result(PATIENCE)
    assert workers.submit("turn", {"to": 4}).result(PATIENCE)["pid"] != pid


def test_turns_go_round_and_a_new_one_comes_next():
    turns, order, threads = Turns(moment=0.0), [], []

    def work(name, times, more=()):
        for at in range(times):
            order.append(name)
            if at == 1:
                for other in more:
                    threads.append(threading.Thread(target=turns.run, args=[other]))
                    threads[-1].start()
                    until(lambda: len(turns._row) == len(threads) + 1)
            turns.pass_on()

    turns.run(lambda: work("a", 4, [lambda: work("b", 3), lambda: work("c", 2)]))
    for thread in threads:
        thread.join(PATIENCE)
    assert "".join(order) == "aacbacbab"
