"""Pretrained networks as encoders: tiny random ones, written to a directory, against the library itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")

from asknext.encoders.base import Encoder  # noqa: E402
from asknext.encoders.pretrained import Pretrained  # noqa: E402
from asknext.errors import AskNextError  # noqa: E402
from pretrained_networks import SMALL, written  # noqa: E402

PICTURES = [np.random.default_rng(i).integers(0, 256, (40 + i, 50, 3)).astype(np.uint8) for i in range(3)]
TEXTS = ["a cat", "a red red house", "dog"]

pytestmark = pytest.mark.filterwarnings("ignore")  # of the library


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("networks"))


def model(place: Path) -> Any:
    return transformers.AutoModel.from_pretrained(place).eval()


def test_clip_reads_pictures_and_texts(places: dict[str, Path]) -> None:
    pictures, texts = Pretrained(str(places["clip"])), Pretrained(str(places["clip"]), "text")
    assert isinstance(pictures, Encoder)
    assert (pictures.kind, texts.kind) == ("image", "text")
    Z = pictures.encode(PICTURES)
    assert Z.shape == (3, 12)
    assert Z.dtype == np.float32
    clip = model(places["clip"])
    with torch.no_grad():
        seen = clip.vision_model(pixel_values=torch.from_numpy(pictures._preprocessing(PICTURES)))
        np.testing.assert_allclose(Z, clip.visual_projection(seen.pooler_output).numpy(), atol=1e-5)
        tokens = transformers.AutoTokenizer.from_pretrained(places["clip"])(
            TEXTS, padding=True, return_tensors="pt"
        )
        read = clip.text_model(tokens["input_ids"], attention_mask=tokens["attention_mask"])
        expected = clip.text_projection(read.pooler_output).numpy()
    np.testing.assert_allclose(texts.encode(TEXTS), expected, atol=1e-5)


def test_dinov2_is_its_first_token(places: dict[str, Path]) -> None:
    encoder = Pretrained(str(places["dino"]))
    assert encoder._preprocessing.shortest == 256
    assert encoder._preprocessing.crop == (224, 224)
    pixels = torch.from_numpy(encoder._preprocessing(PICTURES))
    with torch.no_grad():
        expected = model(places["dino"])(pixel_values=pixels).last_hidden_state[:, 0].numpy()
    np.testing.assert_allclose(encoder.encode(PICTURES), expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["mean", "cls", "max"])
def test_a_sentence_encoder_pools_tokens_as_its_directory_says(
    mode: str, places: dict[str, Path], tmp_path: Path
) -> None:
    """Token by token; a text beside longer ones is the same as alone."""
    place = Path(shutil.copytree(places["bert"], tmp_path / "bert"))
    key = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}[mode]
    (place / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{key}": True}))
    encoder = Pretrained(str(place))
    assert encoder.kind == "text"
    tokenizer, bert = transformers.AutoTokenizer.from_pretrained(place), model(place)
    how = {"mean": lambda h: h.mean(0), "cls": lambda h: h[0], "max": lambda h: h.max(0)}[mode]
    for row, text in zip(encoder.encode(TEXTS), TEXTS, strict=True):
        with torch.no_grad():
            hidden = bert(**tokenizer([text], return_tensors="pt")).last_hidden_state[0].numpy()
        expected = how(hidden)
        np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-5)


def test_texts_longer_than_a_network_reads_are_cut(places: dict[str, Path]) -> None:
    encoder = Pretrained(str(places["bert"]))
    rows = encoder.encode(["cat " * 10, "cat " * 500])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)


def test_the_fingerprint_is_of_weights_and_preprocessing(places: dict[str, Path], tmp_path: Path) -> None:
    first = Pretrained(str(places["clip"])).fingerprint
    copy = Path(shutil.copytree(places["clip"], tmp_path / "copy"))
    assert Pretrained(str(copy)).fingerprint == first
    (copy / "preprocessor_config.json").write_text(json.dumps({"size": 32, "crop_size": 32}))
    assert Pretrained(str(copy)).fingerprint != first
    assert Pretrained(str(copy), "text").fingerprint != first
    other = model(places["clip"])
    with torch.no_grad():
        other.visual_projection.weight[0, 0] += 1e-3
    other.save_pretrained(tmp_path / "other")
    shutil.copy(places["clip"] / "preprocessor_config.json", tmp_path / "other")
    assert Pretrained(str(tmp_path / "other")).fingerprint != first


def test_what_cannot_be_an_encoder_is_refused_in_a_sentence(places: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="is no directory and nobody/nothing is not in the cache"):
        Pretrained("nobody/nothing")
    with pytest.raises(AskNextError, match="reads no texts"):
        Pretrained(str(places["dino"]), "text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AskNextError, match="cannot be read"):
        Pretrained(str(tmp_path / "empty"))
    pickled = Path(shutil.copytree(places["dino"], tmp_path / "pickled"))
    torch.save(model(places["dino"]).state_dict(), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(AskNextError, match="cannot be read"):
        Pretrained(str(pickled))


def test_a_pooler_that_is_in_no_file_is_left_out(tmp_path: Path) -> None:
    """As of DINO, whose files have none: transformers would draw one anew each time."""
    vit = transformers.ViTModel(
        transformers.ViTConfig(**SMALL, image_size=32, patch_size=8), add_pooling_layer=False
    )
    vit.save_pretrained(tmp_path)
    encoder = Pretrained(str(tmp_path))
    with torch.no_grad():
        pixels = torch.from_numpy(encoder._preprocessing(PICTURES))
        expected = vit.eval()(pixel_values=pixels).last_hidden_state[:, 0].numpy()
    np.testing.assert_allclose(encoder.encode(PICTURES), expected, atol=1e-5)
    assert Pretrained(str(tmp_path)).fingerprint == encoder.fingerprint


def test_weights_that_are_missing_are_not_drawn(places: dict[str, Path], tmp_path: Path) -> None:
    place = Path(shutil.copytree(places["dino"], tmp_path / "part"))
    weights = safetensors.load_file(place / "model.safetensors")
    gone = next(name for name in weights if "layer.1.mlp.fc1.weight" in name)
    del weights[gone]
    safetensors.save_file(weights, place / "model.safetensors", {"format": "pt"})
    with pytest.raises(AskNextError, match=r"lacks 1 of its weights, such as .*fc1\.weight"):
        Pretrained(str(place))


def test_a_directory_without_a_vocabulary_reads_no_texts(places: dict[str, Path], tmp_path: Path) -> None:
    """Else every word is unknown, and all texts of a length are the same."""
    place = Path(shutil.copytree(places["bert"], tmp_path / "bert"))
    for file in place.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(AskNextError, match="has no tokeniser: there is no vocabulary"):
        Pretrained(str(place))


@pytest.mark.parametrize("content", ['{"size": 36,', "[1]"])
def test_a_file_that_says_something_else_is_named(
    content: str, places: dict[str, Path], tmp_path: Path
) -> None:
    place = Path(shutil.copytree(places["clip"], tmp_path / "clip"))
    (place / "preprocessor_config.json").write_text(content)
    with pytest.raises(AskNextError, match=r"preprocessor_config.json of the encoder .* cannot be read"):
        Pretrained(str(place))
