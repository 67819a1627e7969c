"""Names, OpenML numbers and data frames as data sets."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
from urllib.error import HTTPError, URLError

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.datasets._openml as sklearn_openml
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

import asknext.datasets.sources as sources
from asknext.datasets import Dataset, catalogue, from_frame, load
from asknext.errors import AskNextError

# --- bundled ---------------------------------------------------------------------------------------------


def test_digits_are_pixels_between_0_and_1():
    data = load("digits")
    X, y = load_digits(return_X_y=True)
    np.testing.assert_array_equal(data.X * 16, X)
    np.testing.assert_array_equal(data.y, y)
    assert data.classes == tuple(range(10))
    assert "16" in data.notes[0]


@pytest.mark.parametrize(("name", "loader"), [("wdbc", load_breast_cancer), ("wine", load_wine)])
def test_bundled_tables_are_standardised_and_their_classes_have_names(name, loader):
    data, bunch = load(name), loader()
    np.testing.assert_allclose(data.X, (bunch.data - bunch.data.mean(0)) / bunch.data.std(0), atol=1e-9)
    assert data.y.tolist() == [str(bunch.target_names[code]) for code in bunch.target]
    assert data.classes == tuple(sorted(map(str, bunch.target_names)))
    assert "standardised" in data.notes[0]


def test_names_forgive_case_and_an_unknown_one_brings_a_suggestion():
    assert load("Digits").name == "digits"
    with pytest.raises(AskNextError, match=r"'digit'; did you mean 'digits'"):
        load("digit")
    with pytest.raises(AskNextError, match=r"data set or file 'reviews'; there is: adult, australian"):
        load("reviews")


def test_a_bundled_data_set_takes_no_target():
    with pytest.raises(AskNextError, match="leave --target out"):
        load("wine", target="alcohol")


def test_the_catalogue_says_what_load_gives():
    rows = catalogue()
    bundled = [row for row in rows if row["name"] in ("digits", "wdbc", "wine")]
    assert len(bundled) == 3
    for row in bundled:
        assert row["state"] == "present"
        data = load(row["name"])
        assert (row["n"], row["d"]) == data.X.shape
        assert row["classes"] == len(data.classes)
        assert "scikit-learn" in row["source"]
    json.dumps(rows)


def test_an_entry_point_adds_a_data_set(monkeypatch):
    def tiny():
        """Four rows."""
        return Dataset("tiny", np.eye(4), np.array([0, 1, 0, 1]), (0, 1), ())

    monkeypatch.setattr(sources, "plugins", {"asknext.datasets": {"tiny": tiny}}.get)
    assert load("tiny").X.shape == (4, 4)
    row = {"name": "tiny", "n": 4, "d": 4, "classes": 2, "state": "present", "source": "Four rows."}
    assert catalogue()[-1] == row


def test_the_package_itself_stays_light():
    code = "import asknext, sys; sys.exit('pandas' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- data frames -----------------------------------------------------------------------------------------

TABLE = {
    "size": [1.0, None, 3.0, 4.0, 5.0, 7.0],
    "kind": ["a", "b", None, "a", "b", "a"],
    "ok": [True, False, True, True, False, False],
    "label": ["x", "y", "x", "y", "x", "y"],
}


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pl.LazyFrame,
        lambda table: pl.DataFrame(table).to_arrow(),
        lambda table: pd.DataFrame(table).convert_dtypes(),
        lambda table: nw.from_native(pd.DataFrame(table)),
    ],
    ids=["pandas", "polars", "lazy", "pyarrow", "pandas-nullable", "narwhals"],
)
def test_every_kind_of_data_frame_gives_the_same_data_set(make):
    data = from_frame(make(TABLE), "label", name="things")
    expected = from_frame(pd.DataFrame(TABLE), "label", name="things")
    np.testing.assert_array_equal(data.X, expected.X)
    assert data.y.tolist() == TABLE["label"]
    assert data.notes == expected.notes
    assert (data.name, data.classes) == ("things", ("x", "y"))


def test_columns_may_be_called_by_numbers():
    data = from_frame(pd.DataFrame({0: [1.0, 2, 3, 5], 1: ["a", "b", "a", "b"]}), "1")
    assert data.notes == ("1 numeric column standardised: 0",)


def test_frames_that_are_none_or_ambiguous_are_refused():
    with pytest.raises(AskNextError, match="dict is no data frame"):
        from_frame({"a": [1]}, "a")
    doubled = pd.DataFrame([[1, 2, "a"]] * 4, columns=["a", "a", "label"])
    with pytest.raises(AskNextError, match="several columns of the same name"):
        from_frame(doubled, "label")


# --- labels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ([3, 1, 3, 1], [3, 1, 3, 1]),
        ([1.0, 2.0, 1.0, 2.0], [1, 2, 1, 2]),
        ([0.5, 1.0, 0.5, 1.0], [0.5, 1.0, 0.5, 1.0]),
        ([True, False, True, True], [True, False, True, True]),
        ([" a", "a ", "a", " a"], [" a", "a ", "a", " a"]),
        (["1", 1, "b", 2.5], ["1", "1", "b", "2.5"]),
        ([True, 1, False, 0], ["True", "1", "False", "0"]),
        ([2**70, 1, 2**70, 1], [str(2**70), "1", str(2**70), "1"]),
        ([b"a", b"b", b"a", b"b"], ["a", "b", "a", "b"]),
    ],
)
def test_labels_stay_what_the_user_calls_them(given, labels):
    frame = pd.DataFrame({"x": [1.0, 2, 3, 5], "label": pd.Series(given, dtype=object)})
    data = from_frame(frame, "label")
    assert data.y.tolist() == labels
    assert [type(label) for label in data.y.tolist()] == [type(label) for label in labels]
    assert data.classes == tuple(sorted(set(labels)))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 0], "only 3 rows.*at least 4"),
        ([0.0, np.nan, 1, np.nan, 1], "'label' is empty in 2 of 5 rows; drop"),
        (["a", None, "b", "a"], "'label' is empty in 1 of 4 rows"),
        (["a", "  ", "b", "", "a"], "'label' is empty in 2 of 5 rows"),
        (["a"] * 5, "a single class, 'a'"),
        (np.arange(51) + 0.5, "51 different numbers.*quantity"),
        ([f"item {i}" for i in range(60)], "60 different values in 60 rows.*identifier"),
    ],
)
def test_labels_that_cannot_be_classes_are_refused(labels, message):
    frame = pd.DataFrame({"x": np.arange(len(labels)) * 1.5, "label": labels})
    with pytest.raises(AskNextError, match=message):
        from_frame(frame, "label")


def test_many_classes_and_classes_of_one_row_are_allowed():
    labels = [f"class {i // 2}" for i in range(200)] + ["alone"]
    data = from_frame(pd.DataFrame({"x": np.arange(201.0), "label": labels}), "label")
    assert len(data.classes) == 101
    fractions = from_frame(pd.DataFrame({"x": np.arange(50.0), "label": np.arange(50) + 0.5}), "label")
    assert len(fractions.classes) == 50


# --- OpenML ----------------------------------------------------------------------------------------------

ARFF = """@RELATION fruit
@ATTRIBUTE weight REAL
@ATTRIBUTE colour {red,green}
@ATTRIBUTE kind {apple,pear}
@DATA
100,red,apple
120,green,pear
?,red,apple
140,green,pear
90,red,apple
"""


def _feature(index, name, kind, target="false"):
    return {
        "index": str(index), "name": name, "data_type": kind, "is_target": target, "is_ignore": "false",
        "is_row_identifier": "false", "number_of_missing_values": "0",
    }  # fmt: skip


@pytest.fixture
def openml(monkeypatch, tmp_path):
    """An OpenML with one data set, number 7, and a cache of its own; `openml.replies` can be changed."""
    description = {
        "id": "7", "name": "fruit", "version": "1", "format": "ARFF", "status": "active", "file_id": "7",
        "url": "https://www.openml.org/data/download/7/fruit.arff", "description": "Fruit on a scale.",
        "md5_checksum": hashlib.md5(ARFF.encode()).hexdigest(),
    }  # fmt: skip
    features = [
        _feature(0, "weight", "numeric"), _feature(1, "colour", "nominal"),
        _feature(2, "kind", "nominal", "true"),
    ]  # fmt: skip
    replies = {
        "/data/features/7": json.dumps({"data_features": {"feature": features}}).encode(),
        "/data/qualities/7": json.dumps({"data_qualities": {"quality": []}}).encode(),
        "/data/7": json.dumps({"data_set_description": description}).encode(),
        "fruit.arff": ARFF.encode(),
        "/download/7": ARFF.encode(),  # where older versions of scikit-learn ask for it
    }

    def urlopen(request, *_args, **_kwargs):
        url = request.full_url
        for ending, body in replies.items():
            if url.split("?")[0].endswith(ending):
                reply = io.BytesIO(gzip.compress(body))
                reply.info = lambda: {"Content-Encoding": "gzip"}
                return reply
        body = json.dumps({"error": {"code": "111", "message": "Unknown dataset"}}).encode()
        raise HTTPError(url, 412, "Precondition Failed", None, io.BytesIO(body))

    monkeypatch.setattr(sklearn_openml, "urlopen", urlopen)
    monkeypatch.setattr(sklearn_openml.time, "sleep", lambda _: None)  # between two attempts
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    urlopen.replies = replies
    return urlopen


@pytest.mark.usefixtures("openml")
def test_openml_tables_are_loaded_and_kept_for_the_next_time(monkeypatch):
    data = load("openml:7")
    assert data.name == "fruit"
    assert data.y.tolist() == ["apple", "pear", "apple", "pear", "apple"]
    assert data.X.shape == (5, 4)  # the weight, that it is missing, and two colours
    assert len(data.notes) == 2

    def unplugged(*_args, **_kwargs):
        raise URLError("no network")

    monkeypatch.setattr(sklearn_openml, "urlopen", unplugged)
    np.testing.assert_array_equal(load("openml:7").X, data.X)
    with pytest.raises(AskNextError, match=r"OpenML data set 8 cannot be fetched.*no network.*check the net"):
        load("openml:8")


@pytest.mark.usefixtures("openml")
def test_openml_takes_another_target():
    data = load("openml: 7", target="colour")
    assert data.classes == ("green", "red")
    with pytest.raises(AskNextError, match="fruit has no column 'colours'; did you mean 'colour'"):
        load("openml:7", target="colours")


@pytest.mark.usefixtures("openml")
def test_what_openml_does_not_have_is_said():
    with pytest.raises(AskNextError, match=r"OpenML data set 99 cannot be used: .*not found"):
        load("openml:99")
    with pytest.raises(AskNextError, match="'openml:iris' needs the number"):
        load("openml:iris")


def test_openml_tables_without_a_label_column_need_a_target(openml):
    features = json.loads(openml.replies["/data/features/7"])
    features["data_features"]["feature"][2]["is_target"] = "false"
    openml.replies["/data/features/7"] = json.dumps(features).encode()
    with pytest.raises(AskNextError, match="names 0 label columns; choose one with --target"):
        load("openml:7")
    assert load("openml:7", target="kind").classes == ("apple", "pear")


def test_sparse_openml_tables_are_refused(openml):
    openml.replies["/data/7"] = openml.replies["/data/7"].replace(b'"ARFF"', b'"Sparse_ARFF"')
    with pytest.raises(AskNextError, match="OpenML data set 7 cannot be used: Sparse"):
        load("openml:7")
