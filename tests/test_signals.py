"""Signals: each row is computed once, when read, and is checked; what follows from others is derived."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.special import softmax as reference

from asknext.errors import AskNextError, MissingSignalError
from asknext.signals import Signals, given_columns, softmax
from asknext.types import Array, Ids


class Counting:
    """A source that remembers which rows it was asked for."""

    def __init__(self, column: Array) -> None:
        self.column = column
        self.calls: list[list[int]] = []

    def __call__(self, ids: Ids) -> Array:
        self.calls.append(ids.tolist())
        return self.column[ids]


@given(arrays(np.float64, (3, 4), elements=st.floats(-700, 700)))
def test_softmax_agrees_with_scipy(logits: Array) -> None:
    assert np.allclose(softmax(logits), reference(logits, axis=1))


def test_softmax_of_impossible_classes() -> None:
    inf = np.inf
    logits = np.array([[-inf, 0.0, 0.0], [-inf, -inf, -inf], [1e300, -1e300, 0.0]])
    assert softmax(logits).tolist() == [[0, 0.5, 0.5], [0, 0, 0], [1, 0, 0]]
    assert softmax(np.empty((2, 0))).shape == (2, 0)


def test_each_row_is_computed_once() -> None:
    source = Counting(np.arange(20.0).reshape(10, 2))
    signals = Signals(10, {"x": source})
    assert signals.read("x", np.array([3, 1])).tolist() == [[6, 7], [2, 3]]
    assert signals.read("x", np.array([1, 2, 3, 4])).tolist() == [[2, 3], [4, 5], [6, 7], [8, 9]]
    assert signals.read("x", np.array([4, 4, 1])).tolist() == [[8, 9], [8, 9], [2, 3]]
    assert source.calls == [[3, 1], [2, 4]]


def test_nothing_is_computed_before_it_is_read() -> None:
    source = Counting(np.zeros((3, 2)))
    signals = Signals(3, {"logits": source})
    assert "proba" in signals
    assert signals.names == ["logits", "proba"]
    signals.require(["proba"], "the test")
    assert source.calls == []


def test_no_rows_have_the_shape_of_the_column() -> None:
    none = np.empty(0, dtype=np.intp)
    lazy = Signals(4, {"x": Counting(np.ones((4, 5), dtype=np.float32))})
    assert lazy.read("x", none).shape == (0, 5)
    assert lazy.read("x", none).dtype == np.float32
    assert Signals(4, {"x": np.ones((4, 5))}).read("x", none).shape == (0, 5)
    assert Signals(4, {"logits": Counting(np.ones((4, 5)))}).read("proba", none).shape == (0, 5)


def test_probabilities_follow_from_logits_before_samples() -> None:
    logits = np.log(np.array([[0.25, 0.75]]))
    draws = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    first = np.array([0])
    assert np.allclose(Signals(1, {"logits": logits, "samples": draws}).read("proba", first), [[0.25, 0.75]])
    assert Signals(1, {"samples": draws}).read("proba", first).tolist() == [[0.5, 0.5]]
    assert Signals(1, {"proba": np.array([[1.0, 0.0]]), "logits": logits}).read("proba", first).tolist() == [
        [1.0, 0.0]
    ]


def test_a_missing_signal_is_named_with_its_reader_and_what_there_is() -> None:
    signals = Signals(1, {"logits": np.zeros((1, 2))})
    with pytest.raises(
        MissingSignalError,
        match=r"^the strategy 's' needs the signal 'embedding', .* \(there is: logits, proba\); give ",
    ):
        signals.require(["proba", "embedding"], "the strategy 's'")
    with pytest.raises(MissingSignalError, match=r"'nonsense', which nobody provides .*; choose another"):
        signals.read("nonsense", np.array([0]))


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(AskNextError, match="the signal 'proba' has 3 rows, but the pool has 4 items"):
        Signals(4, {"proba": np.zeros((3, 2))})


@pytest.mark.parametrize("lazy", [False, True])
def test_not_finite_is_refused_where_it_is_read(lazy: bool) -> None:
    column = np.full((5, 2), 0.5)
    column[3, 1] = np.nan
    signals = Signals(5, {"proba": Counting(column) if lazy else column})
    assert signals.read("proba", np.array([0, 4])).tolist() == [[0.5, 0.5]] * 2
    with pytest.raises(AskNextError, match=r"the signal 'proba' holds NaN .* row 3;"):
        signals.read("proba", np.array([4, 3]))


@pytest.mark.parametrize("name", ["proba", "reference_proba", "samples"])
@pytest.mark.parametrize("bad", [[0.5, 0.498], [1.5, -0.5], [0.0, 0.0]], ids=repr)
@pytest.mark.parametrize("lazy", [False, True])
def test_what_is_no_distribution_is_refused_where_it_is_read(name: str, bad: list[float], lazy: bool) -> None:
    column = np.full((5, 2), 0.5)
    column[0] = [0.4995, 0.4999]  # rounded
    column[3] = bad
    column = column[:, None] if name == "samples" else column
    signals = Signals(5, {name: Counting(column) if lazy else column})
    assert len(signals.read(name, np.array([0, 1, 4]))) == 3
    with pytest.raises(AskNextError, match=rf"the signal '{name}' holds no probabilities, .* row 3; they"):
        signals.read(name, np.array([4, 3]))


def test_probabilities_in_half_precision_pass() -> None:
    column = np.random.default_rng(0).dirichlet(np.ones(1000), size=20).astype(np.float16)
    assert len(Signals(20, {"proba": column}).read("proba", np.arange(20))) == 20


def test_only_given_columns_have_a_width_beforehand() -> None:
    draws = np.full((3, 5, 2), 0.5)
    signals = Signals(3, {"samples": draws, "proba": Counting(draws), "embedding": np.ones((3, 7))})
    assert signals.widths == {"samples": 2}


def test_given_columns_may_be_sparse_and_computed_ones_may_not() -> None:
    table = sparse.csr_array(np.eye(3))
    assert Signals(3, {"embedding": table}).read("embedding", np.array([2])).toarray().tolist() == [[0, 0, 1]]
    with pytest.raises(AskNextError, match="the signal 'x' came out sparse"):
        Signals(3, {"x": lambda ids: table[ids]}).read("x", np.array([0]))


# ---------------------------------------------------------------- what users give


def test_x_is_the_embedding_where_it_is_numeric() -> None:
    assert given_columns(np.array([[1, 2]]), {})["embedding"].tolist() == [[1.0, 2.0]]
    assert given_columns(np.array(["text"], dtype=object), {}) == {}


def test_a_given_embedding_replaces_x_and_is_a_matrix() -> None:
    columns = given_columns(np.zeros((2, 1)), {"embedding": [[[1], [2]], [[3], [4]]]})
    assert columns["embedding"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_other_columns_keep_their_shape() -> None:
    columns = given_columns(np.zeros((2, 1)), {"predicted_loss": [1, 2], "samples": np.zeros((2, 3, 4))})
    assert columns["predicted_loss"].shape == (2,)
    assert columns["samples"].shape == (2, 3, 4)


def test_columns_that_are_not_numeric_are_refused() -> None:
    with pytest.raises(AskNextError, match="the signal 'proba' is not numeric"):
        given_columns(np.zeros((2, 1)), {"proba": ["a", "b"]})


@pytest.mark.parametrize(
    ("given", "used"), [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("g", "f8"), ("i4", "i4")]
)
@pytest.mark.parametrize("called", [False, True])
def test_unusual_precision_becomes_usual(given: str, used: str, called: bool) -> None:
    column = np.arange(6).reshape(3, 2).astype(given)
    signals = Signals(3, {"embedding": (lambda ids: column[ids]) if called else column})
    assert signals.read("embedding", np.arange(2)).dtype == np.dtype(used)


def test_a_column_can_be_added_once_and_says_what_it_reads() -> None:
    class Doubled:
        needs = frozenset({"logits"})
        reader = "the doubler"

        def __call__(self, ids: np.ndarray) -> np.ndarray:
            return 2.0 * ids

    signals = Signals(3, {"embedding": np.zeros((3, 1))})
    signals.add("doubled", Doubled())
    assert signals.read("doubled", np.array([1, 2])).tolist() == [2, 4]
    with pytest.raises(MissingSignalError, match="the doubler needs the signal 'logits'"):
        signals.require(["doubled"], "a strategy")
    signals.add("logits", lambda ids: np.zeros((len(ids), 2)))
    signals.require(["doubled"], "a strategy")
    with pytest.raises(AskNextError, match="already a signal 'embedding'"):
        signals.add("embedding", lambda ids: ids)
