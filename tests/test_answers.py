"""What users hand in is checked, and each fault is one clear sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE
from asknext.answers import as_answers, as_classes, as_ids, as_label, as_whole
from asknext.errors import AskNextError


@pytest.mark.parametrize(
    "ids", [[4, 0, 2], (4, 0, 2), np.array([4, 0, 2], dtype=np.uint8), pd.Series([4, 0, 2], index=[9, 9, 1])]
)
def test_ids_in_every_form(ids: Any) -> None:
    places = as_ids(ids, 5)
    assert places.tolist() == [4, 0, 2]
    assert places.dtype == np.intp


class Tensor:
    """As much of a torch tensor as counts: its elements are no numbers, but its array's are."""

    def __init__(self, *values: int) -> None:
        self.values = values

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        return np.array(self.values)


def test_tensors() -> None:
    assert as_ids(Tensor(4, 0), 5).tolist() == [4, 0]  # type: ignore[arg-type]
    assert as_answers(Tensor(1, 0), 2) == [1, 0]  # type: ignore[arg-type]
    assert as_classes(Tensor(7, 5), 2)[0] == [5, 7]  # type: ignore[arg-type]


@pytest.mark.parametrize("none", [[], (), np.empty(0), np.empty((0, 2))])
def test_no_ids(none: Any) -> None:
    assert as_ids(none, 5).tolist() == []
    assert as_ids(none, 5).dtype == np.intp


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, 5], "id 5 is no position in the pool of 5 items"),
        ([-1], "id -1 is no position"),
        ([3, 1, 3], "id 3 stands twice"),
        ([1.0], "not float64"),
        ([True, False], "not bool"),
        (["1"], "not <U1"),
        ([[1, 2]], r"not int64 \(1, 2\)"),
        ([[1], [2, 3]], "not a list of lists"),
        (3, "flat list"),
        (None, "flat list"),
    ],
)
def test_ids_that_are_none(ids: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        as_ids(ids, 5)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("spam", "spam"),
        ("", ""),
        (np.str_("ham"), "ham"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (False, False),
    ],
)
def test_labels_are_plain_python(given: Any, kept: Any) -> None:
    assert as_label(given) == kept
    assert type(as_label(given)) is type(kept)


@pytest.mark.parametrize(
    "bad",
    [None, float("nan"), np.inf, pd.NA, b"spam", ["a"], np.array([1]), np.datetime64("2020-01-01")],
    ids=repr,
)
def test_what_is_no_label(bad: Any) -> None:
    with pytest.raises(AskNextError, match="is no class label; give a text or a number"):
        as_label(bad)


def test_answers_mix_labels_and_other_answers() -> None:
    given = ["spam", OUT_OF_SCOPE, 3, UNSURE, SKIPPED]
    assert as_answers(given, 5) == as_answers(np.array(given, dtype=object), 5) == given
    assert as_answers(pd.Series(["a", "b"], index=[5, 5]), 2) == ["a", "b"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["a"], "answers holds 1 values for 2 items"),
        ("ab", "answers is 'ab'; give a list"),
        (1, "answers is 1; give a list"),
        (None, "answers is None; give a list"),
        (["a", None], "None is no class label; .* OUT_OF_SCOPE"),
    ],
)
def test_answers_that_are_none(answers: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        as_answers(answers, 2)


@pytest.mark.parametrize(
    "y", [["b", "a", "b"], np.array(["b", "a", "b"]), np.array(["b", "a", "b"], dtype=object), [7, -1, 7], []]
)
def test_classes_are_those_of_numpy(y: Any) -> None:
    classes, places = as_classes(y, len(y))
    expected, inverse = np.unique(np.asarray(y), return_inverse=True)
    assert classes == expected.tolist()
    assert places.tolist() == inverse.tolist()


@pytest.mark.parametrize("bad", [["a", None], [1.0, np.nan], ["a", OUT_OF_SCOPE], [[1, 0], [0, 1]]], ids=repr)
def test_labels_to_learn_from_are_class_labels(bad: Any) -> None:
    with pytest.raises(AskNextError, match="is no class label"):
        as_classes(bad, 2)


def test_whole_numbers() -> None:
    assert as_whole("n", np.int8(3), 1) == 3
    assert type(as_whole("n", np.int8(3), 1)) is int
    for bad in (0, -2, 1.0, True, "3", None):
        with pytest.raises(AskNextError, match=f"^n is {bad!r}; give a whole number of at least 1.$"):
            as_whole("n", bad, 1)
