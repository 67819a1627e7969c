"""Pretrained networks fine-tuned as learners: tiny random ones, against the library and by hand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import asknext  # noqa: E402
from asknext.bench.loading import load_data  # noqa: E402
from asknext.bench.protocol import Settings  # noqa: E402
from asknext.cli import compare  # noqa: E402, F401  (it registers)
from asknext.datasets.items import Items  # noqa: E402
from asknext.datasets.published import PUBLISHED, Published  # noqa: E402
from asknext.deep.fine_tuning import Prepared  # noqa: E402
from asknext.deep.pretrained import Pretrained  # noqa: E402
from asknext.encoders.pretrained import Pretrained as Encoder  # noqa: E402
from asknext.errors import AskNextError  # noqa: E402
from asknext.learners import make  # noqa: E402
from asknext.learners.torch import TorchLearner, TorchModel  # noqa: E402
from command_line import run  # noqa: E402
from pretrained_networks import written  # noqa: E402
from studio_project import project  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of the library

IMAGES = np.random.default_rng(0).integers(120, size=(24, 20, 20, 3)).astype(np.uint8)
KINDS = (np.arange(24) % 3).astype(np.int32)
for image, kind in zip(IMAGES, KINDS, strict=True):
    image[..., kind] += 130
TEXTS = np.array(["a red cat", "dog house", "a cat", "a dog"] * 6, dtype=object)
TOPICS = (np.arange(24) % 2).astype(np.int32)
SEEN = np.arange(12)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("networks"))


def learner(name: str, place: Path, **parameters: Any) -> TorchLearner:
    made: Any = make(name)
    return made.replaced({"weights": str(place), "updates": 6, "batch": 6, "rate": 1e-3, **parameters})


def trained(name: str, place: Path, seed: int = 0, **parameters: Any) -> TorchModel:
    X, y = (TEXTS, TOPICS) if name == "text-encoder" else (IMAGES, KINDS)
    return learner(name, place, **parameters).fit(X[SEEN], y[SEEN], seed)


CASES = [("clip-vit-b32", "clip"), ("dinov2", "dino"), ("text-encoder", "bert")]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_features_begin_as_the_encoders(name: str, kind: str, places: dict[str, Path]) -> None:
    """Without training: the embeddings of the encoder, brought to length 1; pixels are made on the device."""
    X = TEXTS if kind == "bert" else IMAGES
    found = trained(name, places[kind], rate=0.0, decay=0.0).signals("proba", X)
    expected = Encoder(str(places[kind])).encode(list(X))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found["embedding"], expected, atol=0.03)
    if kind == "bert":
        np.testing.assert_allclose(found["embedding"], expected, atol=1e-5)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_head_begins_as_the_mean_of_each_class(name: str, kind: str, places: dict[str, Path]) -> None:
    X, y = (TEXTS, TOPICS) if kind == "bert" else (IMAGES, KINDS)
    found = trained(name, places[kind], rate=0.0, decay=0.0).signals("logits", X)
    Z = found["embedding"].astype(float)
    means = np.stack([Z[SEEN][y[SEEN] == c].sum(axis=0) for c in range(y.max() + 1)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(found["logits"], 20 * Z @ means.T, atol=1e-3)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_each_fit_starts_from_the_files(name: str, kind: str, places: dict[str, Path]) -> None:
    """The same seed gives the same weights, also after another fit; another seed others."""
    one = learner(name, places[kind], dropout=0.2)
    X, y = (TEXTS, TOPICS) if kind == "bert" else (IMAGES, KINDS)
    before = {file: file.read_bytes() for file in places[kind].rglob("*.safetensors")}
    first, other, again = (one.fit(X[SEEN], y[SEEN], seed).signal("logits", X) for seed in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4
    for file, content in before.items():
        assert file.read_bytes() == content


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_whole_network_is_trained(name: str, kind: str, places: dict[str, Path]) -> None:
    still = trained(name, places[kind], rate=0.0, decay=0.0).members[0].network
    moved = trained(name, places[kind]).members[0].network
    changed = {
        part for (part, a), b in zip(still.named_parameters(), moved.parameters(), strict=True)
        if not torch.equal(a, b)
    }  # fmt: skip
    layers = [part for part in changed if "layer" in part and part.endswith("weight")]
    assert "head.weight" in changed
    assert len(layers) > 10
    assert any("embedding" in part for part in changed)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_signal_comes_of_it(name: str, kind: str, places: dict[str, Path]) -> None:
    X = TEXTS if kind == "bert" else IMAGES
    model = trained(name, places[kind], dropout=0.3, draws=3, loss_module=True)
    found = model.signals("samples", X)
    k = len(model.classes)
    assert found["samples"].shape == (24, 3, k)
    assert found["predicted_loss"].shape == (24,)
    assert found.keys() == model.learner.provides
    assert found.keys() == {"proba", "logits", "embedding", "samples", "predicted_loss"}
    for each, values in found.items():
        np.testing.assert_allclose(model.signals("samples", X[[5, 3]])[each], values[[5, 3]], atol=1e-4)
    assert np.abs(found["samples"][:, 0] - found["samples"][:, 1]).max() > 1e-3


def test_it_learns_colours(places: dict[str, Path]) -> None:
    model = trained("clip-vit-b32", places["clip"], updates=60, rate=3e-3)
    assert np.mean(model.signal("proba", IMAGES).argmax(axis=1) == KINDS) == 1


def test_pictures_are_prepared_as_for_the_encoder(places: dict[str, Path]) -> None:
    """Resized, cut and standardised on the device, to within what rounding to bytes makes; larger and
    smaller pictures, wide and high ones."""
    for place in ("clip", "dino"):
        how = Pretrained(str(places[place])).preprocessing
        for h, w in ((20, 20), (50, 70), (300, 240), (36, 40)):
            smooth = np.add.outer(np.linspace(0, 200, h), np.linspace(0, 55, w))[..., None] * [1, 0.5, 0.2]
            picture = smooth.astype(np.uint8)
            x = torch.from_numpy(picture.transpose(2, 0, 1)[None] / 255).float()
            np.testing.assert_allclose(Prepared(how)(x)[0], how([picture])[0], atol=0.03)


def test_what_is_missing_of_a_small_picture_is_black(places: dict[str, Path]) -> None:
    how = Pretrained(str(places["clip"])).preprocessing
    alone = type(how)(**{**vars(how), "shortest": None})
    picture = IMAGES[0][:9, :17]
    x = torch.from_numpy(picture.transpose(2, 0, 1)[None] / 255).float()
    np.testing.assert_allclose(Prepared(alone)(x)[0], alone([picture])[0], atol=1e-5)


# ---------------------------------------------------------------- names of classes


NAMES = ("cat", "dog", "red house")


def test_the_head_begins_as_what_clip_says_of_the_names(places: dict[str, Path]) -> None:
    """What the library makes of the sentences, times the scale of the weights."""
    one = learner("clip-vit-b32", places["clip"], rate=0.0, decay=0.0, template="a {}")
    found = one.fit(IMAGES[SEEN], KINDS[SEEN], 0, names=NAMES).signals("logits", IMAGES)
    clip = transformers.CLIPModel.from_pretrained(places["clip"]).eval()
    rows = Encoder(str(places["clip"]), "text").encode(["a cat", "a dog", "a red house"])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    expected = float(clip.logit_scale.exp().detach()) * found["embedding"] @ rows.T
    np.testing.assert_allclose(found["logits"], expected, atol=1e-4)


def test_a_name_belongs_to_its_position(places: dict[str, Path]) -> None:
    """Of three classes the first and the last are labelled: their rows are those of their own names."""
    one = learner("clip-vit-b32", places["clip"], rate=0.0, decay=0.0)
    whole = one.fit(IMAGES[SEEN], KINDS[SEEN], 0, names=NAMES).signal("logits", IMAGES)
    some = SEEN[KINDS[SEEN] != 1]
    part = one.fit(IMAGES[some], KINDS[some], 0, names=NAMES)
    assert part.classes.tolist() == [0, 2]
    np.testing.assert_allclose(part.signal("logits", IMAGES), whole[:, [0, 2]], atol=1e-4)


@pytest.mark.parametrize(("name", "kind"), [("dinov2", "dino"), ("clip-vit-b32", "clip")])
def test_without_a_tower_for_texts_or_names_as_texts_it_begins_as_means(
    name: str, kind: str, places: dict[str, Path]
) -> None:
    one = learner(name, places[kind], rate=0.0, decay=0.0)
    names = NAMES if kind == "dino" else (0, 1, 2)
    given, none = (one.fit(IMAGES[SEEN], KINDS[SEEN], 0, names=each) for each in (names, ()))
    np.testing.assert_array_equal(given.signal("logits", IMAGES), none.signal("logits", IMAGES))


def test_a_campaign_hands_the_names_of_its_classes_over(places: dict[str, Path]) -> None:
    """Also in the order in which they appeared; and a class of another name is another model."""
    one = learner("clip-vit-b32", places["clip"], rate=0.0, decay=0.0)
    campaign = asknext.Campaign(IMAGES, one, "margin")
    campaign.tell(SEEN, [NAMES[c] for c in KINDS[SEEN]])
    said = one.fit(IMAGES[SEEN], KINDS[SEEN], 0, names=NAMES).signal("proba", IMAGES)
    np.testing.assert_allclose(campaign.proba(), said, atol=1e-4)
    key = campaign.fitting.key
    campaign.rename_class("dog", "red dog")
    assert campaign.fitting.key != key
    assert np.abs(campaign.proba() - said).max() > 1e-3


def test_other_learners_are_the_same_under_other_names() -> None:
    keys = []
    for names in (["a", "b"], ["c", "d"]):
        campaign = asknext.Campaign(IMAGES.reshape(24, -1)[:, :5], "linear-probe", "margin")
        campaign.tell([0, 1], names)
        keys.append(campaign.fitting.key)
    assert keys[0] == keys[1]


# ---------------------------------------------------------------- keys, campaigns, refusals


def test_keys_are_of_the_files_content(places: dict[str, Path], tmp_path: Path) -> None:
    first = learner("clip-vit-b32", places["clip"]).key
    copy = Path(shutil.copytree(places["clip"], tmp_path / "copy"))
    assert learner("clip-vit-b32", copy).key == first
    (copy / "preprocessor_config.json").write_text("{}")
    assert learner("clip-vit-b32", copy).key != first
    assert learner("clip-vit-b32", places["clip"], dropout=0.1).key != first


def test_a_campaign_of_texts(places: dict[str, Path], tmp_path: Path) -> None:
    """Chosen by the network's embedding; resumed, it asks the same."""
    name = f"text-encoder(weights={str(places['bert'])!r},updates=4,batch=4)"
    asked = []
    for place in ("one", "two"):
        with asknext.Campaign(TEXTS.tolist(), name, "badge", path=tmp_path / place) as campaign:
            campaign.tell(SEEN, TOPICS[SEEN].tolist())
            if place == "one":
                asked.append(campaign.ask(3).ids.tolist())
    with asknext.Campaign(TEXTS.tolist(), name, "badge", path=tmp_path / "two") as campaign:
        asked.append(campaign.ask(3).ids.tolist())
    assert asked[0] == asked[1]


def test_what_cannot_be_is_refused_in_a_sentence(places: dict[str, Path]) -> None:
    with pytest.raises(AskNextError, match="the network 'nobody/nothing' is no directory"):
        learner("clip-vit-b32", Path("nobody/nothing")).fit(IMAGES, KINDS, 0)
    with pytest.raises(AskNextError, match="reads images, and an item is"):
        learner("dinov2", places["dino"]).fit(np.ones((4, 3)), KINDS[:4], 0)
    with pytest.raises(AskNextError, match="reads texts, and X holds something else"):
        learner("text-encoder", places["bert"]).fit(IMAGES, KINDS, 0)
    with pytest.raises(AskNextError, match="template is 'a cat'; give a sentence"):
        make("clip-vit-b32(template='a cat')")
    with pytest.raises(AskNextError, match="reads no images"):
        learner("dinov2", places["bert"]).fit(IMAGES, KINDS, 0)
    with pytest.raises(AskNextError, match="template is 3; give a sentence"):
        make("clip-vit-b32(template=3)")
    with pytest.raises(AskNextError, match="the network is 3; give a directory or a name"):
        _ = make("clip-vit-b32(weights=3)").key
    with pytest.raises(AskNextError, match=r"longest is 2\.5; give a whole number"):
        make("text-encoder(longest=2.5)")
    with pytest.raises(AskNextError, match="would read 2 tokens of a text, of which 2 are its own"):
        learner("text-encoder", places["bert"], longest=2).fit(TEXTS, TOPICS, 0)


# ---------------------------------------------------------------- comparisons


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published data sets of texts and of images."""
    y = np.array(["cat", "dog"])[TOPICS]
    for name, kind, raw in (("notes", "text", TEXTS), ("squares", "grey image", IMAGES[..., 0])):
        made: Any = Published(name, "Mine.", kind, (), lambda _, raw=raw: Items(raw, y), 24, 3, 2)  # type: ignore
        monkeypatch.setitem(PUBLISHED, name, made)


def named(name: str, place: Path) -> str:
    return f"{name}(weights={str(place)!r},updates=2,batch=4)"


@pytest.mark.usefixtures("mine")
def test_a_comparison_on_texts(places: dict[str, Path], tmp_path: Path) -> None:
    """Chosen by the network's embedding, which is there after the first labels."""
    sizes = ("--rounds", "1", "--seeds", "1", "--initial", "6", "--batch", "3", "--jobs", "1")
    asked = ("compare", "notes", "--learner", named("text-encoder", places["bert"]), *sizes)
    done = run(*asked, "--strategies", "badge", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "badge" in (tmp_path / "out" / "results.csv").read_text()


@pytest.mark.usefixtures("mine")
def test_a_network_sees_raw_items(places: dict[str, Path]) -> None:
    def seen(source: str, learner: str) -> Any:
        return load_data(Settings(source, None, ("random",), learner, 6, 3, 1, 1, 0.3)).seen

    assert seen("notes", named("text-encoder", places["bert"])).tolist() == TEXTS.tolist()
    assert np.array_equal(seen("squares", named("clip-vit-b32", places["clip"])), IMAGES[..., 0])
    assert seen("notes", "mlp-head").dtype == float
    with pytest.raises(AskNextError, match="the items of 'squares' are no texts; choose another learner"):
        seen("squares", named("text-encoder", places["bert"]))


def test_a_project_of_rows_refuses_a_learner_of_texts(places: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="reads texts, and these items are of the kind"):
        project(tmp_path, learner=f"text-encoder(weights={str(places['bert'])!r})")
