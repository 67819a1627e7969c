"""One embedding of a pool, made by an encoder or learnt from the pool itself, and kept in a directory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asknext import rows
from asknext.encoders import gradients, patches, usual
from asknext.encoders.column import BATCH, encode_column
from asknext.errors import AskNextError
from asknext.extras import extra
from asknext.files import occupied, read_json, replacing, write_json
from asknext.kernels.distances import unit
from asknext.kernels.neighbours import leave_one_out
from asknext.studio.encodable import Encodable
from asknext.studio.encoding import DIMENSIONS, words
from asknext.types import Array, Progress

SUMMARY, ARCHIVE, COLUMN, TRAINING = "encode.json", "embedding.npz", "column.npy", "training.safetensors"
OFFLINE = ("patches", "gradients", "tf-idf")
LEARNT = ("simclr", "csi", "discriminants")
NEIGHBOURS = 20
JUDGED = 5000  # items by which an embedding is judged at most
SMALLEST = 8  # pixels of a side
FEWEST = 2


@dataclass(frozen=True)
class Choice:
    """What makes the embedding.

    Parameters
    ----------
    encoder : "patches", "gradients" or "tf-idf", fitted on the pool; else a pretrained network, see
        `encoders.pretrained`.
    ssl : "simclr" or "csi" teach a network by the pool, "discriminants" fit the offline encoder to views of
        it; None where an encoder is taken as it is.
    epochs, batch, temperature, width : of a network that is taught, see `deep.self_supervised`.
    seed : of all that is random.
    """

    encoder: str | None = None
    ssl: str | None = None
    epochs: int = 200
    batch: int = 256
    temperature: float = 0.2
    width: int = 64
    seed: int = 0

    def checked(self, pool: Encodable) -> Choice:
        """The choice for these items, with what it leaves open.

        Raises
        ------
        AskNextError : it contradicts itself, or does not fit the items.
        """
        if self.ssl is None:
            images = "patches" if len(pool) >= usual.FEW else "gradients"
            return Choice(self.encoder or {"image": images, "text": "tf-idf"}[pool.kind])
        if self.ssl not in LEARNT:
            raise AskNextError(f"--ssl is '{self.ssl}'; give one of {', '.join(LEARNT)}.")
        if self.encoder is not None:
            raise AskNextError("--ssl learns an encoder of its own; leave --encoder out.")
        if pool.kind != "image":
            raise AskNextError(f"--ssl {self.ssl} learns from images, these are {pool.kind}s; leave it out.")
        for name in ("epochs", "batch", "temperature", "width"):
            if not getattr(self, name) > 0:
                raise AskNextError(f"--{name} is {getattr(self, name)}; it must be above 0.")
        if self.ssl == "discriminants":
            return Choice(ssl=self.ssl, seed=self.seed)
        extra("torch", f"--ssl {self.ssl}")
        return self


def make(
    pool: Encodable, choice: Choice, out: Path, progress: Progress, download: bool = False
) -> dict[str, Any]:
    """Make an embedding, and write it to `embedding.npz` with the items' ids and labels.

    A run that was killed goes on; one that was finished is only told again.

    Parameters
    ----------
    pool : what is encoded.
    choice : by what, see `Choice.checked`.
    out : a directory, of this run, or a new one.
    progress : told what is being done, how much is done, and how much there is.
    download : fetch a pretrained network that is not on this machine.

    Returns
    -------
    What is there now, JSON-able.

    Raises
    ------
    AskNextError : the directory holds something else, or the items cannot be encoded so.
    """
    identity = {"pool": pool.name, "items": pool.fingerprint, **asdict(choice)}
    if _begun(out):
        known = read_json(out / SUMMARY)
        if any(known.get(name) != value for name, value in identity.items()):
            raise AskNextError(f"{out} holds the embedding of another run; choose another --out.")
        if (out / ARCHIVE).exists():
            return dict(known)
    elif occupied(out) and not (out / SUMMARY).exists():
        raise AskNextError(f"{out} holds something else; choose another --out.")
    write_json(out / SUMMARY, identity)
    try:
        arrays, fingerprint = _made(pool, choice, out, progress, download)
    except AskNextError:
        if not _begun(out):
            (out / SUMMARY).unlink()
            with suppress(OSError):  # something else is there
                out.rmdir()
        raise
    X = unit(arrays.pop("X").astype(np.float32))
    if pool.y is not None:
        arrays["y"] = pool.y
    if pool.source is not None:
        arrays["source"] = np.array(pool.source)
    arrays["test"] = np.array(pool.test)
    arrays |= {"encoder": np.array(choice.ssl or choice.encoder), "fingerprint": np.array(fingerprint)}
    with replacing(out / ARCHIVE, durable=True) as file:
        np.savez(file, X=X, ids=pool.ids, **arrays)  # type: ignore[arg-type]
    summary = {
        **identity, "n": len(pool), "d": X.shape[1], "fingerprint": fingerprint, "file": str(out / ARCHIVE),
        "neighbours": judged(X, pool.y), "notes": list(pool.notes),
    }  # fmt: skip
    write_json(out / SUMMARY, summary)
    return summary


def _begun(out: Path) -> bool:
    """Whether something is there that cost time."""
    return any((out / name).exists() for name in (ARCHIVE, COLUMN, TRAINING))


def judged(X: Array, y: Array | None) -> dict[str, float] | None:
    """How often the nearest other items name the class of an item, beside the share of the largest class.

    Parameters
    ----------
    X : (n, d) embedding; a sample of 5000 is judged.
    y : (n,) labels; None where they are not known.

    Returns
    -------
    None where nothing can be said.
    """
    if y is None or len(y) <= NEIGHBOURS:
        return None
    ids = np.sort(np.random.default_rng(0).permutation(len(y))[:JUDGED])
    classes = np.unique(y[ids], return_inverse=True)[1]
    share = np.bincount(classes).max() / len(ids)
    right = leave_one_out(X[ids], classes, NEIGHBOURS)
    return {"k": NEIGHBOURS, "accuracy": round(right, 4), "largest_class": round(float(share), 4)}


def _made(
    pool: Encodable, choice: Choice, out: Path, progress: Progress, download: bool
) -> tuple[dict[str, Array], str]:
    """The embedding X, what comes with it, and the fingerprint of what made it."""
    if choice.ssl in ("simclr", "csi"):
        return _taught(pool, choice, out, progress)
    if choice.ssl or choice.encoder in OFFLINE:
        progress("Encoding", 0, len(pool))
        X = _offline(pool, choice)
        progress("Encoding", len(pool), len(pool))
        return {"X": X}, rows.fingerprint(pool.fingerprint, repr(choice))
    from asknext.encoders.pretrained import Pretrained

    encoder = Pretrained(str(choice.encoder), pool.kind, download=download)

    def shown(done: int, total: int) -> None:
        progress("Encoding", done, total)

    column = encode_column(
        out / COLUMN, encoder, pool.whole, pool.fingerprint, batch=BATCH, progress=shown
    )
    return {"X": column}, encoder.fingerprint


def _offline(pool: Encodable, choice: Choice) -> Array:
    if pool.kind != ("text" if choice.encoder == "tf-idf" else "image"):
        raise AskNextError(f"the encoder '{choice.encoder}' reads no {pool.kind}s; choose another one.")
    if pool.kind == "text":
        return words(pool.values)
    _check_images(pool, FEWEST if choice.encoder == "gradients" else usual.FEW)
    if choice.encoder == "gradients":
        return gradients.embed(pool.values, DIMENSIONS)
    if choice.ssl is None:
        return patches.embed(pool.values, DIMENSIONS, choice.seed, usual.FITTED_ON)
    from asknext.encoders.views import view

    return patches.embed(pool.values, DIMENSIONS, choice.seed, usual.FITTED_ON, view, usual.COPIES)


def _taught(
    pool: Encodable, choice: Choice, out: Path, progress: Progress
) -> tuple[dict[str, Array], str]:
    from asknext.deep import self_supervised
    from asknext.deep.self_supervised import SelfSupervision

    _check_images(pool, self_supervised.FEWEST)
    how = SelfSupervision(
        "csi" if choice.ssl == "csi" else "simclr", choice.epochs, choice.batch, choice.temperature,
        choice.width,
    )  # fmt: skip
    try:
        module = self_supervised.learn(
            pool.values, how, choice.seed, checkpoint=out / TRAINING,
            progress=lambda done, total: progress("Learning", done, total),
        )  # fmt: skip
    except ValueError as error:
        if isinstance(error, AskNextError):
            raise
        raise AskNextError(f"{error}.") from error
    arrays = {"X": self_supervised.features(module, pool.values)}
    if choice.ssl == "csi":
        found = self_supervised.turns(module, pool.values)
        arrays |= {"csi": found.projections, "csi_turns": found.logits}
    else:
        arrays["projection"] = self_supervised.projections(module, pool.values)
    weights = module.state_dict()
    return arrays, rows.fingerprint(*(weights[name].cpu().numpy() for name in sorted(weights)))


def _check_images(pool: Encodable, fewest: int) -> None:
    height, width = pool.values.shape[1:3]
    if len(pool) < fewest:
        raise AskNextError(f"{pool.name} holds {len(pool)} images; to learn from them takes {fewest}.")
    if min(height, width) < SMALLEST:
        raise AskNextError(f"the images are {height} × {width} pixels; at least {SMALLEST} are needed.")
