"""Published data sets, read from their publishers' files where the user has them."""

from __future__ import annotations

import gzip
import inspect
import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from asknext import rows
from asknext.datasets import features
from asknext.datasets.base import Dataset
from asknext.datasets.labels import clean
from asknext.datasets.places import VARIABLE, cache_dir, data_file
from asknext.errors import AskNextError
from asknext.files import replacing
from asknext.kernels.threads import one_thread
from asknext.types import Array

LETTER = ("tables/letter-recognition.data.gz",)
MNIST = (
    "images/mnist/train-images-idx3-ubyte.gz", "images/mnist/train-labels-idx1-ubyte.gz",
    "images/mnist/t10k-images-idx3-ubyte.gz", "images/mnist/t10k-labels-idx1-ubyte.gz",
)  # fmt: skip
NEWSGROUPS = ("text/20news/20news-bydate.tar.gz",)
MNIST_DIMENSIONS = 64
T = TypeVar("T")
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, tarfile.TarError, IndexError)


def letter(first: int | None = None) -> Dataset:
    """Capital letters in 20 fonts, by 16 measurements of the image (UCI, Frey & Slate 1991).

    Parameters
    ----------
    first : take only this many rows, in the order of the file; None: all 20,000.
    """
    ((letters, X),) = _read("letter", LETTER, _labels_first)
    y, classes = clean(letters[:first].tolist(), "letter")
    X = features.standardised(X[:first])
    return Dataset(_name("letter", first), X, y, classes, (f"{X.shape[1]} numeric columns standardised",))


def mnist(first: int | None = None) -> Dataset:
    """Handwritten digits of 28 × 28 pixels, as 64 principal components (LeCun et al. 1998).

    The components are fitted on all rows taken, without their labels (see `features.build`), and not
    whitened.

    Parameters
    ----------
    first : take only this many images, in the publisher's order, training images first; None: all 70,000.
    """
    train, train_y, test, test_y = _read("mnist", MNIST, _idx)
    pixels = np.concatenate([train, test])[:first]
    y, classes = clean(np.concatenate([train_y, test_y])[:first].tolist(), "digit")
    X = pixels.reshape(len(pixels), -1) / 255.0
    dimensions = min(MNIST_DIMENSIONS, *X.shape)
    with one_thread():
        X = normalize(PCA(dimensions, svd_solver="covariance_eigh").fit_transform(X))
    note = f"pixel values divided by 255, reduced by PCA to {dimensions} dimensions, rows of unit length"
    return Dataset(_name("mnist", first), X, y, classes, (note,))


def newsgroups() -> Dataset:
    """Posts of 20 newsgroups, training and test part, as reduced TF-IDF (20 Newsgroups by date, Lang 1995).

    The posts are taken whole, with headers, quotes and signatures, which give much away. The features are
    kept in the user's cache under everything that they depend on.
    """
    (archive,) = _read("newsgroups", NEWSGROUPS, Path.read_bytes)
    sizes = (features.TEXT_DIMENSIONS, features.VOCABULARY)
    how = (inspect.getsource(features.text), *sizes, sklearn.__version__)
    key = rows.fingerprint(np.frombuffer(archive, np.uint8), how)
    kept = cache_dir() / "features" / f"newsgroups-{key}.npz"
    if not kept.is_file():
        (posts,) = _read("newsgroups", NEWSGROUPS, _posts)
        groups, texts = zip(*posts, strict=True)
        with replacing(kept) as file:
            np.savez(file, X=features.text(texts), y=np.array(groups))
    with np.load(kept, allow_pickle=False) as found:
        X, y = found["X"], found["y"]
    note = (
        "whole posts, headers and quotes included, as TF-IDF of words and word pairs, reduced by truncated "
        f"SVD to {X.shape[1]} dimensions, rows of unit length"
    )
    return Dataset("newsgroups", X, *clean(y.tolist(), "newsgroup"), (note,))


@dataclass(frozen=True)
class Published:
    """A data set that the user has to fetch, and what can be said of it without reading it.

    Parameters
    ----------
    load : reads it.
    files : what it is made of, below a folder of data files.
    n, d, classes : items, features, and how many classes.
    """

    load: Callable[..., Dataset]
    files: tuple[str, ...]
    n: int
    d: int
    classes: int

    @property
    def present(self) -> bool:
        """True where all its files are there."""
        return all(map(data_file, self.files))


PUBLISHED = {
    "letter": Published(letter, LETTER, 20_000, 16, 26),
    "mnist": Published(mnist, MNIST, 70_000, MNIST_DIMENSIONS, 10),
    "newsgroups": Published(newsgroups, NEWSGROUPS, 18_846, features.TEXT_DIMENSIONS, 20),
}
"""Names of published data sets; the first line of each loader says where the data are from."""


def _read(name: str, files: tuple[str, ...], reader: Callable[[Path], T]) -> list[T]:
    """What the reader makes of each file.

    Raises
    ------
    AskNextError : a file is absent or damaged.
    """
    found = []
    for file in files:
        path = data_file(file)
        if path is None:
            raise AskNextError(
                f"the data set '{name}' is not here: put the publisher's file at {file} in a folder "
                f"and name the folder in the environment variable {VARIABLE}, or in {cache_dir() / 'data'}."
            )
        try:
            found.append(reader(path))
        except _DAMAGED as error:
            raise AskNextError(f"{path} is not the publisher's file ({error}); get it again.") from error
    return found


def _labels_first(path: Path) -> tuple[Array, Array]:
    """Labels and numbers of a compressed comma-separated table without header, the label first."""
    table = np.array([line.split(",") for line in gzip.decompress(path.read_bytes()).decode("ascii").split()])
    return table[:, 0], table[:, 1:].astype(np.float64)


def _idx(path: Path) -> Array:
    """An array of bytes from a compressed idx file: two zeros, type 8, number of axes, their lengths."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError("it is no idx file of bytes")
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def _posts(path: Path) -> list[tuple[str, str]]:
    """Group and text of each post, in the order of their paths from the last one: training part first."""
    posts = []
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                posts.append((member.name.split("/"), file.read().decode("latin-1")))
    posts.sort(key=lambda post: (post[0][0].endswith("test"), post[0]))
    return [(parts[-2], text) for parts, text in posts]


def _name(name: str, first: int | None) -> str:
    return name if first is None else f"{name}-{first}"
