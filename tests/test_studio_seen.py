"""What a project's learner reads: features, or the pictures or texts themselves, behind the same page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asknext.cli import tell  # noqa: F401  (it registers)
from asknext.errors import AskNextError
from asknext.studio.desk import Desk
from asknext.studio.project import Project
from asknext.studio.seen import check_reads, seen
from asknext.studio.worker import work
from command_line import run


@dataclass
class Reader:
    """A learner that says what it reads."""

    reads_images: bool = False
    reads_texts: bool = False
    side: int = 16


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty pictures, of which the even ones are dark and red, the others light and blue."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        pixels = rng.integers(0, 90, size=(20, 24, 3), dtype=np.uint8) + np.uint8(100 * (i % 2))
        pixels[:, :, 2 * (i % 2)] += 60
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


def test_pictures_are_squares_of_the_learners_side(pictures: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", pictures) as project:
        table = seen(Reader(reads_images=True), project.items, project.embedding, "project")
        plain = seen(None, project.items, project.embedding, "project")
        assert table.X.shape == (40, 16, 16, 3)
        assert table.X.mean(axis=(1, 2, 3))[:4].argsort().tolist()[:2] in ([0, 2], [2, 0])
        assert plain.X.shape == project.embedding.shape
        assert table.key == plain.key, "the log is of these items, whatever is learnt from"
        with pytest.raises(AskNextError, match="'x' reads texts, and these items are"):
            check_reads("x", Reader(reads_texts=True), "image")


def test_texts_are_read_whole(tmp_path: Path) -> None:
    texts = ["short", "long " * 400, "another"] * 5
    (tmp_path / "texts.txt").write_text("\n".join(f"{text}{i}" for i, text in enumerate(texts)))
    with Project.create(tmp_path / "project", tmp_path / "texts.txt") as project:
        table = seen(Reader(reads_texts=True), project.items, project.embedding, "project")
        assert table.X.tolist() == [f"{text}{i}" for i, text in enumerate(texts)]


def test_a_network_learns_from_the_pictures_behind_the_page(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    learner = "resnet18(width=16,updates=60,batch=8,rate=0.02,augmentation='none')"
    made = {"learner": learner, "audit": 0.0, "batch": 12, "retrain_every": 12}
    with Project.create(tmp_path / "project", pictures, classes=["dark", "light"], **made) as project:
        desk = Desk(project)
        for kind in ("first round", "new answers"):
            assert desk.due() == kind
            path, count, target = desk.work()
            with Project.open(path) as opened:
                work(opened, count, target)
            desk.publish(target)
            for item in desk.pool.pending.tolist():
                desk.answer("ann", str(item), [item], "light" if item % 2 else "dark")
        found = desk.rounds[-1]
        proba = project.columns.get(found.column or "")
        assert proba is not None
        labelled = desk.rounds[-1].labelled
        assert labelled == 12
        assert (proba.argmax(axis=1) == np.arange(40) % 2).mean() > 0.9, "colours are easily seen"
        desk.close()


def test_a_network_of_pictures_is_refused_for_rows(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "rows.csv").write_text("a,b\n" + "\n".join(f"{i},{i % 3}" for i in range(12)))
    with pytest.raises(AskNextError, match="reads images, and these items are of the kind 'table'"):
        Project.create(tmp_path / "project", tmp_path / "rows.csv", learner="resnet18")
    assert not (tmp_path / "project").exists()


def test_answers_are_taken_in_though_a_picture_is_gone(pictures: Path, tmp_path: Path) -> None:
    """Only what fits the learner reads the pictures."""
    pytest.importorskip("torch")
    Project.create(tmp_path / "project", pictures, learner="resnet18(width=16,updates=1)").close()
    (pictures / "03.png").unlink()
    assert "Answers taken in: 2" in run("tell", tmp_path / "project", "0=dark", "1=light").output
