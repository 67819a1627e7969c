"""The cached loop among processes: killed anywhere it resumes to the same, and two of them do not collide."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from asknext.cache import ReplayCache, ResumeCache, read_values
from asknext.errors import AskNextError

LOOP = """
import hashlib, os, signal, sys
import numpy as np
from asknext.cache import ReplayCache, ResumeCache

ITERATIONS = 6

def loop(folder, make, keys):
    with make(folder, keys=keys, data=np.arange(3)) as cache:
        chosen = cache.variable("chosen", np.zeros(0, dtype=np.int64))
        state = cache.variable("state", {"round": 0, "seen": ()})
        for item, before, old in cache.iter(range(ITERATIONS), chosen.previous(), state.previous()):
            drawn = np.random.default_rng(item).integers(100, size=3)
            cache.log_value("sum", int(before.sum()))
            chosen.set(np.concatenate([before, drawn]))
            cache.log_value("drawn", drawn.mean(), subset="new")
            state.set({"round": old["round"] + 1, "seen": (*old["seen"], drawn)})
"""

KILLED = (
    LOOP
    + """
def count(limit):
    # The process kills itself at the limit-th call of any function, of Python or of C.
    calls = 0
    def step(frame, event, arg):
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls == limit:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(step)
    return lambda: calls

folder, kind, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
make = {"replay": ReplayCache, "resume": ResumeCache}[kind]
loop(folder + "/whole", make, {"k": 1})
calls = count(0)
loop(folder + "/counted", make, {"k": 1})
sys.setprofile(None)
rng = np.random.default_rng(seed)
killed = 0
for limit in rng.integers(1, calls() // 2, size=20):
    child = os.fork()
    if child == 0:
        count(int(limit))
        loop(folder + "/killed", make, {"k": 1})
        os._exit(0)
    killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
loop(folder + "/killed", make, {"k": 1})
print(killed)
"""
)


def program(source, *arguments):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-c", source, *map(str, arguments)], **pipes, text=True)


def output(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def contents(folder):
    """Every kept value, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in ("initial", "iterations")
        for path in folder.rglob(f"{name}/**/*.*")
        if path.is_file()
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize("kind", ["replay", "resume"])
def test_a_run_killed_at_any_point_resumes_to_the_same(tmp_path, kind):
    killed = int(output(program(KILLED, tmp_path, kind, 0)))
    assert killed >= 10
    whole, broken = tmp_path / "whole", tmp_path / "killed"
    assert read_values(broken) == read_values(whole)
    assert len(read_values(broken)) == 2 * 6
    left = {path: value for path, value in contents(broken).items() if not path.endswith(".tmp")}
    assert left == contents(whole)
    assert len(left) == 2 + 2 * (6 if kind == "replay" else 2)


def test_two_processes_write_their_runs_at_the_same_time(tmp_path):
    source = LOOP + "ITERATIONS = 25\nloop(sys.argv[1], ReplayCache, {'k': int(sys.argv[2])})"
    for process in [program(source, tmp_path, k) for k in (1, 2)]:
        output(process)
    rows = read_values(tmp_path, "sum")
    assert [(row["k"], row["iteration"]) for row in rows] == [(k, i) for k in (1, 2) for i in range(25)]
    assert [row["value"] for row in rows[:25]] == [row["value"] for row in rows[25:]]


def test_a_second_writer_of_a_run_is_turned_away_at_once(tmp_path):
    source = LOOP + (
        "with ReplayCache(sys.argv[1], keys={'k': 1}) as cache:\n"
        "    cache.log_value('here', 1)\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    first = program(source, tmp_path)
    assert first.stdout.readline() == "open\n"
    with pytest.raises(AskNextError, match="writing the run"), ReplayCache(tmp_path, keys={"k": 1}):
        pass
    with ReplayCache(tmp_path, keys={"k": 2}) as cache:  # another run is free
        cache.log_value("here", 2)
    assert [row["value"] for row in read_values(tmp_path, "here")] == [1, 2]
    first.communicate("\n", timeout=60)
    with ReplayCache(tmp_path, keys={"k": 1}) as cache:  # and so is this one, once the first has ended
        with pytest.raises(AskNextError, match="another cache in this one"):
            ResumeCache(tmp_path, keys={"k": 1}).__enter__()
        cache.log_value("here", 3)


def test_the_lock_is_released_whatever_happens(tmp_path):
    class Stop(Exception):
        pass

    for _ in range(2):
        with pytest.raises(Stop), ReplayCache(tmp_path):
            raise Stop
        with pytest.raises(AskNextError, match="keys"), ReplayCache(tmp_path, keys={"k": 1}):
            pass
        with pytest.raises(AskNextError, match="class"), ResumeCache(tmp_path):
            pass


def test_a_killed_writer_leaves_no_lock(tmp_path):
    source = LOOP + (
        "with ReplayCache(sys.argv[1]) as cache:\n    print('open', flush=True)\n    sys.stdin.readline()\n"
    )
    writer = program(source, tmp_path)
    assert writer.stdout.readline() == "open\n"
    writer.kill()
    writer.communicate(timeout=60)
    with ReplayCache(tmp_path) as cache:
        assert cache.values() == []
