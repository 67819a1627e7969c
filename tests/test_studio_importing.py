"""Import: pictures, texts and tables without labels, what is left out and why, and bad input."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from asknext.datasets.picture_files import contained
from asknext.encoders import patches, usual
from asknext.errors import AskNextError
from asknext.studio.duplicates import AHEAD, duplicates
from asknext.studio.importing import Source, read_source

DIGITS = load_digits()
FILMS = [
    "a moving and funny film about two brothers who run a bakery in the mountains",
    "the plot drags on for two hours and the jokes are older than the actors",
    "wonderful photography, and a story that stays with you for days afterwards",
    "I left after an hour; nobody in this film behaves like a living person",
]


def picture(place: int, side: int = 8) -> Image.Image:
    return Image.fromarray((DIGITS.images[place] * 15).astype(np.uint8)).resize((side, side))


def folder(path: Path, n: int = 10) -> Path:
    path.mkdir()
    for i in range(n):
        picture(i).save(path / f"{i:03}.png")
    return path


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def contents(source: Source) -> list[Any]:
    return list(source.rows)


# ---------------------------------------------------------------- pictures


def test_pictures_of_all_kinds_sorted_by_path(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", 2)
    (root / "b").mkdir()
    for ending in ("jpg", "JPEG", "gif", "bmp", "webp"):
        picture(5, 20).save(root / "b" / f"x.{ending}")
    write(root / "notes.md", "no picture")
    write(root / ".hidden.png", "no picture")
    found = read_source(root)
    assert [row["image"] for row in contents(found)] == [
        "000.png", "001.png", "b/x.JPEG", "b/x.bmp", "b/x.gif", "b/x.jpg", "b/x.webp",
    ]  # fmt: skip
    assert (found.kind, found.encoder, found.root, found.labels) == ("image", "gradients", root, {})
    assert found.embedding.dtype == np.float32
    assert found.embedding.shape == (7, 7)
    assert contents(read_source(root))[2] == {"image": "b/x.JPEG", "width": 20, "height": 20}


@pytest.mark.parametrize("n", [2, 5, 60])
def test_an_embedding_of_few_pictures_tells_digits_apart(tmp_path: Path, n: int) -> None:
    X = read_source(folder(tmp_path / "p", n)).embedding
    assert np.isfinite(X).all()
    assert len(np.unique(X, axis=0)) == n
    if n == 60:
        right = cross_val_score(LogisticRegression(C=10), X, DIGITS.target[:60], cv=3).mean()
        assert right > 0.8


def test_many_pictures_get_a_dictionary_of_patches_and_its_discriminants(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(usual, "FEW", 50)
    monkeypatch.setattr(usual, "FITTED_ON", 40)
    monkeypatch.setattr(patches, "WORDS", 20)
    monkeypatch.setattr(patches, "SAMPLE", 2000)
    found = read_source(folder(tmp_path / "p", 60))
    assert (found.encoder, found.embedding.shape) == ("discriminants", (60, 40))
    assert "20 words of patches learnt from these pictures, reduced to the 40 directions" in found.note
    assert cross_val_score(LogisticRegression(C=10), found.embedding, DIGITS.target[:60], cv=3).mean() > 0.6


def test_a_dictionary_from_a_sample_is_the_same_where_the_sample_is_all(monkeypatch: Any) -> None:
    monkeypatch.setattr(patches, "WORDS", 20)
    monkeypatch.setattr(patches, "SAMPLE", 2000)
    images = np.random.default_rng(0).integers(256, size=(30, 12, 12, 3), dtype=np.uint8)
    assert np.array_equal(patches.embed(images, 5), patches.embed(images, 5, fitted_on=30))


def test_pictures_that_cannot_be_read_are_left_out_and_told(tmp_path: Path, monkeypatch: Any) -> None:
    root = folder(tmp_path / "p", 6)
    whole = (root / "000.png").read_bytes()
    write(root / "cut.png", whole[: len(whole) // 2])
    write(root / "garbage.jpg", os.urandom(3000))
    write(root / "empty.gif", b"")
    write(root / "text.bmp", "this is no picture\n" * 50)
    write(root / "svg.png", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    write(tmp_path / "outside.png", whole)
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    (root / "dangling.png").symlink_to("nowhere.png")
    picture(3, 200).save(root / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    found = read_source(root)
    assert [row["image"] for row in contents(found)] == [f"{i:03}.png" for i in range(6)]
    assert len(found.embedding) == 6
    assert set(found.notes) == {
        "5 files left out, each is damaged or no picture: cut.png, empty.gif, garbage.jpg and 2 more.",
        "2 files left out, each is a link that leads nowhere or out of the folder: dangling.png, link.png.",
        "1 file left out, each has too many pixels: large.png.",
    }


def test_a_folder_behind_a_link_is_not_entered(tmp_path: Path) -> None:
    folder(tmp_path / "elsewhere", 3)
    root = folder(tmp_path / "p", 2)
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "circle").symlink_to(root)
    assert len(contents(read_source(root))) == 2


def test_a_picture_that_a_camera_turned(tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    wide = Image.fromarray(np.repeat([[0] * 10 + [255] * 30], 20, axis=0).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees clockwise
    wide.save(root / "a.jpg", exif=exif, quality=95)
    upright = wide.transpose(Image.Transpose.ROTATE_270)
    upright.save(root / "b.jpg", quality=95)
    found = read_source(root)
    assert [(row["width"], row["height"]) for row in contents(found)] == [(20, 40), (20, 40)]
    assert np.linalg.norm(found.embedding[0] - found.embedding[1]) < 2.1  # unit rows about their mean
    from asknext.studio.pictures import read_folder

    first, second = read_folder(root).values.astype(int)
    assert np.abs(first - second).mean() < 10


def test_classes_are_read_from_folders_only_when_asked(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", 3)
    for name in ("cats", "dogs/small"):
        (root / name).mkdir(parents=True)
        picture(1).save(root / name / "000.png")
    assert read_source(root).labels == {}
    assert read_source(root, label="folder").labels == {3: "cats", 4: "small"}
    with pytest.raises(AskNextError, match="pictures have no column 'class'; say 'folder'"):
        read_source(root, label="class")
    with pytest.raises(AskNextError, match="pictures, which have no column 'review'"):
        read_source(root, text="review")


def test_equal_names_in_different_folders_are_different_items(tmp_path: Path) -> None:
    root = tmp_path / "p"
    for i, name in enumerate("ab"):
        (root / name).mkdir(parents=True)
        picture(i).save(root / name / "1.png")
    rows = contents(read_source(root))
    assert [row["image"] for row in rows] == ["a/1.png", "b/1.png"]
    assert contained(root, "a/1.png").read_bytes() != contained(root, "b/1.png").read_bytes()


def test_folders_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AskNextError, match=r"holds no pictures \(\.jpg, "):
        read_source(tmp_path / "empty")
    write(tmp_path / "empty" / "a.png", "no picture")
    with pytest.raises(AskNextError, match=r"none of 1 picture can be read: a.png is damaged or no picture"):
        read_source(tmp_path / "empty")


# ---------------------------------------------------------------- texts


def test_a_text_a_line(tmp_path: Path) -> None:
    found = read_source(write(tmp_path / "a.txt", "\ufeffgood film\n\n  \nbad film\r\nnice thing"))
    assert contents(found) == [{"text": "good film"}, {"text": "bad film"}, {"text": "nice thing"}]
    assert (found.kind, found.encoder) == ("text", "tf-idf")
    assert found.notes == ("2 lines without a text left out.",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xe9 au lait\nx", "a.txt is not UTF-8 text"),
        (b"", "holds no text"),
        (b" \n\n", "holds no text"),
        (b"only one", "holds a single item"),
        (b"!!!\n???\n", "the texts hold no words; give an embedding of your own"),
    ],
)
def test_text_files_that_cannot_be_used(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        read_source(write(tmp_path / "a.txt", content))


def test_a_line_of_a_megabyte(tmp_path: Path) -> None:
    long = "word " * 200_000
    found = read_source(write(tmp_path / "a.txt", f"{long}\nanother one\n"))
    assert [len(row["text"]) for row in contents(found)] == [len(long), len("another one")]


def table(path: Path, frame: pd.DataFrame) -> Path:
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        ".parquet": lambda: frame.to_parquet(path),
    }[path.suffix]()
    return path


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_the_one_column_of_long_texts_stands_for_the_row(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame({"stars": [5, 2, 5, 1], "review": FILMS})
    found = read_source(table(tmp_path / f"a{ending}", frame))
    assert contents(found) == [{"text": text} for text in FILMS]
    assert found.notes == ("The texts are the column 'review'; 1 other column left out.",)


def test_the_column_of_texts_may_be_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"title": ["one day", "two days", "three"], "review": FILMS[:3]})
    path = table(tmp_path / "a.csv", frame)
    assert contents(read_source(path, text="title"))[2] == {"text": "three"}
    with pytest.raises(AskNextError, match="has no column 'reviews'; did you mean 'review'"):
        read_source(path, text="reviews")
    with pytest.raises(AskNextError, match="cannot be both the text and the label"):
        read_source(path, text="title", label="title")


def test_several_columns_of_long_texts_are_a_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"good": FILMS, "bad": FILMS[::-1]})
    found = read_source(table(tmp_path / "a.csv", frame))
    assert found.kind == "table"
    assert contents(found)[0] == {"columns": [["good", FILMS[0]], ["bad", FILMS[3]]]}


def test_rows_without_a_text_are_left_out_and_an_embedding_of_the_file_still_fits(tmp_path: Path) -> None:
    frame = pd.DataFrame({"review": [FILMS[0], None, FILMS[1], "  "], "class": ["a", "b", None, "a"]})
    path = table(tmp_path / "a.csv", frame)
    X = np.arange(8.0).reshape(4, 2)
    np.save(tmp_path / "x.npy", X)
    found = read_source(path, label="class", embedding=tmp_path / "x.npy")
    assert [row["text"] for row in contents(found)] == FILMS[:2]
    assert found.labels == {0: "a"}
    assert found.embedding.tolist() == [[0, 1], [4, 5]]
    assert found.encoder == "given"
    assert "2 rows without a text left out." in found.notes


# ---------------------------------------------------------------- tables


def test_a_table_without_labels(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    found = read_source(table(tmp_path / "wine.csv", data.data))
    assert (found.kind, found.encoder, found.embedding.shape) == ("table", "columns", (178, 13))
    shown = contents(found)[0]["columns"]
    assert shown[0] == ["alcohol", 14.23]
    assert len(shown) == 13
    assert cross_val_score(LogisticRegression(), found.embedding, data.target, cv=3).mean() > 0.9


def test_what_a_table_shows_is_json(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "when": pd.to_datetime(["2024-01-02", None, "2024-03-04"]),
            "n": [1.5, float("inf"), None],
            "yes": [True, False, True],
            "name": ["a", None, "c\u00fc"],
        }
    )
    found = read_source(table(tmp_path / "a.parquet", frame))
    rows = json.loads(json.dumps(contents(found), allow_nan=False))
    assert rows[1] == {"columns": [["when", None], ["n", None], ["yes", False], ["name", None]]}
    assert rows[0]["columns"][0][1].startswith("2024-01-02")


def test_known_labels_become_texts_and_are_not_shown(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1, None, 2, 1]})
    found = read_source(table(tmp_path / "a.csv", frame), label="y")
    assert found.labels == {0: "1", 2: "2", 3: "1"}
    assert contents(found)[0] == {"columns": [["x", 1]]}
    assert found.embedding.shape == (4, 1)
    words = pd.DataFrame({"x": [1, 2, 3], "y": ["None", "", "NA"]})
    assert read_source(table(tmp_path / "b.csv", words), label="y").labels == {0: "None"}


def test_a_column_that_may_hold_the_answers_is_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3], "label": ["a", "b", "a"]})
    found = read_source(table(tmp_path / "a.csv", frame))
    assert found.notes == ("The column 'label' is shown; if it holds the answers, say so.",)


def test_a_label_column_that_holds_no_classes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(80) % 7, "y": [f"row {i}" for i in range(80)]})
    with pytest.raises(AskNextError, match="'y' holds 80 different values in 80 rows"):
        read_source(table(tmp_path / "a.csv", frame), label="y")


def test_a_wide_table_is_reduced(tmp_path: Path) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(150, 130))).rename(columns=str)
    found = read_source(table(tmp_path / "a.parquet", frame))
    assert found.embedding.shape == (150, 100)
    assert "130 columns reduced by PCA to 100" in found.note


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", os.urandom(20_000), "a.csv"),
        ("a.csv", "a,b\n", "there are no rows"),
        ("a.csv", "", "is empty"),
        ("a.csv", "x\n1\n", "single item"),
        ("a.csv", "x,x\n1,2\n3,4\n", "2 columns called 'x'"),
        ("a.jsonl", '{"a": [1]}\n', "nested value"),
        ("a.jsonl", "[1]\n", "is no JSON object"),
        ("a.jsonl", "{\n", "is not JSON"),
        ("a.jsonl", '{"a": "x\\ud800"}\n{"a": "y"}\n', "surrogates not allowed"),
        ("a.parquet", b"PAR1" + b"x" * 100, "damaged Parquet"),
        ("a.docx", "x", "unknown kind of file"),
        ("a.csv", "x,y\n1,1\n1,1\n", "has no column to learn from"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, name: str, content: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        read_source(write(tmp_path / name, content))


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    for name in ("none.txt", "none.csv", "none"):
        with pytest.raises(AskNextError, match="does not exist"):
            read_source(tmp_path / name)


# ---------------------------------------------------------------- embeddings of the user's own


def test_a_given_embedding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "\n".join(FILMS))
    X = np.random.default_rng(0).normal(size=(4, 2, 3))
    np.savez(tmp_path / "x.npz", embedding=X, other=X[:1])
    np.save(tmp_path / "x.npy", X)
    for name in ("x.npz", "x.npy"):
        found = read_source(path, embedding=tmp_path / name)
        assert np.array_equal(found.embedding, X.reshape(4, 6).astype(np.float32))
        assert found.note == f"Given in {name}, 6 dimensions: as good as what made it."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((5, 2)), "x.npy has 5 rows for 4 items; give one for each"),
        (np.zeros(4), "must hold rows of numbers"),
        (np.array([["a"]] * 4), "must hold rows of numbers"),
        (np.array([[None]] * 4), "cannot be read as an array"),
        (np.array([[1.0], [np.nan], [2.0], [3.0]]), "x.npy holds NaN or infinity"),
        (b"garbage", "cannot be read as an array"),
        (None, "cannot be read as an array"),
    ],
)
def test_embeddings_that_cannot_be_used(tmp_path: Path, value: Any, message: str) -> None:
    path = write(tmp_path / "a.txt", "\n".join(FILMS))
    if isinstance(value, bytes):
        write(tmp_path / "x.npy", value)
    elif value is not None:
        np.save(tmp_path / "x.npy", value, allow_pickle=True)
    with pytest.raises(AskNextError, match=message):
        read_source(path, embedding=tmp_path / "x.npy")


# ---------------------------------------------------------------- duplicates


def test_the_same_and_nearly_the_same_are_found(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", 8)
    write(root / "copy.png", (root / "002.png").read_bytes())
    picture(4).save(root / "other-format.bmp")
    found = read_source(root)
    names = [row["image"] for row in contents(found)]
    groups = [[names[i] for i in group] for group in found.duplicates]
    assert groups == [["002.png", "copy.png"], ["004.png", "other-format.bmp"]]
    assert found.notes[-1] == "2 items the same as another one, or nearly."


def test_texts_that_differ_by_spaces_are_the_same(tmp_path: Path) -> None:
    found = read_source(write(tmp_path / "a.txt", "good  film\nbad film\ngood film \n"))
    assert found.duplicates == [[0, 2]]


def test_duplicates_against_all_pairs() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    X[200:260] = X[:60] + rng.normal(size=(60, 5)) * 1e-5
    X[300:303] = X[299]
    expected = [[299, 300, 301, 302], *([i, 200 + i] for i in range(60))]
    assert duplicates(range(400), X) == expected
    assert AHEAD < 60


def test_items_that_an_encoder_cannot_tell_apart_are_no_duplicates() -> None:
    assert duplicates([1, 2, 1, 3], np.zeros((4, 3))) == [[0, 2]]


def test_duplicates_are_capped() -> None:
    X = np.random.default_rng(0).normal(size=(5000, 3))
    found = duplicates([i // 2 for i in range(5000)], X)
    assert len(found) == 1000
    assert found[0] == [0, 1]
