"""What becomes of each kind of column."""

import hashlib
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from asknext.datasets import from_frame
from asknext.errors import AskNextError


def build(**columns):
    """The data set of some columns, with labels added."""
    n = len(next(iter(columns.values())))
    return from_frame(pd.DataFrame({**columns, "label": np.arange(n) % 2}), "label")


# --- numbers ---------------------------------------------------------------------------------------------


def test_numbers_are_standardised():
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    data = build(a=values, b=values[::-1] * 1000)
    np.testing.assert_allclose(data.X[:, 0], (values - values.mean()) / values.std())
    np.testing.assert_allclose(data.X[:, 1], data.X[::-1, 0])
    assert data.notes == ("2 numeric columns standardised: a, b",)


def test_missing_numbers_become_the_median_and_are_indicated():
    data = build(full=[1.0, 2, 3, 4, 6], holed=[1.0, np.nan, 2.0, 9.0, np.nan])
    filled = np.array([1.0, 2, 2, 9, 2])
    assert data.X.shape == (5, 3)
    np.testing.assert_allclose(data.X[:, 1], (filled - filled.mean()) / filled.std())
    np.testing.assert_array_equal(data.X[:, 2], [0, 1, 0, 0, 1])
    assert data.notes == (
        "2 numeric columns standardised, median and an indicator column for 2 missing values in holed: "
        "full, holed",
    )


def test_infinite_numbers_count_as_missing():
    data = build(x=[1.0, np.inf, 2.0, 9.0, -np.inf])
    np.testing.assert_array_equal(data.X, build(x=[1.0, np.nan, 2.0, 9.0, np.nan]).X)
    assert "2 missing values" in data.notes[0]


@pytest.mark.parametrize("scale", [1e-300, 1e-5, 1e300])
def test_the_unit_of_a_number_does_not_matter(scale):
    values = np.array([3.0, 1.0, 4.0, 1.5, -5.0])
    np.testing.assert_allclose(build(x=values * scale).X, build(x=values).X, rtol=1e-9)


def test_of_a_constant_with_gaps_only_the_gaps_stay():
    data = build(x=[7.0, np.nan, 7.0, 7.0])
    np.testing.assert_array_equal(data.X, [[0], [1], [0], [0]])


def test_few_whole_numbers_are_still_numbers():
    data = build(stars=[1, 2, 1, 3, 2, 1])
    assert data.X.shape == (6, 1)
    assert data.notes[0].startswith("1 numeric column")


@pytest.mark.parametrize(
    "name",
    ["PassengerId", "customerID", "row_id", "sample.id", "Unnamed: 0.1", "rownames", "Row Number", "#"],
)
def test_row_numbers_in_order_are_dropped_under_more_names(name):
    def notes(values):
        frame = pd.DataFrame({name: values, "x": np.linspace(0, 1, 30) ** 2, "label": ["a", "b"] * 15})
        return from_frame(frame, "label").notes

    for first in (0, 1):
        assert f"1 column dropped, identifiers that hardly repeat: {name}" in notes(np.arange(30) + first)
    for values in (np.arange(30) * 2, np.arange(30)[::-1], np.arange(30) + 0.5):
        assert notes(values) == (f"2 numeric columns standardised: {name}, x",)


@pytest.mark.parametrize("name", ["humid", "time", "valid", "x"])
def test_a_count_under_a_name_of_its_own_is_a_measurement(name):
    frame = pd.DataFrame({name: np.arange(30), "label": ["a", "b"] * 15})
    assert from_frame(frame, "label").X.shape == (30, 1)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "id", "ID", "index"])
def test_row_numbers_are_dropped_by_name_and_content(name):
    data = build(**{name: [11, 12, 13, 15], "x": [1.0, 2, 3, 4]})
    assert data.X.shape == (4, 1)
    assert data.notes[1].startswith("1 column dropped, identifiers")
    assert build(**{name: [1, 1, 2, 2], "x": [1.0, 2, 3, 4]}).X.shape == (4, 2)


# --- dates, true and false -------------------------------------------------------------------------------

DAYS = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 4), date(2024, 3, 1)]


@pytest.mark.parametrize(
    "days",
    [
        [day.isoformat() for day in DAYS],
        [f"{day.isoformat()}T00:00:00Z" for day in DAYS],
        [f"{day.isoformat()} 02:00:00+02:00" for day in DAYS],
        pd.to_datetime(DAYS),
        pd.to_datetime(DAYS, utc=True),
        DAYS,
        [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in DAYS],
    ],
    ids=["iso", "iso-utc", "iso-offset", "datetime64", "datetime64-utc", "date", "datetime"],
)
def test_dates_are_points_in_time(days):
    data = build(when=days)
    np.testing.assert_allclose(data.X, build(x=[0, 1, 3, 60]).X, atol=1e-6)
    assert data.notes == ("1 date column standardised: when",)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process cannot be set here")
def test_dates_do_not_depend_on_the_clock_of_the_machine(monkeypatch):
    days = ["2024-03-30", "2024-03-31", "2024-04-01", "2024-07-01"]  # the clocks change on the second
    expected = build(x=[0, 1, 2, 93]).X
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        np.testing.assert_allclose(build(when=days).X, expected, atol=1e-9)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_durations_are_numbers_and_missing_dates_are_filled():
    data = build(
        lasted=pd.Series([timedelta(days=n) for n in (0, 1, 3, 60)]),
        when=["2024-01-01", None, "2024-01-03", "2024-01-05"],
    )
    np.testing.assert_allclose(data.X[:, 0], build(x=[0, 1, 3, 60]).X[:, 0])
    np.testing.assert_array_equal(data.X[:, 2], [0, 1, 0, 0])


def test_polars_dates_need_no_pandas():
    frame = pl.DataFrame({"when": DAYS, "label": [0, 1, 0, 1]})
    np.testing.assert_allclose(from_frame(frame, "label").X, build(when=pd.to_datetime(DAYS)).X, atol=1e-6)


def test_true_and_false_are_1_and_0_unless_some_are_missing():
    data = build(ok=[True, False, True, True])
    np.testing.assert_array_equal(data.X, [[1], [0], [1], [1]])
    assert data.notes == ("1 true/false column as 1 and 0: ok",)
    holed = build(ok=[True, False, None, True, False])
    assert holed.X.shape == (5, 3)
    assert holed.notes[0].startswith("1 column of categories")


# --- categories ------------------------------------------------------------------------------------------


def test_categories_are_one_hot_and_missing_is_a_level():
    data = build(kind=["a", "b", "a", None, "b", "", "a", " "])
    a, b, missing = data.X.T
    assert a.tolist() == [1, 0, 1, 0, 0, 0, 1, 0]
    assert b.tolist() == [0, 1, 0, 0, 1, 0, 0, 0]
    assert missing.tolist() == [0, 0, 0, 1, 0, 1, 0, 1]
    assert data.notes == (
        "1 column of categories one-hot encoded into 3 columns, 3 missing values in kind counted as a level: "
        "kind",
    )


def test_rare_levels_share_a_column():
    data = build(kind=["a"] * 5 + ["b"] * 5 + ["c", "d"])
    assert data.X.shape == (12, 3)
    np.testing.assert_array_equal(data.X[10], data.X[11])
    assert "2 rare levels pooled" in data.notes[0]


def test_the_number_of_one_hot_columns_is_bounded():
    rng = np.random.default_rng(0)
    one = build(city=[f"c{i}" for i in rng.integers(0, 500, 3000)])
    assert one.X.shape == (3000, 50)
    np.testing.assert_array_equal(one.X.sum(axis=1), 1)
    many = build(**{f"k{j}": [f"c{i}" for i in rng.integers(0, 30, 300)] for j in range(100)})
    assert many.X.shape == (300, 1000)


def test_declared_categories_are_believed():
    codes = pd.Categorical([f"code{i}" for i in range(20)])
    assert build(x=np.arange(20.0), code=codes).notes[1].startswith("1 column of categories")
    plain = build(x=np.arange(20.0), code=list(map(str, codes)))
    assert plain.notes[1] == "1 column dropped, identifiers that hardly repeat: code"


def test_phrases_that_recur_are_categories():
    data = build(answer=["yes of course", "not at all", "no idea"] * 4)
    assert data.X.shape == (12, 3)
    assert set(data.X.ravel()) == {0, 1}


# --- text ------------------------------------------------------------------------------------------------

SPORT = ["goal", "team", "match", "coach", "league", "score"]
FOOD = ["soup", "bread", "oven", "salt", "recipe", "butter"]


def sentences(n, seed=0):
    """Sentences on sport (0) and on food (1), and which is which."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(0, 2, n)
    filler = ["the", "a", "we", "saw", "with", "and", "then", "some"]
    texts = [
        " ".join(rng.permutation([*rng.choice([SPORT, FOOD][t], 3), *rng.choice(filler, 4)])) for t in topics
    ]
    return texts, topics


def test_a_single_column_of_text_can_be_learnt():
    texts, topics = sentences(300)
    data = from_frame(pd.DataFrame({"text": texts, "label": topics}), "label")
    assert data.X.shape == (300, 100)
    np.testing.assert_allclose(np.linalg.norm(data.X, axis=1), 1)
    assert data.notes[0].startswith("1 text column as TF-IDF")
    assert data.notes[0].endswith(": text")
    assert cross_val_score(LogisticRegression(), data.X, data.y, cv=3).mean() > 0.9


def test_empty_texts_are_rows_of_zeros():
    data = build(text=[*sentences(20)[0], None, "  "])
    np.testing.assert_array_equal(data.X[20:], 0)
    assert "zeros for 2 empty texts" in data.notes[0]


def test_text_of_a_script_without_spaces_is_text():
    data = build(text=["今天天气很好", "我喜欢吃面包", "天气不好", "面包和汤", "明天天气怎么样", "汤很好喝"])
    weather, food = [0, 2, 4], [1, 3, 5]
    assert data.notes[0].startswith("1 text column")
    close = data.X @ data.X.T
    assert close[np.ix_(weather, weather)].mean() > close[np.ix_(weather, food)].mean()


def test_texts_without_words_are_no_text():
    with pytest.raises(AskNextError, match="no column to learn from; 1 column dropped, identifiers"):
        build(text=["! ?", "? !", "... ...", "- -", "; ;"])


def test_the_same_text_in_another_case_does_not_break_the_reduction():
    data = build(text=["one two", "One two", "ONE two", "one TWO"])
    np.testing.assert_allclose(data.X @ data.X.T, 1)


# --- nothing to use, several kinds, the same again -------------------------------------------------------


def test_columns_without_information_are_dropped_and_named():
    key = ["k1", "k2", "k3", "k4"]
    data = build(x=[1.0, 2, 3, 4], empty=[None] * 4, same=["s"] * 4, key=key, one=[1] * 4)
    assert data.X.shape == (4, 1)
    assert set(data.notes[1:]) == {
        "1 column dropped, identifiers that hardly repeat: key",
        "2 columns dropped, always the same value: same, one",
        "1 column dropped, no values: empty",
    }


def test_if_nothing_remains_the_message_says_why():
    with pytest.raises(AskNextError, match=r"no column to learn from; .*always the same value: x"):
        build(x=[1, 1, 1, 1])
    with pytest.raises(AskNextError, match="no column to learn from; only labels"):
        from_frame(pd.DataFrame({"label": [0, 1, 0, 1]}), "label")


def test_nested_values_are_refused_with_the_column():
    with pytest.raises(AskNextError, match=r"column 'tags' holds nested values such as \[1, 2\]"):
        build(tags=[[1, 2], [3], [], [4]])
    frame = pl.DataFrame({"s": [{"a": 1}] * 4, "label": [0, 1, 0, 1]})
    with pytest.raises(AskNextError, match="column 's' holds nested values"):
        from_frame(frame, "label")


def test_notes_list_a_handful_of_names():
    data = build(**{f"x{j}": np.arange(4.0) for j in range(8)})
    assert data.notes == ("8 numeric columns standardised: x0, x1, x2, x3, x4 and 3 more",)


def test_the_order_of_the_features_is_by_kind():
    data = build(text=sentences(6)[0], kind=["a", "b"] * 3, x=np.arange(6.0), ok=[True, False, False] * 2)
    assert [note.split(" ")[1] for note in data.notes] == ["numeric", "true/false", "column", "text"]
    np.testing.assert_allclose(data.X[:, :2], build(x=np.arange(6.0), ok=[True, False, False] * 2).X)


def test_labels_do_not_enter_the_features():
    texts, topics = sentences(50)
    frame = pd.DataFrame({"text": texts, "x": np.arange(50.0), "label": topics})
    flipped = frame.assign(label=1 - topics)
    np.testing.assert_array_equal(from_frame(frame, "label").X, from_frame(flipped, "label").X)


def fingerprint():
    """Features of a text and a category, to nine digits."""
    data = build(text=sentences(80)[0], kind=[f"k{i % 7}" for i in range(80)])
    return hashlib.sha256(data.X.round(9).tobytes()).hexdigest()


def test_another_process_gives_the_same_features():
    code = "from test_datasets_features import fingerprint; print(fingerprint())"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    command, folder = [sys.executable, "-c", code], Path(__file__).parent
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    assert run.stdout.decode().strip() == fingerprint()
