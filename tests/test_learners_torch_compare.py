"""Networks in a comparison and behind the page: on features, and on the images that these were made of."""

from __future__ import annotations

import csv
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from asknext.bench.loading import load_data
from asknext.bench.protocol import Settings
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.datasets.items import Items
from asknext.datasets.published import PUBLISHED, Published
from asknext.kernels.threads import one_thread
from asknext.studio import rounds
from asknext.studio.desk import Desk
from asknext.studio.project import SETTINGS, Project
from asknext.studio.supervisor import Supervisor, command
from asknext.studio.worker import work
from command_line import refused, run
from studio_project import project, round_of

RESNET = "resnet18(updates=6,width=2,loss_module=True)"


@pytest.fixture
def squares(monkeypatch: pytest.MonkeyPatch) -> None:
    """A published data set of grey images: where the bright square is tells the class."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    images = rng.integers(60, size=(90, 8, 8)).astype(np.uint8)
    for image, place in zip(images, y, strict=True):
        image[2 * place : 2 * place + 3, 2:5] = 250

    def read(_: Any) -> Items:
        return Items(images, y)

    entry = Published("squares", "Squares.", "grey image", (), read, 90, 10, 3)
    monkeypatch.setitem(PUBLISHED, "squares", entry)


def results(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_comparison_on_features(tmp_path: Path) -> None:
    asked = ("compare", "wine", "--learner", "mlp-head(updates=30)", "--strategies", "random,bald")
    done = run(*asked, "--rounds", "2", "--seeds", "1", "--jobs", "1", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    final = [float(row["value"]) for row in results(tmp_path / "out") if row["metric"] == "accuracy"]
    assert max(final) > 0.7


@pytest.mark.usefixtures("squares")
def test_a_comparison_on_images(tmp_path: Path) -> None:
    """The network sees the images, and distances are those of its features; metrics are of the features."""
    asked = ("compare", "squares", "--strategies", "random,k-center,learning-loss,badge", "--rounds", "2")
    more = ("--seeds", "1", "--initial", "12", "--batch", "6", "--jobs", "1", "--learner", RESNET)
    done = run(*asked, *more, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {row["strategy"] for row in results(tmp_path / "out")} == {
        "random", "k-center", "learning-loss", "badge",
    }  # fmt: skip


def test_images_are_wanted_where_there_are_none(tmp_path: Path) -> None:
    said = refused("compare", "wine", "--learner", RESNET, "--out", str(tmp_path / "out"))
    assert "reads images finds them in folders, .npz files and published data sets alone" in said
    np.savez(tmp_path / "numbers.npz", X=np.arange(60.0).reshape(20, 3), y=np.arange(20) % 2)
    said = refused("compare", tmp_path / "numbers.npz", "--learner", RESNET, "--out", str(tmp_path / "out"))
    assert "X of numbers.npz is (20, 3) float64, which are no images" in said


def test_images_of_ones_own(tmp_path: Path) -> None:
    X = np.random.default_rng(0).integers(256, size=(60, 8, 8, 3)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", X=X, y=np.arange(60) % 2)
    data = load_data(Settings(str(tmp_path / "mine.npz"), None, ("random",), RESNET, 6, 3, 1, 1, 0.3))
    assert np.array_equal(data.seen, X)
    assert data.X.shape == (60, 192)


@pytest.mark.slow
def test_jobs_make_no_difference(tmp_path: Path) -> None:
    asked = ("compare", "digits", "--learner", "mlp-head(updates=30)", "--strategies", "random,bald")
    for jobs in ("1", "2"):
        done = run(*asked, "--rounds", "2", "--seeds", "2", "--jobs", jobs, "--out", tmp_path / jobs)
        assert done.exit_code == 0, done.output
    assert results(tmp_path / "1") == results(tmp_path / "2")


def test_one_thread_is_one_thread_of_pytorch_too() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# ---------------------------------------------------------------- behind the page


def until(true: Callable[[], Any]) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(project(tmp_path, learner="mlp-head(updates=20)", strategy="bald"))
    yield found
    found.close()


def test_a_page_may_learn_by_a_network(desk: Desk) -> None:
    """What a process of its own would ask is what one in this process asks."""
    round_of(desk)
    for item in desk.pool.pending.tolist():
        desk.answer("ann", str(item), [item], "red" if item % 4 == 0 else "green")
    path, seen, target = desk.work()
    with Project.open(path) as opened:
        work(opened, seen, target)
    other = target.with_name("other")
    process = subprocess.Popen(command(path, seen, other), stdin=subprocess.PIPE)
    assert process.wait(60) == 0
    process.communicate()
    assert rounds.read(target).ids == rounds.read(other).ids
    assert rounds.read(target).scores == rounds.read(other).scores
    desk.publish(other)


def test_a_training_behind_the_page_can_be_cancelled(desk: Desk) -> None:
    round_of(desk)
    for item in desk.pool.pending.tolist():
        desk.answer("ann", str(item), [item], "red" if item % 4 == 0 else "green")
    settings = desk.project.path / SETTINGS
    settings.write_text(settings.read_text().replace("updates=20", "updates=10000000"))
    supervisor = Supervisor(desk)
    supervisor.start()
    try:
        until(lambda: supervisor.job.state == "running")
        time.sleep(1)
        assert supervisor.job.state == "running"
        assert supervisor.cancel()
        until(lambda: supervisor.job.state != "running")
        assert supervisor.job.error in (None, "")
        assert len(desk.rounds) == 1
    finally:
        supervisor.stop()
