"""The situations that a campaign can bring, made up for the common check of strategies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, SKIPPED, UNASKED_CODE, UNSURE, Pool
from asknext.round import Round
from asknext.signals import Signals, softmax
from asknext.types import Array, Ids

SIZE, BATCH = 48, 6
CLASSES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Situation:
    """A situation: its name, the state of each item, the classes, the signals and the items wanted."""

    title: str
    state: NDArray[np.int32]
    classes: tuple[str, ...]
    columns: dict[str, Array]
    n: int = BATCH

    def round(self, declared: frozenset[str], memory: Any = None, index: int = 0) -> tuple[Round, set[str]]:
        """The round of this situation, its arrays read-only, and a set that collects the signals read."""
        reads: set[str] = set()

        def source(name: str) -> Any:
            def rows(ids: Ids) -> Array:
                reads.add(name)
                return self.columns[name][ids]

            return self.columns[name] if sparse.issparse(self.columns[name]) else rows

        signals = Signals(len(self.state), {name: source(name) for name in self.columns})
        round = Round.of(Pool(self.state, self.classes), signals, declared, index, memory)
        for part in (round.candidates, round.labelled, round.y, round.out_of_scope, round.pending):
            part.flags.writeable = False
        return round, reads


def made_up(
    needs: frozenset[str], X: Array, k: int, informed: bool = True, known: int | None = None
) -> dict[str, Array]:
    """Made-up signals of items with features X, for k classes of which the model knows the first `known`.

    Without a model all predictions are equal.
    """
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(len(X), k)) * informed
    logits[:, k if known is None else known :] = -1e9
    draws = logits[:, None, :] + rng.normal(size=(len(X), 4, k)) * informed
    columns = {
        "embedding": X,
        "logits": logits,
        "proba": softmax(logits),
        "samples": softmax(draws.reshape(4 * len(X), k)).reshape(draws.shape),
        "truth": rng.integers(-1, k, size=len(X)).astype(float),
        "reference_proba": softmax(rng.normal(size=(len(X), k))),
    }
    return {name: columns[name] if name in columns else rng.random(len(X)) for name in sorted(needs)}


def mixed(needs: frozenset[str]) -> Situation:
    """A pool in the middle of a campaign; the last of its classes has no label yet."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(SIZE, 4)) + 3.0 * rng.integers(0, 3, size=(SIZE, 1))
    codes = [0, 1, 2, 0, 1, 2, PENDING_CODE, PENDING_CODE, *(ANSWER_CODES[OUT_OF_SCOPE],) * 3]
    codes += [ANSWER_CODES[UNSURE], ANSWER_CODES[SKIPPED]]
    state = np.full(SIZE, UNASKED_CODE, dtype=np.int32)
    state[rng.permutation(SIZE)[: len(codes)]] = codes
    return Situation("a mixed pool", state, CLASSES, made_up(needs, X, len(CLASSES), known=3))


def situations(needs: frozenset[str]) -> Iterator[Situation]:
    """The situations that every strategy must cope with."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(SIZE, 4))
    yield from _usual(needs, rng)
    yield from _early(needs, X)
    yield from _odd_features(needs, X)


def _usual(needs: frozenset[str], rng: np.random.Generator) -> Iterator[Situation]:
    """The mixed pool, and what can be asked of it."""
    usual = mixed(needs)
    left = int((usual.state == UNASKED_CODE).sum())
    last, skipped = np.zeros((2, SIZE), dtype=np.int32)
    late = usual.state.copy()
    late[np.flatnonzero(late == 0)[0]] = len(CLASSES) - 1
    last[7], skipped[::3] = UNASKED_CODE, ANSWER_CODES[SKIPPED]
    sure = {name: np.eye(len(CLASSES))[rng.integers(0, len(CLASSES), SIZE)] for name in needs & {"proba"}}
    narrow = {name: values.astype(np.float32) for name, values in usual.columns.items()}
    yield usual
    yield replace(usual, title="all candidates wanted", n=left)
    yield replace(usual, title="more items wanted than there are candidates", n=left + 5)
    yield replace(usual, title="one item wanted", n=1)
    yield replace(usual, title="one candidate left", state=last)
    yield replace(usual, title="only skipped items left", state=skipped)
    yield replace(usual, title="a label of a class that the model does not know", state=late)
    yield replace(usual, title="signals in single precision", columns=narrow)
    yield replace(usual, title="a model that is certain of everything", columns=usual.columns | sure)


def _early(needs: frozenset[str], X: Array) -> Iterator[Situation]:
    """Rounds with no label, no class or a single class."""

    def start(title: str, code: int, classes: tuple[str, ...], informed: bool = False) -> Situation:
        state = np.full(SIZE, UNASKED_CODE, dtype=np.int32)
        state[:5] = code
        return Situation(title, state, classes, made_up(needs, X, len(classes), informed))

    yield start("no label yet, but classes", UNASKED_CODE, CLASSES)
    yield start("no class known", UNASKED_CODE, ())
    yield start("no class known, and items out of scope", ANSWER_CODES[OUT_OF_SCOPE], ())
    yield start("one class", 0, CLASSES[:1], informed=True)


def _odd_features(needs: frozenset[str], X: Array) -> Iterator[Situation]:
    """The mixed pool with features that algorithms dislike."""
    usual = mixed(needs)
    for title, features in {
        "three distinct rows": X[np.arange(SIZE) % 3],
        "rows of zeros": np.zeros((SIZE, 4)),
        "one tight cluster far from the origin": 1e4 + 1e-3 * X,
        "one feature": X[:, :1],
    }.items():
        yield replace(usual, title=title, columns=made_up(needs, features, len(CLASSES)))
    alike = made_up(needs, np.ones((SIZE, 4)), len(CLASSES), informed=False)
    yield replace(usual, title="equal rows and equal predictions", columns=alike)
