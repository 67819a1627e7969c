"""Tables from files, good and bad ones."""

import csv
import gzip
import json
import sys
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asknext.datasets import load
from asknext.errors import AskNextError

ROWS = [(1.5, "a"), (2.0, "b"), (4.5, "a"), (8.0, "b"), (9.5, "b")]
LINES = "\n".join(f"{x},{y}" for x, y in ROWS)
FRAME = pd.DataFrame(ROWS, columns=["x", "label"])


@pytest.fixture
def write(tmp_path):
    """Writes text or bytes to a file of a name and gives its path."""

    def _write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return _write


def check_rows(data):
    """The data set of ROWS."""
    x = np.array([row[0] for row in ROWS])
    np.testing.assert_allclose(data.X[:, 0], (x - x.mean()) / x.std())
    assert data.y.tolist() == [row[1] for row in ROWS]


# --- what can be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", f"x,label\n{LINES}\n"),
        ("t.CSV", f"x,label\r\n{LINES}\r\n".replace("\n", "\r\n").replace("\r\r", "\r")),
        ("t.csv", f"\ufeffx,label\n{LINES}\n"),
        ("t.csv", f"\n x , label \n\n{LINES}\n\n"),
        ("t.csv", f"x;label\n{LINES}".replace(",", ";")),
        ("t.csv", f"x\tlabel\n{LINES}".replace(",", "\t")),
        ("t.csv.gz", gzip.compress(f"x,label\n{LINES}".encode())),
        ("t.tsv", f"x\tlabel\n{LINES}".replace(",", "\t")),
        ("t.tsv.gz", gzip.compress(f"x\tlabel\n{LINES}".replace(",", "\t").encode())),
        ("t.jsonl", "\ufeff" + "\n".join(json.dumps({"x": x, "label": y}) for x, y in ROWS)),
        ("t.jsonl", "\n\n".join(json.dumps({"x": x, "label": y}) for x, y in ROWS)),
    ],
)
def test_the_same_table_in_many_formats(write, name, content):
    data = load(write(name, content))
    assert data.name == "t"
    check_rows(data)


def test_parquet(tmp_path):
    FRAME.to_parquet(tmp_path / "t.parquet")
    data = load(str(tmp_path / "t.parquet"))
    assert data.name == "t"
    check_rows(data)


def test_numpy_archives_are_numeric_columns(tmp_path):
    X = np.array([[row[0], 1.0, np.nan if row[0] == 2 else row[0]] for row in ROWS])
    np.savez(tmp_path / "t.npz", X=X, y=np.array([row[1] for row in ROWS]))
    data = load(str(tmp_path / "t.npz"))
    check_rows(data)
    assert data.X.shape == (5, 3)  # the constant column is gone, the missing value is indicated
    np.testing.assert_array_equal(data.X[:, 2], [0, 1, 0, 0, 0])


def test_numpy_archives_of_8_bit_images_keep_their_shape(tmp_path):
    images = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
    np.savez_compressed(tmp_path / "t.npz", X=images, y=np.array([0, 1, 0, 1, 1]))
    data = load(str(tmp_path / "t.npz"), target="y")
    np.testing.assert_allclose(data.X * 255, images.reshape(5, 16))
    assert data.classes == (0, 1)
    assert data.notes == ("16 8-bit values divided by 255",)


def test_quoted_text_with_commas_and_line_breaks(write):
    texts = ["well, well", 'she said "no"\nand left', "one\ttwo three", "é ß 漢字 😀 x"]
    rows = [(text, label) for text, label in zip(texts, "abab", strict=True)]
    path = write("t.csv", "")
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "class"), *rows])
    data = load(path)
    assert data.y.tolist() == list("abab")
    assert data.notes[0].startswith("1 text column")


def test_marks_of_missing_values(write):
    marks = ["", "?", "NA", "NaN", "null", "None", "N/A", " ?"]
    lines = [f"{i},{'ab'[i % 2]}" for i in range(8)] + [f"{mark},a" for mark in marks]
    data = load(write("t.csv", "x,label\n" + "\n".join(lines)))
    assert data.notes[0] == (
        "1 numeric column standardised, median and an indicator column for "
        f"{len(marks)} missing values in x: x"
    )


def test_a_class_may_be_called_none_but_not_na(write):
    lines = LINES.replace("a", "None")
    assert load(write("t.csv", f"x,label\n{lines}")).classes == ("None", "b")
    with pytest.raises(AskNextError, match="'label' is empty in 2 of 5 rows"):
        load(write("t.csv", f"x,label\n{LINES.replace('a', 'NA')}"))


def test_labels_keep_their_spaces(write):
    assert load(write("t.csv", f"x,label\n{LINES.replace(',a', ', a')}")).classes == (" a", "b")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [("1 2", (1, 2)), ("1.0 2.0", (1, 2)), ("True False", (False, True)), ("1 b", ("1", "b"))],
)
def test_types_of_labels(write, labels, classes):
    a, b = labels.split()
    lines = "\n".join(f"{x},{a if y == 'a' else b}" for x, y in ROWS)
    data = load(write("t.csv", f"x,label\n{lines}"))
    assert data.classes == classes
    assert [type(label) for label in data.classes] == [type(label) for label in classes]


def test_labels_that_turn_into_text_late_in_the_file_are_read_in_one_way(write):
    early = "1,2,3,01\n5,6,7,02\n" * 140_000  # more than pandas reads at a time
    data = load(write("t.csv", f"a,b,c,label\n{early}1,2,3,01\n5,6,7,late\n"))
    assert data.classes == ("01", "02", "late")


# --- the label column ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["target", "Label", "LABELS", "class", "y"])
def test_the_label_column_is_known_by_its_name(write, name):
    check_rows(load(write("t.csv", f"x,{name}\n{LINES}")))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_label_column_can_be_given(tmp_path, ending):
    frame = FRAME.rename(columns={"label": "outcome"})
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    check_rows(load(str(path), target="outcome"))
    with pytest.raises(AskNextError, match=r"which column holds the labels\? .*--target NAME.*: x, outcome"):
        load(str(path))
    with pytest.raises(AskNextError, match=rf"t.{ending} has no column 'outcomes'; did you mean 'outcome'"):
        load(str(path), target="outcomes")
    with pytest.raises(AskNextError, match="did you mean 'outcome'"):
        load(str(path), target="OUTCOME")
    with pytest.raises(AskNextError, match="no column 'price'; the columns are: x, outcome"):
        load(str(path), target="price")


def test_two_likely_label_columns_are_a_question(write):
    with pytest.raises(AskNextError, match=r"which column holds the labels.*: class, label"):
        load(write("t.csv", f"class,label\n{LINES}"))


def test_long_lists_of_columns_are_cut(write):
    header = ",".join(f"c{j}" for j in range(40))
    with pytest.raises(AskNextError, match="c10, c11 and 28 more"):
        load(write("t.csv", f"{header}\n{header}\n"))


# --- what cannot be read ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "t.csv is empty"),
        ("t.csv", "\n\n", "t.csv is empty"),
        ("t.jsonl", "\n\n", "t.jsonl is empty"),
        ("t.csv.gz", gzip.compress(b""), "t.csv.gz is empty"),
        ("t.csv", "x,label\n", "only 0 rows"),
        ("t.csv", "x,label\n1,a\n2,b\n3,a\n", "only 3 rows"),
        ("t.csv", "x,label\n" + LINES.replace("a", "b"), "a single class, 'b'"),
        ("t.csv", "label\na\nb\na\nb\n", "no column to learn from"),
        ("t.csv", f"x,x,label\n{LINES}", "2 columns called 'x'"),
        ("t.csv", f"x,label\n{LINES}\n1,2,3", r"cannot be read as .csv: .* 2 fields in line 7, saw 3"),
        ("t.csv", "x,label\n" + "\n".join(f"{row},1" for row in LINES.split()), "rows hold more values"),
        ("t.csv", 'x,label\n"1,a\n2,b\n', r"cannot be read as .csv: .*EOF inside string"),
        ("t.csv", f"x,label\n{LINES}\n3,é".encode("latin-1"), r"not UTF-8 text \(byte 0xe9\)"),
        ("t.csv", f"x,label\n{LINES}".encode("utf-16"), "not UTF-8 text"),
        ("t.jsonl", '{"x": "é"}'.encode("latin-1"), r"not UTF-8 text \(byte 0xe9\)"),
        ("t.csv.gz", f"x,label\n{LINES}", "cannot be read as .csv.gz: Not a gzipped file"),
        ("t.csv.gz", gzip.compress(LINES.encode())[:-9], "cannot be read as .csv.gz: Compressed file ended"),
        ("t.jsonl", '{"x": 1, "label": 2}\n{"x":', "t.jsonl, line 2, is not JSON"),
        ("t.jsonl", '[{"x": 1}]', "t.jsonl, line 1, is no JSON object"),
        ("t.jsonl", '{"x": {"a": 1}}', "line 1: the key 'x' holds a nested value"),
        ("t.jsonl", '{"x": 1}\n{"tags": []}', "line 2: the key 'tags' holds a nested value"),
        ("t.jsonl", "[" * 100_000, "t.jsonl, line 1, cannot be read: maximum recursion depth"),
        ("t.jsonl", '{"x": ' + "1" * 5000 + "}", "t.jsonl, line 1, cannot be read: .* digits"),
        ("t.parquet", "PAR", "t.parquet is a damaged Parquet file"),
        ("t.npz", "no archive", "no NumPy archive; make one with numpy.savez"),
        ("t.xlsx", "x", r"t.xlsx: unknown kind of file; give one of .csv, .csv.gz, .*npz"),
        ("table", "x", "table: unknown kind of file"),
    ],
)
def test_bad_files_are_refused_in_a_sentence(write, name, content, message):
    with pytest.raises(AskNextError, match=message) as caught:
        load(write(name, content))
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path, write):
    write("reviews.csv", "x,label")
    with pytest.raises(AskNextError, match=r"review.csv does not exist; did you mean 'reviews.csv'"):
        load(str(tmp_path / "review.csv"))
    with pytest.raises(AskNextError, match=r"other.parquet does not exist; check the path"):
        load(str(tmp_path / "other.parquet"))
    with pytest.raises(AskNextError, match=r"there is no folder .*nowhere"):
        load(str(tmp_path / "nowhere" / "reviews.csv"))
    with pytest.raises(AskNextError, match="holds no pictures"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.ones((5, 2))}, "needs the arrays X and y; it holds: X"),
        ({}, "it holds: none"),
        ({"X": np.ones((5, 2)), "y": np.arange(4)}, "X has 5 rows, so y must hold 5 labels, not 4"),
        ({"X": np.ones((5, 2)), "y": np.ones((5, 2))}, "so y must hold 5 labels, not 5 × 2"),
        ({"X": np.ones(5), "y": np.arange(5)}, "X must be rows of numbers; it is float64 of shape 5"),
        ({"X": np.array([["a"]] * 5), "y": np.arange(5)}, "X must be rows of numbers; it is <U1"),
        ({"X": np.eye(5), "y": np.array(list("ababa"), dtype=object)}, r"Python objects.*astype\(str\)"),
    ],
)
def test_bad_numpy_archives(tmp_path, arrays, message):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(AskNextError, match=message):
        load(str(tmp_path / "t.npz"))


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        ("(10**9, 10**9)", "<f8", "malformed"),
        ("(1000000000, 1000000000)", "<f8", "arrays too large for the memory"),
        ("(99999999999999999999, 2)", "<f8", "a damaged NumPy archive"),
        ("(5, 2)", "<f8", "a damaged NumPy archive .*EOF"),
        ("(5, 2)", "|O", "arrays of Python objects"),
    ],
)
def test_numpy_archives_that_declare_what_is_not_there(tmp_path, shape, kind, message):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    np.savez(tmp_path / "t.npz", y=np.arange(5))
    with zipfile.ZipFile(tmp_path / "t.npz", "a") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
    with pytest.raises(AskNextError, match=message):
        load(str(tmp_path / "t.npz"))


@pytest.mark.parametrize("place", range(30, 900, 29))
def test_damaged_files_are_read_or_refused(tmp_path, place):
    np.savez_compressed(tmp_path / "t.npz", X=np.eye(60), y=np.arange(60) % 3)
    FRAME.to_parquet(tmp_path / "t.parquet")
    for path in tmp_path.iterdir():
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= 0xFF
        path.write_bytes(content)
        with suppress(AskNextError):
            load(str(path))


def test_the_home_of_nobody_is_refused():
    with pytest.raises(AskNextError, match="there is no such user; give the path in full"):
        load("~nobody-of-this-name/t.csv")


def test_numpy_archives_name_their_labels_themselves(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.eye(5), y=np.arange(5))
    with pytest.raises(AskNextError, match="has its labels in y; leave --target out"):
        load(str(tmp_path / "t.npz"), target="label")


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    FRAME.to_parquet(tmp_path / "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AskNextError, match=r"needs PyArrow: pip install 'asknext\[parquet\]'"):
        load(str(tmp_path / "t.parquet"))


# --- random tables ---------------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
NAMES = st.text(LETTERS, min_size=1, max_size=8).map(str.strip).filter(
    lambda name: name and name.lower() not in {"id", "index", "label", "unnamed: 0"}
)  # fmt: skip
WORD = st.text(st.characters(categories=("Ll", "Lu")), min_size=3, max_size=6).filter(
    lambda word: word.lower() not in {"nan", "null", "none", "true", "false", "inf", "infinity"}
)


@st.composite
def tables(draw):
    """Columns of known kinds with missing values: (names, kinds, columns, labels)."""
    n = draw(st.integers(12, 30))
    kinds = draw(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=5))
    if set(kinds) <= {"identifiers", "no values", "always the same"}:
        kinds.append("numeric")
    names = draw(st.lists(NAMES, min_size=len(kinds), max_size=len(kinds), unique=True))
    columns = []
    for kind in kinds:
        values = draw(MAKERS[kind](n))
        gaps = draw(st.sets(st.integers(2, n - 1), max_size=2)) if kind in WITH_GAPS else set()
        columns.append(["" if i in gaps else value for i, value in enumerate(values)])
    labels = draw(st.lists(st.sampled_from(["no", "yes", "Ω?"]), min_size=n - 2, max_size=n - 2))
    return names, kinds, columns, ["no", "yes", *labels]


def _numbers(n):
    numbers = st.lists(st.floats(allow_nan=False) | st.integers(), min_size=n - 2, max_size=n - 2)
    return numbers.map(lambda values: [0.5, 1.5, *values])


def _dates(n):
    days = st.lists(st.dates(), min_size=n, max_size=n, unique=True)
    return days.map(lambda values: [day.isoformat() for day in values])


def _truths(n):
    return st.lists(st.booleans(), min_size=n - 2, max_size=n - 2).map(lambda values: [True, False, *values])


def _levels(n):
    pairs = st.lists(WORD, min_size=2, max_size=2, unique=True)
    return pairs.map(lambda levels: [levels[i % 2] for i in range(n)])


def _sentences(n):
    sentence = st.lists(WORD, min_size=3, max_size=6).map(" ".join)
    return st.lists(sentence, min_size=n, max_size=n, unique=True)


def _keys(n):
    return st.lists(WORD, min_size=n, max_size=n, unique=True)


MAKERS = {
    "numeric": _numbers,
    "date": _dates,
    "true/false": _truths,
    "categories": _levels,
    "text": _sentences,
    "identifiers": _keys,
    "always the same": lambda n: WORD.map(lambda word: [word] * n),
    "no values": lambda n: st.just([""] * n),
}
WITH_GAPS = {"numeric", "date", "categories", "text"}


@given(tables(), st.sampled_from([".csv", ".tsv", ".jsonl"]))
@settings(max_examples=60, deadline=None)
def test_random_tables_become_finite_rows_and_each_column_is_accounted_for(table, ending):
    names, kinds, columns, labels = table
    header, rows = [*names, "label"], list(zip(*columns, labels, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        with path.open("w", newline="", encoding="utf-8") as file:
            if ending == ".jsonl":
                for row in rows:
                    values = {k: None if v == "" else v for k, v in zip(header, row, strict=True)}
                    file.write(json.dumps(values) + "\n")
            else:
                separator = "," if ending == ".csv" else "\t"
                csv.writer(file, delimiter=separator).writerows([header, *rows])
        data = load(str(path), target="label")
    assert data.X.shape[0] == len(rows)
    assert data.X.dtype == np.float64
    assert np.isfinite(data.X).all()
    assert data.y.tolist() == labels
    for kind in kinds:
        count = str(kinds.count(kind))
        assert any(kind in note and note.startswith(count + " ") for note in data.notes), (kind, data.notes)
    assert sum(int(note.split()[0]) for note in data.notes) == len(names)
    assert all(any(name in note for note in data.notes) for name in names)
