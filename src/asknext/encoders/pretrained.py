"""Pretrained networks as encoders: CLIP, DINOv2, a sentence encoder, or any directory in these formats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from asknext.errors import AskNextError
from asknext.extras import extra
from asknext.types import Array


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
        import torch

        from asknext.deep.pretrained import Pictures, Texts
        from asknext.deep.pretrained import Pretrained as Source

        self.name = place
        self._source = Source(place, download=download, reader="the encoder")
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        model = self._source.model().to(self._device)
        self.kind = kind or ("text" if place == "clip-text" else self._source.kinds[0])
        if self.kind not in self._source.kinds:
            raise AskNextError(f"the encoder '{place}' reads no {self.kind}s; choose another one.")
        if self.kind == "image":
            self._tower, self._preprocessing = Pictures(model), self._source.preprocessing
        else:
            self._tower, self._tokenizer = Texts(model, self._source.pooling), self._source.tokenizer

    @property
    def fingerprint(self) -> str:
        """A hash of the weights, and of the preprocessing or the tokeniser."""
        digest = hashlib.blake2b(digest_size=16)
        for name, tensor in sorted(self._tower.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        if self.kind == "image":
            digest.update(repr(self._preprocessing).encode())
        else:
            vocabulary = json.dumps(sorted(self._tokenizer.get_vocab().items()))
            source = self._source
            digest.update(f"{vocabulary} {source.pooling} {source.unit} {source.longest}".encode())
        return digest.hexdigest()

    def encode(self, items: Sequence[Any]) -> Array:
        """(m, d) float32 rows of pictures, arrays (h, w, 3) of bytes, or of texts."""
        import torch

        with torch.inference_mode():
            found = self._pictures(items) if self.kind == "image" else self._texts(items)
        return found.float().cpu().numpy()

    def _pictures(self, items: Sequence[Array]) -> Any:
        import torch

        return self._tower(torch.from_numpy(self._preprocessing(items)).to(self._device))

    def _texts(self, items: Sequence[str]) -> Any:
        import torch

        tokens = self._tokenizer(
            list(items), padding=True, truncation=True, max_length=self._source.longest, return_tensors="pt"
        ).to(self._device)
        found = self._tower(tokens["input_ids"], tokens["attention_mask"])
        return torch.nn.functional.normalize(found, dim=1) if self._source.unit else found
