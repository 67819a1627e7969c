"""The usual encoder of pictures: which one for how many, by how many views; old projects keep theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from asknext.encoders import gradients, patches, usual
from asknext.encoders.views import view
from asknext.studio import project as module
from asknext.studio.project import EMBEDDING, Project, open_or_create


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary that is quickly learnt, of few images."""
    monkeypatch.setattr(usual, "FEW", 20)
    monkeypatch.setattr(patches, "WORDS", 12)
    monkeypatch.setattr(patches, "SAMPLE", 1000)


def images(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(256, size=(n, 12, 12, 3), dtype=np.uint8)


def test_few_have_edges_and_many_discriminants() -> None:
    X, name = usual.embed(images(19), 5)
    assert name == "gradients"
    np.testing.assert_array_equal(X, gradients.embed(images(19), 5))
    X, name = usual.embed(images(20), 5)
    assert name == "discriminants"
    np.testing.assert_array_equal(X, patches.embed(images(20), 5, change=view, copies=4))


def test_of_many_there_are_fewer_views_but_one_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(patches, "embed", lambda *_, copies, **__: asked.append(copies))
    monkeypatch.setattr(usual, "VIEWS", 100)
    for n in (20, 25, 26, 50, 51, 100, 101, 500):
        usual.embed(images(n), 5)
    assert asked == [4, 4, 3, 2, 1, 1, 1, 1]


def test_no_more_words_than_images(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[int] = []
    learn = patches.learn

    def noted(images: Any, words: int, rng: Any) -> Any:
        learnt.append(words)
        return learn(images, words, rng)

    monkeypatch.setattr(patches, "learn", noted)
    for n in (5, 12, 30):
        patches.embed(images(n), 4)
    assert learnt == [5, 12, 12]


def test_a_project_made_before_goes_on_with_its_own_embedding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds its embedding; nothing is encoded anew when it is opened, asked, answered or opened again."""
    root = tmp_path / "pictures"
    root.mkdir()
    for i, pixels in enumerate(images(24)):
        Image.fromarray(pixels).save(root / f"{i:02}.png")

    def before(images: Any, dimensions: int) -> Any:
        return patches.embed(images, dimensions, fitted_on=20_000), "patches"

    with monkeypatch.context() as older:
        older.setattr(usual, "embed", before)
        Project.create(tmp_path / "old", root, classes=("a", "b")).close()
    kept = (tmp_path / "old" / EMBEDDING).read_bytes()
    monkeypatch.setattr(module, "read_source", None)  # nothing is imported
    with open_or_create(tmp_path / "old", root) as opened, opened.campaign() as campaign:
        assert opened.settings["encoder"] == "patches"
        asked = campaign.ask(6).ids
        campaign.tell(asked, ["a", "b"] * 3)
        campaign.ask(6)
    assert (tmp_path / "old" / EMBEDDING).read_bytes() == kept
    monkeypatch.undo()
    monkeypatch.setattr(usual, "FEW", 20)
    with Project.create(tmp_path / "new", root) as made:
        assert made.settings["encoder"] == "discriminants"
