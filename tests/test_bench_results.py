"""results.csv: the same measures are the same bytes, and every float comes back as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asknext.bench.results import Measure, Timing, read_measures, write_measures, write_timings
from asknext.errors import AskNextError

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
MEASURES = st.builds(
    Measure,
    dataset=NAMES,
    strategy=NAMES,
    seed=st.integers(0, 9),
    round=st.integers(0, 30),
    n_labelled=st.integers(0, 1000),
    metric=NAMES,
    subset=NAMES,
    value=st.floats(allow_nan=False),
)


@settings(deadline=None, max_examples=50)
@given(rows=st.lists(MEASURES, max_size=8), order=st.randoms())
def test_any_order_gives_the_same_bytes_and_all_values_come_back(tmp_path_factory, rows, order):
    out = tmp_path_factory.mktemp("results")
    write_measures(out / "results.csv", rows)
    first = (out / "results.csv").read_bytes()
    assert read_measures(out) == sorted(rows)
    order.shuffle(rows)
    write_measures(out / "results.csv", rows)
    assert (out / "results.csv").read_bytes() == first


def test_the_text_of_the_file(tmp_path: Path):
    rows = [
        Measure("wine", "random", 1, 0, 10, "accuracy", "test", 1 / 3),
        Measure("wine", "margin, weighted", np.int64(0), 10, 30, "accuracy", "test", np.float64(1)),  # type: ignore[arg-type]
        Measure("wine", "margin, weighted", 0, 9, 29, "accuracy", "test", 1),
    ]
    write_measures(tmp_path / "results.csv", rows)
    assert (tmp_path / "results.csv").read_bytes() == (
        b"dataset,strategy,seed,round,n_labelled,metric,subset,value\n"
        b'wine,"margin, weighted",0,9,29,accuracy,test,1.0\n'
        b'wine,"margin, weighted",0,10,30,accuracy,test,1.0\n'
        b"wine,random,1,0,10,accuracy,test,0.3333333333333333\n"
    )


def test_timings_have_a_file_of_their_own(tmp_path: Path):
    write_timings(tmp_path / "timings.csv", [Timing("b", 0, 0, "fit", 0.5), Timing("a", 0, 1, "total", 2)])
    text = (tmp_path / "timings.csv").read_text()
    assert text == "strategy,seed,round,stage,seconds\na,0,1,total,2.0\nb,0,0,fit,0.5\n"


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path):
    with pytest.raises(AskNextError, match=r"no results\.csv"):
        read_measures(tmp_path)
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    with pytest.raises(AskNextError, match="has the columns a, b"):
        read_measures(tmp_path)
    header = ",".join(Measure._fields)
    (tmp_path / "results.csv").write_text(f"{header}\nwine,random,one,0,5,accuracy,test,0.5\n")
    with pytest.raises(AskNextError, match="damaged at line 2"):
        read_measures(tmp_path)
    (tmp_path / "results.csv").write_text("")
    with pytest.raises(AskNextError, match="has the columns"):
        read_measures(tmp_path)
