"""Rows: whatever users call X comes out the same, is named by its content, and is checked for NaN."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from asknext import rows
from asknext.errors import AskNextError

X = np.array([[0.0, 1.5], [2.0, 0.0], [0.0, 0.0], [4.0, -1.0]])
IDS = np.array([3, 0])


class Tensor:
    """As much of a torch tensor as counts."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        return self.values


FORMS: dict[str, Any] = {
    "array": lambda: X,
    "fortran": lambda: np.asfortranarray(X),
    "matrix": lambda: sparse.csr_matrix(X).todense(),
    "list": lambda: X.tolist(),
    "tuples": lambda: tuple(map(tuple, X)),
    "csr": lambda: sparse.csr_array(X),
    "csc": lambda: sparse.csc_matrix(X),
    "coo": lambda: sparse.coo_array(X),
    "tensor": lambda: Tensor(X),
    "pandas": lambda: pd.DataFrame(X, columns=["a", "b"], index=[7, 7, 0, 1]),
    "polars": lambda: pl.DataFrame(X, schema=["a", "b"]),
    "lazy": lambda: pl.LazyFrame(X, schema=["a", "b"]),
    "arrow": lambda: pa.table({"a": X[:, 0], "b": X[:, 1]}),
}


def dense(values: Any) -> np.ndarray:
    return values.toarray() if sparse.issparse(values) else values


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(form: str) -> None:
    loaded = rows.load(FORMS[form]())
    assert rows.count(loaded) == 4
    assert np.array_equal(dense(rows.matrix(loaded)), X)
    assert np.array_equal(dense(rows.matrix(rows.take(loaded, IDS))), X[IDS])
    assert rows.count(rows.take(loaded, IDS[:0])) == 0


def test_sparse_comes_out_as_csr() -> None:
    assert rows.load(sparse.coo_array(X)).format == "csr"


def test_memory_map_is_neither_copied_nor_read_whole(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    loaded = rows.load(mapped)
    assert np.shares_memory(loaded, mapped)
    assert np.shares_memory(rows.matrix(loaded), mapped)
    assert np.array_equal(rows.take(loaded, IDS), X[IDS])
    assert rows.fingerprint(loaded) == rows.fingerprint(X)


@pytest.mark.parametrize("column", [pd.Series, pl.Series], ids=["pandas", "polars"])
def test_a_series_of_texts_is_a_list_of_texts(column: Any) -> None:
    texts = ["ham", "spam and eggs", ""]
    loaded = rows.load(column(texts))
    assert loaded.tolist() == rows.load(texts).tolist() == texts
    assert rows.fingerprint(loaded) == rows.fingerprint(rows.load(texts))
    assert rows.matrix(loaded) is None
    assert rows.take(loaded, np.array([1])).tolist() == ["spam and eggs"]


def test_a_series_of_numbers_is_one_column() -> None:
    loaded = rows.load(pd.Series([1, 2], index=[5, 5]))
    assert rows.numbers(loaded).tolist() == [1.0, 2.0]
    assert rows.matrix(loaded).tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize("bad", [None, "text", 3, np.array(3.0), {"a": [1]}, iter([1])], ids=repr)
def test_things_without_rows_are_refused(bad: Any) -> None:
    with pytest.raises(AskNextError, match=r"^X is .*; give "):
        rows.load(bad)


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(AskNextError, match="differ in length"):
        rows.load([[1, 2], [3]])


def test_images_become_one_row_each() -> None:
    images = np.arange(24).reshape(2, 3, 4)
    assert rows.numbers(images).shape == (2, 3, 4)
    assert rows.matrix(images).tolist() == images.reshape(2, 12).tolist()
    assert rows.matrix(images[:0]).shape == (0, 12)


def test_whole_numbers_and_truth_values_are_numbers() -> None:
    assert rows.matrix(np.array([[True, False]])).tolist() == [[1.0, 0.0]]
    mixed = {"a": [True, False], "b": [1, 2]}
    assert rows.matrix(pd.DataFrame(mixed)).tolist() == [[1.0, 1.0], [0.0, 2.0]]
    assert rows.matrix(pl.DataFrame(mixed)).tolist() == [[1.0, 1.0], [0.0, 2.0]]


def test_half_precision_stays_as_it_is() -> None:
    assert rows.matrix(X.astype(np.float32)).dtype == np.float32


def test_a_frame_with_two_columns_of_one_name_is_refused() -> None:
    with pytest.raises(AskNextError, match=r"X is a data frame that cannot be read: .* unique column names"):
        rows.load(pd.DataFrame(X, columns=["a", "a"]))


@pytest.mark.parametrize("values", [["a", "b"], [["a", 1], ["b", 2]]])
def test_texts_have_no_matrix(values: Any) -> None:
    assert rows.matrix(rows.load(values)) is None


def test_a_frame_with_a_text_column_has_no_matrix() -> None:
    assert rows.matrix(pd.DataFrame({"a": [1.0], "t": ["x"]})) is None
    assert rows.matrix(pl.DataFrame({"a": [1.0], "t": ["x"]})) is None


def test_missing_values_of_a_frame_are_nan() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64")})
    assert np.isnan(rows.matrix(frame)[1, 0])
    assert np.isnan(rows.matrix(pl.DataFrame({"a": [1, None]}))[1, 0])


# ---------------------------------------------------------------- NaN and infinity


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_not_finite_names_signal_and_row(bad: float, form: Any) -> None:
    values = X.copy()
    values[2, 1] = values[3, 0] = bad
    with pytest.raises(AskNextError, match=r"^the signal 'p' holds .* in 2 row\(s\), the first is row 2;"):
        rows.check_finite("the signal 'p'", form(values))


def test_rows_are_named_by_their_place_in_the_pool() -> None:
    with pytest.raises(AskNextError, match="the first is row 42"):
        rows.check_finite("X", np.array([1.0, np.nan]), np.array([7, 42]))


def test_opposite_infinities_do_not_cancel() -> None:
    with pytest.raises(AskNextError, match="in 1 row"):
        rows.check_finite("X", np.array([[np.inf, -np.inf]]))


@pytest.mark.parametrize(
    "values",
    [
        np.full((4, 2), -1e150),
        sparse.csr_array(np.full((4, 2), 1e150)),
        np.full((4, 2), 1e14, dtype=np.float32),
        np.full((1000, 2), 6e4, dtype=np.float16),
        np.empty((0, 3)),
        np.array([[1, 2]]),
        np.ones((2, 3, 4)),
    ],
    ids=["large", "large and sparse", "large single", "half", "empty", "whole", "cube"],
)
def test_finite_values_pass(values: Any) -> None:
    rows.check_finite("X", values)


@given(arrays(np.float64, (3, 2)), st.sampled_from([np.asarray, sparse.csr_array]))
def test_refuses_exactly_what_is_not_finite_or_too_large(values: np.ndarray, form: Any) -> None:
    finite, small = np.isfinite(values), np.abs(values) <= 1e150
    if small.all():
        rows.check_finite("X", form(values))
    else:
        bad = small if finite.all() else finite
        first = int(np.flatnonzero(~bad.all(axis=1))[0])
        fault = "numbers beyond" if finite.all() else "NaN or infinity"
        with pytest.raises(AskNextError, match=f"holds {fault} .* the first is row {first};"):
            rows.check_finite("X", form(values))


def test_in_single_precision_squares_overflow_sooner() -> None:
    with pytest.raises(AskNextError, match=r"numbers beyond 1e\+15 in 1 row"):
        rows.check_finite("X", np.array([[0.0, 1e30]], dtype=np.float32))


# ---------------------------------------------------------------- fingerprints


def test_equal_content_has_one_name() -> None:
    names = {rows.fingerprint(rows.load(FORMS[form]())) for form in ("array", "fortran", "list", "tensor")}
    assert len(names) == 1
    assert len(names.pop()) == 40
    assert rows.fingerprint(sparse.csc_array(X)) == rows.fingerprint(sparse.csr_array(X))


def test_a_frame_is_named_by_its_values_not_by_how_it_came_about() -> None:
    at_once = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "t": ["x", "y"]})
    piecewise = pd.DataFrame({"a": [1.0, 2.0]})
    piecewise["b"] = [3.0, 4.0]
    piecewise["t"] = ["x", "y"]
    assert rows.fingerprint(at_once) == rows.fingerprint(piecewise) == rows.fingerprint(at_once.copy())
    assert rows.fingerprint(at_once) == rows.fingerprint(pd.concat([at_once[:1], at_once[1:]]))


@pytest.mark.parametrize(
    "other",
    [
        X.astype(np.float32),
        X[:, ::-1],
        X.T,
        X.reshape(2, 4),
        X + 1e-15,
        sparse.csr_array(X),
        X.tolist(),
        pd.DataFrame(X),
        None,
        0,
    ],
)
def test_other_content_has_another_name(other: Any) -> None:
    assert rows.fingerprint(X) != rows.fingerprint(other)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a"], "a"),
        ([["a"], "b"], [["a", "b"]]),
        ([1, 2], [1.0, 2.0]),
        ([1], ["1"]),
        ([True], [1]),
        ([None], ["None"]),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (LogisticRegression(C=1.0), LogisticRegression(C=2.0)),
        (np.array(["a", None], dtype=object), np.array(["a", "None"], dtype=object)),
        (sparse.csr_array((2, 3)), sparse.csr_array((3, 2))),
    ],
    ids=repr,
)
def test_nothing_is_confused(one: Any, two: Any) -> None:
    assert rows.fingerprint(one) != rows.fingerprint(two)


@given(st.lists(st.text()), st.lists(st.text()))
def test_lists_of_texts_share_a_name_only_if_equal(one: list[str], two: list[str]) -> None:
    assert (rows.fingerprint(one) == rows.fingerprint(two)) == (one == two)


def test_parts_are_kept_apart() -> None:
    assert rows.fingerprint("ab", "c") != rows.fingerprint("a", "bc")


def test_large_arrays_are_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(60.0).reshape(20, 3)
    whole = rows.fingerprint(values)
    monkeypatch.setattr(rows, "_HASH_BLOCK", 50)
    assert rows.fingerprint(values) == whole
    values[13, 2] += 1
    assert rows.fingerprint(values) != whole


@pytest.mark.parametrize("shape", [(20,), (20, 3), (20, 4, 4, 3), (20, 0)])
def test_a_part_stands_for_its_rows(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for ids in (np.array([7, 2, 2, 19]), np.arange(0)):
        part, copy = rows.Part(X, ids), X[ids]
        assert rows.load(part) is part
        assert rows.count(part) == len(part) == len(ids)
        assert (part.shape, part.ndim) == (copy.shape, X.ndim)
        assert (rows.is_images(part), rows.is_numeric(part)) == (rows.is_images(copy), True)
        assert rows.fingerprint(part) == rows.fingerprint(copy)
        np.testing.assert_array_equal(part[:], copy)
    part = rows.Part(X, np.array([7, 2, 2, 19]))
    np.testing.assert_array_equal(rows.take(part, np.array([3, 0])), X[[19, 7]])
    monkeypatch.setattr(rows, "_HASH_BLOCK", 50)
    assert rows.fingerprint(part) == rows.fingerprint(X[[7, 2, 2, 19]])


PRINT_NAMES = """
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from asknext import rows
texts = ["one", "tw" + "o", "one"]
frame = pd.DataFrame({"n": [1, 2], "t": ["a", "b"], "c": pd.Categorical(["u", "v"])})
print(rows.fingerprint(rows.load(texts)), rows.fingerprint(frame), rows.fingerprint(("a", 1, 2.5, None)),
      rows.fingerprint(make_pipeline(TfidfVectorizer(), LogisticRegression(C=3))))
"""


def test_names_are_the_same_in_another_process() -> None:
    def names(hash_seed: str) -> str:
        run = [sys.executable, "-c", PRINT_NAMES]
        return subprocess.run(
            run, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
        ).stdout

    assert names("1") == names("2") != ""


def test_data_are_not_named_by_pickles() -> None:
    """The names of data stand in logs; these are golden, so that a log opens after any upgrade."""
    assert rows.fingerprint(rows.load(["a", "b"])) == "5b2945224fb4f216660a06eeda5c3bb77dbdf048"
    assert rows.fingerprint(np.arange(3.0)) == "cb0a75417d3f171d6dea5688400bfd4ea29874d6"
    frame = pl.DataFrame({"n": [1, 2], "t": ["a", "b"]})
    assert rows.fingerprint(frame) == "cddc75b39fd32a9f46aabcd428547f5c16e15a61"


def test_a_lambda_has_no_name() -> None:
    with pytest.raises(AskNextError, match="FunctionTransformer holds something that has no lasting name"):
        rows.fingerprint(FunctionTransformer(lambda x: x))


def test_masked_values_are_refused_and_a_mask_without_any_is_not() -> None:
    assert rows.load(np.ma.array([[1.0], [2.0]])).tolist() == [[1.0], [2.0]]
    with pytest.raises(AskNextError, match="X is an array with masked values; fill them"):
        rows.load(np.ma.array([[1.0], [2.0]], mask=[[False], [True]]))


def test_missing_values_of_any_nullable_column_are_nan() -> None:
    columns = {"a": pd.array([True, None], dtype="boolean"), "b": pd.array([None, 2], dtype="Int64")}
    frame = pd.DataFrame(columns)
    np.testing.assert_array_equal(rows.numbers(frame), [[1, np.nan], [np.nan, 2]])


def test_a_frame_of_sparse_columns_is_a_sparse_matrix() -> None:
    loaded = rows.load(pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X)))
    assert sparse.issparse(loaded)
    np.testing.assert_array_equal(loaded.toarray(), X)
