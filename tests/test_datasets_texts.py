"""Texts by name: small files in the publishers' formats, and the real ones where they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from asknext.datasets import features, load
from asknext.datasets.items import OUTSIDE
from asknext.datasets.published import PUBLISHED
from asknext.datasets.published.texts import QUESTIONS
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data files and an empty cache."""
    monkeypatch.setenv("ASKNEXT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "data"


def put(path: Path, content: bytes) -> None:
    """Write a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def queries() -> dict[str, list[list[str]]]:
    """Pairs of text and intent, as the publisher has them: sorted by intent."""
    sizes = {"train": 4, "val": 2, "test": 2}
    parts = {}
    for part, n in sizes.items():
        parts[part] = [[f"{part} {i} words on {c}", c] for c in ("pay", "fly") for i in range(n)]
        parts[f"oos_{part}"] = [[f"{part} {i} anything", "oos"] for i in range(n // 2)]
    return parts


def put_queries(folder: Path) -> dict[str, list[list[str]]]:
    """The file of queries; its content."""
    parts = queries()
    put(folder / "text/clinc150/data_full.json", json.dumps(parts).encode())
    return parts


def test_trec_has_numbers_for_classes_and_letters_of_latin_1(folder: Path) -> None:
    train = [f"{i % 6} What is café number {i} ?" for i in range(12)]
    put(folder / "text/trec/TREC.train.all", "\n".join(train).encode("latin-1"))
    put(folder / "text/trec/TREC.test.all", b"5 How many are there ?\n\n3 Who are they ?\n")
    data = load("trec")
    assert data.y.tolist() == [*QUESTIONS, *QUESTIONS, "number", "human"]
    texts = [line[2:] for line in train] + ["How many are there ?", "Who are they ?"]
    np.testing.assert_array_equal(data.X, features.text(texts, 256))
    assert load("trec:7").y.tolist() == [*QUESTIONS, "description"]


@pytest.mark.parametrize("line", [b"6 What ?\n", b"What is it ?\n", b"3\n"])
def test_damaged_questions_are_said(folder: Path, line: bytes) -> None:
    put(folder / "text/trec/TREC.train.all", line)
    put(folder / "text/trec/TREC.test.all", b"5 How many are there ?\n")
    with pytest.raises(AskNextError, match=r"TREC.train.all is not the publisher's file"):
        load("trec")


def test_clinc_leaves_queries_out_of_scope_out(folder: Path) -> None:
    parts = put_queries(folder)
    data = load("clinc150")
    assert data.y.tolist() == [intent for p in ("train", "val", "test") for _, intent in parts[p]]
    assert data.classes == ("fly", "pay")
    assert data.out_of_scope is None
    assert data.notes[0] == "4 queries out of scope left out"


def test_clinc_marks_queries_out_of_scope(folder: Path) -> None:
    parts = put_queries(folder)
    data = load("clinc150-oos")
    order = ("train", "val", "test", "oos_train", "oos_val", "oos_test")
    everything = [pair for part in order for pair in parts[part]]
    np.testing.assert_array_equal(data.X, features.text([text for text, _ in everything], 256))
    assert data.out_of_scope is not None
    assert data.out_of_scope.tolist() == [intent == "oos" for _, intent in everything]
    assert data.classes == ("fly", "pay")
    assert set(data.y[data.out_of_scope].tolist()) == {OUTSIDE}
    assert data.y[~data.out_of_scope].tolist() == [intent for _, intent in everything if intent != "oos"]
    assert data.notes[-1] == "4 of 20 rows belong to no class"


def test_clinc_is_kept_with_what_is_out_of_scope(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_queries(folder)
    before = load("clinc150-oos")
    monkeypatch.setattr("asknext.datasets.published.texts._queries", None)
    after = load("clinc150-oos")
    np.testing.assert_array_equal(after.X, before.X)
    assert after.out_of_scope is not None
    assert after.out_of_scope.tolist() == before.out_of_scope.tolist()
    assert (after.y.tolist(), after.classes, after.notes) == (before.y.tolist(), before.classes, before.notes)


def test_a_part_of_sorted_texts_holds_the_classes_in_proportion(folder: Path) -> None:
    put_queries(folder)
    data = load("clinc150-oos:10")
    assert [data.y.tolist().count(label) for label in ("pay", "fly", OUTSIDE)] == [4, 4, 2]
    assert data.name == "clinc150-oos-10"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"train": []}', b'{"train": [["a"]]}'])
def test_damaged_queries_are_said(folder: Path, content: bytes) -> None:
    put(folder / "text/clinc150/data_full.json", content)
    with pytest.raises(AskNextError, match=r"data_full.json is not the publisher's file"):
        load("clinc150")


def real(name: str) -> None:
    """Skip where the files are not there."""
    if not PUBLISHED[name].present:
        pytest.skip(f"the files of {name} are not there; set ASKNEXT_DATA to a folder that holds them")


def test_the_real_questions() -> None:
    real("trec")
    items = PUBLISHED["trec"].items()
    labels, counts = np.unique(items.y[:5452], return_counts=True)
    assert labels.tolist() == ["abbreviation", "description", "entity", "human", "location", "number"]
    assert counts.tolist() == [86, 1162, 1250, 1223, 835, 896]  # as Li & Roth say
    assert len(items.y) == PUBLISHED["trec"].n


def test_the_real_queries() -> None:
    real("clinc150-oos")
    items = PUBLISHED["clinc150-oos"].items()
    assert len(items.y) == PUBLISHED["clinc150-oos"].n
    assert items.out_of_scope is not None
    assert items.out_of_scope.sum() == 1200
    labels, counts = np.unique(items.y[~items.out_of_scope], return_counts=True)
    assert len(labels) == 150
    assert set(counts.tolist()) == {150}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "train", "level"), [("trec", 5452, 0.84), ("clinc150", 18_000, 0.84)])
def test_the_real_texts_can_be_learnt(name: str, train: int, level: float) -> None:
    real(name)
    data = load(name)
    assert data.X.shape == (PUBLISHED[name].n, PUBLISHED[name].d)
    with one_thread():
        model = LogisticRegression(max_iter=1000).fit(data.X[:train], data.y[:train])
    assert model.score(data.X[train:], data.y[train:]) > level
