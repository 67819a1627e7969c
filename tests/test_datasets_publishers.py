"""Publishers' own archives and folders: the same images from each form, a clear word of damage."""

from __future__ import annotations

import io
import lzma
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from asknext import rows
from asknext.bench.loading import load_data
from asknext.bench.protocol import Settings
from asknext.datasets import load
from asknext.datasets.published import PUBLISHED
from asknext.datasets.published.cifar import CIFAR10
from asknext.datasets.published.pickles import plain
from asknext.datasets.raw import images as all_images
from asknext.encoders import patches
from asknext.errors import AskNextError
from asknext.studio.embedding import Choice, make
from asknext.studio.encodable import read

TEN = ("plane", "car", "bird")
HUNDRED = ("apple", "bed", "cloud", "worm")
Files = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data files and an empty cache."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "data"


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that take no time: the first pixels."""
    monkeypatch.setattr(patches, "embed", lambda images, d, *_: images.reshape(len(images), -1)[:, :d] / 255)


def pictures(n: int, seed: int = 0, side: int = 32) -> np.ndarray:
    """Noise."""
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


def planes(images: np.ndarray) -> np.ndarray:
    """Rows of red, green and blue."""
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def written(value: object) -> bytes:
    """A value as Python 2 pickled it, protocol 2: texts are strings of bytes, arrays carry their bytes so."""
    if isinstance(value, bytes):
        return b"T" + struct.pack("<i", len(value)) + value
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, list):
        return b"](" + b"".join(map(written, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(written(part) for pair in value.items() for part in pair) + b"u"
    assert isinstance(value, np.ndarray)
    kind = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
    shape = b"(" + b"".join(map(written, value.shape)) + b"t"
    return made + b"(K\x01" + shape + kind + b"\x89" + written(value.tobytes()) + b"tb"


def pickled(value: object) -> bytes:
    """A whole pickle of Python 2."""
    return b"\x80\x02" + written(value) + b"."


def ten(images: np.ndarray, y: np.ndarray) -> Files:
    """Batches of CIFAR-10 in pickles, two images each."""
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    files = {"batches.meta": pickled({b"label_names": [name.encode() for name in TEN]})}
    for i, name in enumerate(names):
        ids = slice(2 * i, 2 * i + 2)
        told = {b"batch_label": name.encode(), b"labels": y[ids].tolist(), b"data": planes(images[ids])}
        files[name] = pickled(told)
    return {f"cifar-10-batches-py/{name}": content for name, content in files.items()}


def ten_records(images: np.ndarray, y: np.ndarray) -> Files:
    """The same in records."""
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    records = np.hstack([y[:, None].astype(np.uint8), planes(images)])
    files = {name: records[2 * i : 2 * i + 2].tobytes() for i, name in enumerate(names)}
    files["batches.meta.txt"] = "\n".join([*TEN, "", ""]).encode()
    return {f"cifar-10-batches-bin/{name}": content for name, content in files.items()}


def hundred(images: np.ndarray, y: np.ndarray) -> Files:
    """Batches of CIFAR-100 in pickles, eight images for training and four for testing."""
    fine = [name.encode() for name in HUNDRED]
    files = {"meta": pickled({b"coarse_label_names": [b"all"], b"fine_label_names": fine})}
    for name, ids in (("train", slice(0, 8)), ("test", slice(8, 12))):
        labels = {b"fine_labels": y[ids].tolist(), b"coarse_labels": [0] * len(y[ids])}
        files[name] = pickled({**labels, b"data": planes(images[ids])})
    return {f"cifar-100-python/{name}": content for name, content in files.items()}


def hundred_records(images: np.ndarray, y: np.ndarray) -> Files:
    """The same in records, in which the coarse label comes first."""
    records = np.hstack([np.full((12, 1), 7, np.uint8), y[:, None].astype(np.uint8), planes(images)])
    files = {"train.bin": records[:8].tobytes(), "test.bin": records[8:].tobytes()}
    files["fine_label_names.txt"] = "\n".join(HUNDRED).encode()
    return {f"cifar-100-binary/{name}": content for name, content in files.items()}


def put(place: Path, content: bytes) -> None:
    """A file, with its folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def archive(place: Path, files: Files) -> None:
    """A compressed archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    put(place, packed.getvalue())


def unpack(place: Path, files: Files) -> None:
    """What the archive unpacks to."""
    for name, content in files.items():
        put(place / name, content)


FORMS: list[tuple[str, str, Callable[[np.ndarray, np.ndarray], Files], tuple[str, ...]]] = [
    ("cifar10", "cifar-10-python.tar.gz", ten, TEN),
    ("cifar10", "cifar-10-binary.tar.gz", ten_records, TEN),
    ("cifar100", "cifar-100-python.tar.gz", hundred, HUNDRED),
    ("cifar100", "cifar-100-binary.tar.gz", hundred_records, HUNDRED),
]


@pytest.mark.parametrize("whole", [True, False], ids=["archive", "folder"])
@pytest.mark.parametrize(("name", "file", "files", "classes"), FORMS, ids=[form[1] for form in FORMS])
def test_cifar_is_the_same_in_each_form(
    folder: Path, name: str, file: str, files: Callable[..., Files], classes: tuple[str, ...], whole: bool
) -> None:
    images, y = pictures(12), np.arange(12) % len(classes)
    content = files(images, y)
    (archive if whole else unpack)(folder / "images" / name / (file if whole else ""), content)
    assert PUBLISHED[name].present
    items = PUBLISHED[name].items()
    np.testing.assert_array_equal(items.values, images)
    assert items.y.tolist() == [classes[i] for i in y]
    assert items.test == (2 if name == "cifar10" else 4)
    assert PUBLISHED[name].items(9).test == (0 if name == "cifar10" else 1)


def test_real_records_are_read_in_the_publishers_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records that are at hand, packed as the publisher packs all of them."""
    entry = PUBLISHED["cifar10-original"]
    if not entry.present:
        pytest.skip("the files of cifar10-original are not there; set ASKNEXT_DATA to their folder")
    train, test = (lzma.decompress(path.read_bytes()) for path in entry.paths())
    items = entry.items()
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    part = 800 * 3073
    files = {f"data_batch_{i + 1}.bin": train[part * i : part * (i + 1)] for i in range(5)}
    files |= {"test_batch.bin": test, "batches.meta.txt": ("\n".join(CIFAR10) + "\n\n").encode()}
    inside = {f"cifar-10-batches-bin/{name}": content for name, content in files.items()}
    archive(tmp_path / "images/cifar10/cifar-10-binary.tar.gz", inside)
    found = PUBLISHED["cifar10"].items()
    np.testing.assert_array_equal(found.values, items.values)
    assert found.y.tolist() == items.y.tolist()
    assert found.test == items.test == 1000


@pytest.mark.usefixtures("fast")
def test_features_of_cifar_know_the_test_part(folder: Path) -> None:
    y = np.arange(12) % 4
    archive(folder / "images/cifar100/cifar-100-python.tar.gz", hundred(pictures(12), y))
    for _ in range(2):  # the second time from the cache
        data = load("cifar100")
        assert data.classes == HUNDRED
        assert (data.test, data.X.shape) == (4, (12, 384))
        assert data.y.tolist() == [HUNDRED[i] for i in y]


def test_the_best_form_that_is_here_is_taken(folder: Path) -> None:
    y = np.zeros(12, np.intp)
    place = folder / "images/cifar10"
    archive(place / "cifar-10-binary.tar.gz", ten_records(pictures(12, seed=1), y))
    np.testing.assert_array_equal(PUBLISHED["cifar10"].items().values, pictures(12, seed=1))
    unpack(place, ten(pictures(12, seed=2), y))
    np.testing.assert_array_equal(PUBLISHED["cifar10"].items().values, pictures(12, seed=2))


class Evil:
    """What an attacker puts into a pickle: it runs a command where it is read."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        import os

        return os.system, (f"touch {self.place}",)


def test_a_pickle_runs_nothing(folder: Path, tmp_path: Path) -> None:
    evil = pickle.dumps({"data": Evil(tmp_path / "ran"), "labels": [0]}, protocol=2)
    files = {**ten(pictures(12), np.zeros(12, int)), "test_batch": evil}
    archive(folder / "images/cifar10/cifar-10-python.tar.gz", files)
    expected = r"cifar-10-python.tar.gz is not the .*it names (posix|nt).system, which is no data"
    with pytest.raises(AskNextError, match=expected) as said:
        load("cifar10")
    assert str(said.value).count("\n") == 0
    assert not (tmp_path / "ran").exists()
    pickle.loads(evil)
    assert (tmp_path / "ran").exists()  # so the test can fail


NAMES = ["builtins eval", "_codecs encode", "numpy load", "numpy.core.multiarray scalar"]


@pytest.mark.parametrize("name", NAMES)
def test_a_pickle_names_nothing_but_arrays(name: str) -> None:
    with pytest.raises(ValueError, match=f"it names {name.replace(' ', '.')}, which is no data"):
        plain(b"\x80\x02c" + name.replace(" ", "\n").encode() + b"\n(U\x011tR.")


@pytest.mark.parametrize("array", [np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((0, 3), np.uint8)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_other_pythons_are_read_too(array: np.ndarray, order: str) -> None:
    content = pickle.dumps({b"data": np.asarray(array, order=order)}, protocol=4)
    np.testing.assert_array_equal(plain(content)[b"data"].array(), array)


ROWS = planes(pictures(2))
BAD_TEN = {
    "no pickle": ({"test_batch": b"no pickle at all"}, "damaged pickle"),
    "cut off": ({"test_batch": pickled({b"labels": [0, 1]})[:-6]}, "damaged pickle"),
    "a list": ({"test_batch": pickled([])}, "no dictionary"),
    "no data": ({"test_batch": pickled({b"labels": [0, 1]})}, "data"),
    "no array": ({"test_batch": pickled({b"labels": [0], b"data": [1]})}, "its data are no array"),
    "fewer labels": ({"test_batch": pickled({b"labels": [0], b"data": ROWS})}, "2 images and 1 labels"),
    "no such class": ({"test_batch": pickled({b"labels": [0, 3], b"data": ROWS})}, "from 0 to 2"),
    "negative": ({"test_batch": pickled({b"labels": [0, -1], b"data": ROWS})}, "from 0 to 2"),
    "texts": ({"test_batch": pickled({b"labels": [b"a", b"b"], b"data": ROWS})}, "from 0 to 2"),
    "narrow": ({"test_batch": pickled({b"labels": [0, 1], b"data": ROWS[:, :9]})}, "reshape"),
    "a batch too few": ({"data_batch_3": None}, "there is no data_batch_3 in it"),
}


@pytest.mark.parametrize(("change", "said"), BAD_TEN.values(), ids=BAD_TEN)
def test_damaged_batches_are_said(folder: Path, change: dict[str, bytes | None], said: str) -> None:
    files: dict[str, bytes | None] = dict(ten(pictures(12), np.zeros(12, int)))
    files |= {f"cifar-10-batches-py/{name}": content for name, content in change.items()}
    whole = {name: content for name, content in files.items() if content is not None}
    archive(folder / "images/cifar10/cifar-10-python.tar.gz", whole)
    with pytest.raises(AskNextError, match=rf"cifar-10-python.tar.gz is not the .* file .*{said}") as error:
        load("cifar10")
    assert "\n" not in str(error.value)


def test_damaged_archives_and_folders_are_said(folder: Path) -> None:
    place = folder / "images/cifar10/cifar-10-python.tar.gz"
    archive(place, ten(pictures(12), np.zeros(12, int)))
    whole = place.read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2], whole[:40]):
        put(place, content)
        with pytest.raises(AskNextError, match=r"cifar-10-python.tar.gz is not the publisher's file"):
            load("cifar10")
    place.unlink()
    (folder / "images/cifar10/cifar-10-batches-py").mkdir()
    with pytest.raises(AskNextError, match=r"batches-py is not the publisher's folder .there is no data_b"):
        load("cifar10")


def put_svhn(folder: Path, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """The two MATLAB files, two thirds in the first."""
    images, digits = pictures(n), np.arange(n) % 10
    written = np.where(digits == 0, 10, digits).astype(np.uint8)[:, None]
    for name, ids in (("train", slice(0, 2 * n // 3)), ("test", slice(2 * n // 3, n))):
        file = io.BytesIO()
        savemat(file, {"X": np.moveaxis(images[ids], 0, -1), "y": written[ids]}, do_compression=True)
        put(folder / f"images/svhn/{name}_32x32.mat", file.getvalue())
    return images, digits


def test_svhn_has_ten_for_nought(folder: Path) -> None:
    images, digits = put_svhn(folder)
    items = PUBLISHED["svhn"].items()
    np.testing.assert_array_equal(items.values, images)
    assert items.y.tolist() == digits.tolist()
    assert items.test == 4


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"X": np.zeros((32, 32, 3, 4), np.uint8)}, "'y'"),
        ({"X": np.zeros((32, 32, 3, 4), np.uint8), "y": np.zeros((4, 1))}, "from 1 to 10"),
        ({"X": np.zeros((32, 32, 3, 4), np.uint8), "y": np.ones((3, 1))}, "with 3 labels"),
        ({"X": np.zeros((32, 32, 3, 4)), "y": np.ones((4, 1))}, "X is float64"),
        ({"X": np.zeros((16, 16, 3, 4), np.uint8), "y": np.ones((4, 1))}, "of shape .16, 16, 3, 4"),
    ],
)
def test_damaged_matlab_files_are_said(folder: Path, values: dict[str, np.ndarray], said: str) -> None:
    put_svhn(folder)
    file = io.BytesIO()
    savemat(file, values)
    for content in (file.getvalue(), b"", b"no MATLAB"):
        put(folder / "images/svhn/test_32x32.mat", content)
        why = said if content == file.getvalue() else "damaged MATLAB file"
        with pytest.raises(AskNextError, match=f"test_32x32.mat is not the publisher's file .*{why}"):
            load("svhn")


def jpeg(colour: tuple[int, int, int], width: int = 64, height: int = 64) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


def tiny(side: int = 64) -> Files:
    """A Tiny ImageNet of two classes, with two training images and one other each."""
    shade = {"n02": (250, 10, 10), "n01": (10, 10, 250)}
    root = "tiny-imagenet-200"
    train = [(code, i) for code in shade for i in (0, 1)]
    shown = {code: jpeg(colour, side, side) for code, colour in shade.items()}
    files = {f"{root}/train/{code}/images/{code}_{i}.JPEG": shown[code] for code, i in train}
    files |= {f"{root}/train/{code}/{code}_boxes.txt": b"" for code in shade}
    files |= {f"{root}/val/images/val_{i}.JPEG": shown[code] for i, code in enumerate(shade)}
    files |= {f"{root}/test/images/test_0.JPEG": b"not looked at"}
    notes = "".join(f"val_{i}.JPEG\t{code}\t0\t0\t62\t62\n" for i, code in enumerate(shade))
    files[f"{root}/val/val_annotations.txt"] = notes.encode()
    files[f"{root}/words.txt"] = b"n01\tcrane, bird\nn02\tcrane\n"
    files[f"{root}/wnids.txt"] = b"n02\nn01"
    return files


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("whole", [True, False], ids=["zip", "folder"])
def test_tiny_imagenet_is_read_as_it_is_published(folder: Path, whole: bool) -> None:
    place = folder / "images/tiny-imagenet-200"
    if whole:
        place.mkdir(parents=True)
        with zipfile.ZipFile(place / "tiny-imagenet-200.zip", "w") as packed:
            for name, content in tiny().items():
                packed.writestr(name, content)
    else:
        unpack(place, tiny())
    items = PUBLISHED["tiny-imagenet-200"].items()
    assert items.values.shape == (6, 64, 64, 3)
    assert items.y.tolist() == ["n01", "n01", "n02", "n02", "n01", "n02"]
    assert items.values.mean(axis=(1, 2)).argmax(axis=1).tolist() == [2, 2, 0, 0, 2, 0]
    assert items.test == 2
    pytest.importorskip("torch")
    found = load_data(Settings("tiny-imagenet-200", None, ("random",), "resnet18", 1, 1, 1, 1, 0.5))
    assert found.seen.shape == (6, 64, 64, 3)
    assert found.X.shape == (6, 384)
    np.testing.assert_allclose(found.X[0, :3], items.values[0].mean(axis=(0, 1)) / 255, atol=0.01)
    assert "64 × 64 pixels averaged to 32 × 32" in found.notes[0]


def test_what_lies_deep_in_a_folder_is_part_of_what_is_kept(folder: Path) -> None:
    place = folder / "images/tiny-imagenet-200"
    unpack(place, tiny())
    entry = PUBLISHED["tiny-imagenet-200"]
    before = rows.fingerprint(entry.made_of())
    assert rows.fingerprint(entry.made_of()) == before
    os.utime(place / "tiny-imagenet-200/train/n01/images/n01_0.JPEG", (1, 1))
    assert rows.fingerprint(entry.made_of()) != before


def test_another_tiny_imagenet_is_said(folder: Path) -> None:
    place = folder / "images/tiny-imagenet-200"
    unpack(place, tiny(side=32))
    with pytest.raises(AskNextError, match=r"is not the publisher's folder .its pictures are 32 × 32"):
        load("tiny-imagenet-200")
    (place / "tiny-imagenet-200/wnids.txt").unlink()
    with pytest.raises(AskNextError, match=r"there is no wnids.txt in it"):
        load("tiny-imagenet-200")
    (place / "tiny-imagenet-200.zip").write_bytes(b"no zip")
    with pytest.raises(AskNextError, match=r"tiny-imagenet-200.zip is not the publisher's file"):
        load("tiny-imagenet-200")


@pytest.mark.usefixtures("fast")
def test_an_embedding_knows_the_test_part_and_the_images(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a network can be trained on what was chosen by the embedding."""
    monkeypatch.chdir(tmp_path)
    images, y = pictures(36), np.arange(36) % 4
    put(folder / "images/cifar100/cifar-100-binary/train.bin", b"".join(_fine(images[:30], y[:30])))
    put(folder / "images/cifar100/cifar-100-binary/test.bin", b"".join(_fine(images[30:], y[30:])))
    put(folder / "images/cifar100/cifar-100-binary/fine_label_names.txt", "\n".join(HUNDRED).encode())
    choice = Choice("gradients")
    make(read("cifar100"), choice, tmp_path / "embedded", lambda *_: None)
    file = str(tmp_path / "embedded/embedding.npz")
    data = load(file)
    assert (data.name, data.test, len(data.X)) == ("embedding", 6, 36)
    np.testing.assert_array_equal(all_images(file), images)
    put(folder / "images/cifar100/cifar-100-binary/test.bin", b"".join(_fine(images[30:33], y[30:33])))
    with pytest.raises(AskNextError, match=r"embedding.npz has 36 rows and cifar100 33 images; encode it"):
        all_images(file)
    make(read("cifar100:20"), choice, tmp_path / "fewer", lambda *_: None)
    np.testing.assert_array_equal(all_images(str(tmp_path / "fewer/embedding.npz")), images[:20])
    assert load(str(tmp_path / "fewer/embedding.npz")).test == 0


def _fine(images: np.ndarray, y: np.ndarray) -> list[bytes]:
    """Records of CIFAR-100."""
    return [bytes([0, label]) + row.tobytes() for label, row in zip(y.tolist(), planes(images), strict=True)]
