"""Pretrained networks of `transformers` where they lie: safetensors alone are read, and no code is run."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from asknext.deep.pictures import Preprocessing
from asknext.errors import AskNextError
from asknext.extras import extra

NAMED = {
    "clip": "openai/clip-vit-base-patch32",
    "clip-text": "openai/clip-vit-base-patch32",
    "dinov2": "facebook/dinov2-small",
    "sentence": "sentence-transformers/all-MiniLM-L6-v2",
}
"""Short names of networks that are looked for in the user's cache of Hugging Face."""
LONGEST = 512  # tokens of a text that are read at most


class Pretrained:
    """A network in a directory or in the user's cache, with all that its publishers say of it.

    Parameters
    ----------
    place : a directory, one of the names of `NAMED`, or the name of any network on Hugging Face.
    download : fetch the network where it is not in the cache.
    reader : what reads it, for messages.

    Raises
    ------
    AskNextError : transformers is absent, the network is not there, or it cannot be read.
    """

    def __init__(self, place: str, *, download: bool = False, reader: str = "the network") -> None:
        extra("encoders", f"{reader} '{place}'")
        from transformers import AutoConfig

        if not isinstance(place, str | Path):
            raise AskNextError(f"{reader} is {place!r}; give a directory or a name.")
        self.place = place
        self.reader = reader
        self._from = NAMED.get(place, place)
        self._download = download
        self._options = {"local_files_only": not download, "trust_remote_code": False}
        try:
            self.config = AutoConfig.from_pretrained(self._from, **self._options)
        except Exception as error:  # a damaged directory fails in many ways
            raise AskNextError(self._unreadable(error)) from error

    def model(self, **options: Any) -> nn.Module:
        """The network with its weights, in evaluation mode, made anew. `options` : of `from_pretrained`.

        A pooler is left out where its weights are not in the files, as of DINO: transformers would draw them.

        Raises
        ------
        AskNextError : the weights are absent, incomplete, damaged, or no safetensors.
        """
        from transformers import AutoModel

        try:
            made, told = AutoModel.from_pretrained(
                self._from, config=self.config, use_safetensors=True, dtype=torch.float32,
                output_loading_info=True, **self._options, **options,
            )  # fmt: skip
        except Exception as error:
            raise AskNextError(self._unreadable(error)) from error
        missing = sorted(told["missing_keys"])
        if any(name.startswith("pooler.") for name in missing):
            made.pooler = None
        if lost := [name for name in missing if not name.startswith("pooler.")]:
            raise AskNextError(
                f"{self.reader} '{self.place}' lacks {len(lost)} of its weights, such as {lost[0]}; "
                "get its files again."
            )
        return made.eval()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it reads: "image", "text", or both, images first."""
        if self.both:
            return "image", "text"
        return ("image",) if hasattr(self._vision, "image_size") else ("text",)

    @property
    def both(self) -> bool:
        """Whether it has towers for images and for texts, whose embeddings are compared."""
        return hasattr(self.config, "vision_config") and hasattr(self.config, "text_config")

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """What is done to a picture before."""
        side = getattr(self._vision, "image_size", 224)
        side = side if self.config.model_type != "dinov2" else 224  # its positions are interpolated
        return Preprocessing.of(self._told("preprocessor_config.json"), side, self.both)

    @cached_property
    def tokenizer(self) -> Any:
        """From texts to numbers of tokens.

        Raises
        ------
        AskNextError : there is none.
        """
        from transformers import AutoTokenizer

        try:
            made = AutoTokenizer.from_pretrained(self._from, **self._options)
        except Exception as error:
            raise AskNextError(f"{self.reader} '{self.place}' has no tokeniser ({_line(error)}).") from error
        if set(made.get_vocab()) <= set(made.all_special_tokens):  # made of nothing, where there is no file
            raise AskNextError(f"{self.reader} '{self.place}' has no tokeniser: there is no vocabulary.")
        return made

    @cached_property
    def pooling(self) -> str:
        """How a text is pooled from its tokens, as a directory of `sentence-transformers` says: "mean", "cls"
        or "max"."""
        said = self._told("1_Pooling/config.json")
        modes = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens"}
        return next((name for name, key in modes.items() if said.get(key)), "mean")

    @cached_property
    def unit(self) -> bool:
        """Whether that directory brings embeddings to length 1."""
        modules = self._told("modules.json", list)
        return any(str(module.get("type", "")).endswith("Normalize") for module in modules)

    @cached_property
    def longest(self) -> int:
        """Tokens of a text that are read at most."""
        most = getattr(getattr(self.config, "text_config", self.config), "max_position_embeddings", LONGEST)
        told = self._told("sentence_bert_config.json").get("max_seq_length")
        return min(int(told or LONGEST), self.tokenizer.model_max_length, int(most))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of its files: weights, and all that is said of them."""
        folder = self._file("config.json").parent
        digest = hashlib.blake2b(digest_size=16)
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".safetensors", ".json", ".txt", ".model") and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode())
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "blake2b").digest())
        return digest.hexdigest()

    @property
    def _vision(self) -> Any:
        return getattr(self.config, "vision_config", self.config)

    def _told(self, name: str, kind: type = dict) -> Any:
        """What a JSON file of the network says, empty where there is none. `kind` : of what is wanted.

        Raises
        ------
        AskNextError : it says something else.
        """
        path = self._file(name)
        try:
            told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else kind()
        except ValueError as error:
            raise AskNextError(self._unreadable(error, name)) from error
        if not isinstance(told, kind):
            raise AskNextError(self._unreadable(ValueError(f"it holds a {type(told).__name__}"), name))
        return told

    def _file(self, name: str) -> Path:
        """Where a file of the network lies, or would lie."""
        from transformers.utils import cached_file

        path = Path(self._from, name)
        if not Path(self._from).is_dir():
            found = cached_file(
                self._from, name, local_files_only=self._options["local_files_only"],
                _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_connection_errors=False,
                _raise_exceptions_for_gated_repo=False,
            )  # fmt: skip
            path = Path(found) if found else path
        return path

    def _unreadable(self, error: Exception, name: str = "") -> str:
        if name or Path(self._from).is_dir() or self._download:
            what = f"{name} of {self.reader}" if name else self.reader
            return f"{what} '{self.place}' cannot be read ({_line(error)})."
        return (
            f"{self.reader} '{self.place}' is no directory and {self._from} is not in the cache of Hugging "
            f"Face ({_line(error)}); name a directory, or fetch it once by asknext encode --download."
        )


class Pictures(nn.Module):
    """Embeddings of preprocessed pictures: what a network like CLIP compares, of others the first token.

    Parameters
    ----------
    model : the network.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """(m, d) embeddings of pixels (m, 3, h, w)."""
        if hasattr(self.model, "get_image_features"):
            return _plain(self.model.get_image_features(pixel_values=pixels))
        said = self.model(pixel_values=pixels)
        pooled = getattr(said, "pooler_output", None)
        return (said.last_hidden_state[:, 0] if pooled is None else pooled).flatten(1)


class Texts(nn.Module):
    """Embeddings of texts: what a network like CLIP compares, of others their tokens, pooled.

    Parameters
    ----------
    model : the network.
    pooling : "mean", "cls" or "max".
    """

    def __init__(self, model: nn.Module, pooling: str) -> None:
        super().__init__()
        self.model = model
        self.pooling = pooling

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(m, d) embeddings of numbers of tokens (m, t), where the mask (m, t) is 1."""
        if hasattr(self.model, "get_text_features"):
            return _plain(self.model.get_text_features(input_ids=ids, attention_mask=mask))
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        there = mask[:, :, None].to(hidden.dtype)
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "max":
            return hidden.masked_fill(there == 0, -torch.inf).amax(dim=1)
        return (hidden * there).sum(dim=1) / there.sum(dim=1)


def _plain(said: Any) -> Any:
    """The embedding, which newer versions of transformers hand out with other things."""
    return said if hasattr(said, "shape") else said.pooler_output


def _line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [type(error).__name__])[0][:200]
