"""Killed at random moments and started again, a comparison writes the same results to the last byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL"),
]

COMMAND = (
    "compare", "wdbc", "--strategies", "random,margin,badge,typiclust", "--rounds", "12", "--seeds", "3",
    "--jobs", "2",
)  # fmt: skip
KILLS = 10


def start(out: Path) -> subprocess.Popen[bytes]:
    """The command line in a process group of its own."""
    code = "from asknext.cli import main; main()"
    arguments = [sys.executable, "-c", code, *COMMAND, "--out", str(out)]
    return subprocess.Popen(arguments, start_new_session=True, stdout=subprocess.DEVNULL)


def finish(out: Path) -> bytes:
    """Run to the end, and return results.csv."""
    process = start(out)
    assert process.wait(timeout=300) == 0
    return (out / "results.csv").read_bytes()


def test_killed_at_ten_random_moments(tmp_path: Path) -> None:
    whole = finish(tmp_path / "whole")
    rng, out = np.random.default_rng(0), tmp_path / "killed"
    killed = 0
    for attempt in range(KILLS):
        process = start(out)
        try:
            process.wait(timeout=rng.uniform(1.5, 4.0))
        except subprocess.TimeoutExpired:
            killed += 1
            if attempt % 2:
                os.killpg(process.pid, signal.SIGKILL)  # the workers with it
            else:
                process.kill()  # the workers are orphans and must give way
        process.wait()
    assert killed >= KILLS // 2, "the comparison is too quick to be killed in its middle"
    assert finish(out) == whole
