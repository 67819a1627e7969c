"""asknext encode: from images or texts to a file that other commands read, and one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from asknext.cli import compare, encode  # noqa: F401  (they register)
from asknext.datasets import load
from asknext.encoders import patches, usual
from asknext.errors import AskNextError
from asknext.studio import embedding
from asknext.studio.embedding import Choice, make
from asknext.studio.encodable import read
from asknext.studio.encoding import given
from asknext.studio.importing import read_raw
from command_line import refused, run

TINY = ("--epochs", "2", "--width", "4", "--batch", "16")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, a dictionary that is quickly learnt, and few images enough for one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(patches, "WORDS", 12)
    monkeypatch.setattr(patches, "SAMPLE", 2000)
    monkeypatch.setattr(usual, "FEW", 20)


def images(n: int = 40, side: int = 12) -> np.ndarray:
    """Blots of two colours: the first half bright above, the second bright below."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(1, 0, side)[None, :, None, None] * rng.uniform(0.5, 1, (n, 1, 1, 3))
    ramp[n // 2 :] = ramp[n // 2 :, ::-1]
    return (255 * np.clip(ramp + rng.normal(0, 0.05, (n, side, side, 3)), 0, 1)).astype(np.uint8)


def archive(name: str = "blots.npz") -> Path:
    np.savez(name, X=images(), y=np.repeat(["up", "down"], 20))
    return Path(name)


def folder() -> Path:
    for i, image in enumerate(images(24)):
        place = Path("pictures", "up" if i < 12 else "down", f"{i:02}.png")
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place)
    return Path("pictures")


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def test_images_are_encoded_and_compared() -> None:
    result = run("encode", archive(), "--ssl", "discriminants", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    path = Path("asknext-blots-discriminants", "embedding.npz")
    assert told["file"] == str(path)
    found = arrays(path)
    assert found["X"].shape == (40, told["d"])
    np.testing.assert_allclose(np.linalg.norm(found["X"], axis=1), 1, rtol=1e-5)
    assert told["neighbours"]["accuracy"] > 0.9 > told["neighbours"]["largest_class"] == 0.5
    data = load(str(path))
    np.testing.assert_array_equal(data.X, found["X"])  # not standardised once more
    assert data.classes == ("down", "up")
    assert data.notes == ("rows as 'discriminants' made them",)
    quick = ("--strategies", "random", "--rounds", "1", "--seeds", "1", "--jobs", "1")
    assert run("compare", path, *quick).exit_code == 0


def test_discriminants_are_fitted_to_views_and_not_to_moves() -> None:
    archive()
    for ssl in (("--ssl", "discriminants"), ()):
        assert run("encode", "blots.npz", *ssl).exit_code == 0
    both = [arrays(Path(f"asknext-blots-{m}", "embedding.npz"))["X"] for m in ("discriminants", "patches")]
    assert both[0].shape == both[1].shape
    assert np.abs(both[0] @ both[0].T - both[1] @ both[1].T).max() > 0.05


def test_the_same_command_again_tells_the_same_and_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("encode", archive(), "--out", "out", "--json")
    before = Path("out", "embedding.npz").read_bytes()
    monkeypatch.delattr(patches, "embed")
    again = run("encode", "blots.npz", "--out", "out", "--json")
    assert again.stdout == first.stdout
    assert Path("out", "embedding.npz").read_bytes() == before


def test_a_network_is_taught_by_a_folder_of_images_which_are_labelled_with_it() -> None:
    pytest.importorskip("torch")
    options = ("--label", "folder", "--ssl", "simclr", "--side", "12", "--out", "o")
    result = run("encode", folder(), *options, *TINY)
    assert result.exit_code == 0, result.output
    assert "24 items, 32 dimensions" in result.stdout
    assert "The 20 nearest items name the class of" in result.stdout
    path = Path("o", "embedding.npz")
    found = arrays(path)
    assert found["ids"].tolist()[:2] == ["down/12.png", "down/13.png"]
    assert found["y"].tolist() == ["down"] * 12 + ["up"] * 12
    assert found["projection"].shape == (24, 128)
    np.testing.assert_array_equal(given(path, read_raw(Path("pictures"))).embedding, found["X"])


def test_csi_leaves_what_its_score_needs() -> None:
    pytest.importorskip("torch")
    assert run("encode", archive(), "--ssl", "csi", *TINY, "--out", "o").exit_code == 0
    found = arrays(Path("o", "embedding.npz"))
    assert found["csi"].shape == (40, 4, 128)
    assert found["csi_turns"].shape == (40, 4)
    lengths = np.linalg.norm(found["csi"], axis=2)
    assert lengths.std() > 0  # they are kept, as the score needs them


def test_a_training_that_was_killed_goes_on() -> None:
    pytest.importorskip("torch")
    choice = Choice(ssl="simclr", epochs=3, batch=16, width=4)
    pool = read(str(archive()))
    whole = make(pool, choice, Path("whole"), lambda *_: None)

    def killed(*told: object) -> None:
        if told[1] == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(pool, choice, Path("stopped"), killed)
    assert not Path("stopped", "embedding.npz").exists()
    heard: list[int] = []
    resumed = make(pool, choice, Path("stopped"), lambda *told: heard.append(told[1]))
    assert min(heard) > 3  # the first epoch was not done again
    assert resumed | {"file": ""} == whole | {"file": ""}
    one, other = (arrays(Path(name, "embedding.npz")) for name in ("whole", "stopped"))
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value)


def test_a_few_images_are_encoded_by_their_edges() -> None:
    np.save("few.npy", images(40)[18:22])
    told = json.loads(run("encode", "few.npy", "--json").stdout)
    assert told["encoder"] == "gradients"
    X = arrays(Path("asknext-few-gradients", "embedding.npz"))["X"]
    assert X[0] @ X[1] > X[0] @ X[2]


def test_texts_are_encoded_by_their_words() -> None:
    lines = [f"a {animal} {'sleeps' if i % 4 else 'eats'}" for i in range(15) for animal in ("cat", "whale")]
    Path("animals.txt").write_text("\n".join(lines))
    result = run("encode", "animals.txt", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["encoder"] == "tf-idf"
    assert told["neighbours"] is None  # there are no labels
    found = arrays(Path("asknext-animals-tf-idf", "embedding.npz"))
    assert "y" not in found
    assert found["X"][2] @ found["X"][4] > 0.99 > 0.9 > found["X"][2] @ found["X"][3]


def test_labels_of_a_file_come_along_and_a_table_does_not() -> None:
    rows = [f"{'good' if i % 2 else 'bad'} story {i},{'yes' if i % 2 else 'no'}" for i in range(30)]
    Path("t.csv").write_text("\n".join(["text,liked", *rows]))
    assert run("encode", "t.csv", "--text", "text", "--label", "liked", "--out", "o").exit_code == 0
    assert arrays(Path("o", "embedding.npz"))["y"].tolist() == ["no", "yes"] * 15
    Path("n.csv").write_text("a,b\n1,2\n3,4\n")
    assert "n.csv is a table, which needs no encoder" in refused("encode", "n.csv")


def test_a_pretrained_network_reads_whole_pictures_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Corner:
        """Stands in for a network: the colours of a corner, and how large a picture is."""

        asked: list[int] = []  # noqa: RUF012
        fails = True

        def __init__(self, place: str, kind: str, download: bool) -> None:
            assert not download
            self.name, self.kind = place, kind

        fingerprint = "corner"

        def encode(self, items: Any) -> np.ndarray:
            if Corner.fails and Corner.asked:
                raise KeyboardInterrupt
            Corner.asked.append(len(items))
            return np.array([[*item[0, 0], item.shape[0]] for item in items], dtype=np.float32)

    from asknext.encoders import pretrained

    monkeypatch.setattr(pretrained, "Pretrained", Corner)
    monkeypatch.setattr(embedding, "BATCH", 10)
    pool = read(str(folder()))
    with pytest.raises(KeyboardInterrupt):
        make(pool, Choice("net").checked(pool), Path("o"), lambda *_: None)
    Corner.fails = False
    told = make(pool, Choice("net").checked(pool), Path("o"), lambda *_: None)
    assert Corner.asked == [10, 10, 4]
    assert told["fingerprint"] == "corner"
    X = arrays(Path("o", "embedding.npz"))["X"]
    whole = np.array([[*np.asarray(Image.open(Path("pictures", name)))[0, 0], 12.0] for name in pool.ids])
    np.testing.assert_allclose(X, whole / np.linalg.norm(whole, axis=1, keepdims=True), atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.npz",), "nothing.npz cannot be read as an array of images"),
        (("cifra10",), "did you mean 'cifar10'?"),
        (("letter",), "'letter' is a table, which needs no encoder"),
        (("blots.npz", "--ssl", "moco"), "--ssl is 'moco'; give one of simclr, csi, discriminants"),
        (("blots.npz", "--ssl", "simclr", "--encoder", "clip"), "leave --encoder out"),
        (("blots.npz", "--ssl", "simclr", "--epochs", "0"), "--epochs is 0; it must be above 0"),
        (("blots.npz", "--ssl", "csi", "--temperature", "-1"), "--temperature is -1.0"),
        (("blots.npz", "--encoder", "tf-idf"), "the encoder 'tf-idf' reads no images"),
        (("blots.npz", "--side", "4"), "--side is 4; give at least 8 pixels"),
        (("blots.npz", "--out", "busy"), "busy holds something else"),
        (("floats.npy",), "floats.npy holds float64 of shape 3 × 4 × 4 × 3; images are bytes"),
        (("few.npy", "--encoder", "patches"), "few holds 3 images; to learn from them takes 20"),
        (("few.npy", "--ssl", "discriminants"), "few holds 3 images; to learn from them takes 20"),
        (("small.npy",), "the images are 6 × 6 pixels; at least 8 are needed"),
        (("uneven.npz",), "uneven.npz: X has 40 images, so y must hold as many labels"),
        (("words.txt", "--ssl", "simclr"), "learns from images, these are texts"),
        (("words.txt", "--encoder", "patches"), "the encoder 'patches' reads no texts"),
    ],
)
def test_one_line_for_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    archive()
    Path("busy").mkdir()
    Path("busy", "thesis.doc").touch()
    Path("words.txt").write_text("a b\nc d\n")
    np.save("floats.npy", np.zeros((3, 4, 4, 3)))
    np.save("few.npy", images(3))
    np.save("small.npy", images(40)[:, :6, :6])
    np.savez("uneven.npz", X=images(), y=np.arange(3))
    assert said in refused("encode", *arguments)


def test_a_run_that_was_refused_is_not_in_the_way() -> None:
    np.save("few.npy", images(10))
    assert "takes 20" in refused("encode", "few.npy", "--ssl", "discriminants", "--out", "o")
    assert not Path("o").exists()
    assert run("encode", archive(), "--out", "o").exit_code == 0


def test_another_run_in_the_same_place_is_refused() -> None:
    run("encode", archive(), "--out", "o")
    other = ("--ssl", "discriminants", "--out", "o")
    assert "o holds the embedding of another run" in refused("encode", "blots.npz", *other)
    np.savez("blots.npz", X=255 - images())
    with pytest.raises(AskNextError, match="another run"):
        make(read("blots.npz"), Choice("patches"), Path("o"), lambda *_: None)
