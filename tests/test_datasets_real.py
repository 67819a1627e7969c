"""Tables and texts as people have them; run where the environment variable ASKNEXT_DATA names the folder."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from asknext.datasets import load
from asknext.kernels.threads import one_thread

ADULT = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
    "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country",
    "income",
]  # fmt: skip


@pytest.fixture
def official():
    """Gives the path of a file in its publisher's format, or skips."""

    def _official(name):
        folder = os.environ.get("ASKNEXT_DATA")
        path = Path(folder or "", name)
        if not folder or not path.exists():
            pytest.skip(f"{name} is not there; set ASKNEXT_DATA to a folder that holds it")
        return path

    return _official


def with_header(source, header, path):
    """A copy of a delimited file, with names for its columns."""
    body = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    path.write_bytes(",".join(header).encode() + b"\n" + body)
    return str(path)


def accuracy(data, C=1.0):
    """Mean accuracy of a logistic regression in three folds."""
    with one_thread():
        return cross_val_score(LogisticRegression(C=C, max_iter=500), data.X, data.y, cv=3).mean()


def test_adult_mixes_numbers_and_categories_with_gaps(official, tmp_path):
    data = load(with_header(official("tables/adult.data.gz"), ADULT, tmp_path / "adult.csv"), target="income")
    assert data.X.shape[0] == 32561
    assert data.classes == (" <=50K", " >50K")
    assert data.notes[0].startswith("6 numeric columns standardised")
    assert data.notes[1].startswith("8 columns of categories")
    assert "4262 missing values" in data.notes[1]
    assert accuracy(data) > 0.845


def test_mushrooms_have_categories_only(official, tmp_path):
    header = ["class", *(f"c{j}" for j in range(22))]
    data = load(with_header(official("tables/agaricus-lepiota.data.gz"), header, tmp_path / "mushroom.csv"))
    assert data.X.shape[0] == 8124
    assert data.classes == ("e", "p")
    assert data.notes[0].startswith("21 columns of categories")
    assert "2480 missing values" in data.notes[0]
    assert data.notes[1] == "1 column dropped, always the same value: c15"
    assert np.isin(data.X, [0, 1]).all()
    assert accuracy(data) > 0.85  # the file is sorted, so that folds differ


def test_breast_tumours_have_a_patient_number_and_missing_numbers(official, tmp_path):
    header = ["id", *(f"c{j}" for j in range(9)), "class"]
    source = official("tables/breast-cancer-wisconsin.data")
    data = load(with_header(source, header, tmp_path / "breast.csv"))
    assert data.classes == (2, 4)
    assert "16 missing values" in data.notes[0]
    assert accuracy(data) > 0.95


def test_trec_is_a_single_column_of_text(official, tmp_path):
    path = tmp_path / "trec.csv"
    lines = official("text/trec/TREC.train.all").read_text(encoding="latin-1").splitlines()
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("label", "text"), *(line.split(" ", 1) for line in lines)])
    data = load(str(path))
    assert data.X.shape == (5452, 100)
    assert data.classes == (0, 1, 2, 3, 4, 5)
    assert accuracy(data, C=10) > 0.72  # 0.23 for the commonest class
