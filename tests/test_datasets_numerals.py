"""Numbers written for human eyes are numbers; what only looks like them is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from asknext.datasets import load
from asknext.datasets.numerals import plain_numbers


@pytest.mark.parametrize(
    ("separator", "written", "read"),
    [
        (";", ["1,5", "-2", "1.234,25"], [1.5, -2.0, 1234.25]),
        ("\t", ["0,5", None, "+3,0"], [0.5, None, 3.0]),
        (",", ["1,000", "12", "-1,234,567.5"], [1000.0, 12.0, -1234567.5]),
        (";", [" 1,5 ", "2,0"], [1.5, 2.0]),
    ],
)
def test_numbers_are_read(separator: str, written: list[str | None], read: list[float | None]) -> None:
    frame = plain_numbers(pd.DataFrame({"a": written}), separator, "y")
    assert frame["a"].astype(object).where(frame["a"].notna(), None).tolist() == read


@pytest.mark.parametrize(
    ("separator", "written"),
    [
        (";", ["1,5", "about 2"]), (";", ["1,5,6", "2"]), (";", ["12.34", "1,5"]), (",", ["1,00", "2"]),
        (",", ["1,0000", "2"]), (",", [None, None]), (";", ["2024-01-01", "2024-01-02"]),
    ],
)  # fmt: skip
def test_what_is_no_number_stays_as_it_is(separator: str, written: list[str | None]) -> None:
    frame = pd.DataFrame({"a": written}, dtype=object)
    pd.testing.assert_frame_equal(plain_numbers(frame, separator, "y"), frame)


def test_the_labels_stay_as_they_are() -> None:
    frame = pd.DataFrame({"y": ["1,5", "2,5"]}, dtype=object)
    pd.testing.assert_frame_equal(plain_numbers(frame, ";", "y"), frame)


def test_a_file_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("width;kind\n" + "".join(f"{i},{i % 7};{'ab'[i % 2]}\n" for i in range(40)))
    data = load(str(path), "kind")
    assert data.X.shape == (40, 1)
    assert data.X[:, 0].argmax() == 39
