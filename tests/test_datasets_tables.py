"""Tables of the UCI repository: made-up lines in the publishers' forms, and the real files where they are."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from asknext.datasets import load
from asknext.datasets.published import PUBLISHED
from asknext.datasets.published.tables import TABLES
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread

NAMES = [entry.name for entry in TABLES]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes the files of a table, in an otherwise empty folder of data files."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def _put(name: str, *contents: str) -> None:
        for file, content in zip(PUBLISHED[name].files, contents, strict=True):
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = content.encode("latin-1")
            path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)

    return _put


def standardised(*columns: list[float]) -> np.ndarray:
    """Columns of mean 0 and variance 1."""
    X = np.array(columns, dtype=float).T
    return (X - X.mean(axis=0)) / X.std(axis=0)


def test_adult_has_a_comment_and_full_stops_in_its_test_part(put) -> None:
    row = "{}, Private, 7{}, Masters, 1{}, Single, Sales, Wife, White, {}, {}, {}, 4{}, {}, {}\n"
    train = row.format(30, 1, 2, "Male", 0, 1, 0, "Peru", "<=50K") + row.format(
        31, 2, 3, "Female", 5, 2, 2, "Cuba", ">50K"
    )
    test = "|1x3 Cross validator\n" + row.format(40, 3, 4, "Female", 0, 0, 5, "?", "<=50K.")
    put("adult", train, test + row.format(50, 5, 1, "Male", 7, 0, 1, "Peru", ">50K.") + "\n")
    data = load("adult")
    assert data.y.tolist() == ["<=50K", ">50K"] * 2
    assert data.classes == ("<=50K", ">50K")
    assert "1 missing value in native-country counted as a level" in data.notes[1]
    np.testing.assert_allclose(data.X[:, 0], standardised([30, 31, 40, 50])[:, 0])


def test_breast_fills_what_is_missing_and_leaves_the_code_out(put) -> None:
    lines = [
        f"10{i},{i},{i % 3},1{i},{i},{i},{'?' if i == 2 else i},{i},{i},{i},{2 + 2 * (i % 2)}"
        for i in range(6)
    ]
    put("breast", "\n".join(lines) + "\n")
    data = load("breast")
    assert data.y.tolist() == [2, 4] * 3
    assert data.notes[0] == "left out: code"
    assert "median and an indicator column for 1 missing value in bare-nuclei" in data.notes[1]
    assert data.X.shape == (6, 10)
    assert data.X[:, -1].tolist() == [0, 0, 1, 0, 0, 0]
    np.testing.assert_allclose(data.X[:, 5], standardised([0, 1, 3, 3, 4, 5])[:, 0])  # 3: the median


def test_diabetes_takes_impossible_zeros_as_missing_and_others_as_zeros(put) -> None:
    rows = [[i % 2, 100 + i, 70 + i, 20 + i, 80 + i, 30.5 + i, 0.5 + i, 40 + i, i % 2] for i in range(6)]
    rows[0][4] = rows[1][4] = rows[3][5] = 0
    put("diabetes", "\n".join(",".join(map(str, row)) for row in rows))
    data = load("diabetes")
    assert data.notes[0] == "zeros in glucose, pressure, skin, insulin, mass taken as missing"
    assert "3 missing values in insulin, mass" in data.notes[1]
    assert data.X.shape == (6, 8 + 2)
    np.testing.assert_allclose(data.X[:, 0], standardised([0, 1, 0, 1, 0, 1])[:, 0])
    np.testing.assert_allclose(data.X[:, 4], standardised([83.5, 83.5, 82, 83, 84, 85])[:, 0])
    assert data.X[:, 8].tolist() == [1, 1, 0, 0, 0, 0]


def test_codes_of_categories_are_no_quantities(put) -> None:
    """Columns that the publisher calls nominal are one-hot encoded, however they are written."""
    lines = [f"5{i}.0 {i % 2}.0 {i % 3}.0 1{i}.0 2{i}.0 {i % 2}.0 {2 * (i % 2)}.0 9{i}.0 {i % 2}.0 "
             f"{i}.4 {i % 3}.0 {i % 4}.0 {3 + 3 * (i % 2)}.0 {1 + i % 2}" for i in range(6)]  # fmt: skip
    put("heart", "\n".join(lines))
    data = load("heart")
    assert data.y.tolist() == [1, 2] * 3
    said = "3 columns of categories one-hot encoded into 7 columns: pain, electrocardiogram, thal"
    assert data.notes[1] == said
    np.testing.assert_array_equal(data.X[:, 10:13], np.tile(np.eye(3), (2, 1)))


def test_german_divides_its_columns_by_blanks(put) -> None:
    form = "A1{0} {1} A3{0} A4{0} 1{1} A6{0} A7{0} {1} A9{0} A10{0} {1} A12{0} "
    form += "4{1} A14{0} A15{0} {1} A17{0} {1} A19{0} A20{0} {2}"
    lines = [form.format(i % 2, i, 1 + i % 2) for i in range(6)]
    put("german", "\n".join(lines) + "\n")
    data = load("german")
    assert data.y.tolist() == [1, 2] * 3
    assert data.X.shape == (6, 7 + 13 * 2)
    np.testing.assert_allclose(data.X[:, :2], standardised([0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]))
    assert np.isin(data.X[:, 7:], [0, 1]).all()


def test_australian_has_four_columns_of_codes(put) -> None:
    form = "{0} 2{1} {1}.5 1{0} {2} {2} {1} {0} {0} {1} {0} {0} {1} {1} {0}"
    lines = [form.format(i % 2, i, i % 3) for i in range(6)]
    put("australian", "\n".join(lines))
    data = load("australian")
    assert data.y.tolist() == [0, 1] * 3
    assert data.X.shape == (6, 10 + 2 + 3 + 3 + 2)
    assert data.notes[1].endswith("A4, A5, A6, A12")


def test_mushrooms_have_the_label_first_and_their_gaps_are_a_level(put) -> None:
    lines = [f"{'ep'[i % 2]},{','.join('ab'[(i + j) % 2] for j in range(22))}" for i in range(6)]
    lines += [f"{line[:22]}?{line[23:]}" for line in lines[:2]]  # the eleventh category: stalk-root
    put("mushroom", "\n".join(lines))
    data = load("mushroom")
    assert data.y.tolist() == ["e", "p"] * 4
    assert data.X.shape == (8, 22 * 2 + 1)
    assert "2 missing values in stalk-root counted as a level" in data.notes[0]


def test_ionosphere_drops_the_pulse_that_is_always_zero(put) -> None:
    lines = [f"{i % 2},0,{','.join(f'0.{i}{j}' for j in range(32))},{'bg'[i % 2]}" for i in range(6)]
    put("ionosphere", "\n".join(lines))
    data = load("ionosphere")
    assert data.y.tolist() == ["b", "g"] * 3
    assert data.X.shape == (6, 33)
    assert "pulse2" in data.notes[1]


def test_wall_following_has_line_ends_of_two_characters(put) -> None:
    moves = ["Move-Forward", "Sharp-Right-Turn"]
    lines = [f"{','.join(f'{i}.{j}' for j in range(24))},{moves[i % 2]}\r\n" for i in range(6)]
    put("wall-following", "".join(lines))
    data = load("wall-following")
    assert data.classes == tuple(moves)
    np.testing.assert_allclose(data.X[:, 0], standardised([0, 1, 2, 3, 4, 5])[:, 0])


def test_two_letters_of_the_alphabet(put) -> None:
    lines = [f"{'MNVYA'[i % 5]},{','.join(str(i * j % 13) for j in range(1, 17))}" for i in range(40)]
    for name in ("letter-m-n", "letter-v-y"):
        put(name, "\n".join(lines))
        first, second = name[-3].upper(), name[-1].upper()
        data = load(name)
        assert data.y.tolist() == [first, second] * 8
        column = [float(line.split(",")[1]) for line in lines if line[0] in (first, second)]
        np.testing.assert_allclose(data.X[:, 0], standardised(column)[:, 0])
        assert load(f"{name}:6").y.tolist() == [first, second] * 3


@pytest.mark.parametrize(("content", "said"), [
    ("1,2,3\n", "a line has 3 values, not 9"), ("a,b,c,d,e,f,g,h,1\n", "could not convert"),
    ("é", "ascii"), ("", "it is empty"),
])  # fmt: skip
def test_a_damaged_table_is_said(put, content: str, said: str) -> None:
    put("diabetes", content)
    with pytest.raises(AskNextError, match=rf"pima-.*data is not the publisher's file .*{said}"):
        load("diabetes")


def test_the_damaged_one_of_two_files_is_named(put) -> None:
    put("adult", "30, Private, 7, Masters, 1, Single, Sales, Wife, White, Male, 0, 1, 0, Peru, >50K\n", "x\n")
    with pytest.raises(AskNextError, match=r"adult.test.gz is not the publisher's file"):
        load("adult")


@pytest.mark.parametrize("name", NAMES)
def test_the_real_tables_are_as_the_manifest_says(name: str) -> None:
    folder, entry = os.environ.get("ASKNEXT_DATA"), PUBLISHED[name]
    if folder is None or not entry.present:
        pytest.skip(f"the files of {name} are not there; set ASKNEXT_DATA to a folder that holds them")
    data = load(name)
    assert data.X.shape == (entry.n, entry.d)
    assert len(data.classes) == entry.classes
    with Path(folder, "MANIFEST.csv").open() as file:
        told = {row["file"]: row for row in csv.DictReader(file)}[entry.files[0]]
    if int(told["n"]) == entry.n:
        counts = dict(pair.split(":") for pair in told["class_counts"].split(";"))
        labels, found = np.unique(data.y, return_counts=True)
        assert dict(zip(map(str, labels), map(str, found), strict=True)) == counts


@pytest.mark.parametrize(("name", "level"), [
    ("australian", 0.85), ("breast", 0.955), ("diabetes", 0.76), ("german", 0.74), ("heart", 0.82),
    ("ionosphere", 0.86), ("letter-m-n", 0.97), ("letter-v-y", 0.955), ("mushroom", 0.999),
    ("wall-following", 0.69),
])  # fmt: skip
def test_the_real_tables_can_be_learnt(name: str, level: float) -> None:
    """The levels are a little below what logistic regression reaches in five shuffled folds."""
    if not PUBLISHED[name].present:
        pytest.skip(f"the files of {name} are not there; set ASKNEXT_DATA to a folder that holds them")
    data = load(name)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with one_thread():
        assert cross_val_score(LogisticRegression(max_iter=1000), data.X, data.y, cv=folds).mean() > level
