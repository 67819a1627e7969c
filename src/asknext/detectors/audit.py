"""The audit of detectors: each known class is hidden in turn, and the detectors have to find it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from asknext.detectors.base import Detector, scores
from asknext.detectors.registry import get, names
from asknext.kernels.softmax_head import SoftmaxHead, softmax_head
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.types import Array, Floats, Ids

READ = frozenset({"embedding", "logits", "proba"})
OUT = ANSWER_CODES[OUT_OF_SCOPE]
FOLDS = 5  # one in so many items of every class is held out
TRIALS = 12  # classes hidden at most; with fewer classes, each is hidden several times
LABELS = 1000  # labels looked at, at most
ANSWERS = 10  # so many out-of-scope answers count as positives of their own
CONTEXT = 500  # unasked items that detectors see beside those that they are judged on, at most
REAL_WEIGHT = 2.0  # of real out-of-scope answers, where hidden classes have 1


@dataclass(frozen=True)
class Audited:
    """What a detector is worth on the labels at hand.

    Parameters
    ----------
    detector : the detector.
    auroc : how often something strange scores above something known, in [0, 1]; 0.5 is chance. Real
        out-of-scope answers, where there are ten, weigh twice as much as hidden classes.
    fpr95 : share of what is known that scores at or above the limit which 95 % of what is strange reaches.
    hidden : AUROC on hidden classes; `real` : on out-of-scope answers; None where there were too few.
    positives, negatives : strange and known items judged, counted once for each trial.
    seconds : time that the detector took, all trials together.
    trials : (t,) AUROC of each trial, with `weights` : (t,) what it counts, in all 1.
    """

    detector: Detector
    auroc: float
    fpr95: float
    hidden: float | None
    real: float | None
    positives: int
    negatives: int
    seconds: float
    trials: Floats = field(repr=False, compare=False)
    weights: Floats = field(repr=False, compare=False)

    def lead(self, other: Audited) -> tuple[float, float]:
        """By how much its AUROC is above another's in the same trials, and the standard error of that."""
        ahead = self.trials - other.trials
        mean = float(self.weights @ ahead)
        return mean, float(np.sqrt(self.weights**2 @ (ahead - mean) ** 2))


def rank_detectors(round: Round, detectors: Iterable[Detector] | None = None) -> list[Audited]:
    """Judge detectors on the labels and out-of-scope answers of a round, best first.

    In each trial one class is hidden: detectors see the labels of the other classes, less one in five, and
    score the hidden class (strange) and the items held out (known). Where there are ten out-of-scope answers,
    further trials hold out one in five of these and of all labels.

    The model of the round has seen every class, so that its predictions would be no test. Where a detector
    reads `proba` or `logits`, those of a softmax head on the embedding take their place, fitted anew in each
    trial. It stands for the model as far as the model is linear in the embedding.

    A hidden class is one way of being out of scope; rubbish may be easier to tell. And labels that a strategy
    chose are harder than the pool. So the order of detectors says more than their figures.

    Parameters
    ----------
    round : the view; its `embedding` is read whether declared or not.
    detectors : whom to judge; they can read `embedding`, `logits` and `proba`. By default all that have a
        name and find what they need in the round.

    Returns
    -------
    One result for each detector, those of equal AUROC in the order given; empty where the labels allow no
    trial: a single class, or none with two labels, and less than ten out-of-scope answers.
    """
    detectors = _named(round) if detectors is None else list(detectors)
    trials = list(_trials(round, any(detector.needs - {"embedding"} for detector in detectors)))
    results = [_judged(detector, trials) for detector in detectors] if trials else []
    return sorted(results, key=lambda result: -result.auroc)


def _named(round: Round) -> list[Detector]:
    """The detectors that could score in this round and can be judged."""
    all_of_them = [get(name) for name in names()]
    there = READ & set(round.signals.names)
    return [detector for detector in all_of_them if detector.needs and detector.needs <= there]


@dataclass(frozen=True)
class _Trial:
    """A round to score in, and the strange and the known items; `real` for out-of-scope answers."""

    round: Round
    strange: Ids
    known: Ids
    real: bool

    def scored(self, detector: Detector) -> tuple[Floats, Floats]:
        """A detector's scores of the strange and of the known items."""
        found = scores(detector, self.round, np.concatenate([self.strange, self.known]))
        return found[: len(self.strange)], found[len(self.strange) :]


def _trials(round: Round, predictions: bool) -> Iterator[_Trial]:
    """All trials that the labels allow, those of hidden classes first."""
    labelled, answers = _thinned(round.labelled, LABELS), _thinned(round.out_of_scope, LABELS)
    items = np.concatenate([labelled, answers, _thinned(round.candidates, CONTEXT)])
    X = round.signals.read("embedding", items)
    codes = np.full(len(items), UNASKED_CODE, dtype=np.int32)
    codes[: len(labelled)] = _thinned(round.y, LABELS)
    codes[len(labelled) : len(labelled) + len(answers)] = OUT
    fold, classes = _folds(codes), np.unique(codes[codes >= 0])
    head = _head(X, codes) if predictions and len(classes) else None
    hidden = _thinned(classes, TRIALS) if len(classes) > 1 else classes[:0]
    repeats = min(FOLDS, TRIALS // max(1, len(hidden)))
    turns = [(c, (i + r) % FOLDS) for r in range(repeats) for i, c in enumerate(hidden)]
    if len(answers) >= ANSWERS:
        turns += [(OUT, turn) for turn in range(FOLDS)]
    for kind, turn in turns:
        known = (codes >= 0) & (codes != kind) & (fold == turn)
        strange = (codes == kind) & ((kind != OUT) | (fold == turn))
        left = np.where(known | strange, UNASKED_CODE, codes)
        if known.any() and strange.any() and (left >= 0).any():
            view = _view(X, left, head)
            yield _Trial(view, np.flatnonzero(strange), np.flatnonzero(known), bool(kind == OUT))


def _view(X: Any, codes: NDArray[np.int32], head: SoftmaxHead | None) -> Round:
    """The round of some items; classes without labels are not known in it."""
    classes, places = np.unique(codes[codes >= 0], return_inverse=True)
    state = codes.copy()
    state[codes >= 0] = places
    columns = {"embedding": X}
    if head is not None:
        start = SoftmaxHead(head.weights[classes], head.bias[classes])
        columns["logits"] = _head(X, state, start).logits(X)
    pool = Pool(state, tuple(range(len(classes))))
    return Round.of(pool, Signals(len(state), columns), columns)


def _head(X: Any, codes: NDArray[np.int32], start: SoftmaxHead | None = None) -> SoftmaxHead:
    known = codes >= 0
    return softmax_head(X[known], codes[known], int(codes.max()) + 1, start=start)


def _folds(codes: NDArray[np.int32]) -> Ids:
    """The turn in which each item is held out, in order within its class; -1 for the only one of a class."""
    fold = np.full(len(codes), -1)
    for code in np.unique(codes):
        mine = np.flatnonzero(codes == code)
        if len(mine) > 1:
            fold[mine] = np.arange(len(mine)) % FOLDS
    return fold


def _thinned(items: Array, most: int) -> Array:
    """At most so many of the items, evenly spread."""
    return items[np.linspace(0, len(items) - 1, most).astype(np.intp)] if len(items) > most else items


def _judged(detector: Detector, trials: list[_Trial]) -> Audited:
    start = perf_counter()
    pairs = [trial.scored(detector) for trial in trials]
    seconds = perf_counter() - start
    areas, alarms = (np.array([figure(*pair) for pair in pairs]) for figure in (auroc, false_alarms))
    real = np.array([trial.real for trial in trials])
    sizes = np.array([len(trial.strange) for trial in trials])
    parts = {kind: np.where(real == kind, sizes, 0) for kind in (False, True) if np.any(real == kind)}
    mixed = sum((REAL_WEIGHT if kind else 1.0) * part / part.sum() for kind, part in parts.items())
    weights = np.asarray(mixed) / np.sum(mixed)
    of = {kind: float(np.average(areas, weights=part)) for kind, part in parts.items()}
    return Audited(
        detector,
        auroc=float(weights @ areas),
        fpr95=float(weights @ alarms),
        hidden=of.get(False),
        real=of.get(True),
        positives=int(sizes.sum()),
        negatives=sum(len(trial.known) for trial in trials),
        seconds=seconds,
        trials=areas,
        weights=weights,
    )


def auroc(strange: Array, known: Array) -> float:
    """Probability that a strange item scores above a known one, ties counting half."""
    ranks = rankdata(np.concatenate([strange, known]))[: len(strange)]
    return float((ranks.mean() - (len(strange) + 1) / 2) / len(known))


def false_alarms(strange: Array, known: Array, found: float = 0.95) -> float:
    """Share of known items at or above the limit that a share `found` of the strange ones reaches."""
    spared = int((1.0 - found) * len(strange) + 1e-9)
    return float(np.mean(known >= np.sort(strange)[spared]))
