"""Tiny networks at random in the formats of pretrained ones, for tests."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import transformers

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "dog", "red", "house"]
SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}


def written(root: Path) -> dict[str, Path]:
    """Directories of CLIP, DINOv2, and a sentence encoder on top of BERT."""
    torch.manual_seed(0)
    vision = SMALL | {"image_size": 32, "patch_size": 8}
    text = SMALL | {"vocab_size": len(WORDS), "max_position_embeddings": 12, "eos_token_id": 3}
    models = {
        "clip": transformers.CLIPModel(
            transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)
        ),
        "dino": transformers.Dinov2Model(transformers.Dinov2Config(**SMALL, patch_size=14)),
        "bert": transformers.BertModel(transformers.BertConfig(**{**text, "eos_token_id": None})),
    }
    for name, model in models.items():
        model.save_pretrained(root / name)
    (root / "vocab.txt").write_text("\n".join(WORDS))
    for name in ("clip", "bert"):
        transformers.BertTokenizer(str(root / "vocab.txt")).save_pretrained(root / name)
    (root / "clip" / "preprocessor_config.json").write_text(json.dumps({"size": 36, "crop_size": 32}))
    (root / "bert" / "1_Pooling").mkdir()
    (root / "bert" / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    kinds = ["Transformer", "Pooling", "Normalize"]
    modules = [{"type": f"sentence_transformers.models.{kind}"} for kind in kinds]
    (root / "bert" / "modules.json").write_text(json.dumps(modules))
    return {name: root / name for name in models}
