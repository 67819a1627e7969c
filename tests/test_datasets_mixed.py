"""Two data sets in one space: the second is out of scope, and nothing else sets them apart."""

from __future__ import annotations

import gzip
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from asknext.datasets import features, load, load_mixed
from asknext.datasets.items import OUTSIDE
from asknext.datasets.published import PUBLISHED
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small data files in the publishers' formats, and an empty cache."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "data"
    for name, images in (("mnist", digits(0)), ("kmnist", digits(1))):
        put_images(folder, name, images)
    lines = [f"{'MNVY'[i % 4]},{','.join(str(i * j % 13) for j in range(1, 17))}" for i in range(40)]
    put(folder, "letter", gzip.compress("\n".join(lines).encode()))
    put(folder, "australian", b"1 2 3 1 1 1 7 0 1 1 0 1 1 1 0\n" * 4)
    put(folder, "trec", b"".join(b"%d question %d\n" % (i % 6, i) for i in range(12)), b"1 other question\n")
    pairs = [[f"query {i}", "ab"[i % 2]] for i in range(8)]
    parts = {"train": pairs, "val": [], "test": []}
    parts |= {"oos_train": [["anything", "oos"]], "oos_val": [], "oos_test": []}
    put(folder, "clinc150", json.dumps(parts).encode())
    return folder


def digits(seed: int) -> np.ndarray:
    """Images of noise."""
    return np.random.default_rng(seed).integers(0, 256, (60, 28, 28), dtype=np.uint8)


def put(folder: Path, name: str, *contents: bytes) -> None:
    """Write the files of a data set."""
    for file, content in zip(PUBLISHED[name].files, contents, strict=True):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)


def put_images(folder: Path, name: str, images: np.ndarray) -> None:
    """Write images with labels from 0 to 9 in turn, as MNIST or as KMNIST has them."""
    labels = np.arange(len(images), dtype=np.uint8) % 10
    if name == "kmnist":
        files = [io.BytesIO(), io.BytesIO()]
        for file, array in zip(files, (images, labels), strict=True):
            np.savez(file, array)
        put(folder, name, *(file.getvalue() for file in files))
        return
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    heads = [struct.pack(f">4B{a.ndim}I", 0, 0, 8, a.ndim, *a.shape) for a in arrays]
    put(folder, name, *(gzip.compress(h + a.tobytes()) for h, a in zip(heads, arrays, strict=True)))


@pytest.mark.usefixtures("folder")
def test_images_share_their_components() -> None:
    data = load_mixed("mnist:50", "kmnist:20")
    assert data.name == "mnist-50+kmnist-20"
    assert data.out_of_scope is not None
    assert data.out_of_scope.tolist() == [False] * 50 + [True] * 20
    assert data.y.tolist() == [i % 10 for i in range(50)] + [-1] * 20
    assert data.classes == tuple(range(10))
    pixels = np.concatenate([digits(0)[:50], digits(1)[:20]]).reshape(70, -1) / 255
    pixels -= pixels.mean(axis=0)
    left = np.linalg.svd(pixels, full_matrices=False)
    expected = left.U[:, :64] * left.S[:64]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(data.X @ data.X.T, expected @ expected.T, atol=1e-8)
    assert data.notes[-1] == "20 of 70 rows belong to no class"


@pytest.mark.usefixtures("folder")
def test_texts_share_their_words() -> None:
    data = load_mixed("trec:12", "clinc150:4")
    texts = [f"question {i}" for i in range(12)] + [f"query {i}" for i in range(4)]
    np.testing.assert_array_equal(data.X, features.text(texts, 256))
    assert data.y[12:].tolist() == [OUTSIDE] * 4
    assert OUTSIDE not in data.classes
    np.testing.assert_array_equal(load_mixed("trec:12", "clinc150:4").X, data.X)
    assert len(load_mixed("trec:12", "clinc150:5").y) == 17


@pytest.mark.usefixtures("folder")
def test_what_is_out_of_scope_in_the_first_stays_so() -> None:
    data = load_mixed("clinc150-oos", "trec:3")
    assert data.out_of_scope is not None
    assert data.out_of_scope.tolist() == [False] * 8 + [True] * 4
    assert data.classes == ("a", "b")


@pytest.mark.usefixtures("folder")
def test_tables_of_the_same_columns_are_standardised_together() -> None:
    data = load_mixed("letter-m-n", "letter-v-y")
    assert data.classes == ("M", "N")
    assert data.y.tolist() == ["M", "N"] * 10 + [OUTSIDE] * 20
    np.testing.assert_allclose(data.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X.std(axis=0), 1)
    whole = load("letter").X
    np.testing.assert_allclose(data.X[:20], whole[[i for i in range(40) if i % 4 < 2]])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("inside", "outside", "said"), [
    ("mnist", "trec", "items of the kind grey image and 'trec' of the kind text"),
    ("mnist:10", "mnist", "'mnist:10' and 'mnist' are the same data set"),
    ("letter-m-n", "australian", "'letter-m-n' and 'australian' have different columns"),
    ("mnist", "kmnists", "unknown published data set 'kmnists'; did you mean 'kmnist'"),
    ("mnist:none", "kmnist", "'mnist:none' needs the number of rows"),
    ("digits", "mnist", "unknown published data set 'digits'"),
    ("cifar10-original", "tiny-imagenet", "'cifar10-original' is not here"),
])  # fmt: skip
def test_what_cannot_be_mixed_is_said(inside: str, outside: str, said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        load_mixed(inside, outside)


def test_images_of_different_sizes_are_refused(folder: Path) -> None:
    put_images(folder, "kmnist", digits(1)[:, :14, :14])
    with pytest.raises(AskNextError, match=r"'mnist' has images of 28 × 28 pixels and 'kmnist' of 14 × 14"):
        load_mixed("mnist", "kmnist")


def test_the_real_letters_of_two_scripts_can_be_told_apart() -> None:
    """And yet a tenth of the Japanese ones would pass for digits: that is what an open set is like."""
    if not (PUBLISHED["mnist"].present and PUBLISHED["kmnist"].present):
        pytest.skip("set ASKNEXT_DATA to a folder that holds the files of mnist and kmnist")
    data = load_mixed("mnist:4000", "kmnist:1000")
    assert data.X.shape == (5000, 64)
    assert data.out_of_scope is not None
    assert data.out_of_scope.sum() == 1000
    with one_thread():
        model = LogisticRegression(max_iter=1000).fit(data.X[::2], data.out_of_scope[::2])
    assert 0.88 < model.score(data.X[1::2], data.out_of_scope[1::2]) < 0.995
