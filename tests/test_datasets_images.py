"""Images by name: small files in the publishers' formats, and the real ones where they are."""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asknext.datasets import load
from asknext.datasets.pictures import shrunk
from asknext.datasets.published import PUBLISHED
from asknext.datasets.published.cifar import CIFAR10, JPEG
from asknext.datasets.published.reading import in_proportion
from asknext.datasets.published.tiny import IN_CIFAR10
from asknext.encoders import patches
from asknext.errors import AskNextError

WORDS = {"n01": "king penguin, a bird", "n02": "lemon", "n03": "sea slug, nudibranch"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data files, an empty cache, and a dictionary that is quickly learnt."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(patches, "WORDS", 10)
    monkeypatch.setattr(patches, "SAMPLE", 1000)
    return tmp_path / "data"


def put(path: Path, content: bytes) -> None:
    """Write a file, compressed where its name says so, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)


def archived(array: np.ndarray) -> bytes:
    """An archive of NumPy with an array without a name."""
    file = io.BytesIO()
    np.savez_compressed(file, array)
    return file.getvalue()


def tar(files: dict[str, bytes]) -> bytes:
    """An archive of files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def jpeg(colour: tuple[int, ...] | int, side: int) -> bytes:
    """A picture of one colour; grey where the colour is a number."""
    file = io.BytesIO()
    Image.new("L" if isinstance(colour, int) else "RGB", (side, side), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


def put_records(folder: Path, n: int = 12, seed: int = 0) -> np.ndarray:
    """The files of records, two thirds in the first; their images."""
    images = np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(n, dtype=np.uint8)[:, None] % 10
    records = np.hstack([labels, images.transpose(0, 3, 1, 2).reshape(n, -1)])
    for file, part in zip(PUBLISHED["cifar10-original"].files, np.split(records, [2 * n // 3]), strict=True):
        put(folder / file, part.tobytes())
    return images


def put_tiny(folder: Path) -> None:
    """An archive in the layout of Tiny ImageNet: two training images and one other of each class."""
    root = "tiny-imagenet-ood20/"
    shade = {"n01": (250, 10, 10), "n02": 120, "n03": (10, 10, 250)}
    train = ((code, i) for code in WORDS for i in (0, 1))
    files = {f"{root}train/{code}/images/{code}_{i}.JPEG": jpeg(shade[code], 64) for code, i in train}
    files |= {f"{root}val/images/val_{i}.JPEG": jpeg(shade[code], 64) for i, code in enumerate(WORDS)}
    notes = "".join(f"val_{i}.JPEG\t{code}\t0\t0\t62\t62\n" for i, code in enumerate(WORDS))
    files[f"{root}val/val_annotations.txt"] = notes.encode()
    files[f"{root}words.txt"] = "".join(f"{code}\t{word}\n" for code, word in WORDS.items()).encode()
    files[f"{root}wnids.txt"] = "\n".join(WORDS).encode()
    put(folder / PUBLISHED["tiny-imagenet"].files[0], tar(files))


def test_kmnist_is_two_archives(folder: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (80, 28, 28), dtype=np.uint8)
    labels = np.arange(80, dtype=np.uint8) % 10
    for file, array in zip(PUBLISHED["kmnist"].files, (images, labels), strict=True):
        put(folder / file, archived(array))
    data = load("kmnist")
    assert data.y.tolist() == labels.tolist()
    assert data.X.shape == (80, 64)
    centred = images.reshape(80, -1) / 255.0
    centred -= centred.mean(axis=0)
    left = np.linalg.svd(centred, full_matrices=False)
    expected = left.U[:, :64] * left.S[:64]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs(data.X @ data.X.T), np.abs(expected @ expected.T), atol=1e-8)


@pytest.mark.parametrize("content", [b"", b"PK no archive", archived(np.array([{}]))])
def test_a_damaged_archive_is_said(folder: Path, content: bytes) -> None:
    for file in PUBLISHED["kmnist"].files:
        put(folder / file, content)
    with pytest.raises(AskNextError, match=r"kmnist-test-imgs.npz is not the publisher's file"):
        load("kmnist")


def test_records_hold_a_class_and_three_planes_of_colour(folder: Path) -> None:
    images = put_records(folder)
    items = PUBLISHED["cifar10-original"].items()
    np.testing.assert_array_equal(items.values, images)
    assert items.y.tolist() == [*CIFAR10, "airplane", "automobile"]
    data = load("cifar10-original:10")
    assert data.name == "cifar10-original-10"
    assert data.X.shape == (10, 10)
    np.testing.assert_array_equal(data.X, patches.embed(images[:10], 384))
    assert "10 words of whitened patches" in data.notes[0]


@pytest.mark.parametrize("content", [b"\0" * 3072, bytes([10]) + b"\0" * 3072])
def test_damaged_records_are_said(folder: Path, content: bytes) -> None:
    for file in PUBLISHED["cifar10-original"].files:
        put(folder / file, content)
    with pytest.raises(AskNextError, match=r"data_batch_1_first4000.bin.xz is not the publisher's file"):
        load("cifar10-original")


def test_features_of_images_are_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_records(folder)
    before = load("cifar10-original").X
    monkeypatch.setattr(patches, "embed", None)
    np.testing.assert_array_equal(load("cifar10-original").X, before)
    put_records(folder, seed=1)
    with pytest.raises(TypeError):
        load("cifar10-original")


def test_jpeg_files_come_in_the_order_of_the_table(folder: Path) -> None:
    shades = {"train/cat/0000.jpg": (200, 0, 0), "train/dog/0000.jpg": (0, 200, 0)}
    shades["test/cat/0000.jpg"] = (0, 0, 200)
    archive, table = JPEG.files
    put(folder / archive, tar({name: jpeg(shade, 32) for name, shade in shades.items()}))
    order = "train,0,train/dog/0000.jpg,5\ntrain,1,train/cat/0000.jpg,3\ntest,0,test/cat/0000.jpg,3\n"
    put(folder / table, b"split,index,path,label\n" + order.encode())
    items = PUBLISHED["cifar10"].items()
    assert items.y.tolist() == ["dog", "cat", "cat"]
    assert items.values.shape == (3, 32, 32, 3)
    assert items.values.mean(axis=(1, 2)).argmax(axis=1).tolist() == [1, 0, 2]
    assert "lossy" in items.notes[0]
    put(folder / table, b"split,index,path,label\ntrain,0,train/owl/0000.jpg,5\n")
    with pytest.raises(AskNextError, match=r"cifar10_jpeg.tar.xz is not the publisher's file"):
        load("cifar10")


def test_what_is_no_jpeg_is_said(folder: Path) -> None:
    archive, table = JPEG.files
    put(folder / archive, tar({"train/cat/0000.jpg": b"no picture"}))
    put(folder / table, b"split,index,path,label\ntrain,0,train/cat/0000.jpg,3\n")
    with pytest.raises(AskNextError, match=r"cifar10_jpeg.tar.xz is not the publisher's file"):
        load("cifar10")


def test_tiny_imagenet_has_names_of_classes_and_grey_pictures(folder: Path) -> None:
    put_tiny(folder)
    items = PUBLISHED["tiny-imagenet"].items()
    names = ["king penguin", "lemon", "sea slug"]
    assert items.y.tolist() == [name for name in names for _ in range(2)] + names
    assert items.values.shape == (9, 32, 32, 3)
    colours = items.values.mean(axis=(1, 2))
    np.testing.assert_allclose(colours[2], 120, atol=2)
    assert colours[[0, 4, 6, 8]].argmax(axis=1).tolist() == [0, 2, 0, 2]
    assert PUBLISHED["tiny-imagenet"].items(6).y.tolist() == [name for name in names for _ in range(2)]


def test_what_cifar10_knows_is_not_out_of_its_scope(folder: Path) -> None:
    put_tiny(folder)
    items = PUBLISHED["tiny-imagenet-ood"].items()
    assert items.y.tolist() == ["lemon", "lemon", "sea slug", "sea slug", "lemon", "sea slug"]
    assert "king penguin" in items.notes[1]


def test_a_shrunk_image_has_the_means_of_squares() -> None:
    image = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    small = shrunk(image, 2)
    assert small.shape == (2, 2, 2, 3)
    assert small[0, 0, 0].tolist() == np.rint(image[0, :2, :2].mean(axis=(0, 1))).tolist()
    assert small[1, 1, 0].tolist() == np.rint(image[1, 2:, :2].mean(axis=(0, 1))).tolist()
    np.testing.assert_array_equal(shrunk(np.full((1, 6, 6, 3), 255, np.uint8), 3), 255)


def test_any_first_ids_hold_the_classes_in_proportion() -> None:
    y = np.repeat(["a", "b", "c"], [60, 30, 10])
    order = in_proportion(y)
    assert sorted(order.tolist()) == list(range(100))
    for n in range(101):
        counts = [np.sum(y[order[:n]] == label) for label in "abc"]
        assert np.abs(np.array(counts) - n * np.array([0.6, 0.3, 0.1])).max() <= 1
    for label in "abc":
        ids = order[y[order] == label]
        assert ids.tolist() == sorted(ids)


def real(name: str) -> None:
    """Skip where the files are not there."""
    if not PUBLISHED[name].present:
        pytest.skip(f"the files of {name} are not there; set ASKNEXT_DATA to a folder that holds them")


@pytest.mark.parametrize("name", ["kmnist", "cifar10-original"])
def test_the_real_images(name: str) -> None:
    real(name)
    items = PUBLISHED[name].items()
    assert len(items.values) == PUBLISHED[name].n
    labels, counts = np.unique(items.y, return_counts=True)
    assert len(labels) == 10
    assert counts.min() > 0.9 * PUBLISHED[name].n / 10
    assert items.test == (1000 if name == "cifar10-original" else 0)


@pytest.mark.slow
def test_the_real_jpeg_files_show_what_the_original_does() -> None:
    real("cifar10")
    real("cifar10-original")
    packed, original = PUBLISHED["cifar10"].items(), PUBLISHED["cifar10-original"].items()
    assert packed.values.shape == (60_000, 32, 32, 3)
    assert packed.test == 10_000
    assert np.unique(packed.y[:50_000], return_counts=True)[1].tolist() == [5000] * 10
    assert np.unique(packed.y[50_000:], return_counts=True)[1].tolist() == [1000] * 10
    ids = [*range(4000), *range(50_000, 51_000)]
    assert packed.y[ids].tolist() == original.y.tolist()
    assert np.abs(packed.values[ids].astype(int) - original.values).mean() < 6  # of 255


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny-imagenet", "tiny-imagenet-ood"])
def test_the_real_pictures_of_tiny_imagenet(name: str) -> None:
    real(name)
    items = PUBLISHED[name].items()
    labels, counts = np.unique(items.y, return_counts=True)
    assert items.values.shape == (PUBLISHED[name].n, 32, 32, 3)
    assert len(labels) == PUBLISHED[name].classes
    assert set(counts.tolist()) == {250}
    assert set(IN_CIFAR10).isdisjoint(labels) == (name == "tiny-imagenet-ood")
