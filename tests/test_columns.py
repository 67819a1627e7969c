"""The column cache: whole arrays or none, by name, shared by processes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.numpy import array_shapes, arrays, floating_dtypes, integer_dtypes

from asknext.errors import AskNextError
from asknext.log import ColumnStore


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(floating_dtypes(endianness="=") | integer_dtypes(endianness="="), array_shapes(min_side=0)))
def test_a_column_comes_back_as_it_was(tmp_path: Path, values: np.ndarray) -> None:
    store = ColumnStore(tmp_path)
    store.put("k", values)
    back = store.get("k")
    assert back is not None
    assert (back.dtype, back.shape) == (values.dtype, values.shape)
    assert back.tobytes() == values.tobytes()


def test_what_was_never_put_is_absent(tmp_path: Path) -> None:
    store = ColumnStore(tmp_path / "none")
    assert store.get("k") is None
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("length", [0, 5, 60, 128, -1])
def test_a_file_cut_short_counts_as_absent(tmp_path: Path, length: int) -> None:
    store = ColumnStore(tmp_path)
    store.put("k", np.arange(100.0))
    content = store.path("k").read_bytes()
    store.path("k").write_bytes(content[:length])
    assert store.get("k") is None
    store.put("k", np.arange(3.0))
    assert store.get("k").tolist() == [0, 1, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"garbage" * 50, b"PK\x03\x04" + b"x" * 300, b"\x80\x04." * 30])
def test_garbage_counts_as_absent(tmp_path: Path, content: bytes) -> None:
    store = ColumnStore(tmp_path)
    store.put("k", np.arange(3.0))
    store.path("k").write_bytes(content)
    assert store.get("k") is None


@pytest.mark.parametrize("place", [-1, -17, -100, 30, 129])
def test_a_changed_byte_makes_a_column_absent(tmp_path: Path, place: int) -> None:
    store = ColumnStore(tmp_path)
    store.put("k", np.arange(100.0))
    content = bytearray(store.path("k").read_bytes())
    content[place] ^= 1
    store.path("k").write_bytes(content)
    assert store.get("k") is None


def test_columns_cannot_be_exchanged(tmp_path: Path) -> None:
    store = ColumnStore(tmp_path)
    for key in "ab":
        store.put(key, np.arange(3.0))
    store.path("a").replace(store.path("b"))
    assert store.get("b") is None


def test_any_reader_of_npy_files_reads_a_column(tmp_path: Path) -> None:
    store = ColumnStore(tmp_path)
    store.put("k", np.arange(6.0).reshape(2, 3))
    assert np.load(store.path("k")).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.load(store.path("k"), mmap_mode="r").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_no_object_is_ever_stored(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="column of Python objects cannot be stored"):
        ColumnStore(tmp_path).put("k", np.array(["a"], dtype=object))
    assert list(tmp_path.rglob("*")) == []


def test_nothing_but_columns_is_left_behind(tmp_path: Path) -> None:
    store = ColumnStore(tmp_path)
    for k in range(3):
        store.put(f"k{k}", np.arange(3))
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["k0.npy", "k1.npy", "k2.npy"]


def test_a_column_that_cannot_be_replaced_is_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object) -> None:
        raise PermissionError

    store = ColumnStore(tmp_path)
    store.put("k", np.arange(3.0))
    monkeypatch.setattr(Path, "replace", held)
    store.put("k", np.arange(3.0))
    assert store.get("k").tolist() == [0, 1, 2]  # type: ignore[union-attr]
    with pytest.raises(PermissionError):
        store.put("new", np.arange(3.0))


def test_a_reader_never_meets_half_a_column(tmp_path: Path) -> None:
    store = ColumnStore(tmp_path)
    values = np.arange(20_000.0)
    store.put("k", values)
    done = threading.Event()

    def write() -> None:
        for _ in range(30):
            store.put("k", values)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    reads = 0
    while not done.is_set() or reads == 0:
        assert np.array_equal(store.get("k"), values)
        reads += 1
    writer.join()
