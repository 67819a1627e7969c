"""A folder of pictures with a sub-folder for each class: as a data set, kept, compared, refused in a line."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from asknext.bench.loading import image_side, load_data
from asknext.bench.protocol import Settings
from asknext.bench.recipe import prepare, read_recipe
from asknext.cli import app, compare, encode  # noqa: F401  (they register)
from asknext.datasets import images, load
from asknext.datasets import picture_folder as module
from asknext.datasets.picture_files import listing, read
from asknext.encoders import gradients, patches, usual
from asknext.errors import AskNextError
from asknext.studio.encodable import read as encodable
from asknext.studio.importing import read_source
from command_line import refused, run

RECIPE = """
title = "Photos"
description = "A folder."
[[tasks]]
name = "photos"
data = "FOLDER"
learner = "logistic-regression"
initial = 4
batch = 2
rounds = 2
seeds = 1
test_share = 0.3
strategies = ["random"]
"""


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def square(colour: Any, side: int = 12, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (side, side), colour)


def put(path: str | Path, picture: Image.Image | None = None, **how: Any) -> Path:
    """A picture at a path; without one, a blot of its own."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture is None:
        rng = np.random.default_rng(len(list(path.parent.iterdir())))
        red = 200 if path.parent.name == "cat" else 20
        pixels = rng.integers(0, 50, (12, 16, 3)) + np.array([red, 90, 200 - red])
        picture = Image.fromarray(pixels.astype(np.uint8))
    picture.save(path, **how)
    return path


def photos(n: int = 8) -> Path:
    """So many cats and as many dogs."""
    for i in range(n):
        for name in ("cat", "dog"):
            put(f"photos/{name}/{i:02}.png")
    return Path("photos")


def small(path: Path, side: int = 4) -> np.ndarray:
    """The square that a picture is read as."""
    return read(path.parent, [path.name], side).squares[0]


# ---------------------------------------------------------------- a data set


def test_folders_are_classes_and_features_those_of_the_page() -> None:
    data = load(str(photos()))
    assert data.name == "photos"
    assert data.classes == ("cat", "dog")
    assert data.y.tolist() == ["cat"] * 8 + ["dog"] * 8
    squares = np.stack([small(path, 32) for path in sorted(Path("photos").rglob("*.png"))])
    np.testing.assert_allclose(data.X, gradients.embed(squares, 384), atol=1e-6)
    assert data.notes == (
        "squares of 32 pixels from the middle of each picture as edges and colours, 16 dimensions, rows of "
        "unit length",
    )
    page = read_source(Path("photos"))
    np.testing.assert_allclose(page.embedding, data.X, atol=1e-5)
    assert encodable("photos", label="folder").y is not None
    assert encodable("photos", label="folder").y.tolist() == data.y.tolist()


def test_many_pictures_get_a_dictionary_of_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual, "FEW", 10)
    monkeypatch.setattr(patches, "WORDS", 5)
    monkeypatch.setattr(patches, "SAMPLE", 500)
    note = load(str(photos())).notes[0]
    assert "5 words of whitened patches (Coates, Lee & Ng 2011), pooled in quadrants, reduced to disc" in note


def test_the_second_start_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(str(photos()))
    seen = images("photos")
    times: list[int] = []
    real = module.Reading
    monkeypatch.setattr(module, "Reading", lambda *given: times.append(1) or real(*given))
    monkeypatch.setattr(gradients, "embed", None)
    np.testing.assert_array_equal(load("photos").X, before.X)
    Path("photos").rename("moved")
    np.testing.assert_array_equal(images("moved"), seen)
    assert not times
    put("moved/cat/00.png", square((1, 2, 3)))
    assert images("moved")[0, 0, 0].tolist() == [1, 2, 3]
    os.utime("moved/cat/01.png", (1, 1))
    images("moved")
    assert len(times) == 2


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    load(str(photos()), progress=lambda *now: told.append(now))
    assert told[-1] == ("Reading pictures", 16, 16)


@pytest.mark.parametrize(("done", "shown"), [(1_200, "1,200 of 2,000"), (2_000, "Loading [b]photos")])
def test_a_bar_counts_what_is_read_and_then_goes_to_and_fro(
    done: int, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Console(file=StringIO(), force_terminal=True, width=90)
    monkeypatch.setattr(app, "errors", screen)
    with app.loading("Loading [b]photos …") as told:
        told("Reading pictures", done, 2_000)
    assert shown in screen.file.getvalue().split("Loading [b]photos …", 1)[1]  # type: ignore[attr-defined]


def test_learners_that_read_images_get_squares_of_their_size() -> None:
    pytest.importorskip("torch")
    sides = {
        "logistic-regression": None, "mlp-head": None, "resnet18": 32, "resnet18-224": 256,
        "resnet18(stem=224)": 224, "resnet18(crop=14)": 16,
    }  # fmt: skip
    assert {learner: image_side(learner) for learner in sides} == sides
    photos()
    how = Settings("photos", None, ("random",), "resnet18(crop=14)", 4, 2, 1, 1, 0.3)
    data = load_data(how)
    assert data.raw is not None
    assert data.seen.shape == (16, 16, 16, 3)
    assert data.seen.dtype == np.uint8
    assert len(data.X) == 16
    assert np.abs(data.seen[0].astype(int) - small(Path("photos/cat/00.png"), 16)).max() == 0


def test_a_comparison_of_a_folder_on_features_and_on_pictures() -> None:
    photos()
    quick = ("--strategies", "random,margin", "--rounds", "2", "--seeds", "1", "--jobs", "1")
    done = run("compare", "photos", *quick)
    assert done.exit_code == 0, done.output
    assert "photos: 16 rows, 2 classes" in done.stdout
    assert "squares of 32 pixels" in Path("asknext-photos/report.html").read_text()
    pytest.importorskip("torch")
    done = run("compare", "photos", *quick, "--learner", "resnet18(updates=3,width=2)", "--out", "seen")
    assert done.exit_code == 0, done.output


def test_a_recipe_names_a_folder() -> None:
    recipe = read_recipe(RECIPE.replace("FOLDER", str(photos())))
    (settings, data), absent = *prepare(recipe)[0].values(), prepare(recipe)[1]
    assert (data.name, len(data.y), settings.batch, absent) == ("photos", 16, 2, {})


def test_a_name_goes_before_a_folder_of_that_name() -> None:
    photos().rename("digits")
    assert len(load("digits").y) == 1797
    assert len(load("./digits").y) == 16


# ---------------------------------------------------------------- pictures of all kinds


def test_the_shorter_side_is_resized_and_the_middle_cut_out() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    assert (small(put("a/wide.png", Image.fromarray(wide))) == 255).all()
    assert (small(put("a/tall.png", Image.fromarray(wide.transpose(1, 0, 2)))) == 255).all()
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8)
    means = ramp.reshape(4, 2, 4, 2).mean(axis=(1, 3))
    found = small(put("a/ramp.png", Image.fromarray(ramp)))
    assert np.abs(found - means[..., None]).max() <= 0.5


@pytest.mark.parametrize(
    ("name", "picture", "expected"),
    [
        ("grey.png", square(100, mode="L"), [100, 100, 100]),
        ("black-and-white.png", square(1, mode="1"), [255, 255, 255]),
        ("grey-and-clear.png", square((100, 0), mode="LA"), [255, 255, 255]),
        ("opaque.png", square((200, 10, 20, 255), mode="RGBA"), [200, 10, 20]),
        ("clear.png", square((0, 0, 0, 0), mode="RGBA"), [255, 255, 255]),
        ("half.png", square((0, 0, 0, 128), mode="RGBA"), [127, 127, 127]),
        ("palette.png", square((250, 10, 10)).quantize(4), [250, 10, 10]),
        ("palette.gif", square((250, 10, 10)).quantize(4), [250, 10, 10]),
        ("cmyk.jpg", square((0, 255, 255, 0), mode="CMYK"), [255, 0, 0]),
        ("16-bit.png", Image.fromarray(np.full((12, 12), 100 * 256 + 7, np.uint16)), [100, 100, 100]),
        ("webp.webp", square((0, 0, 255)), [0, 0, 255]),
    ],
)  # fmt: skip
def test_a_picture_of_any_kind_is_red_green_and_blue(
    name: str, picture: Image.Image, expected: list[int]
) -> None:
    found = small(put(Path("a", name), picture))
    assert np.abs(found.astype(int) - expected).max() <= 3, found[0, 0]


def test_a_palette_may_have_a_colour_that_is_clear() -> None:
    picture = square((250, 10, 10)).quantize(4)
    colour = picture.getpixel((0, 0))
    assert (small(put("a/clear.gif", picture, transparency=colour)) == 255).all()
    assert (small(put("a/clear.png", picture, transparency=colour)) == 255).all()


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_of_a_moving_picture_the_first_frame_counts(ending: str) -> None:
    frames = [square((0, 250, 0)), square((250, 0, 0))]
    found = small(put(f"a/moving.{ending}", frames[0], save_all=True, append_images=frames[1:]))
    assert np.abs(found.astype(int) - [0, 250, 0]).max() <= 6


def test_a_picture_of_fifty_megapixels() -> None:
    rows = np.zeros((7000, 7200, 3), np.uint8)
    rows[:, 3600:] = 200
    path = put("a/large.jpg", Image.fromarray(rows), quality=30)
    found = small(path)
    assert np.abs(found[:, 0].astype(int)).max() <= 3
    assert np.abs(found[:, 3].astype(int) - 200).max() <= 3


def test_what_a_camera_noted_as_lying_is_set_upright() -> None:
    half = np.zeros((16, 16, 3), np.uint8)
    half[:, 8:] = 200
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees clockwise
    found = small(put("a/turned.png", Image.fromarray(half), exif=exif))
    assert found[:2].max() == 0
    assert found[2:].min() == 200


# ---------------------------------------------------------------- what a folder may be


def test_what_cannot_be_read_is_said_by_name() -> None:
    photos()
    Path("photos/cat/notes.txt").write_text("no picture")
    Path("photos/cat/.hidden.png").write_text("no picture")
    Path("photos/.git").mkdir()
    put("photos/.git/x.png")
    whole = Path("photos/cat/00.png").read_bytes()
    Path("photos/cat/cut.png").write_bytes(whole[: len(whole) // 2])
    put("photos/alone.png")
    Path("photos/zebra").mkdir()
    Path("photos/around").symlink_to(Path("photos").absolute())
    data = load("photos")
    assert len(data.y) == 16
    assert set(data.notes[:-1]) == {
        "1 file left out, each is damaged or no picture: cat/cut.png.",
        "1 file left out, each lies in no sub-folder: alone.png.",
        "Without a picture: zebra.",
        "Links to folders are not followed: around.",
    }


def test_folders_of_folders_are_told() -> None:
    for part in ("train", "test"):
        photos(4).rename(part)
    Path("photos").mkdir()
    for part in ("train", "test"):
        Path(part).rename(f"photos/{part}")
    data = load("photos")
    assert data.classes == ("cat", "dog")
    assert len(data.y) == 16
    assert (
        "The folder that holds a picture is its class, also in test/cat, test/dog, train/cat and 1 more; "
        "test/cat, train/cat are one class; test/dog, train/dog are one class."
    ) in data.notes


def test_names_of_any_letters() -> None:
    names = ["a b", "[red]x", "<b>&amp;", "naïve – 猫", "line\nbreak", "100%", "x" * 200]
    for name in names:
        for i in range(3):
            put(Path("pic [bold]tures", name, f"{i} [i]#?.png"))
    quick = ("--strategies", "random", "--rounds", "1", "--seeds", "1", "--jobs", "1", "--initial", "7")
    done = run("compare", "pic [bold]tures", *quick, "--out", "out")
    assert done.exit_code == 0, done.output
    assert load("pic [bold]tures").classes == tuple(sorted(names))
    assert "[red]x" in done.stdout
    assert "<b>&amp;" not in Path("out/report.html").read_text()


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are texts here")
def test_a_name_that_is_no_text() -> None:
    photos(3)
    bad = os.fsencode(photos() / "cat") + b"/caf\xe9.png"
    Path(os.fsdecode(bad)).write_bytes(Path("photos/cat/00.png").read_bytes())
    assert "has a name that is no UTF-8 text: cat/caf?.png" in load("photos").notes[0]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "photos holds no pictures (.jpg, .jpeg, .png,"),
        (["a.png", "b.png"], "has no sub-folders with pictures; make one for each class, or label"),
        (["cat/a.png", "cat/b.png", "c.png"], "holds pictures of a single class, 'cat'; give a folder with"),
        (["cat/a.png", "dog/b.png"], "only 2 rows of data; give at least 4"),
    ],
)
def test_folders_that_cannot_be_compared(paths: list[str], message: str) -> None:
    Path("photos").mkdir()
    for path in paths:
        put(Path("photos", path))
    assert message in refused("compare", "photos")


def test_a_class_whose_pictures_are_all_damaged() -> None:
    photos()
    for path in Path("photos/dog").iterdir():
        path.write_bytes(b"no picture")
    assert "a single class, 'cat'" in refused("compare", "photos")
    for path in Path("photos/cat").iterdir():
        path.write_bytes(b"no picture")
    said = refused("compare", "photos")
    assert "none of 16 pictures can be read: cat/00.png is damaged or no picture" in said


def test_other_refusals() -> None:
    photos()
    assert "photos are its classes; leave --target out" in refused("compare", "photos", "--target", "y")
    assert "photo does not exist; did you mean 'photos'" in refused("compare", "./photo/")
    pytest.importorskip("torch")
    said = refused("compare", "photos", "--ood-data", "kmnist")
    assert "--ood-data mixes published data sets alone" in said


def test_links_and_what_is_bare_are_listed() -> None:
    photos(1)
    Path("photos/empty/within").mkdir(parents=True)
    Path("photos/link").symlink_to("cat")
    found = listing(Path("photos"))
    assert found == (["cat/00.png", "dog/00.png"], ["empty/within"], ["link"])
    with pytest.raises(AskNextError, match="holds no pictures"):
        listing(Path("photos/empty"))
