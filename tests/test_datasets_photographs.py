"""Photographs in folders and lists: who is taken, how they are cut, and that they are decoded once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from asknext import rows
from asknext.bench import run as runs
from asknext.bench.loading import load_data
from asknext.bench.protocol import Settings, class_positions, fit_to_pool, split
from asknext.bench.scenario import Scenario
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.datasets import album as albums
from asknext.datasets import load
from asknext.datasets.album import album
from asknext.datasets.pictures import square
from asknext.datasets.published import PUBLISHED
from asknext.datasets.published.photographs import MQ_NET
from asknext.datasets.raw import images
from asknext.encoders import patches
from asknext.errors import AskNextError
from asknext.learners.catalogue import LEARNERS

SHADES = {"n01": (250, 10, 10), "n02": (10, 250, 10), "n03": (10, 10, 250)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data files, an empty cache, features that take no time."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(patches, "embed", lambda images, d: images.reshape(len(images), -1)[:, :d] / 255)
    return tmp_path / "data"


def put(place: Path, colour: tuple[int, int, int] = (9, 9, 9), size: tuple[int, int] = (40, 30)) -> None:
    """A picture of one colour."""
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(place, "JPEG", quality=95)


def put_imagenet(folder: Path, train: int = 3, test: int = 2) -> None:
    """Three classes in folders."""
    for name, colour in SHADES.items():
        for i in range(train):
            put(folder / f"images/imagenet/train/{name}/{name}_{i}.JPEG", colour)
        for i in range(test):
            put(folder / f"images/imagenet/val/{name}/ILSVRC2012_val_{i}.JPEG", colour)
    (folder / "images/imagenet/train/n01/notes.txt").write_text("no photograph")


def told(name: str) -> tuple[list[str], list[str]]:
    """Labels of a data set, and the colours of its photographs as letters."""
    items = PUBLISHED[name].items()
    colours = items.values.reshape(len(items.y), -1, 3).mean(axis=1)
    return items.y.tolist(), ["rgb"[i] for i in colours.argmax(axis=1)]


def test_class_folders_are_sorted_training_part_first(folder: Path) -> None:
    put_imagenet(folder)
    items = PUBLISHED["imagenet"].items()
    assert items.values.shape == (15, 256, 256, 3)
    assert items.test == 6
    labels, colours = told("imagenet")
    assert labels == [name for n in (3, 2) for name in SHADES for _ in range(n)]
    assert colours == ["rgb"[int(name[-1]) - 1] for name in labels]
    assert PUBLISHED["imagenet"].items(6).y.tolist() == [name for name in SHADES for _ in range(2)]


def test_a_list_of_classes_takes_these_alone(folder: Path) -> None:
    put_imagenet(folder)
    (folder / "images/imagenet/imagenet_50.txt").write_text("n03 Steel Arch Bridge\nn01 Dipper\n\n")
    labels, colours = told("imagenet-scan-50")
    assert labels == ["n01"] * 3 + ["n03"] * 3 + ["n01"] * 2 + ["n03"] * 2
    assert colours == list("rrrbbbrrbb")
    (folder / "images/imagenet/imagenet_50.txt").write_text("n09 Unknown\n")
    with pytest.raises(AskNextError, match=r"train is not the .*there is no photograph in n09 of train"):
        load("imagenet-scan-50")
    (folder / "images/imagenet/imagenet_50.txt").write_text("\n")
    with pytest.raises(AskNextError, match=r"imagenet_50.txt is not the publisher's file .it is empty"):
        load("imagenet-scan-50")


def put_thousand(folder: Path, each: int = 2, test: int = 1) -> None:
    """As many classes as ImageNet has, all of one photograph."""
    put(folder / "one.JPEG", SHADES["n01"])
    for c in range(1000):
        for part, n in (("train", each), ("val", test)):
            place = folder / f"images/imagenet/{part}/n{c:04}"
            place.mkdir(parents=True)
            for i in range(n):
                os.link(folder / "one.JPEG", place / f"{i}.JPEG")


def test_fifty_classes_are_in_scope_among_the_others(folder: Path) -> None:
    """In the order of the authors' code: 60 % of the pool are out of scope at most, and no test item is."""
    assert len(set(MQ_NET)) == 50
    put_thousand(folder)
    entry = PUBLISHED["imagenet50"]
    items = entry._listed(None)
    inside = ~items.out_of_scope
    assert set(items.y[inside].tolist()) == {f"n{place:04}" for place in MQ_NET}
    assert (inside.sum(), (~inside).sum(), items.test) == (150, 150, 50)
    assert inside[-50:].all()
    assert len(set(items.values.tolist())) == 300
    assert not set(items.y[~inside].tolist()) & set(items.y[inside].tolist())
    data = load("imagenet50")
    assert len(data.classes) == 50
    asked = Settings("imagenet50", None, ("random",), "logistic-regression", 5, 5, 1, 1, "published")
    for rate, outside in ((0.6, 150), (0.4, 67), (0.1, 11)):
        settings = fit_to_pool(Settings(**{**vars(asked), "scenario": Scenario(ood_rate=rate)}), data)
        y = class_positions(data)
        part = split(y, settings, 0, data.classes)
        assert len(part.pool) == 100 + outside
        assert part.test.tolist() == list(range(250, 300))
    (folder / "images/imagenet/train/n0999/0.JPEG").unlink()
    (folder / "images/imagenet/train/n0999/1.JPEG").unlink()
    with pytest.raises(AskNextError, match="it has photographs of 999 classes, not of 1000"):
        load("imagenet50")


def put_places(folder: Path, lists: dict[str, str] | None = None) -> None:
    """A long tail of two classes, by lists."""
    root = folder / "images/places365"
    for file in ("train/alley/1.jpg", "train/alley/2.jpg", "val/alley/9.jpg"):
        put(root / file, SHADES["n01"], (30, 50))
    for file in ("train/bow-indoor/7.jpg", "val/bow-indoor/5.jpg"):
        put(root / file, SHADES["n03"], (30, 50))
    told = {
        "train": "train/alley/2.jpg 0\ntrain/alley/1.jpg 0\ntrain/bow-indoor/7.jpg 1\n",
        "test": "val/bow-indoor/5.jpg 1\nval/alley/9.jpg 0\n",
    }
    for part, text in {**told, **(lists or {})}.items():
        (root / f"Places_LT_{part}.txt").write_text(text)


def test_lists_of_files_give_a_long_tail(folder: Path) -> None:
    put_places(folder)
    labels, colours = told("places365-lt")
    assert labels == ["alley", "alley", "bow-indoor", "bow-indoor", "alley"]
    assert colours == list("rrbbr")
    assert PUBLISHED["places365-lt"].items().values.shape == (5, 224, 224, 3)
    assert load("places365-lt").test == 2


def test_classes_in_folders_of_one_name_stay_apart(folder: Path) -> None:
    """Places365 also comes in folders of folders: church/indoor, hotel/indoor."""
    rows = {"train/c/church/indoor/1.jpg": 0, "train/h/hotel/indoor/1.jpg": 1, "train/a/alley/1.jpg": 2}
    for file in rows:
        put(folder / "images/places365" / file, SHADES["n01"], (30, 50))
    text = "".join(f"{file} {number}\n" for file, number in rows.items())
    put_places(folder, {"train": text, "test": "val/alley/9.jpg 1\n"})
    assert told("places365-lt")[0] == ["church/indoor", "hotel/indoor", "alley", "hotel/indoor"]


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"train": ""}, r"Places_LT_train.txt is not the publisher's file .it is empty"),
        ({"train": "train/alley/1.jpg\n"}, r"Places_LT_train.txt is not"),
        ({"train": "train/alley/1.jpg one\n"}, r"Places_LT_train.txt is not"),
        ({"train": "../secret.jpg 0\n"}, r"Places_LT_train.txt is not .*secret.jpg lies elsewhere"),
        ({"train": "/etc/secret.jpg 0\n"}, r"Places_LT_train.txt is not .*secret.jpg lies elsewhere"),
        ({"test": "val/alley/9.jpg 3\n"}, r"Places_LT_test.txt is not .*of its class 3"),
        ({"train": "train/alley/1.jpg 0\ntrain/alley/2.jpg 1\n"}, r"train.txt is not .*folders of one name"),
        ({"train": "train/alley/3.jpg 0\n", "test": "val/alley/9.jpg 0\n"}, r"3.jpg is not here .No such"),
    ],
)
def test_lists_that_do_not_fit_are_said(folder: Path, lists: dict[str, str], said: str) -> None:
    put_places(folder, lists)
    with pytest.raises(AskNextError, match=said) as error:
        load("places365-lt")
    assert "\n" not in str(error.value)


def squared(path: Path, side: int) -> np.ndarray:
    """The square of a photograph."""
    with Image.open(path) as picture:
        return square(picture, side, sharp=True)


@pytest.mark.parametrize("size", [(40, 20), (20, 40)])
def test_a_square_is_the_middle(tmp_path: Path, size: tuple[int, int]) -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:30] = 200
    pixels = pixels if size == (40, 20) else pixels.transpose(1, 0, 2)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    np.testing.assert_array_equal(squared(tmp_path / "p.png", 20), 200)
    whole = np.asarray(Image.fromarray(pixels).resize((size[0] // 2, size[1] // 2), Image.Resampling.BICUBIC))
    found = squared(tmp_path / "p.png", 10)
    middle = whole[:, 5:15] if size == (40, 20) else whole[5:15]
    assert np.abs(found.astype(int) - middle)[1:-1, 1:-1].max() < 40  # the edge of what is cut off shows


@pytest.mark.parametrize(("mode", "ending"), [("L", "jpg"), ("CMYK", "jpg"), ("RGBA", "png"), ("P", "png")])
def test_a_square_has_three_colours(tmp_path: Path, mode: str, ending: str) -> None:
    path = tmp_path / f"p.{ending}"
    Image.new("RGB", (9, 9), (120, 120, 120)).convert(mode).save(path)
    found = squared(path, 4)
    assert found.shape == (4, 4, 3)
    np.testing.assert_allclose(found, 120, atol=3)


def test_photographs_are_decoded_once_and_mapped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_imagenet(folder)
    before = load("imagenet"), images("imagenet")
    assert isinstance(before[1], np.memmap)
    assert before[1].flags.c_contiguous
    assert not before[1].flags.writeable
    monkeypatch.setattr(albums, "put", None)
    monkeypatch.setattr(patches, "embed", None)
    np.testing.assert_array_equal(load("imagenet").X, before[0].X)
    np.testing.assert_array_equal(images("imagenet"), before[1])
    put(folder / "images/imagenet/train/n01/n01_1.JPEG", (77, 77, 77))
    with pytest.raises(TypeError):
        images("imagenet")


def test_a_learner_of_images_gets_the_map(folder: Path) -> None:
    pytest.importorskip("torch")
    put_imagenet(folder)
    asked: dict[str, Any] = {"strategies": ("random",), "initial": 3, "batch": 3, "rounds": 1, "seeds": 1}
    found = load_data(Settings("imagenet", None, learner="resnet18-224", test_share="published", **asked))
    assert isinstance(found.raw, np.memmap)
    assert found.seen.shape == (15, 256, 256, 3)
    assert found.X.shape == (15, 384)


def test_a_damaged_photograph_is_said_and_nothing_is_kept(folder: Path, tmp_path: Path) -> None:
    put_imagenet(folder)
    bad = folder / "images/imagenet/train/n02/n02_1.JPEG"
    for content in (b"", b"no picture", bad.read_bytes()[:100]):
        bad.write_bytes(content)
        with pytest.raises(AskNextError, match=r"n02_1.JPEG is no picture that can be read .*; get") as error:
            load("imagenet")
        assert "\n" not in str(error.value)
        assert not list((tmp_path / "cache/asknext/images").iterdir())


def test_a_disk_without_room_is_said_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    put(tmp_path / "one.jpg")
    monkeypatch.setattr(albums, "put", None)
    with pytest.raises(AskNextError, match=r"take 300000\.0 GB once decoded, and .* has room for .* GB; "):
        album("one", [str(tmp_path / "one.jpg")], 10**7)


def test_empty_folders_are_said(folder: Path) -> None:
    (folder / "images/imagenet/train/n01").mkdir(parents=True)
    (folder / "images/imagenet/val").mkdir()
    with pytest.raises(AskNextError, match=r"train is not the .* folder .there is no photograph in the f"):
        load("imagenet")


class Colours:
    """A learner of images: how far an item's mean colour is from those of the classes."""

    provides = frozenset({"proba", "embedding"})
    needs_labels = True
    reads_images = True
    key = "colours"

    def __init__(self) -> None:
        self.classes = np.arange(0, dtype=np.int32)
        self.means = np.empty((0, 3))

    def fit(self, X: Any, y: np.ndarray, seed: int) -> Colours:  # noqa: ARG002
        """Remember the mean colours."""
        fitted = Colours()
        fitted.classes = np.unique(y).astype(np.int32)
        colours = self.signal("embedding", X)
        fitted.means = np.array([colours[y == c].mean(axis=0) for c in fitted.classes])
        return fitted

    def signal(self, name: str, X: Any) -> np.ndarray:
        """Probabilities, or the mean colours."""
        colours = np.array([rows.take(X, np.array([i]))[0].mean(axis=(0, 1)) for i in range(rows.count(X))])
        if name == "embedding":
            return colours
        near = np.exp(-np.abs(colours[:, None] - self.means).sum(axis=2) / 100)
        return near / near.sum(axis=1, keepdims=True)


def test_a_run_over_mapped_photographs_is_the_same_without_taking_them_into_memory(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_imagenet(folder)
    sizes = ("--test-share", "published", "--initial", "3", "--batch", "2", "--rounds", "2", "--seeds", "1")
    made: list[tuple[int, ...]] = []

    class Watched(rows.Part):
        def __init__(self, X: np.ndarray, ids: np.ndarray) -> None:
            super().__init__(X, ids)
            made.append(self.shape)

    monkeypatch.setattr(rows, "Part", Watched)
    monkeypatch.setitem(LEARNERS, "colours", Colours)
    for most, out in ((runs.MOST_COPIED, "copied"), (0, "mapped")):
        monkeypatch.setattr(runs, "MOST_COPIED", most)
        asked = ["compare", "imagenet", "--learner", "colours", "--strategies", "random,badge", *sizes]
        result = CliRunner().invoke(app, [*asked, "--jobs", "1", "--out", str(tmp_path / out)])
        assert result.exit_code == 0, result.output
    assert made == [(9, 256, 256, 3), (6, 256, 256, 3)] * 2  # pool and test items of each strategy
    copied, mapped = ((tmp_path / out / "results.csv").read_text() for out in ("copied", "mapped"))
    assert copied == mapped


def test_networks_take_mapped_photographs_some_at_a_time(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from asknext.deep.batches import Batches

    put_imagenet(folder)
    X, ids = images("imagenet"), np.array([9, 0, 14])
    mapped, copied = (Batches(some, torch.device("cpu")) for some in (rows.Part(X, ids), X[ids]))
    assert (len(mapped), mapped.images, mapped.shape) == (3, True, (3, 256, 256))
    assert torch.equal(mapped.take(np.array([2, 0])), copied.take(np.array([2, 0])))
    assert torch.equal(*(next(iter(some.blocks()))[1] for some in (mapped, copied)))
