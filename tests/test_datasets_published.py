"""Published data sets: small files in the publishers' formats, and the real ones where they are."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from asknext.datasets import catalogue, features, load
from asknext.datasets.published import PUBLISHED
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread

REAL = os.environ.get("ASKNEXT_DATA")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data files and an empty cache."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "data"


def put(path: Path, content: bytes) -> Path:
    """Write a file, compressed, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content))
    return path


def idx(values: np.ndarray) -> bytes:
    """Bytes as LeCun's idx format has them."""
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def put_letters(folder: Path) -> list[str]:
    """A table like the publisher's; its lines."""
    rng = np.random.default_rng(0)
    lines = [f"{'AZ'[i % 2]},{','.join(map(str, rng.integers(0, 16, 16)))}" for i in range(30)]
    put(folder / "tables/letter-recognition.data.gz", ("\n".join(lines) + "\n").encode())
    return lines


def put_posts(folder: Path, posts: dict[str, str]) -> None:
    """An archive of posts like the publisher's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in posts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode("latin-1"))
            archive.addfile(member, io.BytesIO(text.encode("latin-1")))
    put(folder / "text/20news/20news-bydate.tar.gz", packed.getvalue())


def test_letters_have_the_label_first_and_are_standardised(folder: Path) -> None:
    table = [line.split(",") for line in put_letters(folder)]
    data = load("letter")
    assert data.y.tolist() == [row[0] for row in table]
    assert data.classes == ("A", "Z")
    raw = np.array([row[1:] for row in table], dtype=float)
    np.testing.assert_allclose(data.X, (raw - raw.mean(axis=0)) / raw.std(axis=0))
    cut = load("letter:20")
    assert (cut.name, len(cut.y)) == ("letter-20", 20)
    np.testing.assert_allclose(cut.X.mean(axis=0), 0, atol=1e-12)


def test_mnist_is_scaled_reduced_and_of_unit_length(folder: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (100, 28, 28), dtype=np.uint8)
    labels = np.arange(100, dtype=np.uint8) % 10
    parts = images[:80], labels[:80], images[80:], labels[80:]
    for name, part in zip(PUBLISHED["mnist"].files, parts, strict=True):
        put(folder / name, idx(part))
    data = load("mnist")
    assert data.y.tolist() == labels.tolist()
    expected = PCA(64, svd_solver="full").fit_transform(images.reshape(100, -1) / 255)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs(data.X @ data.X.T), np.abs(expected @ expected.T), atol=1e-8)
    cut = load("mnist:90")
    assert cut.name == "mnist-90"
    assert cut.y.tolist() == labels[:90].tolist()


def test_newsgroups_are_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = {
        f"20news-bydate-{part}/{group}/{i}": f"Subject: {group} {part} café number {i} and more {i * i}"
        for part in ("test", "train") for group in ("sci.space", "alt.atheism") for i in range(4)
    }  # fmt: skip
    put_posts(folder, posts)
    data = load("newsgroups")
    assert data.y.tolist() == (["alt.atheism"] * 4 + ["sci.space"] * 4) * 2
    order = [(p, g, i) for p in ("train", "test") for g in ("alt.atheism", "sci.space") for i in range(4)]
    texts = [posts[f"20news-bydate-{p}/{g}/{i}"] for p, g, i in order]
    np.testing.assert_array_equal(data.X, features.text(texts))
    assert "headers" in data.notes[0]
    calls: list[Path] = []
    monkeypatch.setattr("asknext.datasets.published.texts._posts", calls.append)
    np.testing.assert_array_equal(load("newsgroups").X, data.X)
    assert not calls


def test_another_archive_is_not_mistaken_for_the_kept_one(folder: Path) -> None:
    posts = {f"20news-bydate-train/{g}/{i}": f"{g} says {i} times {i * i}" for g in "ab" for i in range(4)}
    put_posts(folder, posts)
    before = load("newsgroups").X
    put_posts(folder, {name: text.replace("1 times", "once, indeed") for name, text in posts.items()})
    assert not np.array_equal(load("newsgroups").X, before)


def test_the_cache_holds_data_too(folder: Path, tmp_path: Path) -> None:
    put_letters(tmp_path / "cache/asknext/data")
    assert not folder.exists()
    assert len(load("letter").y) == 30


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_absent_data_are_said_in_a_sentence(name: str) -> None:
    said = rf"'{name}' is not here: put .* at {PUBLISHED[name].files[0]} in .*ASKNEXT_DATA"
    with pytest.raises(AskNextError, match=said):
        load(name)
    assert {row["name"]: row["state"] for row in catalogue()}[name] == "absent"


def test_the_catalogue_sees_what_is_there(folder: Path) -> None:
    put_letters(folder)
    states = {row["name"]: row["state"] for row in catalogue()}
    assert (states["letter"], states["mnist"], states["digits"]) == ("present", "absent", "present")


@pytest.mark.parametrize("content", [b"A,1,2\nB,1\n", b"A,x,y\n", b"\xff\xff"])
def test_a_damaged_table_is_said(folder: Path, content: bytes) -> None:
    put(folder / "tables/letter-recognition.data.gz", content)
    with pytest.raises(AskNextError, match=r"letter-recognition.data.gz is not the publisher's file"):
        load("letter")


@pytest.mark.parametrize("content", [b"", b"\0\0\x09\x01abcd", idx(np.zeros((3, 2), np.uint8))[:-1]])
def test_a_damaged_image_file_is_said(folder: Path, content: bytes) -> None:
    for name in PUBLISHED["mnist"].files:
        put(folder / name, content)
    with pytest.raises(AskNextError, match=r"train-images-idx3-ubyte.gz is not the publisher's file"):
        load("mnist")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mnist:many", "needs the number of rows"),
        ("mnist:0", "needs the number of rows"),
        ("mnist:", "needs the number of rows"),
        ("digits:10", "taken whole"),
        ("letters", "did you mean 'letter'"),
    ],
)
def test_a_bad_name_is_said(source: str, said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        load(source)


@pytest.mark.skipif(REAL is None, reason="set ASKNEXT_DATA to a folder of published data sets")
@pytest.mark.parametrize(("source", "name", "level"), [
    ("letter", "letter", 0.75), ("mnist:5000", "mnist", 0.8),
    pytest.param("newsgroups", "newsgroups", 0.7, marks=pytest.mark.slow),
])  # fmt: skip
def test_the_real_files(source: str, name: str, level: float) -> None:
    entry = PUBLISHED[name]
    if not entry.present:
        pytest.skip(f"the files of {name} are not in ASKNEXT_DATA")
    data = load(source)
    n = 5000 if source == "mnist:5000" else entry.n
    assert data.X.shape == (n, entry.d)
    assert len(data.classes) == entry.classes
    with one_thread():
        scores = cross_val_score(LogisticRegression(max_iter=1000), data.X[::4], data.y[::4], cv=3)
    assert scores.mean() > level
