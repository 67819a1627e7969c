"""Pretrained networks as encoders: CLIP, DINOv2, a sentence encoder, or any directory in these formats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asknext.encoders.pictures import Preprocessing
from asknext.errors import AskNextError
from asknext.extras import extra
from asknext.types import Array

NAMED = {
    "clip": "openai/clip-vit-base-patch32",
    "clip-text": "openai/clip-vit-base-patch32",
    "dinov2": "facebook/dinov2-small",
    "sentence": "sentence-transformers/all-MiniLM-L6-v2",
}
"""Short names of networks that are looked for in the user's cache of Hugging Face."""
LONGEST = 512  # tokens of a text that are read at most


class Pretrained:
    """A network of the `transformers` library, from a directory or from the user's cache.

    Of a network like CLIP the embedding is what pictures and texts are compared by; of other networks for
    pictures the first token, after normalisation; of other networks for texts the mean over tokens, or what a
    directory of `sentence-transformers` says. Weights are read from safetensors only, and no code of a
    directory is ever run.

    Parameters
    ----------
    place : a directory, one of the names "clip", "clip-text", "dinov2", "sentence", or the name of any
        network on Hugging Face that is in the cache.
    kind : "image" or "text" for a network that reads both; None: what it reads, pictures first.
    download : fetch the network where it is not in the cache.
    device : such as "cuda"; None takes the GPU if there is one.

    Raises
    ------
    AskNextError : PyTorch or transformers is absent, the network is not there, or it cannot be read.
    """

    def __init__(
        self, place: str, kind: str | None = None, *, download: bool = False, device: str | None = None
    ) -> None:
        extra("torch", f"the encoder '{place}'")
        extra("encoders", f"the encoder '{place}'")
        import torch
        from transformers import AutoConfig, AutoModel

        self.name = place
        self._from = NAMED.get(place, place)
        self._options = {"local_files_only": not download, "trust_remote_code": False}
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        try:
            config = AutoConfig.from_pretrained(self._from, **self._options)
            self._model = AutoModel.from_pretrained(
                self._from, config=config, use_safetensors=True, dtype=torch.float32, **self._options
            )
        except Exception as error:  # a damaged directory fails in many ways
            raise AskNextError(_unreadable(place, self._from, download, error)) from error
        self._model.eval().to(self._device)
        both = hasattr(self._model, "get_image_features")
        pictures = both or hasattr(getattr(config, "vision_config", config), "image_size")
        self.kind = kind or ("text" if place == "clip-text" or not pictures else "image")
        if self.kind not in (("image", "text") if both else ("image",) if pictures else ("text",)):
            raise AskNextError(f"the encoder '{place}' reads no {self.kind}s; choose another one.")
        self._both = both
        if self.kind == "image":
            side = getattr(getattr(config, "vision_config", config), "image_size", 224)
            side = side if config.model_type != "dinov2" else 224  # its positions are interpolated
            self._preprocessing = Preprocessing.of(self._told("preprocessor_config.json"), side, both)
        else:
            self._prepare_texts(config)

    @property
    def fingerprint(self) -> str:
        """A hash of the weights, and of the preprocessing or the tokeniser."""
        digest = hashlib.blake2b(digest_size=16)
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        if self.kind == "image":
            digest.update(repr(self._preprocessing).encode())
        else:
            vocabulary = json.dumps(sorted(self._tokenizer.get_vocab().items()))
            digest.update(f"{vocabulary} {self._pooling} {self._unit} {self._longest}".encode())
        return digest.hexdigest()

    def encode(self, items: Sequence[Any]) -> Array:
        """(m, d) float32 rows of pictures, arrays (h, w, 3) of bytes, or of texts."""
        import torch

        with torch.inference_mode():
            found = self._pictures(items) if self.kind == "image" else self._texts(items)
        return found.float().cpu().numpy()

    def _pictures(self, items: Sequence[Array]) -> Any:
        import torch

        pixels = torch.from_numpy(self._preprocessing(items)).to(self._device)
        if self._both:
            return _plain(self._model.get_image_features(pixel_values=pixels))
        said = self._model(pixel_values=pixels)
        pooled = getattr(said, "pooler_output", None)
        return (said.last_hidden_state[:, 0] if pooled is None else pooled).flatten(1)

    def _texts(self, items: Sequence[str]) -> Any:
        import torch

        tokens = self._tokenizer(
            list(items), padding=True, truncation=True, max_length=self._longest, return_tensors="pt"
        ).to(self._device)
        if self._both:
            return _plain(self._model.get_text_features(**tokens))
        hidden = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][:, :, None].to(hidden.dtype)
        if self._pooling == "cls":
            found = hidden[:, 0]
        elif self._pooling == "max":
            found = hidden.masked_fill(mask == 0, -torch.inf).amax(dim=1)
        else:
            found = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(found, dim=1) if self._unit else found

    def _prepare_texts(self, config: Any) -> None:
        """The tokeniser, and what a directory of `sentence-transformers` says of pooling."""
        from transformers import AutoTokenizer

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(self._from, **self._options)
        except Exception as error:
            raise AskNextError(f"the encoder '{self.name}' has no tokeniser ({_line(error)}).") from error
        pooling = self._told("1_Pooling/config.json")
        modes = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens"}
        self._pooling = next((name for name, key in modes.items() if pooling.get(key)), "mean")
        modules: Any = self._told("modules.json") or []
        self._unit = any(str(module.get("type", "")).endswith("Normalize") for module in modules)
        most = getattr(getattr(config, "text_config", config), "max_position_embeddings", LONGEST)
        told = self._told("sentence_bert_config.json").get("max_seq_length")
        self._longest = min(int(told or LONGEST), self._tokenizer.model_max_length, int(most))

    def _told(self, name: str) -> dict[str, Any]:
        """A JSON file of the network, empty where there is none."""
        from transformers.utils import cached_file

        path = Path(self._from, name)
        if not Path(self._from).is_dir():
            found = cached_file(
                self._from, name, local_files_only=self._options["local_files_only"],
                _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_connection_errors=False,
                _raise_exceptions_for_gated_repo=False,
            )  # fmt: skip
            path = Path(found) if found else path
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _plain(said: Any) -> Any:
    """The embedding, which newer versions of transformers hand out with other things."""
    return said if hasattr(said, "shape") else said.pooler_output


def _unreadable(place: str, source: str, download: bool, error: Exception) -> str:
    if Path(place).is_dir() or download:
        return f"the encoder '{place}' cannot be read ({_line(error)})."
    return (
        f"the encoder '{place}' is no directory and {source} is not in the cache of Hugging Face "
        f"({_line(error)}); name a directory, or let it be downloaded."
    )


def _line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [type(error).__name__])[0][:200]
