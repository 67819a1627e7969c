"""Pretrained networks with a new head, to be trained as a whole: each begins at the weights of its files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from asknext.deep.dropout import dropouts
from asknext.deep.networks import Network
from asknext.deep.pictures import BICUBIC, Preprocessing
from asknext.deep.pretrained import Pictures, Pretrained, Texts
from asknext.deep.training import precision
from asknext.errors import AskNextError
from asknext.types import Ids

SCALE = 20.0  # length of the head's rows, by which cosines are multiplied
_TEXT_PARTS = ("text_model", "text_projection")


class Prepared(nn.Module):
    """Pictures as a pretrained network wants them, made on the device.

    Parameters
    ----------
    how : resizing, cut and standardisation, as for the same network as an encoder. There Pillow resizes, and
        rounds to bytes; here a pixel may differ by about one in 255.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, how: Preprocessing) -> None:
        super().__init__()
        self.how = how
        self.register_buffer("mean", torch.tensor(how.mean)[:, None, None])
        self.register_buffer("deviation", torch.tensor(how.std)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """(m, 3, height, width) of pictures (m, 3, h, w) from 0 to 1."""
        h, w = x.shape[2:]
        if self.how.shortest is not None:
            h, w = (side * self.how.shortest // min(x.shape[2:]) for side in (h, w))
        if self.how.exact is not None:
            h, w = self.how.exact
        if (h, w) != tuple(x.shape[2:]):
            mode = "bicubic" if self.how.resample == BICUBIC else "bilinear"
            x = F.interpolate(x, (h, w), mode=mode, antialias=True, align_corners=False).clamp(0, 1)
        if self.how.crop is not None:
            high, wide = self.how.crop
            top, left = (h - high) // 2, (w - wide) // 2
            x = F.pad(x, (-left, wide - w + left, -top, high - h + top))
        return (x * (255 * self.how.scale) - self.mean) / self.deviation


class Unit(nn.Module):
    """Embeddings of length 1."""

    def forward(self, x: Tensor) -> Tensor:
        """(m, d) of (m, d)."""
        return F.normalize(x.float(), dim=1)


class Read(nn.Module):
    """Embeddings of texts in the form of `token_rows`. `tower` : reads them."""

    def __init__(self, tower: Texts) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, x: Tensor) -> Tensor:
        """(m, d) of rows (m, t); columns that all texts leave empty are not computed."""
        ids = x.long()
        ids = ids[:, : int((ids > 0).sum(dim=1).max())]
        return self.tower((ids - 1).clamp(min=0), (ids > 0).long())


def token_rows(source: Pretrained, texts: Sequence[str], longest: int) -> Tensor:
    """(n, longest) the tokens of texts, counted from 1; 0 where a text is over.

    Raises
    ------
    AskNextError : so few tokens hold nothing of a text.
    """
    most, least = min(longest, source.longest), source.tokenizer.num_special_tokens_to_add() + 1
    if most < least:
        raise AskNextError(
            f"{source.reader} '{source.place}' would read {most} tokens of a text, of which {least - 1} are "
            f"its own; let longest be {least} at least."
        )
    found = source.tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=most, padding_side="right",
        return_tensors="pt",
    )  # fmt: skip
    return ((found["input_ids"] + 1) * found["attention_mask"]).int()


def of_pictures(
    source: Pretrained, classes: int, shape: tuple[int, ...], dropout: float, names: Sequence[str] = ()
) -> Network:
    """A network for pictures of one size.

    Parameters
    ----------
    source : where the pretrained network lies.
    classes : logits.
    shape : (3, h, w) of a picture.
    dropout : before the head.
    names : what each class is called, in a sentence; where the network reads texts as well, the head's rows
        begin as their embeddings, times the network's own scale. Else they begin in `imprint`.

    Raises
    ------
    AskNextError : the network reads no pictures, or cannot be read.

    Source
    ------
    Radford et al. 2021 (CLIP) for the rows from names; fine-tuned from there by Wortsman et al. 2022 and in
    LabelBench (Zhang et al. 2024).
    """
    _check(source, "image")
    model = source.model(attn_implementation="eager")  # the gradients of others differ from run to run
    rows, scale = None, SCALE
    if names and source.both:
        rows, scale = _rows_of(source, model, names), float(model.logit_scale.detach().exp())
    for part in _TEXT_PARTS:
        if source.both and hasattr(model, part):
            setattr(model, part, nn.Identity())
    body = OrderedDict(prepared=Prepared(source.preprocessing), tower=Pictures(model), unit=Unit())
    for part, values in model.named_parameters():
        if part.endswith("position_embeddings"):
            values.requires_grad_(False)  # interpolated; on a GPU with a gradient of no fixed value
    network = _network(body, torch.zeros(1, *shape), classes, dropout, scale)
    network.maps = _layers(network)
    if rows is not None:
        _begin(network, rows)
        network.imprinted = True
    return network


def of_texts(source: Pretrained, classes: int, longest: int, dropout: float) -> Network:
    """A network for texts in the form of `token_rows`.

    Dropout between its layers is left out, in training as well: it would depend on a text's neighbours, whose
    length decides how many tokens there are.

    Parameters
    ----------
    source : where the pretrained network lies.
    classes : logits.
    longest : tokens of a text.
    dropout : before the head.

    Raises
    ------
    AskNextError : the network reads no texts, or cannot be read.
    """
    _check(source, "text")
    model = source.model(attn_implementation="eager")
    for part in dropouts(model).values():
        part.p = 0.0
    body = OrderedDict(tower=Read(Texts(model, source.pooling)), unit=Unit())
    network = _network(body, torch.ones(1, longest), classes, dropout, SCALE)
    network.maps = ("body",)  # the mean over tokens of a layer would be of empty ones as well
    return network


def imprint(network: Network, blocks: Iterable[tuple[slice, Tensor]], y: Tensor, kept: Ids) -> None:
    """Let the rows of the head begin as the mean feature of each class, in place; biases begin at 0.

    Parameters
    ----------
    network : features of length 1, and the length of the head's rows in `scale`.
    blocks : n items some at a time, as the network reads them.
    y : (n,) their classes.
    kept : the items that count; of each class one at least.

    Source
    ------
    Qi et al. 2018, "Low-Shot Learning with Imprinted Weights".
    """
    member = torch.zeros(len(y), network.head.out_features, device=y.device)
    places = torch.from_numpy(kept).to(y.device)
    member[places, y[places]] = 1
    with torch.no_grad():
        total = torch.zeros_like(network.head.weight)
        for part, x in blocks:
            with precision(y.device):
                found = network.features(x)
            total += member[part].T @ found.float()
        _begin(network, total)


def _network(
    body: OrderedDict[str, nn.Module], item: Tensor, classes: int, dropout: float, scale: float
) -> Network:
    """The body with a head, whose rows are left to `imprint`. `item` : one, to see how long features are."""
    whole = nn.Sequential(body).eval()
    with torch.no_grad():
        width = whole(item).shape[1]
    return Network(whole, width, classes, dropout, scale=scale)


def _begin(network: Network, rows: Tensor) -> None:
    with torch.no_grad():
        network.head.weight.copy_(network.scale * F.normalize(rows, dim=1))
        network.head.bias.zero_()


def _rows_of(source: Pretrained, model: nn.Module, names: Sequence[str]) -> Tensor:
    """(k, d) what a network says of names."""
    rows = token_rows(source, names, source.longest)
    with torch.no_grad():
        return Read(Texts(model, source.pooling))(rows)


def _layers(network: nn.Module) -> tuple[str, ...]:
    """Four of the network's layers, evenly spread, the last among them."""
    stacks = [(name, part) for name, part in network.named_modules() if isinstance(part, nn.ModuleList)]
    if not stacks:
        return ()
    name, stack = max(stacks, key=lambda one: len(one[1]))
    places = sorted({(quarter * len(stack) + 3) // 4 - 1 for quarter in range(1, 5)})
    return tuple(f"{name}.{place}" for place in places)


def _check(source: Pretrained, kind: str) -> None:
    if kind not in source.kinds:
        raise AskNextError(f"{source.reader} '{source.place}' reads no {kind}s; choose another one.")
