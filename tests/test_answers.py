"""What users hand in is checked, and each fault is one clear sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.answers import as_answers, as_classes, as_ids, as_label, as_whole
from asknext.errors import AskNextError
from asknext.pool import ANSWER_CODES


@pytest.mark.parametrize(
    "ids", [[4, 0, 2], (4, 0, 2), np.array([4, 0, 2], dtype=np.uint8), pd.Series([4, 0, 2], index=[9, 9, 1])]
)
def test_ids_in_every_form(ids: Any) -> None:
    places = as_ids(ids, 5)
    assert places.tolist() == [4, 0, 2]
    assert places.dtype == np.intp


class Short(list):
    """A list that says it is shorter than it is."""

    def __len__(self) -> int:
        return 2


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
        ({1: 2}, "not dict"),
        ({1, 2}, "not set"),
        (pd.DataFrame({"row": [1, 2]}), r"not int64 \(2, 1\)"),
        (np.ma.array([1, 2], mask=[False, True]), "ids is an array with masked values; fill them"),
    ],
)
def test_ids_that_are_none(ids: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        as_ids(ids, 5)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("spam", "spam"),
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
        (b"ab", "answers is b'ab'; give a list"),
        ({"a": 0, "b": 1}, "answers is {'a': 0, 'b': 1}; give a list"),
        ({"a"}, "answers is {'a'}; give a list"),
        (pd.DataFrame({"a": [1, 2], "b": [3, 4]}), r"answers is a table of the shape \(2, 2\); give"),
        (pl.DataFrame({"a": [1, 2]}), r"answers is a table of the shape \(2, 1\)"),
        (np.array([["a"], ["b"]]), r"answers is a table of the shape \(2, 1\)"),
        (np.ma.array([1, 2], mask=[False, True]), "answers is an array with masked values; fill them"),
        (Short([1, 2, 3]), "answers holds 3 values for 2 items"),
    ],
)
def test_answers_that_are_none(answers: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        as_answers(answers, 2)


@pytest.mark.parametrize(
    "values",
    [np.ma.array([2, 1]), range(2, 0, -1), pd.Categorical([2, 1]), pl.Series([2, 1]), {0: 2, 1: 1}.values()],
    ids=lambda values: type(values).__name__,
)
def test_flat_values_in_every_form(values: Any) -> None:
    assert as_answers(values, 2) == [2, 1]
    assert as_classes(values, 2)[0] == [1, 2]


def test_a_lone_surrogate_is_no_label() -> None:
    assert as_label("\U0001f600") == "\U0001f600"
    with pytest.raises(AskNextError, match=r"a label is '\\ud800', which is no Unicode text"):
        as_label("\ud800")


@pytest.mark.parametrize("mixed", [[1, "1", 2], [True, "True"], [1.5, "1.5"], ["a", "b", 0]], ids=repr)
def test_texts_among_numbers_are_refused(mixed: list[Any]) -> None:
    with pytest.raises(AskNextError, match="the labels mix texts and numbers, such as '"):
        as_classes(mixed, len(mixed))


def test_labels_that_python_calls_equal_are_one_class() -> None:
    classes, places = as_classes([2, True, 1, 1.0, 0.5], 5)
    assert classes == [0.5, True, 2]
    assert classes[1] is True  # the name that came first
    assert places.tolist() == [2, 1, 1, 1, 0]


def test_labels_that_only_numpy_calls_equal_are_not() -> None:
    assert as_classes(["a", "a\0"], 2)[0] == ["a", "a\0"]
    assert as_classes([2**53, 2**53 + 1, 0.5], 3)[0] == [0.5, 2**53, 2**53 + 1]


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


def test_the_log_tells_apart_what_differs_and_unites_what_is_equal(tmp_path: Path) -> None:
    told = [1, True, "1", 1.0, OUT_OF_SCOPE, "out-of-scope"]
    with Campaign(np.zeros((6, 1)), None, "random", path=tmp_path) as campaign:
        campaign.tell([0], told[:1])
        campaign.tell(range(1, 6), told[1:])
    with Campaign(np.zeros((6, 1)), None, "random", path=tmp_path) as campaign:
        assert campaign.classes == (1, "1", "out-of-scope")
        assert list(campaign.labels.values()) == told
        assert campaign.pool.state.tolist() == [0, 0, 1, 0, ANSWER_CODES[OUT_OF_SCOPE], 2]


@pytest.mark.parametrize(
    "refuse", [lambda bad: as_whole("seed", bad), as_label, lambda bad: as_answers([1, bad], 2)]
)
@pytest.mark.parametrize("bad", [np.eye(40), pd.DataFrame({"a": [1, 2]}), ["x"] * 1000], ids=type)
def test_a_message_is_one_short_line(refuse: Any, bad: Any) -> None:
    with pytest.raises(AskNextError) as error:
        refuse(bad)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("blank", ["", "  ", "\t\n"])
def test_a_blank_text_is_no_label(blank: str) -> None:
    with pytest.raises(AskNextError, match="is no class label"):
        as_label(blank)
